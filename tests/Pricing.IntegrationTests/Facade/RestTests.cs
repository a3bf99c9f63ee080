using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

[TestFixture]
sealed class RestTests
{
    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;

    static readonly string Hash = new('b', 64);

    [SetUp]
    public async Task Start()
    {
        _coordinator = await ScriptedCoordinator.StartAsync();
        _facade = await FacadeUnderTest.StartAsync(_coordinator.Address);
    }

    [TearDown]
    public async Task Stop()
    {
        await _facade.DisposeAsync();
        await _coordinator.DisposeAsync();
    }

    [Test]
    public async Task A_quote_is_created_with_location_etag_and_the_callers_key()
    {
        CreateQuoteRequest? seen = null;
        _coordinator.OnCreateQuote = (request, _) =>
        {
            seen = request;
            return Task.FromResult(ScriptedCoordinator.Accepted(request));
        };
        var key = Guid.NewGuid().ToString();
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/quotes?wait=2.5s") { Content = Json($$"""{"model":"{{Hash}}","quantities":["1",10],"configurations":[{"process":"fdm"}]}""") };
        message.Headers.Add("Idempotency-Key", key);
        using var response = await _facade.Http.SendAsync(message);
        var quote = await BodyAsync(response);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(response.Headers.Location?.ToString(), Is.EqualTo("/v1/quotes/q-new"));
            Assert.That(response.Headers.ETag?.Tag, Is.EqualTo("\"m1\""));
            Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(quote.GetProperty("state").GetString(), Is.EqualTo("STATE_MEASURING"));
            Assert.That(quote.GetProperty("quantities")[1].GetString(), Is.EqualTo("10"), "int64 travels as a string");
            Assert.That(seen!.RequestId, Is.EqualTo(key));
            Assert.That(seen.Quote.Model, Is.EqualTo($"partners/local/models/{Hash}"));
            Assert.That(seen.Wait.ToTimeSpan(), Is.EqualTo(TimeSpan.FromSeconds(2.5)));
        }
    }

    [TestCase("""{"model":"x","colour":"red"}""", "UNKNOWN_FIELD", "colour", 400)]
    [TestCase("""{"configurations":[{"process":"fdm"},{"proces":"sla"}]}""", "UNKNOWN_FIELD", "configurations[1].proces", 400)]
    [TestCase("""{"measureOptions":{"unit":"LENGTH_UNIT_PARSEC"}}""", "INVALID_FIELD_VALUE", "measureOptions.unit", 400)]
    [TestCase("""{"quantities":[1,"two"]}""", "INVALID_FIELD_VALUE", "quantities[1]", 400)]
    [TestCase("""{"quantities":[99999999999999999999]}""", "INVALID_FIELD_VALUE", "quantities[0]", 400)]
    [TestCase("""{"quantities":{"a":1}}""", "INVALID_FIELD_VALUE", "quantities", 400)]
    [TestCase("""{"configurations":[{"process":7}]}""", "INVALID_FIELD_VALUE", "configurations[0].process", 400)]
    [TestCase("""{"state":"STATE_PRICED"}""", "FIELD_OUTPUT_ONLY", "state", 400)]
    [TestCase("""{"prices":[{}]}""", "FIELD_OUTPUT_ONLY", "prices", 400)]
    [TestCase("""{"model":"a","model":"b"}""", "INVALID_JSON", "body", 400)]
    [TestCase("""{"model":"\ud800"}""", "INVALID_FIELD_VALUE", "model", 400)]
    [TestCase("""{"\ud800":1}""", "INVALID_JSON", "body", 400)]
    [TestCase("""{"model":""", "INVALID_JSON", "body", 400)]
    [TestCase("""[1]""", "INVALID_JSON", "body", 400)]
    [TestCase("", "INVALID_JSON", "body", 400)]
    public async Task Bad_json_is_refused_with_the_path_at_fault(string body, string reason, string field, int status)
    {
        using var response = await _facade.Http.PostAsync("/v1/quotes", Json(body));
        await AssertProblemAsync(response, status, reason, field);
    }

    [Test]
    public async Task Json_nested_beyond_the_bound_is_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"measurement":""", 1000)) + "1" + new string('}', 1000);
        using var response = await _facade.Http.PostAsync("/v1/quotes", Json(deep));
        await AssertProblemAsync(response, 400, "INVALID_JSON", "body");
    }

    [Test]
    public async Task A_body_beyond_the_bound_is_413_whether_announced_or_not([Values] bool chunked)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/quotes") { Content = Json($$"""{"model":"{{new string('x', Limits.Edge.JsonBodyBytesMax)}}"}""") };
        message.Headers.TransferEncodingChunked = chunked;
        using var response = await _facade.Http.SendAsync(message);
        await AssertProblemAsync(response, 413, "BODY_TOO_LARGE", "body");
    }

    [Test]
    public async Task Another_content_type_is_415()
    {
        using var response = await _facade.Http.PostAsync("/v1/quotes", new StringContent("model=x", Encoding.UTF8, "application/x-www-form-urlencoded"));
        await AssertProblemAsync(response, 415, "CONTENT_TYPE_UNSUPPORTED", "content-type");
    }

    [TestCase("wait=31s", "WAIT_OUT_OF_RANGE", "wait")]
    [TestCase("wait=soon", "WAIT_INVALID", "wait")]
    [TestCase("wait=-1s", "WAIT_INVALID", "wait")]
    [TestCase("validateOnly=perhaps", "BAD_REQUEST", null)]
    public async Task Parameters_out_of_bounds_are_refused(string query, string reason, string? field)
    {
        using var response = await _facade.Http.PostAsync($"/v1/quotes?{query}", Json("{}"));
        await AssertProblemAsync(response, 400, reason, field);
    }

    [Test]
    public async Task A_preferred_wait_is_cut_to_the_bound_and_said_so()
    {
        TimeSpan? waited = null;
        _coordinator.OnCreateQuote = (request, _) =>
        {
            waited = request.Wait.ToTimeSpan();
            return Task.FromResult(ScriptedCoordinator.Accepted(request));
        };
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/quotes") { Content = Json("{}") };
        message.Headers.Add("Prefer", "respond-async, wait=100");
        using var response = await _facade.Http.SendAsync(message);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(waited, Is.EqualTo(TimeSpan.FromSeconds(Limits.Quote.WaitSecondsMax)));
            Assert.That(response.Headers.GetValues("Preference-Applied"), Is.EqualTo(["wait=30"]));
        }
    }

    [Test]
    public async Task An_idempotency_key_that_is_no_uuid_is_refused()
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/quotes") { Content = Json("{}") };
        message.Headers.Add("Idempotency-Key", "order-17");
        using var response = await _facade.Http.SendAsync(message);
        await AssertProblemAsync(response, 400, "IDEMPOTENCY_KEY_INVALID", "Idempotency-Key");
    }

    [Test]
    public async Task A_held_etag_answers_304_without_a_body_and_another_one_does_not()
    {
        using var first = await _facade.Http.GetAsync("/v1/quotes/q-1");
        using var again = await ConditionalAsync("/v1/quotes/q-1", first.Headers.ETag!);
        using var changed = await ConditionalAsync("/v1/quotes/q-1", new EntityTagHeaderValue("\"older\""));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Headers.ETag!.ToString(), Is.EqualTo("\"e1\""));
            Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(await again.Content.ReadAsByteArrayAsync(), Is.Empty);
            Assert.That(changed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase("/v1/quotes")]
    [TestCase("/v1/processes")]
    [TestCase("/v1/models/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")]
    public async Task Lists_and_details_answer_304_too(string path)
    {
        using var first = await _facade.Http.GetAsync(path);
        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var again = await ConditionalAsync(path, first.Headers.ETag!);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task A_page_links_to_the_next_one()
    {
        ListQuotesRequest? seen = null;
        var answer = _coordinator.OnListQuotes;
        _coordinator.OnListQuotes = (request, context) =>
        {
            seen = request;
            return answer(request, context);
        };
        using var first = await _facade.Http.GetAsync("/v1/quotes?pageSize=1");
        var link = first.Headers.GetValues("Link").Single();
        using var second = await _facade.Http.GetAsync(link[1..link.IndexOf('>')]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(link, Does.EndWith("; rel=\"next\""));
            Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That((seen!.PageToken, seen.PageSize), Is.EqualTo(("after q-1", 1)));
        }
        using var tooMany = await _facade.Http.GetAsync("/v1/quotes?pageSize=201");
        await AssertProblemAsync(tooMany, 400, "PAGE_SIZE_OUT_OF_RANGE", "pageSize");
    }

    [Test]
    public async Task A_quote_is_cancelled_under_its_own_verb()
    {
        using var response = await _facade.Http.PostAsync("/v1/quotes/q-1:cancel", null);
        var quote = await BodyAsync(response);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(quote.GetProperty("name").GetString(), Is.EqualTo("partners/local/quotes/q-1"));
            Assert.That(quote.GetProperty("state").GetString(), Is.EqualTo("STATE_CANCELLED"));
        }
    }

    [TestCase("/v1/quotes/a%2Fb")]
    [TestCase("/v1/quotes/..%2F..%2Fother%2Fquotes%2Fx")]
    [TestCase("/v1/quotes/q-1:cancel")]
    public async Task An_id_cannot_name_something_elses_resource(string path)
    {
        using var response = await _facade.Http.GetAsync(path);
        await AssertProblemAsync(response, 400, "RESOURCE_ID_INVALID", "id");
    }

    static readonly object[] Refusals =
    [
        new object[] { StatusCode.InvalidArgument, "QUANTITY_OUT_OF_RANGE", 400 },
        new object[] { StatusCode.NotFound, "QUOTE_NOT_FOUND", 404 },
        new object[] { StatusCode.AlreadyExists, "EXISTS", 409 },
        new object[] { StatusCode.Aborted, "ETAG_MISMATCH", 409 },
        new object[] { StatusCode.FailedPrecondition, "QUOTE_FINISHED", 409 },
        new object[] { StatusCode.InvalidArgument, "REQUEST_ID_REUSED", 422 },
        new object[] { StatusCode.ResourceExhausted, "QUOTA_EXCEEDED", 429 },
        new object[] { StatusCode.ResourceExhausted, "MODEL_TOO_LARGE", 413 },
        new object[] { StatusCode.Unauthenticated, "NO_KEY", 401 },
        new object[] { StatusCode.PermissionDenied, "NOT_YOURS", 403 },
        new object[] { StatusCode.Unavailable, "DRAINING", 503 },
        new object[] { StatusCode.DeadlineExceeded, "TOO_LATE", 504 },
        new object[] { StatusCode.Unimplemented, "NOT_YET", 501 },
        new object[] { StatusCode.Internal, "BROKEN", 500 },
    ];

    [TestCaseSource(nameof(Refusals))]
    public async Task A_refusal_of_the_coordinator_becomes_problem_details(StatusCode code, string reason, int status)
    {
        _coordinator.OnGetQuote = (_, _) => throw ScriptedCoordinator.Refused(code, reason, "One plain sentence.", "quantities[2]", TimeSpan.FromSeconds(7.2));
        using var response = await _facade.Http.GetAsync("/v1/quotes/q-1");
        var problem = await AssertProblemAsync(response, status, reason, "quantities[2]");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(problem.GetProperty("detail").GetString(), Is.EqualTo("One plain sentence."));
            Assert.That(problem.GetProperty("limit").GetString(), Is.EqualTo("7 things"));
            Assert.That(problem.GetProperty("actual").GetString(), Is.EqualTo("8 things"));
            Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(8)), "rounded up");
        }
    }

    [Test]
    public async Task An_exception_inside_the_coordinator_shows_nothing_of_itself()
    {
        _coordinator.OnGetQuote = (_, _) => throw new InvalidOperationException("secret /var/lib/thing");
        using var response = await _facade.Http.GetAsync("/v1/quotes/q-1");
        await AssertProblemAsync(response, 500, "UNKNOWN", null);
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("secret").And.Not.Contain("Exception").And.Not.Contain("   at "));
    }

    [Test]
    public async Task An_unreachable_coordinator_is_503_with_retry_after_and_not_ready_but_alive()
    {
        using var ready = await _facade.Http.GetAsync("/readyz");
        await _coordinator.DisposeAsync();
        using var response = await _facade.Http.GetAsync("/v1/quotes/q-1");
        await AssertProblemAsync(response, 503, "COORDINATOR_UNAVAILABLE", null);
        using var notReady = await _facade.Http.GetAsync("/readyz");
        using var alive = await _facade.Http.GetAsync("/healthz");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(notReady.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(alive.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task An_unknown_path_is_a_404_problem_and_a_wrong_method_a_405_problem_with_allow()
    {
        using var unknown = await _facade.Http.GetAsync("/v2/nothing");
        await AssertProblemAsync(unknown, 404, "ROUTE_NOT_FOUND", "path");
        using var wrong = await _facade.Http.DeleteAsync("/v1/processes");
        await AssertProblemAsync(wrong, 405, "METHOD_NOT_ALLOWED", "method");
        Assert.That(wrong.Content.Headers.Allow, Is.EqualTo(["GET"]));
    }

    [Test]
    public async Task The_root_links_to_what_there_is()
    {
        using var response = await _facade.Http.GetAsync("/");
        foreach (var link in (await BodyAsync(response)).EnumerateObject().Where(property => property.Value.GetString()!.StartsWith('/')))
        {
            if (link.Name == "models") continue; // takes POST alone
            using var followed = await _facade.Http.GetAsync(link.Value.GetString());
            Assert.That(followed.StatusCode, Is.EqualTo(HttpStatusCode.OK), link.Name);
        }
    }

    async Task<HttpResponseMessage> ConditionalAsync(string path, EntityTagHeaderValue tag)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, path);
        message.Headers.IfNoneMatch.Add(tag);
        return await _facade.Http.SendAsync(message);
    }

    static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    static async Task<JsonElement> BodyAsync(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    internal static async Task<JsonElement> AssertProblemAsync(HttpResponseMessage response, int status, string reason, string? field)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"), text);
        var problem = JsonDocument.Parse(text).RootElement;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(status), text);
            Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
            Assert.That(problem.GetProperty("reason").GetString(), Is.EqualTo(reason), text);
            Assert.That(problem.GetProperty("type").GetString(), Is.EqualTo($"/errors/{reason}"));
            Assert.That(problem.TryGetProperty("field", out var at) ? at.GetString() : null, Is.EqualTo(field), text);
            Assert.That(problem.GetProperty("traceId").GetString(), Is.Not.Empty);
        }
        return problem;
    }
}
