using System.Diagnostics;
using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Pricing.Catalog.V1;
using Pricing.IntegrationTests.Embedded;
using Pricing.IntegrationTests.Servers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using Pricing.Tests;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Cache;

/// <summary>Known prices over gRPC: the same as a quote's, from memory, and never those of another partner or an old list.</summary>
[TestFixture]
sealed class PreviewTests
{
    CoordinatorServer? _server;

    CoordinatorServer Server => _server!;

    [TearDown]
    public async Task StopAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    [Test, CancelAfter(60_000)]
    public async Task A_preview_says_what_a_quote_says_and_writes_nothing(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1, 10);
        var quotes = await Server.ScalarAsync<long>("select count(*) from quote");
        for (var i = 0; i < 3; i++)
        {
            var preview = await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel);
            Assert.That(preview.Prices, Is.EqualTo(quote.Prices));
            Assert.That(preview.PriceListVersion, Is.EqualTo(quote.PriceListVersion));
            Assert.That(preview.MeasurementDigest, Is.EqualTo(quote.Measurement.Digest));
        }
        Assert.That(await Server.ScalarAsync<long>("select count(*) from quote"), Is.EqualTo(quotes));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_known_price_is_answered_without_PostgreSQL_and_Redis_until_its_time_is_up(CancellationToken cancel)
    {
        using var home = new ClusterHome();
        await using var postgres = await home.StartAsync();
        await using var redis = await RedisServer.StartAsync();
        var time = new ManualTime();
        _server = await CoordinatorServer.StartAsync(options => options with { ConnectionString = postgres.ConnectionString, Redis = redis.Address, Time = time, LogLevel = LogLevel.None });
        var quote = await MeasuredAsync(Server, cancel, 1, 10);
        var warm = await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel);

        await postgres.DisposeAsync();
        await redis.KillAsync();
        for (var i = 0; i < 100; i++)
            Assert.That(await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel), Is.EqualTo(warm));
        Assert.That((await RefusedAsync(Ask(quote, 7), cancel)).StatusCode, Is.EqualTo(StatusCode.OK), "the measurement is in memory too: other quantities are computed");

        // The shortest of the times: who may see the model.
        time.Advance(TimeSpan.FromSeconds(Limits.Cache.VisibilitySeconds));
        var refusal = await RefusedAsync(Ask(quote), cancel);
        Assert.That(refusal.StatusCode, Is.EqualTo(StatusCode.Unavailable), "no false answer");
    }

    [Test, CancelAfter(60_000)]
    public async Task On_the_memory_path_nobody_is_asked(CancellationToken cancel)
    {
        await using var redis = await RedisServer.StartAsync();
        using var own = await redis.ConnectAsync();
        _server = await CoordinatorServer.StartAsync(options => options with { Redis = redis.Address });
        var quote = await MeasuredAsync(Server, cancel, 3);

        using var statements = new StatementsOfRequests();
        await Server.Prices.PreviewPricesAsync(Ask(quote, 4), cancellationToken: cancel);
        var (statementsCold, getsCold) = (statements.Count, await RedisServer.GetsAsync(own));
        Assert.That(getsCold, Is.GreaterThan(0), "a new question goes to Redis");
        // Visibility and measurement are known from the quote: make one that must be read.
        await Server.Prices.PreviewPricesAsync(Ask(await MeasuredAsync(Server, cancel, 3)), cancellationToken: cancel);
        Assert.That(statements.Count, Is.GreaterThan(statementsCold), "the listener hears what requests ask the database");

        var (statementsWarm, getsWarm) = (statements.Count, await RedisServer.GetsAsync(own));
        var before = await CacheAsync(Server, cancel);
        var statementsOfStats = statements.Count - statementsWarm;
        for (var i = 0; i < 500; i++)
            await Server.Prices.PreviewPricesAsync(Ask(quote, 4), cancellationToken: cancel);
        Assert.That(statements.Count - statementsWarm - statementsOfStats, Is.Zero, "statements of PostgreSQL");
        Assert.That(await RedisServer.GetsAsync(own) - getsWarm, Is.Zero, "reads of Redis");
        var after = await CacheAsync(Server, cancel);
        Assert.That((after.Loads - before.Loads, after.MemoryHits - before.MemoryHits), Is.EqualTo((0L, 1000L)), "visibility and answer, 500 times");
    }

    [Test, CancelAfter(60_000)]
    public async Task Hundreds_who_ask_the_same_new_thing_at_once_cost_one_computation(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1);
        await Server.StopAsync();
        // A new process with nothing in memory.
        await using var cold = await CoordinatorServer.StartAsync(Server.Options);
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => cold.Prices.PreviewPricesAsync(Ask(quote, 5), cancellationToken: cancel).ResponseAsync));
        Assert.That(answers, Is.All.EqualTo(answers[0]));
        Assert.That((await CacheAsync(cold, cancel)).Loads, Is.EqualTo(3), "visibility, measurement, prices");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_second_coordinator_finds_the_answer_in_Redis(CancellationToken cancel)
    {
        await using var redis = await RedisServer.StartAsync();
        using var own = await redis.ConnectAsync();
        _server = await CoordinatorServer.StartAsync(options => options with { Redis = redis.Address });
        var quote = await MeasuredAsync(Server, cancel, 1);
        var first = await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel);
        while (((StackExchange.Redis.RedisResult[])await own.GetDatabase().ExecuteAsync("KEYS", "pricing:p:*"))!.Length == 0)
            cancel.ThrowIfCancellationRequested();
        await using var second = await CoordinatorServer.StartAsync(Server.Options);
        Assert.That(await second.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel), Is.EqualTo(first));
        var stats = await CacheAsync(second, cancel);
        Assert.That((stats.RedisHits, stats.Loads), Is.EqualTo((1L, 1L)), "only who may see the model is asked of the database");
    }

    [Test, CancelAfter(60_000)]
    public async Task What_has_not_been_measured_so_is_refused_until_it_has(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var model = await Server.UploadAsync(RandomNumberGenerator.GetBytes(100));
        var request = new PreviewPricesRequest { Parent = Partner, Quote = CoordinatorServer.Ask(model).Quote };
        var refusal = await RefusedAsync(request, cancel);
        Assert.That((refusal.StatusCode, refusal.Reason), Is.EqualTo((StatusCode.NotFound, "MEASUREMENT_UNKNOWN")));
        var quote = await MeasureAsync(Server, model, cancel, 10);
        Assert.That((await Server.Prices.PreviewPricesAsync(request, cancellationToken: cancel)).Prices, Is.EqualTo(quote.Prices));
        var scaled = request.Clone();
        scaled.Quote.MeasureOptions = new MeasureOptions { Scale = 2 };
        Assert.That((await RefusedAsync(scaled, cancel)).Reason, Is.EqualTo("MEASUREMENT_UNKNOWN"), "measured, but not so");
        scaled.Quote.MeasureOptions.Scale = 1;
        Assert.That((await Server.Prices.PreviewPricesAsync(scaled, cancellationToken: cancel)).Prices, Is.EqualTo(quote.Prices), "scale 1 is no scale");
    }

    [Test, CancelAfter(60_000)]
    public async Task What_another_partner_knows_is_no_secret_key_to_it(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var bytes = RandomNumberGenerator.GetBytes(100);
        var quote = await MeasureAsync(Server, await Server.UploadAsync(bytes), cancel, 1);
        await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel);

        var foreign = Ask(quote);
        foreign.Parent = "partners/other";
        Assert.That((await RefusedAsync(foreign, cancel)).Reason, Is.EqualTo("MODEL_NOT_FOUND"), "another's name for it");
        foreign.Quote.Model = foreign.Quote.Model.Replace(Partner, "partners/other", StringComparison.Ordinal);
        Assert.That((await RefusedAsync(foreign, cancel)).Reason, Is.EqualTo("MODEL_NOT_FOUND"), "a name of his own for what he never had");
        Assert.That(await Server.UploadAsync(bytes, "partners/other"), Is.EqualTo(foreign.Quote.Model));
        Assert.That((await Server.Prices.PreviewPricesAsync(foreign, cancellationToken: cancel)).Prices, Is.EqualTo(quote.Prices));

        var announced = await Server.Models.CreateModelAsync(
            new CreateModelRequest { Parent = Partner, Sha256 = new string('a', 64), SizeBytes = 100, FileName = "later.stl" }, cancellationToken: cancel);
        var early = new PreviewPricesRequest { Parent = Partner, Quote = CoordinatorServer.Ask(announced.Name).Quote };
        Assert.That((await RefusedAsync(early, cancel)).Reason, Is.EqualTo("MODEL_NOT_UPLOADED"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Bad_questions_are_refused_as_those_of_a_quote(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1);
        async Task<string> ReasonAsync(Action<PreviewPricesRequest> spoil)
        {
            var request = Ask(quote);
            spoil(request);
            return (await RefusedAsync(request, cancel)).Reason;
        }
        Assert.That(await ReasonAsync(r => r.Quote = null), Is.EqualTo("QUOTE_MISSING"));
        Assert.That(await ReasonAsync(r => r.Parent = "local"), Is.EqualTo("NAME_INVALID"));
        Assert.That(await ReasonAsync(r => r.Quote.Configurations[0].Process = "magic"), Is.EqualTo("UNKNOWN_PROCESS"));
        Assert.That(await ReasonAsync(r => r.Quote.Configurations[0].Process = new string('x', 20_000)), Is.EqualTo("UNKNOWN_PROCESS"), "too long for a key");
        Assert.That(await ReasonAsync(r => r.Quote.Quantities[0] = 0), Is.EqualTo("QUANTITY_OUT_OF_RANGE"));
        Assert.That(await ReasonAsync(r => r.Quote.CurrencyCode = "XXX"), Is.EqualTo("UNKNOWN_CURRENCY"));
        Assert.That(await ReasonAsync(r => r.Quote.MeasureOptions = new MeasureOptions { Scale = double.NaN }), Is.EqualTo("SCALE_OUT_OF_RANGE"));
        Assert.That(await ReasonAsync(r => r.Quote.Quantities.Add(Enumerable.Repeat(1L, Limits.Quote.QuantitiesMax))), Is.EqualTo("TOO_MANY_QUANTITIES"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_published_list_prices_at_once_here_and_within_the_bound_elsewhere(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        await using var other = await CoordinatorServer.StartAsync(Server.Options);
        var quote = await MeasuredAsync(Server, cancel, 1);
        await other.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel);

        var next = await PublishNextAsync(cancel);
        Assert.That((await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel)).PriceListVersion, Is.EqualTo(next));
        var start = Stopwatch.GetTimestamp();
        while ((await other.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel)).PriceListVersion != next)
            cancel.ThrowIfCancellationRequested();
        TestContext.Out.WriteLine($"the other coordinator took {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromMilliseconds(20 * Limits.Cache.PriceListPollMs)), "generously");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_scheduled_list_prices_from_its_instant_on(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1);
        var due = (await Server.ScalarAsync<DateTime>("select clock_timestamp()")).AddSeconds(1.5);
        var next = await PublishNextAsync(cancel, due);
        Assert.That((await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel)).PriceListVersion, Is.EqualTo(quote.PriceListVersion), "not yet");
        while (true)
        {
            var before = await Server.ScalarAsync<DateTime>("select clock_timestamp()");
            var version = (await Server.Prices.PreviewPricesAsync(Ask(quote), cancellationToken: cancel)).PriceListVersion;
            if (version == next)
                break;
            Assert.That(before, Is.LessThan(due), "asked after its instant and answered with the earlier list");
        }
        Assert.That(await Server.ScalarAsync<DateTime>("select clock_timestamp()"), Is.GreaterThanOrEqualTo(due));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_quote_never_names_a_remembered_measurement_that_is_not_there_any_more(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1);
        // Remembered now; then the database is put back to another state, where the same measurement has another number.
        await Server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(quote.Model, quantities: 1), cancellationToken: cancel);
        await Server.ExecuteAsync("delete from request; delete from quote; create table kept as select * from measurement; delete from measurement; "
            + "insert into measurement (model_sha256, options_key, engine_version, body, digest) select model_sha256, options_key, engine_version, body, digest from kept");
        var again = await Server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(quote.Model, quantities: 1), cancellationToken: cancel);
        Assert.That((again.State, again.MeasurementCached, again.Measurement), Is.EqualTo((Quote.Types.State.Priced, true, quote.Measurement)));
        Assert.That(again.Prices, Is.EqualTo(quote.Prices));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_quote_for_what_memory_knows_is_as_durable_as_any(CancellationToken cancel)
    {
        _server = await CoordinatorServer.StartAsync();
        var quote = await MeasuredAsync(Server, cancel, 1);
        using var statements = new StatementsOfRequests();
        await Server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(quote.Model, quantities: 2), cancellationToken: cancel);
        var first = statements.Count;
        var second = await Server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(quote.Model, quantities: 2), cancellationToken: cancel);
        TestContext.Out.WriteLine($"statements of a quote: {first}, then {statements.Count - first}");
        Assert.That(statements.Count - first, Is.LessThan(first), "model and measurement are not read again");
        await Server.StopAsync();
        await using var later = await CoordinatorServer.StartAsync(Server.Options);
        Assert.That(await later.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = second.Name }, cancellationToken: cancel), Is.EqualTo(second));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_frozen_Redis_slows_previews_and_quotes_and_fails_none(CancellationToken cancel)
    {
        await using var redis = await RedisServer.StartAsync();
        _server = await CoordinatorServer.StartAsync(options => options with { Redis = redis.Address });
        var quote = await MeasuredAsync(Server, cancel, 1);
        await redis.FreezeAsync();
        for (var quantity = 1; quantity <= 50; quantity++)
            await Server.Prices.PreviewPricesAsync(Ask(quote, quantity), cancellationToken: cancel);
        await Server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(quote.Model, quantities: 3), cancellationToken: cancel);
        var stats = await CacheAsync(Server, cancel);
        Assert.That(stats.RedisBreakerOpen || stats.RedisSkipped > 0, Is.True, stats.ToString());
        await redis.ThawAsync();
    }

    static async Task<CacheStats> CacheAsync(CoordinatorServer server, CancellationToken cancel) =>
        (await server.Ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancel)).Cache;

    async Task<string> PublishNextAsync(CancellationToken cancel, DateTime? due = null)
    {
        var standard = await Server.PriceLists.GetPriceListAsync(new GetPriceListRequest { Name = "priceLists/standard/versions/active" }, cancellationToken: cancel);
        var version = int.Parse(standard.Name.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        var document = standard.Document.Replace($"version: {version}", $"version: {version + 1}", StringComparison.Ordinal);
        var draft = await Server.PriceLists.CreatePriceListAsync(new CreatePriceListRequest { Document = document, BasedOn = standard.Name }, cancellationToken: cancel);
        Assert.That(draft.Faults, Is.Empty);
        var publish = new PublishPriceListRequest { Name = draft.PriceList.Name, EffectiveTime = due is { } at ? Timestamp.FromDateTime(at) : null };
        return (await Server.PriceLists.PublishPriceListAsync(publish, cancellationToken: cancel)).Name;
    }

    static async Task<Quote> MeasuredAsync(CoordinatorServer server, CancellationToken cancel, params long[] quantities) =>
        await MeasureAsync(server, await server.UploadAsync(RandomNumberGenerator.GetBytes(1000)), cancel, quantities);

    static async Task<Quote> MeasureAsync(CoordinatorServer server, string model, CancellationToken cancel, params long[] quantities)
    {
        await using var node = await ScriptedNode.ConnectAsync(server, 1);
        var asking = server.Quotes.CreateQuoteAsync(CoordinatorServer.Ask(model, wait: TimeSpan.FromSeconds(30), quantities: quantities), cancellationToken: cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        var quote = await asking;
        Assert.That(quote.State, Is.EqualTo(Quote.Types.State.Priced), quote.ToString());
        return quote;
    }

    /// <summary>The question of a quote; with quantities, another one about the same part.</summary>
    static PreviewPricesRequest Ask(Quote quote, params long[] quantities) => new()
    {
        Parent = Partner,
        Quote = new Quote { Model = quote.Model, Configurations = { quote.Configurations.Clone() }, Quantities = { quantities.Length == 0 ? quote.Quantities : quantities } },
    };

    async Task<(StatusCode StatusCode, string Reason)> RefusedAsync(PreviewPricesRequest request, CancellationToken cancel)
    {
        try
        {
            await Server.Prices.PreviewPricesAsync(request, cancellationToken: cancel);
            return (StatusCode.OK, "");
        }
        catch (RpcException e)
        {
            return (e.StatusCode, ReasonOf(e));
        }
    }

    /// <summary>Counts the database statements that requests cause, not those of background loops: by the activity they run under.</summary>
    sealed class StatementsOfRequests : IDisposable
    {
        readonly ActivityListener _listener;
        int _count;

        public StatementsOfRequests()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is "Npgsql" or "Microsoft.AspNetCore",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStarted = activity =>
                {
                    if (activity.Source.Name == "Npgsql" && activity.Parent is not null)
                        Interlocked.Increment(ref _count);
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }
}
