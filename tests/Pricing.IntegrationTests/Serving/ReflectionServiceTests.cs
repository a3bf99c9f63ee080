using System.Text.Json;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using Pricing.Cli.Serving;
using Pricing.IntegrationTests.Grpc;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Serving;

sealed class ReflectionServiceTests
{
    ProbeServer _server = null!;

    [SetUp]
    public async Task StartServer() => _server = await ProbeServer.StartAsync(
        services: services =>
        {
            services.AddSingleton<HealthService>();
            services.AddSingleton(provider => new ReflectionService(
                [Probe.Descriptor, Health.Descriptor, ServerReflection.Descriptor],
                provider.GetRequiredService<IHostApplicationLifetime>()));
        },
        map: routes =>
        {
            routes.MapGrpcService<HealthService>();
            routes.MapGrpcService<ReflectionService>();
            routes.MapGrpcService<ReflectionV1AlphaService>();
        });

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [TestCase("v1")]
    [TestCase("v1alpha")]
    public async Task Node_client_lists_the_services_and_gets_their_files(string version)
    {
        var answers = await ReflectAsync(version,
            """{"list_services":"*"}""",
            """{"file_containing_symbol":"probe.v1.Probe.Echo"}""",
            """{"file_by_filename":"probe.proto"}""");

        Assert.That(ServiceNames(answers[0]),
            Is.EqualTo(new[] { "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "probe.v1.Probe" }));
        foreach (var answer in answers.Skip(1))
            Assert.That(FileNames(answer), Is.EqualTo(new[] { "google/protobuf/descriptor.proto", "probe.proto" }));
    }

    [TestCase("probe.v1.Ask", "probe.proto")]
    [TestCase("probe.v1.Ask.payload", "probe.proto")]
    [TestCase("probe.v1.note", "probe.proto")]
    [TestCase("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto")]
    [TestCase("grpc.health.v1.HealthListResponse.statuses", "grpc/health/v1/health.proto")]
    [TestCase("grpc.reflection.v1.ServerReflectionRequest.message_request", "grpc/reflection/v1/reflection.proto")]
    [TestCase("google.protobuf.MethodOptions", "google/protobuf/descriptor.proto")]
    [TestCase("google.rpc.ErrorInfo", "google/rpc/error_details.proto")]
    [TestCase("google.rpc.Status", "google/rpc/status.proto")]
    public async Task Symbol_leads_to_its_file_after_all_its_imports(string symbol, string file)
    {
        var answers = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol });

        var files = answers.Single().FileDescriptorResponse.FileDescriptorProto.ToArray();
        // Building fails unless every import comes before the file that needs it.
        var built = FileDescriptor.BuildFromByteStrings(files);
        Assert.That(built[^1].Name, Is.EqualTo(file));
    }

    [Test]
    public async Task Extension_is_found_by_number_and_listed_for_its_type()
    {
        var answers = await AskAsync(
            new ServerReflectionRequest { AllExtensionNumbersOfType = "google.protobuf.MethodOptions" },
            new ServerReflectionRequest { AllExtensionNumbersOfType = "google.protobuf.FieldOptions.EditionDefault" },
            new ServerReflectionRequest
            {
                FileContainingExtension = new ExtensionRequest { ContainingType = "google.protobuf.MethodOptions", ExtensionNumber = 50001 },
            });

        Assert.That(answers[0].AllExtensionNumbersResponse.ExtensionNumber, Is.EqualTo(new[] { 50001 }));
        Assert.That(answers[1].AllExtensionNumbersResponse.BaseTypeName, Is.EqualTo("google.protobuf.FieldOptions.EditionDefault"));
        Assert.That(FileDescriptorProto.Parser.ParseFrom(answers[2].FileDescriptorResponse.FileDescriptorProto[^1]).Name, Is.EqualTo("probe.proto"));
    }

    [Test]
    public async Task Buf_curl_calls_a_method_it_learned_through_reflection()
    {
        var services = await ForeignClient.BufAsync("curl", "--http2-prior-knowledge", "--protocol", "grpc", "--list-services", _server.Address);
        var output = await ForeignClient.BufAsync(
            "curl", "--http2-prior-knowledge", "--protocol", "grpc", "-d", """{"text":"hi","number":"7"}""", _server.Address + "/probe.v1.Probe/Echo");

        Assert.That(services.Split('\n', StringSplitOptions.RemoveEmptyEntries), Does.Contain("probe.v1.Probe"));
        using var answer = JsonDocument.Parse(output);
        Assert.That(answer.RootElement.GetProperty("text").GetString(), Is.EqualTo("HI"));
    }

    [Test]
    public async Task What_is_not_there_is_not_found_and_the_stream_goes_on()
    {
        var answers = await ReflectAsync("v1",
            """{"file_by_filename":"../../etc/passwd"}""",
            """{"file_containing_symbol":"probe.v1.Nothing"}""",
            """{"file_containing_extension":{"containing_type":"probe.v1.Ask","extension_number":1}}""",
            """{"all_extension_numbers_of_type":"probe.v1.Nothing"}""",
            """{"all_extension_numbers_of_type":"probe.v1.Probe"}""",
            """{"host":"h"}""",
            """{"file_containing_symbol":"probe.v1.Ask"}""");

        Assert.That(answers.Take(6).Select(answer => answer.GetProperty("errorResponse").GetProperty("errorCode").GetInt32()),
            Is.EqualTo(new[] { 5, 5, 5, 5, 5, 3 }));
        Assert.That(FileNames(answers[6]), Does.Contain("probe.proto"));
    }

    [Test]
    public async Task Stopping_ends_an_open_stream_without_holding_up_the_shutdown()
    {
        using var call = new ServerReflection.ServerReflectionClient(_server.Channel()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        var stop = _server.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        // The server says Unavailable and then closes the connection. A client whose request stream is still open may
        // hear of the close first and forget the trailers it has buffered: then it says Internal.
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unavailable).Or.EqualTo(StatusCode.Internal));
        await stop;
    }

    static string[] ServiceNames(JsonElement answer) =>
        [.. answer.GetProperty("listServicesResponse").GetProperty("service").EnumerateArray().Select(service => service.GetProperty("name").GetString()!)];

    static string[] FileNames(JsonElement answer) =>
    [
        .. answer.GetProperty("fileDescriptorResponse").GetProperty("fileDescriptorProto").EnumerateArray()
            .Select(bytes => FileDescriptorProto.Parser.ParseFrom(bytes.GetBytesFromBase64()).Name),
    ];

    async Task<List<ServerReflectionResponse>> AskAsync(params ServerReflectionRequest[] requests)
    {
        using var call = new ServerReflection.ServerReflectionClient(_server.Channel()).ServerReflectionInfo();
        foreach (var request in requests)
            await call.RequestStream.WriteAsync(request);
        await call.RequestStream.CompleteAsync();
        var answers = new List<ServerReflectionResponse>();
        await foreach (var answer in call.ResponseStream.ReadAllAsync())
            answers.Add(answer);
        Assert.That(answers.Select(answer => answer.OriginalRequest), Is.EqualTo(requests));
        return answers;
    }

    async Task<List<JsonElement>> ReflectAsync(string version, params string[] requests)
    {
        var output = await ForeignClient.NodeAsync("reflect.mjs", [$"127.0.0.1:{_server.Port}", version, .. requests]);
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
    }
}
