using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

/// <summary>gRPC-web clients that others wrote: connect-web (JavaScript) and buf curl (Go).</summary>
[TestFixture]
sealed class ForeignWebClientTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;
    readonly TaskCompletionSource _watcherLeft = new();

    [OneTimeSetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _coordinator.OnGetQuote = GetAsync;
        _coordinator.OnWatchQuote = WatchAsync;
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [Test]
    public async Task Connect_web_and_the_facade_agree_on_everything()
    {
        using var generated = await GeneratedClient.CreateAsync();
        var output = await ForeignClient.NodeAsync("connect-web.mjs", _facade.Address.ToString().TrimEnd('/'), generated.Folder);
        using var document = JsonDocument.Parse(output);
        var saw = document.RootElement;
        var sent = _coordinator.Calls.First(call => call.Get("x-order") is not null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(saw.GetProperty("name").GetString(), Is.EqualTo("partners/local/quotes/q-1"));
            Assert.That(saw.GetProperty("quantity").GetString(), Is.EqualTo("9007199254740993"));
            Assert.That(saw.GetProperty("total").GetString(), Is.EqualTo("12.34"));
            Assert.That(sent.GetValue("x-order"), Is.EqualTo("17"));
            Assert.That(sent.GetValueBytes("x-raw-bin"), Is.EqualTo(new byte[] { 0, 255, 10 }));
            Assert.That(saw.GetProperty("header").GetString(), Is.EqualTo("there"));
            Assert.That(saw.GetProperty("trailer").GetString(), Is.EqualTo("word"));
            Assert.That(GrpcWebAnswer.Base64(saw.GetProperty("trailerBinary").GetString()!), Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(Strings("events"), Is.EqualTo(["progress", "heartbeat", "quote"]));
            Assert.That(Refusal("refusal"), Is.EqualTo(("NotFound", "QUOTE_NOT_FOUND", "name")));
            Assert.That(saw.GetProperty("refusal").GetProperty("message").GetString(), Is.EqualTo("Нет такого расчёта."));
            Assert.That(Strings("before"), Is.EqualTo(["heartbeat"]));
            Assert.That(Refusal("lateRefusal"), Is.EqualTo(("ResourceExhausted", "QUOTA_EXCEEDED", "")));
            Assert.That(saw.GetProperty("lateRefusal").GetProperty("retrySeconds").GetInt32(), Is.EqualTo(3));
            Assert.That(saw.GetProperty("deadline").GetProperty("code").GetString(), Is.EqualTo("DeadlineExceeded"));
            Assert.That(Refusal("streamingUp"), Is.EqualTo(("Unimplemented", "CLIENT_STREAMING_OVER_GRPC_WEB", "method")));
            Assert.That(saw.GetProperty("aborted").GetProperty("code").GetString(), Is.EqualTo("Canceled"));
            Assert.That(async () => await _watcherLeft.Task.WaitAsync(Patience), Throws.Nothing, "the abort reaches the coordinator");
        }

        string?[] Strings(string name) => [.. saw.GetProperty(name).EnumerateArray().Select(item => item.GetString())];
        (string?, string?, string?) Refusal(string name)
        {
            var refusal = saw.GetProperty(name);
            return (Text("code"), Text("reason"), Text("field"));
            string? Text(string member) => refusal.TryGetProperty(member, out var value) ? value.GetString() : null;
        }
    }

    [Test]
    public async Task Buf_curl_reads_a_unary_answer_and_a_stream()
    {
        var unary = await CurlAsync("GetQuote", """{"name":"partners/local/quotes/q-1"}""");
        var stream = await CurlAsync("WatchQuote", """{"name":"partners/local/quotes/q-1"}""");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(JsonDocument.Parse(unary).RootElement.GetProperty("prices")[0].GetProperty("total").GetProperty("amount").GetString(), Is.EqualTo("12.34"));
            Assert.That(stream, Does.Contain("\"heartbeat\"").And.Contain("STATE_PRICED"));
        }
    }

    Task<string> CurlAsync(string method, string body) =>
        ForeignClient.BufAsync("curl", "--protocol", "grpcweb", "--schema", GeneratedClient.Repository, "--data", body, $"{_facade.Address}pricing.quoting.v1.QuoteService/{method}");

    static async Task<Quote> GetAsync(GetQuoteRequest request, ServerCallContext context)
    {
        switch (Path.GetFileName(request.Name))
        {
            case "missing":
                throw ScriptedCoordinator.Refused(StatusCode.NotFound, "QUOTE_NOT_FOUND", "Нет такого расчёта.", "name");
            case "slow":
                await ScriptedCoordinator.WhenCancelled(context);
                break;
        }
        await context.WriteResponseHeadersAsync(new Metadata { { "x-back", "there" } });
        context.ResponseTrailers.Add("x-last", "word");
        context.ResponseTrailers.Add("x-end-bin", [1, 2]);
        return ScriptedCoordinator.Priced(request.Name);
    }

    async Task WatchAsync(WatchQuoteRequest request, IServerStreamWriter<WatchQuoteResponse> events, ServerCallContext context)
    {
        var id = Path.GetFileName(request.Name);
        if (id == "q-1") await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress() });
        await events.WriteAsync(new WatchQuoteResponse { Heartbeat = new Heartbeat() });
        switch (id)
        {
            case "breaks":
                throw ScriptedCoordinator.Refused(StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", "Too many.", retryAfter: TimeSpan.FromSeconds(3));
            case "forever":
                await ScriptedCoordinator.WhenCancelled(context);
                _watcherLeft.SetResult();
                return;
        }
        await events.WriteAsync(new WatchQuoteResponse { Quote = ScriptedCoordinator.Priced(request.Name) });
    }
}
