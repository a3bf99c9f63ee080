using System.Net.Sockets;
using Google.Rpc;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>How failures and metadata arrive at the client.</summary>
sealed class StatusTests
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
    public async Task Rich_status_arrives_with_its_details()
    {
        var error = await FailureAsync("rich");

        var details = global::Google.Rpc.Status.Parser.ParseFrom(error.Trailers.GetValueBytes(ProbeService.DetailsTrailer));
        var info = details.Details.Single().Unpack<ErrorInfo>();
        Assert.Multiple(() =>
        {
            Assert.That(error.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
            Assert.That(error.Status.Detail, Is.EqualTo("too thin"));
            Assert.That(details.Code, Is.EqualTo((int)Code.InvalidArgument));
            Assert.That(info.Type, Is.EqualTo("WALL_TOO_THIN"));
            Assert.That(info.Metadata["actual_mm"], Is.EqualTo("0.3"));
        });
    }

    [Test]
    public async Task Exception_of_a_handler_is_unknown_and_keeps_its_message_to_itself()
    {
        var error = await FailureAsync("the database password is 1234");

        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(error.Status.Detail, Does.Not.Contain("1234"));
    }

    [Test]
    public async Task Status_set_on_the_context_ends_the_call_with_it()
    {
        var error = await FailureAsync("status property");

        Assert.That(error.Status.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        Assert.That(error.Status.Detail, Is.EqualTo("set, not thrown"));
    }

    [Test]
    public async Task Method_nobody_wrote_is_unimplemented()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _client.MissingAsync(new Ask()));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Service_nobody_mapped_is_unimplemented()
    {
        var method = new Method<string, string>(
            MethodType.Unary, "no.such.Service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        var invoker = _server.Channel().CreateCallInvoker();

        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await invoker.AsyncUnaryCall(method, null, new CallOptions(), "x"));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unimplemented));
    }

    [Test]
    public async Task Server_that_is_gone_is_unavailable_with_the_local_cause()
    {
        await _server.StopAsync();

        var error = await Assert.ThrowsAsync<RpcException>(async () => await _client.EchoAsync(new Ask()));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That(error.Status.DebugException, Is.Not.Null);
        Assert.That(error.InnerException, Is.SameAs(error.Status.DebugException));
        Assert.That(error.ToString(), Does.Contain(nameof(SocketException)));
    }

    [Test]
    public async Task Binary_metadata_goes_there_and_back_unharmed()
    {
        var blob = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        using var call = _client.EchoAsync(new Ask(), new Metadata { { "Blob-Bin", blob }, { "Plain", "text" } });

        var headers = await call.ResponseHeadersAsync;
        await call;
        var trailers = call.GetTrailers();

        Assert.Multiple(() =>
        {
            Assert.That(_server.Log.LastRequestHeaders.GetValueBytes("blob-bin"), Is.EqualTo(blob));
            Assert.That(_server.Log.LastRequestHeaders.GetValue("plain"), Is.EqualTo("text"));
            Assert.That(headers.GetValueBytes("blob-bin"), Is.EqualTo(blob));
            Assert.That(headers.GetValue("greeting"), Is.EqualTo("hello"));
            Assert.That(trailers.GetValueBytes("blob-bin"), Is.EqualTo(blob.Reverse()));
            Assert.That(trailers.GetValue("farewell"), Is.EqualTo("bye"));
        });
    }

    [Test]
    public async Task Early_failure_of_the_server_is_told_by_the_response_not_by_the_writes()
    {
        await using var server = await ProbeServer.StartAsync(grpc => grpc.MaxReceiveMessageSize = 1000);
        var client = server.Client();
        var tooLarge = new Ask { Payload = Google.Protobuf.ByteString.CopyFrom(new byte[2000]) };

        for (var round = 0; round < 20; round++)
        {
            using var call = client.Sum();
            try
            {
                // Whether and how a write fails is a race between this loop and the server's reset.
                for (var i = 0; i < 100; i++)
                    await call.RequestStream.WriteAsync(tooLarge);
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception error) when (error is RpcException or IOException or HttpRequestException or OperationCanceledException
                or InvalidOperationException)
            {
            }

            var failure = await Assert.ThrowsAsync<RpcException>(async () => await call.ResponseAsync);
            Assert.That(failure!.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted), $"round {round}");
        }
    }

    async Task<RpcException> FailureAsync(string way) =>
        (await Assert.ThrowsAsync<RpcException>(async () => await _client.FailAsync(new Ask { Text = way })))!;
}
