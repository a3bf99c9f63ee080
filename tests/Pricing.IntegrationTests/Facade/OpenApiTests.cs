using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

/// <summary>The document is compared with what the service really does: every operation is called and every answer held against its schema.</summary>
[TestFixture]
sealed class OpenApiTests
{
    static readonly string Hash = new('b', 64);

    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;
    JsonElement _document;

    [OneTimeSetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address);
        _document = JsonDocument.Parse(await _facade.Http.GetStringAsync("/openapi/v1.json")).RootElement;
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [Test]
    public void Every_operation_of_the_contract_is_there_and_no_other()
    {
        var operations = Operations().Select(operation => $"{operation.Method} {operation.Path}").Order();
        Assert.That(operations, Is.EqualTo(new[]
        {
            "get /v1/models/{sha256}", "get /v1/processes", "get /v1/quotes", "get /v1/quotes/{id}", "get /v1/quotes/{id}/events",
            "post /v1/models", "post /v1/quotes", "post /v1/quotes/{id}:cancel", "put /v1/models/{sha256}",
        }));
    }

    [Test]
    public void It_says_that_64_bit_integers_are_strings_and_means_it()
    {
        var quantities = _document.GetProperty("components").GetProperty("schemas").GetProperty("Quote").GetProperty("properties").GetProperty("quantities");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_document.GetProperty("info").GetProperty("description").GetString(), Does.Contain("64-bit integers are strings"));
            Assert.That(quantities.GetProperty("items").GetProperty("type").GetString(), Is.EqualTo("string"));
            Assert.That(quantities.GetProperty("items").GetProperty("format").GetString(), Is.EqualTo("int64"));
        }
    }

    [Test]
    public void Comments_of_the_protos_describe_the_schemas()
    {
        var schemas = _document.GetProperty("components").GetProperty("schemas");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(schemas.GetProperty("Quote").GetProperty("properties").GetProperty("deadlineTime").GetProperty("description").GetString(), Is.EqualTo("The quote ends by then, whatever happens."));
            Assert.That(schemas.GetProperty("Geometry").GetProperty("properties").GetProperty("shells").GetProperty("description").GetString(), Does.StartWith("Parts that share no vertex"));
            Assert.That(schemas.GetProperty("Money").GetProperty("description").GetString(), Does.StartWith("An exact amount of money."));
        }
    }

    static IEnumerable<TestCaseData> Answers()
    {
        yield return Case("get", "/v1/quotes/{id}", () => new(HttpMethod.Get, "/v1/quotes/q-1"));
        yield return Case("get", "/v1/quotes", () => new(HttpMethod.Get, "/v1/quotes"));
        yield return Case("get", "/v1/processes", () => new(HttpMethod.Get, "/v1/processes"));
        yield return Case("get", "/v1/models/{sha256}", () => new(HttpMethod.Get, $"/v1/models/{Hash}"));
        yield return Case("post", "/v1/quotes/{id}:cancel", () => new(HttpMethod.Post, "/v1/quotes/q-1:cancel"));
        yield return Case("post", "/v1/quotes", () => new(HttpMethod.Post, "/v1/quotes") { Content = Json($$"""{"model":"{{Hash}}"}""") });
        yield return Case("post", "/v1/quotes", () => new(HttpMethod.Post, "/v1/quotes?validateOnly=true") { Content = Json($$"""{"model":"{{Hash}}"}""") });
        yield return Case("post", "/v1/models", () => new(HttpMethod.Post, "/v1/models") { Content = Bytes() });
        yield return Case("put", "/v1/models/{sha256}", () => new(HttpMethod.Put, "/v1/models/4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a") { Content = Bytes() });
        yield return Case("get", "/v1/quotes/{id}", () => new(HttpMethod.Get, "/v1/quotes/missing"));
        yield return Case("post", "/v1/quotes", () => new(HttpMethod.Post, "/v1/quotes") { Content = Json("{") });
        yield return Case("post", "/v1/models", () => new(HttpMethod.Post, "/v1/models") { Content = Json("{}") });

        static TestCaseData Case(string method, string path, Func<HttpRequestMessage> request) => new(method, path, request);
    }

    [TestCaseSource(nameof(Answers))]
    public async Task An_answer_has_a_status_a_type_and_a_shape_that_the_document_names(string method, string path, Func<HttpRequestMessage> request)
    {
        _coordinator.OnGetQuote = (get, _) => get.Name.EndsWith("missing", StringComparison.Ordinal)
            ? throw ScriptedCoordinator.Refused(StatusCode.NotFound, "QUOTE_NOT_FOUND", "No such quote.", "name")
            : Task.FromResult(Full(get.Name));
        using var message = request();
        using var response = await _facade.Http.SendAsync(message);
        var text = await response.Content.ReadAsStringAsync();
        var responses = _document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("responses");
        Assert.That(responses.TryGetProperty($"{(int)response.StatusCode}", out var described), Is.True, $"{(int)response.StatusCode} is not described; {text}");
        Assert.That(described.GetProperty("content").TryGetProperty(response.Content.Headers.ContentType!.MediaType!, out var content), Is.True, text);
        var check = new SchemaCheck(_document);
        check.Check(JsonDocument.Parse(text).RootElement, content.GetProperty("schema"), "$");
        Assert.That(check.Errors, Is.Empty, text);
    }

    [Test]
    public void The_check_itself_finds_a_property_the_schema_does_not_name_and_a_number_for_a_string()
    {
        var check = new SchemaCheck(_document);
        var wrong = JsonDocument.Parse("""{"currencyCode":7,"amount":"1","cents":5}""").RootElement;
        check.Check(wrong, check.Resolve("#/components/schemas/Money"), "$");
        Assert.That(check.Errors, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Every_field_the_request_schema_names_is_accepted_and_no_other_field_of_a_quote_is()
    {
        var asked = _document.GetProperty("components").GetProperty("schemas").GetProperty("QuoteRequest").GetProperty("properties").EnumerateObject().Select(property => property.Name).ToHashSet();
        var full = JsonDocument.Parse(Google.Protobuf.JsonFormatter.Default.Format(Full("q"))).RootElement;
        foreach (var field in full.EnumerateObject())
        {
            using var response = await _facade.Http.PostAsync("/v1/quotes", Json($$"""{"{{field.Name}}":{{field.Value.GetRawText()}}}"""));
            Assert.That((int)response.StatusCode, Is.EqualTo(asked.Contains(field.Name) ? 201 : 400), field.Name);
        }
        Assert.That(full.EnumerateObject().Select(field => field.Name), Is.SupersetOf(asked));
    }

    [Test]
    public void Every_reference_leads_somewhere()
    {
        var check = new SchemaCheck(_document);
        var references = References(_document).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(references, Is.Not.Empty);
            foreach (var reference in references) Assert.That(() => check.Resolve(reference), Throws.Nothing, reference);
        }
    }

    /// <summary>Every field set, so that every schema is walked.</summary>
    static Quote Full(string name)
    {
        var quote = ScriptedCoordinator.Priced(name);
        quote.MeasureOptions = new MeasureOptions { Unit = LengthUnit.Inch, Scale = 2, FdmProfile = new FdmProfile { Name = "x", Perimeters = 2 } };
        quote.Configurations.Add(new Configuration { Process = "fdm" });
        quote.PriceListVersion = "priceLists/standard/versions/1";
        quote.Failure = new Failure { Reason = "X" };
        quote.MeasurementCached = true;
        quote.FinishTime = quote.ExpireTime = quote.DeadlineTime = quote.CreateTime;
        quote.Timing = new QuoteTiming { TotalMs = 1.5 };
        quote.RequestId = Guid.NewGuid().ToString();
        quote.Prices[0].Findings.Add(new Finding { Code = "WALL_TOO_THIN", Severity = Finding.Types.Severity.Review });
        quote.Measurement.Geometry.BboxMinMm = new Vector3 { X = -1.5 };
        quote.Measurement.Geometry.BoundaryEdges = 0;
        quote.Measurement.Fdm = new FdmEstimate { Layers = 3, Features = { new FdmFeature { Feature = "perimeter" } } };
        quote.Measurement.Notes.Add(new MeasurementNote { Code = "UNIT_ASSUMED" });
        quote.Measurement.Timing = new MeasureTiming { DecodeMs = 1 };
        return quote;
    }

    IEnumerable<(string Method, string Path)> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name, path.Name);

    static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => property is { Name: "$ref", Value.ValueKind: JsonValueKind.String } ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    static ByteArrayContent Bytes() => new([1]) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
}
