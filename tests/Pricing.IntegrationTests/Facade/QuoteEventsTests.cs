using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Grpc.Core;
using NUnit.Framework;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Facade;

[TestFixture]
sealed class QuoteEventsTests
{
    const string Path = "/v1/quotes/q-1/events";
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    ScriptedCoordinator _coordinator = null!;
    FacadeUnderTest _facade = null!;

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
    public async Task Progress_comes_as_events_and_the_finished_quote_last()
    {
        using var response = await _facade.Http.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/event-stream"));
        var events = await AllAsync(response);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(item => item.EventType), Is.EqualTo(["progress", "progress", "quote"]), "the heartbeat is a comment");
            Assert.That(events[0].Data.GetProperty("queuePosition").GetString(), Is.EqualTo("3"));
            Assert.That(events[1].Data.GetProperty("fraction").GetDouble(), Is.EqualTo(0.5));
            Assert.That(events[2].Data.GetProperty("state").GetString(), Is.EqualTo("STATE_PRICED"));
            Assert.That(events[2].EventId, Is.EqualTo("e1"));
        }
    }

    [Test]
    public async Task Each_event_arrives_before_the_next_one_is_sent()
    {
        var seen = new SemaphoreSlim(0);
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            for (var i = 1; i <= 3; i++)
            {
                await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress { QueuePosition = i } });
                await seen.WaitAsync(context.CancellationToken);
            }
        };
        using var response = await _facade.Http.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        await using var stream = await response.Content.ReadAsStreamAsync();
        await using var events = Parse(stream).GetAsyncEnumerator();
        for (var i = 1; i <= 3; i++)
        {
            Assert.That(await events.MoveNextAsync().AsTask().WaitAsync(Patience), Is.True);
            Assert.That(events.Current.Data.GetProperty("queuePosition").GetString(), Is.EqualTo($"{i}"));
            seen.Release();
        }
    }

    [Test]
    public async Task A_refusal_before_the_first_event_is_an_ordinary_problem()
    {
        _coordinator.OnWatchQuote = (_, _, _) => throw ScriptedCoordinator.Refused(StatusCode.NotFound, "QUOTE_NOT_FOUND", "No such quote.", "name");
        using var response = await _facade.Http.GetAsync(Path);
        await RestTests.AssertProblemAsync(response, 404, "QUOTE_NOT_FOUND", "name");
    }

    [Test]
    public async Task A_failure_in_the_middle_is_the_last_event()
    {
        _coordinator.OnWatchQuote = async (_, events, _) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress() });
            throw ScriptedCoordinator.Refused(StatusCode.Unavailable, "DRAINING", "Going away.");
        };
        using var response = await _facade.Http.GetAsync(Path);
        var events = await AllAsync(response);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(item => item.EventType), Is.EqualTo(["progress", "error"]));
            Assert.That(events[1].Data.GetProperty("reason").GetString(), Is.EqualTo("DRAINING"));
            Assert.That(events[1].Data.GetProperty("status").GetInt32(), Is.EqualTo(503));
        }
    }

    [Test]
    public async Task A_reconnect_that_holds_the_finished_quote_is_told_to_stop()
    {
        _coordinator.OnWatchQuote = (request, events, _) => events.WriteAsync(new WatchQuoteResponse { Quote = ScriptedCoordinator.Priced(request.Name) });
        using var again = await ReconnectAsync("e1");
        using var other = await ReconnectAsync("e0");
        Assert.That((again.StatusCode, other.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, HttpStatusCode.OK)));
    }

    [Test]
    public async Task A_reader_that_goes_away_cancels_the_watch()
    {
        var cancelled = new TaskCompletionSource();
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress() });
            await ScriptedCoordinator.WhenCancelled(context);
            cancelled.SetResult();
        };
        (await _facade.Http.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead)).Dispose();
        Assert.That(async () => await cancelled.Task.WaitAsync(Patience), Throws.Nothing);
    }

    [Test]
    public async Task Stopping_ends_the_stream_with_an_error_event_in_time()
    {
        _coordinator.OnWatchQuote = async (_, events, context) =>
        {
            await events.WriteAsync(new WatchQuoteResponse { Progress = new QuoteProgress() });
            await ScriptedCoordinator.WhenCancelled(context);
        };
        using var response = await _facade.Http.GetAsync(Path, HttpCompletionOption.ResponseHeadersRead);
        var started = TimeProvider.System.GetTimestamp();
        var stop = _facade.StopAsync();
        var events = await AllAsync(response);
        await stop;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events[^1].Data.GetProperty("reason").GetString(), Is.EqualTo("SHUTTING_DOWN"));
            Assert.That(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds, Is.LessThan(Limits.Wire.ShutdownMs + 500));
        }
    }

    async Task<HttpResponseMessage> ReconnectAsync(string lastEventId)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, Path) { Headers = { { "Last-Event-ID", lastEventId } } };
        return await _facade.Http.SendAsync(message);
    }

    static IAsyncEnumerable<SseItem<JsonElement>> Parse(Stream stream) =>
        SseParser.Create(stream, (_, data) => JsonDocument.Parse(data.ToArray()).RootElement).EnumerateAsync();

    static async Task<List<SseItem<JsonElement>>> AllAsync(HttpResponseMessage response)
    {
        await using var stream = await response.Content.ReadAsStreamAsync();
        return await Parse(stream).ToListAsync().AsTask().WaitAsync(Patience);
    }
}
