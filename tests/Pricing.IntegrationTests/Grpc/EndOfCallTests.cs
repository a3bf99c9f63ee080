using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>Deadlines and cancellation, as both sides see them.</summary>
sealed class EndOfCallTests
{
    static readonly TimeSpan ShortDeadline = TimeSpan.FromMilliseconds(300);

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
    public async Task Deadline_ends_the_call_at_the_client_and_fires_the_token_at_the_server()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + ShortDeadline;

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _client.HangAsync(new Ask(), deadline: deadline));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        await _server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);
    }

    [Test]
    public async Task Deadline_ends_a_stream_after_its_first_message()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(1);
        using var call = _client.HangAfterFirst(new Ask(), deadline: deadline);

        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        await _server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);
    }

    [Test]
    public async Task Server_keeps_the_deadline_by_itself_for_a_client_that_does_not()
    {
        using var http = new HttpClient { Timeout = ProbeServer.Patience };
        using var request = RawCall("/probe.v1.Probe/Hang", new Ask());
        request.Headers.Add("grpc-timeout", "300m");

        using var response = await http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();

        var status = response.TrailingHeaders.Concat(response.Headers).Single(header => header.Key == "grpc-status");
        Assert.That(status.Value.Single(), Is.EqualTo(((int)StatusCode.DeadlineExceeded).ToString()));
        await _server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);
    }

    [Test]
    public async Task Handler_sees_the_deadline_of_the_caller()
    {
        var deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5);
        DateTime? seen = null;
        await using var server = await ProbeServer.StartAsync(grpc =>
            grpc.Interceptors.Add<DeadlineObserver>((Action<DateTime>)(value => seen = value)));

        await server.Client().EchoAsync(new Ask(), deadline: deadline);

        Assert.That(seen, Is.EqualTo(deadline).Within(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task Cancelling_at_the_client_fires_the_token_at_the_server()
    {
        using var cancel = new CancellationTokenSource();
        using var call = _client.HangAsync(new Ask(), cancellationToken: cancel.Token);
        await _server.Log.HangEntered.Task.WaitAsync(ProbeServer.Patience);
        Assert.That(_server.Log.ServerTokenFired.Task.IsCompleted, Is.False);

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        await _server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);
    }

    [Test]
    public async Task Disposing_a_running_call_fires_the_token_at_the_server()
    {
        var call = _client.HangAfterFirst(new Ask());
        Assert.That(await call.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        call.Dispose();

        await _server.Log.ServerTokenFired.Task.WaitAsync(ProbeServer.Patience);
    }

    HttpRequestMessage RawCall(string path, IMessage message)
    {
        var payload = message.ToByteArray();
        var frame = new byte[5 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame, 5);
        return new HttpRequestMessage(HttpMethod.Post, _server.Address + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
    }

    sealed class DeadlineObserver(Action<DateTime> observe) : global::Grpc.Core.Interceptors.Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
            TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            observe(context.Deadline);
            return continuation(request, context);
        }
    }
}
