using System.IO.Compression;
using System.Net;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

[TestFixture]
sealed class GrpcWebTests
{
    const string Get = "/pricing.quoting.v1.QuoteService/GetQuote";
    const string Watch = "/pricing.quoting.v1.QuoteService/WatchQuote";

    static readonly GetQuoteRequest Request = new() { Name = "partners/local/quotes/q-1" };
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;

    [SetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address, "https://mes.example.com");
    }

    [TearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [TestCase("application/grpc-web")]
    [TestCase("application/grpc-web+proto")]
    [TestCase("application/grpc-web+proto; charset=utf-8")]
    public async Task A_unary_call_answers_one_message_and_a_trailers_frame(string contentType)
    {
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request), contentType);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.Zero);
            Assert.That(answer.TrailersOnly, Is.False);
            Assert.That(answer.Response.Content.Headers.ContentType?.MediaType, Is.EqualTo(contentType.Split(';')[0]));
            Assert.That(Quote.Parser.ParseFrom(answer.Messages.Single()), Is.EqualTo(ScriptedCoordinator.Priced(Request.Name)));
        }
    }

    [Test]
    public async Task A_text_call_reads_segments_padded_anywhere([Values(1, 2, 4, 5, 7, 100)] int segmentBytes)
    {
        var frame = GrpcWebCall.Frame(Request);
        var body = string.Concat(frame.Chunk(segmentBytes).Select(Convert.ToBase64String));
        var answer = await SendAsync(Get, Encoding.ASCII.GetBytes(body), "application/grpc-web-text+proto");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.Zero);
            Assert.That(answer.Response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/grpc-web-text+proto"));
            Assert.That(Quote.Parser.ParseFrom(answer.Messages.Single()).Name, Is.EqualTo(Request.Name));
        }
    }

    [Test]
    public async Task Text_arriving_in_portions_that_split_quads_is_read()
    {
        var body = Convert.ToBase64String(GrpcWebCall.Frame(Request));
        using var socket = await RawHttp.ConnectAsync(_facade.Address);
        await socket.WriteAsync($"POST {Get} HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web-text\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var part in body.Chunk(3)) await socket.WriteAsync($"{part.Length:x}\r\n{new string(part)}\r\n");
        await socket.WriteAsync("0\r\n\r\n");
        Assert.That(await socket.ReadStatusLineAsync(), Is.EqualTo("HTTP/1.1 200 OK"));
    }

    [Test]
    public async Task A_large_text_answer_survives_the_portions_it_is_relayed_in()
    {
        var random = new Random(TestContext.CurrentContext.Random.Next());
        var large = ScriptedCoordinator.Priced(Request.Name);
        for (var i = 0; i < 3_000; i++) large.Configurations.Add(new Configuration { Process = new string((char)('a' + random.Next(26)), random.Next(60)) });
        _coordinator.OnGetQuote = (_, _) => Task.FromResult(large);
        var answer = await SendAsync(Get, Encoding.ASCII.GetBytes(Convert.ToBase64String(GrpcWebCall.Frame(Request))), GrpcWebCall.Text);
        Assert.That(Quote.Parser.ParseFrom(answer.Messages.Single()), Is.EqualTo(large));
    }

    [Test]
    public async Task Each_message_of_a_stream_arrives_before_the_next_one_is_sent([Values(GrpcWebCall.Binary, GrpcWebCall.Text)] string contentType)
    {
        var seen = new SemaphoreSlim(0);
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            for (var i = 1; i <= 3; i++)
            {
                await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress { QueuePosition = i } });
                // Only the client's having read this message lets the next one out: a proxy that batches stands still here.
                await seen.WaitAsync(context.CancellationToken);
            }
        };
        var body = GrpcWebCall.Frame(Request);
        if (contentType == GrpcWebCall.Text) body = Encoding.ASCII.GetBytes(Convert.ToBase64String(body));
        using var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Watch, body, contentType), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        await using var raw = await response.Content.ReadAsStreamAsync();
        await using var stream = contentType == GrpcWebCall.Text ? new Base64QuadStream(raw) : raw;
        for (var i = 1; i <= 3; i++)
        {
            var frame = await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
            Assert.That(WatchQuoteResponse.Parser.ParseFrom(frame!.Value.Payload).Progress.QueuePosition, Is.EqualTo(i));
            seen.Release();
        }
        var end = await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(end!.Value.Flags, Is.EqualTo(0x80));
            Assert.That(GrpcWebCall.Trailers(end.Value.Payload)["grpc-status"], Is.EqualTo("0"));
            Assert.That(await GrpcWebCall.ReadFrameAsync(stream), Is.Null);
        }
    }

    [Test]
    public async Task The_headers_of_a_stream_arrive_before_its_first_message()
    {
        var release = new TaskCompletionSource();
        _coordinator.OnWatchQuote = async (_, _, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-node", "7" } });
            await release.Task;
        };
        using var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Watch, GrpcWebCall.Frame(Request)), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        Assert.That(response.Headers.GetValues("x-node").Single(), Is.EqualTo("7"));
        release.SetResult();
        var answer = GrpcWebAnswer.Of(response, await response.Content.ReadAsByteArrayAsync());
        Assert.That((answer.Status, answer.Messages.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task A_refusal_before_the_first_message_is_trailers_only_with_its_details_untouched()
    {
        var refused = ScriptedCoordinator.Refused(StatusCode.NotFound, "QUOTE_NOT_FOUND", "No such quote: ключ 100 %", "name");
        _coordinator.OnGetQuote = (_, _) => throw refused;
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.TrailersOnly, Is.True);
            Assert.That(answer.Response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Status, Is.EqualTo((int)StatusCode.NotFound));
            Assert.That(answer.Message, Is.EqualTo("No such quote: ключ 100 %"));
            Assert.That(GrpcWebAnswer.Base64(answer.Trailers["grpc-status-details-bin"]), Is.EqualTo(refused.Trailers.GetValueBytes("grpc-status-details-bin")));
            Assert.That(answer.ErrorInfo.Type, Is.EqualTo("QUOTE_NOT_FOUND"));
            Assert.That(answer.Header("x-said"), Is.EqualTo("no"));
        }
    }

    [Test]
    public async Task A_refusal_after_messages_comes_in_the_trailers_frame()
    {
        _coordinator.OnWatchQuote = async (_, events, _) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
            throw ScriptedCoordinator.Refused(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", "Too many.", retryAfter: TimeSpan.FromSeconds(3));
        };
        var answer = await SendAsync(Watch, GrpcWebCall.Frame(Request));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.TrailersOnly, Is.False);
            Assert.That(answer.Messages, Has.Count.EqualTo(1));
            Assert.That(answer.Status, Is.EqualTo((int)StatusCode.ResourceExhausted));
            Assert.That(answer.Details.Details[1].Unpack<Google.Rpc.RetryInfo>().RetryDelay.Seconds, Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Metadata_passes_both_ways_and_what_belongs_to_the_hop_or_to_us_does_not()
    {
        _coordinator.OnGetQuote = async (request, context) =>
        {
            await context.WriteResponseHeadersAsync(new Metadata { { "x-back", "there" }, { "x-blob-bin", [0, 255, 10] }, { "x-pricing-secret", "inside" } });
            context.ResponseTrailers.Add("x-last", "word");
            context.ResponseTrailers.Add("x-end-bin", [1, 2]);
            return ScriptedCoordinator.Priced(request.Name);
        };
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request), GrpcWebCall.Binary,
            ("x-order", "17"), ("x-raw-bin", "AP8K"), ("x-pricing-partner", "partners/somebody"), ("cookie", "a=b"), ("authorization", "Bearer t"));
        var sent = _coordinator.Calls.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(sent.GetValue("x-order"), Is.EqualTo("17"));
            Assert.That(sent.GetValueBytes("x-raw-bin"), Is.EqualTo(new byte[] { 0, 255, 10 }));
            Assert.That(sent.GetValue("authorization"), Is.EqualTo("Bearer t"));
            Assert.That(sent.Get("x-pricing-partner"), Is.Null, "names of the platform cannot be set from outside");
            Assert.That(sent.Get("cookie"), Is.Null);
            Assert.That(sent.Get("x-grpc-web"), Is.Null);
            Assert.That(answer.Header("x-back"), Is.EqualTo("there"));
            Assert.That(GrpcWebAnswer.Base64(answer.Header("x-blob-bin")), Is.EqualTo(new byte[] { 0, 255, 10 }));
            Assert.That(answer.Header("x-pricing-secret"), Is.Empty);
            Assert.That(answer.Trailers["x-last"], Is.EqualTo("word"));
            Assert.That(GrpcWebAnswer.Base64(answer.Trailers["x-end-bin"]), Is.EqualTo(new byte[] { 1, 2 }));
        }
    }

    [Test]
    public async Task A_deadline_travels_upstream_and_ends_the_call()
    {
        var deadline = new TaskCompletionSource<DateTime>();
        var cancelled = new TaskCompletionSource();
        _coordinator.OnGetQuote = async (request, context) =>
        {
            deadline.SetResult(context.Deadline);
            await ScriptedCoordinator.WhenCancelled(context);
            cancelled.SetResult();
            return ScriptedCoordinator.Priced(request.Name);
        };
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request), GrpcWebCall.Binary, ("grpc-timeout", "300m"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.EqualTo((int)StatusCode.DeadlineExceeded));
            Assert.That(await deadline.Task.WaitAsync(Patience), Is.LessThan(DateTime.MaxValue));
            Assert.That(async () => await cancelled.Task.WaitAsync(Patience), Throws.Nothing);
        }
    }

    [Test]
    public async Task A_client_that_goes_away_cancels_upstream()
    {
        var cancelled = new TaskCompletionSource();
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
            await ScriptedCoordinator.WhenCancelled(context);
            cancelled.SetResult();
        };
        using (var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Watch, GrpcWebCall.Frame(Request)), HttpCompletionOption.ResponseHeadersRead))
        {
            await using var stream = await response.Content.ReadAsStreamAsync();
            await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        }
        Assert.That(async () => await cancelled.Task.WaitAsync(Patience), Throws.Nothing);
    }

    [Test]
    public async Task Stopping_ends_an_open_stream_as_unavailable_in_time()
    {
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
            await ScriptedCoordinator.WhenCancelled(context);
        };
        using var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Watch, GrpcWebCall.Frame(Request)), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        var started = TimeProvider.System.GetTimestamp();
        var stop = _facade.StopAsync();
        var end = await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        await stop;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(GrpcWebCall.Trailers(end!.Value.Payload)["grpc-status"], Is.EqualTo($"{(int)StatusCode.Unavailable}"));
            Assert.That(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, Is.LessThan(Limits.Wire.ShutdownMs + 500));
        }
    }

    [Test]
    public async Task A_coordinator_that_dies_in_the_middle_ends_the_stream_as_unavailable()
    {
        var held = new TaskCompletionSource();
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
            await held.Task;
            context.GetHttpContext().Connection.RequestClose();
            context.GetHttpContext().Abort();
        };
        using var response = await _facade.Http.SendAsync(GrpcWebCall.Request(Watch, GrpcWebCall.Frame(Request)), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        held.SetResult();
        var end = await GrpcWebCall.ReadFrameAsync(stream).WaitAsync(Patience);
        Assert.That(GrpcWebCall.Trailers(end!.Value.Payload)["grpc-status"], Is.EqualTo($"{(int)StatusCode.Unavailable}"));
    }

    [Test]
    public async Task A_gzipped_message_passes_through_and_an_unknown_encoding_is_refused_upstream()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Request.ToByteArray());
        var frame = GrpcWebCall.Frame(packed.ToArray(), flags: 1);
        var good = await SendAsync(Get, frame, GrpcWebCall.Binary, ("grpc-encoding", "gzip"));
        var unknown = await SendAsync(Get, frame, GrpcWebCall.Binary, ("grpc-encoding", "lzma"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(good.Status, Is.Zero);
            Assert.That(Quote.Parser.ParseFrom(good.Messages.Single()).Name, Is.EqualTo(Request.Name));
            Assert.That(unknown.Status, Is.EqualTo((int)StatusCode.Unimplemented));
        }
    }

    [TestCase("/pricing.node.v1.NodeService/Work", "SERVICE_NOT_PUBLIC")]
    [TestCase("/pricing.ops.v1.OpsService/ListNodes", "SERVICE_NOT_PUBLIC")]
    [TestCase("/grpc.health.v1.Health/Check", "SERVICE_NOT_PUBLIC")]
    [TestCase("/pricing.quoting.v1.QuoteService/DropEverything", "METHOD_UNKNOWN")]
    [TestCase("/pricing.quoting.v1.ModelService/UploadModel", "CLIENT_STREAMING_OVER_GRPC_WEB")]
    [TestCase("/pricing.quoting.v1.QuoteService/StreamQuotes", "CLIENT_STREAMING_OVER_GRPC_WEB")]
    public async Task What_is_not_for_outside_is_unimplemented(string path, string reason)
    {
        var answer = await SendAsync(path, GrpcWebCall.Frame(Request));
        Assert.That((answer.Status, answer.ErrorInfo.Type), Is.EqualTo(((int)StatusCode.Unimplemented, reason)));
    }

    [Test]
    public async Task An_unreachable_coordinator_is_unavailable_with_retry_info()
    {
        await _coordinator.DisposeAsync();
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((answer.Status, answer.ErrorInfo.Type), Is.EqualTo(((int)StatusCode.Unavailable, "COORDINATOR_UNAVAILABLE")));
            Assert.That(answer.Details.Details.Any(detail => detail.Is(Google.Rpc.RetryInfo.Descriptor)), Is.True);
        }
    }

    [Test]
    public async Task A_page_of_a_listed_origin_may_call_and_read_statuses_another_may_not()
    {
        using var allowed = await _facade.Http.SendAsync(Preflight("https://mes.example.com"));
        using var foreign = await _facade.Http.SendAsync(Preflight("https://evil.example.com"));
        var answer = await SendAsync(Get, GrpcWebCall.Frame(Request), GrpcWebCall.Binary, ("Origin", "https://mes.example.com"));
        _coordinator.OnGetQuote = (_, _) => throw ScriptedCoordinator.Refused(StatusCode.NotFound, "X", "x");
        var refusal = await SendAsync(Get, GrpcWebCall.Frame(Request), GrpcWebCall.Binary, ("Origin", "https://mes.example.com"));
        using var problem = await _facade.Http.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v1/quotes/q-1") { Headers = { { "Origin", "https://mes.example.com" } } });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(allowed.Headers.GetValues("Access-Control-Allow-Origin").Single(), Is.EqualTo("https://mes.example.com"));
            Assert.That(string.Join(",", allowed.Headers.GetValues("Access-Control-Allow-Headers")), Does.Contain("x-grpc-web").And.Contain("grpc-timeout").And.Contain("x-order"));
            Assert.That(foreign.Headers.Contains("Access-Control-Allow-Origin"), Is.False);
            foreach (var name in (string[])["grpc-status", "grpc-message", "grpc-status-details-bin"])
                Assert.That(answer.Header("Access-Control-Expose-Headers"), Does.Contain(name));
            Assert.That(refusal.Header("Access-Control-Allow-Origin"), Is.EqualTo("https://mes.example.com"));
            Assert.That(problem.Headers.Contains("Access-Control-Allow-Origin"), Is.True, "a page must be able to read why");
        }
    }

    static HttpRequestMessage Preflight(string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, Get);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "content-type,x-grpc-web,grpc-timeout,x-order");
        return request;
    }

    Task<GrpcWebAnswer> SendAsync(string path, byte[] body, string contentType = GrpcWebCall.Binary, params (string, string)[] headers) =>
        GrpcWebCall.SendAsync(_facade.Http, GrpcWebCall.Request(path, body, contentType, headers));
}
