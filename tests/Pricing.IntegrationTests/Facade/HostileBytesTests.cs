using System.Text;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

/// <summary>Requests that mean harm or were broken on the way. Each is refused with a reason, and the next caller is served.</summary>
[TestFixture]
sealed class HostileBytesTests
{
    const string Get = "/pricing.quoting.v1.QuoteService/GetQuote";
    static readonly byte[] Good = GrpcWebCall.Frame(new GetQuoteRequest { Name = "partners/local/quotes/q-1" });

    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [TearDown]
    public async Task The_next_caller_is_served()
    {
        var answer = await GrpcWebCall.SendAsync(_facade.Http, GrpcWebCall.Request(Get, Good));
        Assert.That(answer.Status, Is.Zero);
    }

    static readonly object[] Frames =
    [
        new object[] { "nothing", Array.Empty<byte>(), StatusCode.InvalidArgument, "FRAME_TRUNCATED" },
        new object[] { "half a header", new byte[] { 0, 0, 0 }, StatusCode.InvalidArgument, "FRAME_TRUNCATED" },
        new object[] { "half a message", Good[..^3], StatusCode.InvalidArgument, "FRAME_TRUNCATED" },
        new object[] { "a length of 2 GB", new byte[] { 0, 0x80, 0, 0, 0, 1 }, StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE" },
        new object[] { "a length of 4 GB", new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF, 1 }, StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE" },
        new object[] { "one byte over", GrpcWebCall.Frame(new byte[Limits.Edge.GrpcWebMessageBytesMax + 1]), StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE" },
        new object[] { "two messages", Good.Concat(Good).ToArray(), StatusCode.InvalidArgument, "FRAME_TRAILING_BYTES" },
        new object[] { "a trailers frame", GrpcWebCall.Frame([1], flags: 0x80), StatusCode.InvalidArgument, "FRAME_FLAGS_INVALID" },
        new object[] { "unknown flags", GrpcWebCall.Frame([1], flags: 0x42), StatusCode.InvalidArgument, "FRAME_FLAGS_INVALID" },
        new object[] { "compressed without encoding", GrpcWebCall.Frame([1], flags: 1), StatusCode.Internal, "COMPRESSION_UNDECLARED" },
    ];

    [TestCaseSource(nameof(Frames))]
    public async Task A_broken_frame_is_refused_with_its_reason(string what, byte[] body, StatusCode code, string reason)
    {
        foreach (var text in (bool[])[false, true])
        {
            var sent = text ? Encoding.ASCII.GetBytes(Convert.ToBase64String(body)) : body;
            var answer = await GrpcWebCall.SendAsync(_facade.Http, GrpcWebCall.Request(Get, sent, text ? GrpcWebCall.Text : GrpcWebCall.Binary));
            Assert.That((answer.Status, answer.ErrorInfo.Type, answer.TrailersOnly), Is.EqualTo(((int)code, reason, true)), $"{what}, text: {text}");
        }
    }

    [TestCase("AAA")]
    [TestCase("AAAA=AAA")]
    [TestCase("====")]
    [TestCase("A===")]
    [TestCase("AAA*")]
    [TestCase("AA AAA==")]
    public async Task Text_that_is_not_base64_is_refused(string body)
    {
        var answer = await GrpcWebCall.SendAsync(_facade.Http, GrpcWebCall.Request(Get, Encoding.ASCII.GetBytes(body), GrpcWebCall.Text));
        Assert.That((answer.Status, answer.ErrorInfo.Type), Is.EqualTo(((int)StatusCode.InvalidArgument, "BASE64_INVALID")));
    }

    [TestCase("3")]
    [TestCase("S")]
    [TestCase("123456789S")]
    [TestCase("-1S")]
    [TestCase("10x")]
    public async Task A_timeout_that_is_none_is_refused(string timeout)
    {
        var answer = await GrpcWebCall.SendAsync(_facade.Http, GrpcWebCall.Request(Get, Good, GrpcWebCall.Binary, ("grpc-timeout", timeout)));
        Assert.That((answer.Status, answer.ErrorInfo.Type), Is.EqualTo(((int)StatusCode.InvalidArgument, "TIMEOUT_INVALID")));
    }

    [Test]
    public async Task A_body_without_end_is_refused_at_the_bound_and_not_kept()
    {
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"POST {Get} HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web\r\nTransfer-Encoding: chunked\r\n\r\n");
        var chunk = Encoding.ASCII.GetBytes($"{64 << 10:x}\r\n").Concat(new byte[64 << 10]).Concat("\r\n"u8.ToArray()).ToArray();
        for (var sent = 0; sent <= Limits.Edge.GrpcWebMessageBytesMax; sent += 64 << 10) await socket.WriteAsync(chunk);
        Assert.That(await socket.ReadStatusLineAsync(), Is.EqualTo("HTTP/1.1 200 OK"), "refused as a gRPC status, long before any end");
    }

    [Test]
    public async Task An_announced_body_beyond_the_bound_is_refused_before_it_is_sent()
    {
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"POST {Get} HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web\r\nContent-Length: 2147483647\r\nExpect: 100-continue\r\n\r\n");
        Assert.That(await socket.ReadStatusLineAsync(), Is.EqualTo("HTTP/1.1 200 OK"), "not 100 Continue");
    }

    [Test]
    public async Task A_body_cut_off_by_the_network_reaches_nobody()
    {
        var calls = _coordinator.Calls.Count;
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"POST {Get} HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web\r\nContent-Length: {Good.Length}\r\n\r\n");
        await socket.WriteAsync(Good[..^1]);
        socket.EndSending();
        await socket.ReadToEndAsync();
        Assert.That(_coordinator.Calls, Has.Count.EqualTo(calls));
    }

    [TestCase("application/grpc")]
    [TestCase("application/grpc-web+json")]
    [TestCase("application/json")]
    [TestCase("text/plain")]
    public async Task Another_content_type_is_415(string contentType)
    {
        using var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Get, Good, contentType));
        await RestTests.AssertProblemAsync(response, 415, "CONTENT_TYPE_UNSUPPORTED", "content-type");
    }

    [Test]
    public async Task A_get_of_a_method_is_405()
    {
        using var response = await _facade.Http.GetAsync(Get);
        await RestTests.AssertProblemAsync(response, 405, "METHOD_NOT_ALLOWED", "method");
        Assert.That(response.Content.Headers.Allow, Is.EqualTo(["POST"]));
    }

    [Test]
    public async Task Garbage_instead_of_http_is_answered_with_400_and_no_words_of_ours()
    {
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync([0x16, 0x03, 0x01, 0, 0xFF, 0, 13, 10, 13, 10]);
        Assert.That(await socket.ReadToEndAsync(), Does.StartWith("HTTP/1.1 400").And.Not.Contain("Exception"));
    }

    [Test]
    public async Task Headers_beyond_the_bound_are_431()
    {
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {new string('a', Limits.Edge.HeaderBytesMax)}\r\n\r\n");
        Assert.That(await socket.ReadStatusLineAsync(), Does.StartWith("HTTP/1.1 431"));
    }
}
