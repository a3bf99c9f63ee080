using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.Extensions.Hosting;
using Answer = Grpc.Reflection.V1.ServerReflectionResponse;
using Question = Grpc.Reflection.V1.ServerReflectionRequest;
using Status = Grpc.Core.Status;

namespace Pricing.Cli.Serving;

/// <summary>
/// The gRPC reflection protocol over the descriptors of the given services and of every file they import,
/// so that grpcurl, buf curl and the like need no proto files. The google.rpc error details are always there:
/// no service imports them, but they travel in the trailers of every refusal and tools want to read them.
/// </summary>
public sealed class ReflectionService : ServerReflection.ServerReflectionBase
{
    readonly List<string> _services;
    readonly Dictionary<string, FileDescriptor> _files = [];
    readonly Dictionary<string, FileDescriptor> _symbols = [];
    readonly HashSet<string> _messages = [];
    readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = [];
    readonly CancellationToken _stopping;

    /// <summary>Indexes the services once; streams end when the program is asked to stop.</summary>
    public ReflectionService(IReadOnlyList<ServiceDescriptor> services, IHostApplicationLifetime lifetime)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(lifetime);
        _services = [.. services.Select(service => service.FullName).Distinct().Order(StringComparer.Ordinal)];
        _stopping = lifetime.ApplicationStopping;
        foreach (var service in services)
            AddFile(service.File);
        AddFile(StatusReflection.Descriptor);
        AddFile(ErrorDetailsReflection.Descriptor);
    }

    /// <inheritdoc/>
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<Question> requestStream, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, _stopping);
        try
        {
            while (await requestStream.MoveNext(ended.Token))
                await responseStream.WriteAsync(AnswerTo(requestStream.Current), ended.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
    }

    Answer AnswerTo(Question question)
    {
        var answer = question.MessageRequestCase switch
        {
            Question.MessageRequestOneofCase.ListServices => ListServices(),
            Question.MessageRequestOneofCase.FileByFilename =>
                Files(_files.GetValueOrDefault(question.FileByFilename), $"No file '{question.FileByFilename}'."),
            Question.MessageRequestOneofCase.FileContainingSymbol =>
                Files(_symbols.GetValueOrDefault(question.FileContainingSymbol), $"No symbol '{question.FileContainingSymbol}'."),
            Question.MessageRequestOneofCase.FileContainingExtension => FileOf(question.FileContainingExtension),
            Question.MessageRequestOneofCase.AllExtensionNumbersOfType => ExtensionNumbers(question.AllExtensionNumbersOfType),
            _ => Error(StatusCode.InvalidArgument, "The request asks for nothing this server knows."),
        };
        answer.ValidHost = question.Host;
        answer.OriginalRequest = question;
        return answer;
    }

    Answer ListServices()
    {
        var list = new ListServiceResponse();
        list.Service.AddRange(_services.Select(name => new ServiceResponse { Name = name }));
        return new Answer { ListServicesResponse = list };
    }

    Answer FileOf(ExtensionRequest extension)
    {
        var file = _extensions.GetValueOrDefault(extension.ContainingType)?.GetValueOrDefault(extension.ExtensionNumber);
        return Files(file, $"No extension {extension.ExtensionNumber} of '{extension.ContainingType}'.");
    }

    Answer ExtensionNumbers(string type)
    {
        if (!_messages.Contains(type))
            return Error(StatusCode.NotFound, $"No message '{type}'.");
        var numbers = new ExtensionNumberResponse { BaseTypeName = type };
        if (_extensions.TryGetValue(type, out var known))
            numbers.ExtensionNumber.AddRange(known.Keys);
        return new Answer { AllExtensionNumbersResponse = numbers };
    }

    /// <summary>The file with everything it imports, imports first: a client can build them in this order.</summary>
    static Answer Files(FileDescriptor? file, string notFound)
    {
        if (file is null)
            return Error(StatusCode.NotFound, notFound);
        var response = new FileDescriptorResponse();
        var seen = new HashSet<string>();
        Add(file);
        return new Answer { FileDescriptorResponse = response };

        void Add(FileDescriptor next)
        {
            if (!seen.Add(next.Name))
                return;
            foreach (var import in next.Dependencies)
                Add(import);
            response.FileDescriptorProto.Add(next.SerializedData);
        }
    }

    static Answer Error(StatusCode code, string message) =>
        new() { ErrorResponse = new ErrorResponse { ErrorCode = (int)code, ErrorMessage = message } };

    void AddFile(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
            return;
        foreach (var import in file.Dependencies)
            AddFile(import);
        foreach (var message in file.MessageTypes)
            AddMessage(message);
        foreach (var enumeration in file.EnumTypes)
            AddEnum(enumeration);
        foreach (var service in file.Services)
        {
            _symbols[service.FullName] = file;
            foreach (var method in service.Methods)
                _symbols[method.FullName] = file;
        }
        foreach (var extension in file.Extensions.UnorderedExtensions)
            AddExtension(extension);
    }

    void AddMessage(MessageDescriptor message)
    {
        _symbols[message.FullName] = message.File;
        _messages.Add(message.FullName);
        foreach (var field in message.Fields.InDeclarationOrder())
            _symbols[field.FullName] = message.File;
        foreach (var oneof in message.Oneofs)
            _symbols[oneof.FullName] = message.File;
        foreach (var nested in message.NestedTypes)
            AddMessage(nested);
        foreach (var enumeration in message.EnumTypes)
            AddEnum(enumeration);
        foreach (var extension in message.Extensions.UnorderedExtensions)
            AddExtension(extension);
    }

    void AddEnum(EnumDescriptor enumeration)
    {
        _symbols[enumeration.FullName] = enumeration.File;
        foreach (var value in enumeration.Values)
            _symbols[value.FullName] = enumeration.File;
    }

    void AddExtension(FieldDescriptor extension)
    {
        _symbols[extension.FullName] = extension.File;
        if (!_extensions.TryGetValue(extension.ExtendeeType.FullName, out var numbers))
            _extensions[extension.ExtendeeType.FullName] = numbers = [];
        numbers[extension.FieldNumber] = extension.File;
    }
}

/// <summary>The same service under the name it had before v1; older tools ask for that one. The messages are the same.</summary>
[BindServiceMethod(typeof(ReflectionV1AlphaService), nameof(Bind))]
public class ReflectionV1AlphaService(ReflectionService reflection)
{
    static readonly Method<Question, Answer> InfoMethod = new(
        MethodType.DuplexStreaming, "grpc.reflection.v1alpha.ServerReflection", nameof(ServerReflectionInfo),
        Marshallers.Create(message => message.ToByteArray(), Question.Parser.ParseFrom),
        Marshallers.Create(message => message.ToByteArray(), Answer.Parser.ParseFrom));

    /// <summary>For the server: names the method. The handler is found on the class by its name.</summary>
    public static void Bind(ServiceBinderBase binder, ReflectionV1AlphaService? service) =>
        binder.AddMethod(InfoMethod,
            service is null ? null : new DuplexStreamingServerMethod<Question, Answer>(service.ServerReflectionInfo));

    /// <summary>Answers as v1 does.</summary>
    public virtual Task ServerReflectionInfo(
        IAsyncStreamReader<Question> requestStream, IServerStreamWriter<Answer> responseStream, ServerCallContext context) =>
        reflection.ServerReflectionInfo(requestStream, responseStream, context);
}
