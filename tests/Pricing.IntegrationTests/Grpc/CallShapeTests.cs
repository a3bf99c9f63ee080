using Grpc.Core;
using Grpc.Core.Interceptors;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

sealed class CallShapeTests
{
    ProbeServer _server = null!;
    Probe.ProbeClient _client = null!;

    [SetUp]
    public async Task StartServer()
    {
        _server = await ProbeServer.StartAsync();
        _client = _server.Client();
    }

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Unary_call_answers()
    {
        var answer = await _client.EchoAsync(new Ask { Text = "hi", Number = 7 });

        Assert.That((answer.Text, answer.Number), Is.EqualTo(("HI", 7L)));
    }

    [Test]
    public void Blocking_unary_call_answers()
    {
        var answer = _client.Echo(new Ask { Text = "hi" });

        Assert.That(answer.Text, Is.EqualTo("HI"));
    }

    [Test]
    public async Task Unary_call_object_tells_status_headers_and_trailers()
    {
        using var call = _client.EchoAsync(new Ask { Text = "hi" });

        Assert.Multiple(async () =>
        {
            Assert.That((await call.ResponseAsync.ConfigureAwait(false)).Text, Is.EqualTo("HI"));
            Assert.That((await call.ResponseHeadersAsync).GetValue("content-type"), Is.Null, "transport headers are hidden");
            Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
            Assert.That(call.GetTrailers(), Is.Empty);
        });
    }

    [Test]
    public async Task Client_stream_is_summed()
    {
        using var call = _client.Sum();
        for (var i = 1; i <= 100; i++)
            await call.RequestStream.WriteAsync(new Ask { Number = i });
        await call.RequestStream.CompleteAsync();

        Assert.That((await call).Number, Is.EqualTo(5050));
    }

    [Test]
    public async Task Server_stream_arrives_whole_and_in_order()
    {
        using var call = _client.Count(new Ask { Number = 100 });
        var numbers = new List<long>();
        await foreach (var answer in call.ResponseStream.ReadAllAsync())
            numbers.Add(answer.Number);

        Assert.That(numbers, Is.EqualTo(Enumerable.Range(1, 100)));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public async Task Duplex_streams_interleave()
    {
        using var call = _client.Chat();
        for (var i = 1; i <= 10; i++)
        {
            await call.RequestStream.WriteAsync(new Ask { Number = i });
            Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);
            Assert.That(call.ResponseStream.Current.Number, Is.EqualTo(2 * i));
        }
        await call.RequestStream.CompleteAsync();

        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.False);
    }

    [Test]
    public async Task Cancelled_write_is_refused_and_the_write_token_is_heard()
    {
        using var call = _client.Chat();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAsync(Is.InstanceOf<OperationCanceledException>().Or.InstanceOf<RpcException>(),
            () => call.RequestStream.WriteAsync(new Ask(), cancelled.Token));
    }

    [Test]
    public void Client_without_a_channel_throws_on_every_call()
    {
        var client = new HollowClient();

        Assert.Throws<NotImplementedException>(() => client.Echo(new Ask()));
        Assert.Throws<NotImplementedException>(() => client.EchoAsync(new Ask()));
        Assert.Throws<NotImplementedException>(() => client.Sum());
        Assert.Throws<NotImplementedException>(() => client.Count(new Ask()));
        Assert.Throws<NotImplementedException>(() => client.Chat());
    }

    [Test]
    public async Task Client_with_host_marks_its_calls_with_it()
    {
        var observer = new HostObserver();
        var plain = new Probe.ProbeClient(_server.Channel().Intercept(observer));

        await plain.EchoAsync(new Ask());
        await plain.WithHost("prices.example").EchoAsync(new Ask());

        Assert.That(observer.Hosts, Is.EqualTo(new[] { null, "prices.example" }));
    }

    sealed class HollowClient : Probe.ProbeClient;

    sealed class HostObserver : Interceptor
    {
        public List<string?> Hosts { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
        {
            Hosts.Add(context.Host);
            return continuation(request, context);
        }
    }
}
