using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Interceptors on both sides, around every shape of call.</summary>
sealed class InterceptorTests
{
    readonly ConcurrentQueue<string> _serverSaw = new();
    readonly ConcurrentQueue<string> _clientSaw = new();
    ProbeServer _server = null!;

    [SetUp]
    public async Task StartServer()
    {
        _serverSaw.Clear();
        _clientSaw.Clear();
        _server = await ProbeServer.StartAsync(
            grpc => grpc.Interceptors.Add<ServerRecorder>(),
            services: services => services.AddSingleton(_serverSaw));
    }

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Every_shape_goes_through_the_interceptors_of_both_sides()
    {
        var client = new Probe.ProbeClient(_server.Channel().Intercept(new ClientRecorder("", _clientSaw)));

        client.Echo(new Ask());
        await client.EchoAsync(new Ask());
        using (var sum = client.Sum())
        {
            await sum.RequestStream.CompleteAsync();
            await sum;
        }
        using (var count = client.Count(new Ask { Number = 1 }))
            while (await count.ResponseStream.MoveNext(CancellationToken.None)) { }
        using (var chat = client.Chat())
        {
            await chat.RequestStream.CompleteAsync();
            while (await chat.ResponseStream.MoveNext(CancellationToken.None)) { }
        }

        Assert.That(_clientSaw, Is.EqualTo(new[]
        {
            "blocking unary Echo", "unary Echo", "client stream Sum", "server stream Count", "duplex Chat",
        }));
        Assert.That(_serverSaw, Is.EqualTo(new[]
        {
            "unary /probe.v1.Probe/Echo", "unary /probe.v1.Probe/Echo", "client stream /probe.v1.Probe/Sum",
            "server stream /probe.v1.Probe/Count", "duplex /probe.v1.Probe/Chat",
        }));
    }

    [Test]
    public async Task First_interceptor_of_a_list_is_outermost()
    {
        var invoker = _server.Channel().Intercept(new ClientRecorder("a ", _clientSaw), new ClientRecorder("b ", _clientSaw));

        await new Probe.ProbeClient(invoker).EchoAsync(new Ask());

        Assert.That(_clientSaw, Is.EqualTo(new[] { "a unary Echo", "b unary Echo" }));
    }

    [Test]
    public async Task Header_function_reaches_the_server()
    {
        var invoker = _server.Channel().Intercept(headers =>
        {
            headers.Add("tenant", "acme");
            return headers;
        });

        await new Probe.ProbeClient(invoker).EchoAsync(new Ask());

        Assert.That(_server.Log.LastRequestHeaders.GetValue("tenant"), Is.EqualTo("acme"));
    }

    [Test]
    public async Task Server_interceptor_turns_an_exception_into_a_status()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.Interceptors.Add<Translator>());

        var error = await Assert.ThrowsAsync<RpcException>(async () => await server.Client().FailAsync(new Ask { Text = "bug" }));

        Assert.That(error!.Status, Is.EqualTo(new Status(StatusCode.Aborted, "translated bug")));
    }

    [Test]
    public async Task Interceptors_of_a_service_definition_run_outermost_first()
    {
        var definition = ServerServiceDefinition.CreateBuilder()
            .AddMethod(TextMethod, (string request, ServerCallContext _) => Task.FromResult(request + "!"))
            .Build()
            .Intercept(new TextWrapper("a"), new TextWrapper("b"));
        var binder = new UnaryCatcher();
        definition.BindService(binder);

        var handler = (UnaryServerMethod<string, string>)binder.Handler!;

        Assert.That(await handler("x", null!), Is.EqualTo("a(b(x!))"));
    }

    [Test]
    public void Service_definition_refuses_a_method_twice()
    {
        var builder = ServerServiceDefinition.CreateBuilder()
            .AddMethod(TextMethod, (string request, ServerCallContext _) => Task.FromResult(request));

        Assert.Throws<ArgumentException>(() =>
            builder.AddMethod(TextMethod, (string request, ServerCallContext _) => Task.FromResult(request)));
    }

    static Method<string, string> TextMethod { get; } =
        new(MethodType.Unary, "text.Service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    sealed class TextWrapper(string name) : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
            (TResponse)(object)$"{name}({await continuation(request, context)})";
    }

    sealed class UnaryCatcher : ServiceBinderBase
    {
        public object? Handler { get; private set; }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Handler = handler;
    }

    sealed class Translator : Interceptor
    {
        public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            try
            {
                return await continuation(request, context);
            }
            catch (InvalidOperationException error)
            {
                throw new RpcException(new Status(StatusCode.Aborted, "translated " + error.Message));
            }
        }
    }

    sealed class ClientRecorder(string prefix, ConcurrentQueue<string> saw) : Interceptor
    {
        public override TResponse BlockingUnaryCall<TRequest, TResponse>(TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            saw.Enqueue($"{prefix}blocking unary {context.Method.Name}");
            return continuation(request, context);
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            saw.Enqueue($"{prefix}unary {context.Method.Name}");
            return continuation(request, context);
        }

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            saw.Enqueue($"{prefix}client stream {context.Method.Name}");
            return continuation(context);
        }

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            saw.Enqueue($"{prefix}server stream {context.Method.Name}");
            return continuation(request, context);
        }

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            ClientInterceptorContext<TRequest, TResponse> context, AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            saw.Enqueue($"{prefix}duplex {context.Method.Name}");
            return continuation(context);
        }
    }

    sealed class ServerRecorder(ConcurrentQueue<string> saw) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            saw.Enqueue("unary " + context.Method);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream,
            ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            saw.Enqueue("client stream " + context.Method);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request,
            IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            saw.Enqueue("server stream " + context.Method);
            return continuation(request, responseStream, context);
        }

        public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream,
            IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
            DuplexStreamingServerMethod<TRequest, TResponse> continuation)
        {
            saw.Enqueue("duplex " + context.Method);
            return continuation(requestStream, responseStream, context);
        }
    }
}
