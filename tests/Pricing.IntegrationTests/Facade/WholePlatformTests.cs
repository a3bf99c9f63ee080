using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Grpc;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

/// <summary>A part goes in over HTTP and a firm price comes out, through the real coordinator, database and node.</summary>
[TestFixture]
sealed class WholePlatformTests
{
    WholePlatform _platform = null!;
    HttpClient _http = null!;
    JsonElement _document;

    [OneTimeSetUp]
    public async Task Start()
    {
        _platform = await WholePlatform.StartAsync();
        _http = _platform.Facade.Http;
        _document = JsonDocument.Parse(await _http.GetStringAsync("/openapi/v1.json")).RootElement;
    }

    [OneTimeTearDown]
    public async Task Stop() => await _platform.DisposeAsync();

    [Test]
    public async Task A_part_is_uploaded_and_priced_and_every_line_sums_to_the_total()
    {
        var box = Box(20, 30, 10);
        var sha256 = await UploadAsync(box);
        using var response = await AskAsync($$"""{"model":"{{sha256}}","configurations":[{"process":"fdm"},{"process":"sla"}],"quantities":[1,100]}""", wait: "20s");
        var quote = await BodyAsync(response);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(quote.GetProperty("state").GetString(), Is.EqualTo("STATE_PRICED"));
            Assert.That(quote.GetProperty("measurement").GetProperty("geometry").GetProperty("volumeMm3").GetDouble(), Is.EqualTo(6000).Within(0.01));
            Assert.That(quote.GetProperty("prices").GetArrayLength(), Is.EqualTo(4));
            foreach (var price in quote.GetProperty("prices").EnumerateArray())
                Assert.That(price.GetProperty("components").EnumerateArray().Sum(line => Amount(line.GetProperty("amount"))), Is.EqualTo(Amount(price.GetProperty("total"))));
        }
        AssertSchema(quote, "Quote");
    }

    [Test]
    public async Task A_known_quote_answers_304_and_its_events_end_at_once()
    {
        var sha256 = await UploadAsync(Box(11, 12, 13));
        using var created = await AskAsync($$"""{"model":"{{sha256}}"}""", wait: "20s");
        var location = created.Headers.Location!.ToString();
        using var message = new HttpRequestMessage(HttpMethod.Get, location) { Headers = { IfNoneMatch = { created.Headers.ETag! } } };
        using var again = await _http.SendAsync(message);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));

        await using var stream = await _http.GetStreamAsync(location + "/events");
        var events = await SseParser.Create(stream).EnumerateAsync().ToListAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events[^1].EventType, Is.EqualTo("quote"));
            Assert.That($"\"{events[^1].EventId}\"", Is.EqualTo(created.Headers.ETag!.ToString()));
        }
    }

    [Test]
    public async Task The_events_of_a_new_quote_lead_to_its_price()
    {
        var sha256 = await UploadAsync(Box(21, 22, 23));
        using var created = await AskAsync($$"""{"model":"{{sha256}}"}""", wait: "0s");
        Assert.That((await BodyAsync(created)).GetProperty("state").GetString(), Is.AnyOf("STATE_MEASURING", "STATE_PRICED"));
        await using var stream = await _http.GetStreamAsync(created.Headers.Location + "/events");
        var events = await SseParser.Create(stream).EnumerateAsync().ToListAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(JsonDocument.Parse(events[^1].Data).RootElement.GetProperty("state").GetString(), Is.EqualTo("STATE_PRICED"));
    }

    [Test]
    public async Task The_same_key_answers_the_same_quote_and_another_body_is_422()
    {
        var sha256 = await UploadAsync(Box(1, 2, 3));
        var key = Guid.NewGuid().ToString();
        using var first = await AskAsync($$"""{"model":"{{sha256}}","quantities":[1]}""", key: key);
        using var again = await AskAsync($$"""{"model":"{{sha256}}","quantities":[1]}""", key: key);
        using var other = await AskAsync($$"""{"model":"{{sha256}}","quantities":[2]}""", key: key);
        Assert.That(again.Headers.Location, Is.EqualTo(first.Headers.Location));
        var problem = JsonDocument.Parse(await other.Content.ReadAsStringAsync()).RootElement;
        Assert.That(((int)other.StatusCode, problem.GetProperty("reason").GetString()), Is.EqualTo((422, "REQUEST_ID_REUSED")), problem.GetRawText());
    }

    [Test]
    public async Task Refusals_of_the_coordinator_keep_their_reason_field_and_limit()
    {
        var sha256 = await UploadAsync(Box(4, 5, 6));
        using var process = await AskAsync($$"""{"model":"{{sha256}}","configurations":[{"process":"origami"}]}""");
        var problem = JsonDocument.Parse(await process.Content.ReadAsStringAsync()).RootElement;
        Assert.That(((int)process.StatusCode, problem.GetProperty("reason").GetString()), Is.EqualTo((400, "UNKNOWN_PROCESS")), problem.GetRawText());
        AssertSchema(problem, "Problem");

        using var unknown = await AskAsync($$"""{"model":"{{new string('0', 64)}}"}""");
        Assert.That((int)unknown.StatusCode, Is.EqualTo(404), await unknown.Content.ReadAsStringAsync());
        using var noQuote = await _http.GetAsync($"/v1/quotes/{Guid.NewGuid():D}");
        Assert.That((int)noQuote.StatusCode, Is.EqualTo(404), await noQuote.Content.ReadAsStringAsync());
        using var wrongHash = await _http.PutAsync($"/v1/models/{new string('1', 64)}", Bytes(Box(9, 9, 9)));
        Assert.That((int)wrongHash.StatusCode, Is.InRange(400, 422), await wrongHash.Content.ReadAsStringAsync());
        using var empty = await _http.PostAsync("/v1/models", Bytes([]));
        Assert.That((int)empty.StatusCode, Is.InRange(400, 422), await empty.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Lists_models_and_processes_have_the_shape_the_document_names()
    {
        var sha256 = await UploadAsync(Box(7, 8, 9));
        (await AskAsync($$"""{"model":"{{sha256}}"}""")).Dispose();
        AssertSchema(await GetAsync("/v1/quotes?pageSize=1"), "ListQuotesResponse");
        AssertSchema(await GetAsync("/v1/processes"), "ListProcessesResponse");
        AssertSchema(await GetAsync($"/v1/models/{sha256}"), "Model");
    }

    [Test]
    public async Task Buf_curl_reads_a_real_quote_over_grpc_web()
    {
        var sha256 = await UploadAsync(Box(2, 2, 2));
        using var created = await AskAsync($$"""{"model":"{{sha256}}"}""", wait: "20s");
        var name = (await BodyAsync(created)).GetProperty("name").GetString();
        var output = await ForeignClient.BufAsync("curl", "--protocol", "grpcweb", "--schema", GeneratedClient.Repository,
            "--data", $$"""{"name":"{{name}}"}""", $"{_platform.Facade.Address}pricing.quoting.v1.QuoteService/GetQuote");
        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("state").GetString(), Is.EqualTo("STATE_PRICED"));
    }

    [Test]
    public async Task A_grpc_web_refusal_of_the_real_coordinator_carries_its_details()
    {
        var get = new GetQuoteRequest { Name = $"partners/local/quotes/{Guid.NewGuid():D}" };
        var answer = await GrpcWebCall.SendAsync(_http, GrpcWebCall.Request("/pricing.quoting.v1.QuoteService/GetQuote", GrpcWebCall.Frame(get)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answer.Status, Is.EqualTo((int)StatusCode.NotFound));
            Assert.That(answer.ErrorInfo.Domain, Is.EqualTo("pricing"));
            Assert.That(answer.ErrorInfo.Type, Does.EndWith("NOT_FOUND"));
        }
    }

    [Test]
    public async Task The_edge_is_ready_while_its_coordinator_serves()
    {
        using var ready = await _http.GetAsync("/readyz");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    async Task<string> UploadAsync(byte[] file)
    {
        using var form = new MultipartFormDataContent { { Bytes(file), "file", "box.stl" } };
        using var response = await _http.PostAsync("/v1/models", form);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created), await response.Content.ReadAsStringAsync());
        var sha256 = (await BodyAsync(response)).GetProperty("sha256").GetString();
        Assert.That(sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(file))));
        return sha256!;
    }

    async Task<HttpResponseMessage> AskAsync(string json, string? wait = null, string? key = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, wait is null ? "/v1/quotes" : $"/v1/quotes?wait={wait}") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (key is not null) message.Headers.Add("Idempotency-Key", key);
        return await _http.SendAsync(message);
    }

    async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _http.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
        return await BodyAsync(response);
    }

    void AssertSchema(JsonElement value, string schema)
    {
        var check = new SchemaCheck(_document);
        check.Check(value, check.Resolve($"#/components/schemas/{schema}"), "$");
        Assert.That(check.Errors, Is.Empty, value.GetRawText());
    }

    static decimal Amount(JsonElement money) => decimal.Parse(money.GetProperty("amount").GetString()!, CultureInfo.InvariantCulture);

    static async Task<JsonElement> BodyAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    static ByteArrayContent Bytes(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    /// <summary>A box as binary STL: twelve triangles, closed, outward.</summary>
    static byte[] Box(float x, float y, float z)
    {
        float[][] corners = [[0, 0, 0], [x, 0, 0], [x, y, 0], [0, y, 0], [0, 0, z], [x, 0, z], [x, y, z], [0, y, z]];
        int[][] faces = [[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], [0, 1, 5], [0, 5, 4], [1, 2, 6], [1, 6, 5], [2, 3, 7], [2, 7, 6], [3, 0, 4], [3, 4, 7]];
        using var stl = new MemoryStream();
        using var writer = new BinaryWriter(stl);
        writer.Write(new byte[80]);
        writer.Write(faces.Length);
        foreach (var face in faces)
        {
            writer.Write(new byte[12]);
            foreach (var corner in face)
                foreach (var coordinate in corners[corner]) writer.Write(coordinate);
            writer.Write((short)0);
        }
        return stl.ToArray();
    }
}
