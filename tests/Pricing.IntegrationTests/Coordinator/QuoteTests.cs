using System.Security.Cryptography;
using Grpc.Core;
using Npgsql;
using NUnit.Framework;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>What a caller may rely on once a quote has been accepted.</summary>
[TestFixture]
public sealed class QuoteTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task A_quote_is_priced_from_what_the_node_measured(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var model = await _server.UploadAsync(bytes);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var asking = _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30), quantities: [1, 10]), cancellationToken: cancel);

        var job = await node.NextJobAsync(cancel);
        Assert.That(job.Bytes, Is.EqualTo(bytes));
        await node.CompleteAsync(job);

        var quote = await asking;
        Assert.That(quote.State, Is.EqualTo(Quote.Types.State.Priced), quote.ToString());
        Assert.That(quote.Prices.Select(p => (p.Process, p.Quantity)), Is.EqualTo(new[] { ("sla", 1L), ("sla", 10L) }));
        Assert.That(quote.Prices[0].Components, Is.Not.Empty);
        Assert.That(quote.Measurement.Geometry.VolumeMm3, Is.EqualTo(1000));
        Assert.That(quote.PriceListVersion, Does.StartWith("priceLists/standard/versions/"));
        Assert.That(quote.MeasurementCached, Is.False);
        Assert.That(quote.ExpireTime.ToDateTime() - quote.FinishTime.ToDateTime(), Is.EqualTo(TimeSpan.FromDays(Limits.Quote.ValidDays)).Within(TimeSpan.FromSeconds(1)));
        Assert.That(quote.Timing.TotalMs, Is.GreaterThan(0));
        Assert.That(await _server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = quote.Name }, cancellationToken: cancel), Is.EqualTo(quote));
    }

    [Test, CancelAfter(60_000)]
    public async Task The_same_request_id_answers_the_same_quote(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1, 2, 3]));
        var first = await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        var again = await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from quote"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task The_same_request_id_with_another_body_is_refused(CancellationToken cancel)
    {
        var model = await _server.UploadAsync([1, 2, 3]);
        var id = Guid.NewGuid().ToString("D");
        await _server.Quotes.CreateQuoteAsync(Ask(model, id, quantities: 1), cancellationToken: cancel);
        var refusal = await RefusedAsync(async () => await _server.Quotes.CreateQuoteAsync(Ask(model, id, quantities: 2)));
        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.InvalidArgument, "REQUEST_ID_REUSED")));
    }

    [Test, CancelAfter(60_000)]
    public async Task Concurrent_twins_become_one_quote(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1, 2, 3]));
        var twins = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            // A twin that waits too long for the winner is told to repeat; repeating is what a client does.
            while (true)
            {
                try { return (await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel)).Name; }
                catch (RpcException e) when (e.StatusCode is StatusCode.Aborted) { cancel.ThrowIfCancellationRequested(); }
            }
        }));
        Assert.That(twins.Distinct().Count(), Is.EqualTo(1));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from quote"), Is.EqualTo(1));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_twin_waits_for_the_winner_and_is_told_to_repeat_when_it_takes_too_long(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1, 2, 3]));
        // The winner has inserted its request and has not committed.
        await using var winner = await _server.Database.OpenConnectionAsync(cancel);
        await using var open = await winner.BeginTransactionAsync(cancel);
        await using (var insert = new NpgsqlCommand("""
            insert into request (partner, operation, request_id, body_sha256, quote_id)
            values ('local', 'create_quote', $1, decode(repeat('00', 32), 'hex'), gen_random_uuid())
            """, winner, open))
        {
            insert.Parameters.Add(new() { Value = request.RequestId });
            await insert.ExecuteNonQueryAsync(cancel);
        }
        var refusal = await RefusedAsync(async () => await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel));
        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.Aborted, "CONCURRENT_REQUEST")));
        await open.RollbackAsync(cancel);
        Assert.That((await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring));
    }

    [Test, CancelAfter(60_000)]
    public async Task Two_askers_join_one_job_and_both_are_answered(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(1000);
        var model = await _server.UploadAsync(bytes);
        var foreign = await _server.UploadAsync(bytes, "partners/other");
        var first = _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        var second = _server.Quotes.CreateQuoteAsync(Ask(foreign, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        await WaitForAsync("select count(*) = 2 from quote", cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        Assert.That((await first).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That((await second).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_known_measurement_is_priced_in_the_reply_without_a_job(CancellationToken cancel)
    {
        var model = await MeasuredModelAsync(cancel);
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(model, quantities: 77), cancellationToken: cancel);
        Assert.That((quote.State, quote.MeasurementCached), Is.EqualTo((Quote.Types.State.Priced, true)));
        Assert.That(quote.Prices.Single().Quantity, Is.EqualTo(77));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job"), Is.EqualTo(1), "only the first quote's job");

        var scaled = Ask(model);
        scaled.Quote.MeasureOptions = new MeasureOptions { Scale = 1 };
        Assert.That((await _server.Quotes.CreateQuoteAsync(scaled, cancellationToken: cancel)).MeasurementCached, Is.True, "scale 1 is no scale");
        scaled = Ask(model);
        scaled.Quote.MeasureOptions = new MeasureOptions { Scale = 2 };
        Assert.That((await _server.Quotes.CreateQuoteAsync(scaled, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Measuring));
    }

    [Test, CancelAfter(60_000)]
    public async Task Another_partner_can_neither_read_nor_watch_nor_cancel_nor_list_a_quote(CancellationToken cancel)
    {
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        var foreign = quote.Name.Replace("partners/local", "partners/other", StringComparison.Ordinal);
        foreach (var call in new Func<Task>[]
        {
            async () => await _server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = foreign }),
            async () => await _server.Quotes.CancelQuoteAsync(new CancelQuoteRequest { Name = foreign }),
            async () => await _server.Quotes.WatchQuote(new WatchQuoteRequest { Name = foreign }, cancellationToken: cancel).ResponseStream.MoveNext(cancel),
        })
        {
            var refusal = await RefusedAsync(call);
            Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.NotFound, "QUOTE_NOT_FOUND")));
        }
        Assert.That((await _server.Quotes.ListQuotesAsync(new ListQuotesRequest { Parent = "partners/other" }, cancellationToken: cancel)).Quotes, Is.Empty);
        Assert.That(await _server.ScalarAsync<string>("select state from quote"), Is.EqualTo("measuring"));
    }

    [TestCase("partners/local/models/xyz", "sla", 1, "SHA256_INVALID")]
    [TestCase("models/xyz", "sla", 1, "NAME_INVALID")]
    [TestCase("partners/local/models/0000000000000000000000000000000000000000000000000000000000000000", "sla", 1, "MODEL_NOT_FOUND")]
    [TestCase(null, "teleport", 1, "UNKNOWN_PROCESS")]
    [TestCase(null, "sla", 0, "QUANTITY_OUT_OF_RANGE")]
    [CancelAfter(60_000)]
    public async Task Bad_requests_are_refused_with_a_reason_and_store_nothing(string? model, string process, long quantity, string reason, CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1]), quantities: quantity);
        request.Quote.Model = model ?? request.Quote.Model;
        request.Quote.Configurations[0].Process = process;
        Assert.That(ReasonOf(await RefusedAsync(async () => await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel))), Is.EqualTo(reason));
        Assert.That(await _server.ScalarAsync<long>("select (select count(*) from quote) + (select count(*) from request) + (select count(*) from job)"), Is.Zero);
    }

    [Test, CancelAfter(60_000)]
    public async Task Validating_stores_nothing(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1]));
        request.ValidateOnly = true;
        var checkedQuote = await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        Assert.That(checkedQuote.Name, Is.Empty);
        Assert.That(checkedQuote.PriceListVersion, Is.Not.Empty);
        Assert.That(await _server.ScalarAsync<long>("select (select count(*) from quote) + (select count(*) from request) + (select count(*) from job)"), Is.Zero);
    }

    [Test, CancelAfter(60_000)]
    public async Task Cancelling_the_last_waiting_quote_cancels_the_job_and_stops_the_node(CancellationToken cancel)
    {
        var model = await _server.UploadAsync(RandomNumberGenerator.GetBytes(1000));
        var first = await _server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
        var second = await _server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = await node.NextJobAsync(cancel);

        Assert.That((await CancelAsync(first)).State, Is.EqualTo(Quote.Types.State.Cancelled));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("leased"), "the second quote still waits");
        Assert.That((await CancelAsync(second)).State, Is.EqualTo(Quote.Types.State.Cancelled));
        Assert.That((await node.NextCancelAsync(cancel)).JobId, Is.EqualTo(job.Assign.JobId));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("cancelled"));
        Assert.That(await node.CompleteAsync(job), Is.EqualTo(Pricing.Node.V1.CompleteJobResponse.Types.Result.Terminal));
        Assert.That((await CancelAsync(first)).State, Is.EqualTo(Quote.Types.State.Cancelled), "cancelling twice is cancelling once");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_quote_that_has_ended_stays_as_it_ended(CancellationToken cancel)
    {
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await MeasuredModelAsync(cancel)), cancellationToken: cancel);
        var refusal = await RefusedAsync(() => CancelAsync(quote));
        Assert.That((refusal.StatusCode, ReasonOf(refusal)), Is.EqualTo((StatusCode.FailedPrecondition, "QUOTE_ENDED")));
        // Rows that would be whole in their new state: nothing but the rule about terminal states refuses them.
        foreach (var move in new[]
        {
            "update quote set state = 'needs_review'",
            "update quote set state = 'cancelled', prices = null, measurement_id = null, expire_at = null",
        })
        {
            var leaving = await Assert.ThrowsAsync<PostgresException>(() => _server.ExecuteAsync(move));
            Assert.That(leaving!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
            Assert.That(leaving.MessageText, Does.Contain("terminal state is final"));
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_quote_past_its_deadline_fails_and_takes_its_job_along(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([1]), wait: TimeSpan.FromSeconds(30));
        var asking = _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        await WaitForAsync("select count(*) = 1 from quote", cancel);
        await _server.ExecuteAsync("update quote set deadline_at = clock_timestamp() - interval '1 s'");
        var quote = await asking;
        Assert.That((quote.State, quote.Failure.Reason), Is.EqualTo((Quote.Types.State.Failed, "DEADLINE")));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("cancelled"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Pages_are_newest_first_and_neither_skip_nor_repeat(CancellationToken cancel)
    {
        var model = await MeasuredModelAsync(cancel);
        var names = new List<string>();
        for (var i = 1; i <= 7; i++)
            names.Add((await _server.Quotes.CreateQuoteAsync(Ask(model, quantities: i), cancellationToken: cancel)).Name);
        names.Reverse();

        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await _server.Quotes.ListQuotesAsync(new ListQuotesRequest { Parent = Partner, PageSize = 3, PageToken = token }, cancellationToken: cancel);
            seen.AddRange(page.Quotes.Select(q => q.Name));
            token = page.NextPageToken;
            // A newer quote between two pages changes neither.
            await _server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
        }
        while (token.Length > 0);
        Assert.That(seen.Take(7), Is.EqualTo(names));
        Assert.That(seen, Is.Unique);
        Assert.That(ReasonOf(await RefusedAsync(async () => await _server.Quotes.ListQuotesAsync(new ListQuotesRequest { Parent = Partner, PageToken = "mine" }))), Is.EqualTo("PAGE_TOKEN_INVALID"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_restart_keeps_everything_and_goes_on(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var request = Ask(await _server.UploadAsync(bytes));
        var before = await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        await _server.StopAsync();

        await using var second = await CoordinatorServer.StartAsync(_server.Options);
        Assert.That(await second.Quotes.CreateQuoteAsync(request, cancellationToken: cancel), Is.EqualTo(before));
        await using var node = await ScriptedNode.ConnectAsync(second, 1);
        var job = await node.NextJobAsync(cancel);
        Assert.That(job.Bytes, Is.EqualTo(bytes));
        await node.CompleteAsync(job);
        request.Wait = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(30));
        Assert.That((await second.Quotes.CreateQuoteAsync(request, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_coordinator_that_died_between_measurement_and_price_leaves_a_quote_that_is_priced_later(CancellationToken cancel)
    {
        var request = Ask(await _server.UploadAsync([5, 6, 7]));
        await _server.Quotes.CreateQuoteAsync(request, cancellationToken: cancel);
        await _server.StopAsync();
        // What the completing transaction commits, and then the process is gone: job completed, measurement there, quote still waiting.
        var store = new Pricing.Coordinator.Jobs.JobStore(_server.Database);
        var incarnation = Guid.NewGuid();
        var lease = (await store.ClaimAsync(1, [new(incarnation, "n")], cancel)).Single();
        var key = await store.ReadKeyAsync(lease.JobId, cancel);
        var figures = ScriptedNode.Figures(new ReceivedJob(new Pricing.Node.V1.Assign(), [5, 6, 7]));
        await store.CompleteAsync(new(lease.JobId, lease.Epoch), incarnation, key!, figures, cancel);
        Assert.That(await _server.ScalarAsync<string>("select state from quote"), Is.EqualTo("measuring"));

        await using var second = await CoordinatorServer.StartAsync(_server.Options);
        request.Wait = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(30));
        Assert.That((await second.Quotes.CreateQuoteAsync(request, cancellationToken: cancel)).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    async Task<string> MeasuredModelAsync(CancellationToken cancel)
    {
        var model = await _server.UploadAsync(RandomNumberGenerator.GetBytes(1000));
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var asking = _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        Assert.That((await asking).State, Is.EqualTo(Quote.Types.State.Priced));
        // The other tests count what they add.
        await _server.ExecuteAsync("delete from request; delete from quote");
        return model;
    }

    async Task<Quote> CancelAsync(Quote quote) => await _server.Quotes.CancelQuoteAsync(new CancelQuoteRequest { Name = quote.Name });

    /// <summary>Until the database says so; each round is a statement, the test's own time-out bounds them.</summary>
    async Task WaitForAsync(string condition, CancellationToken cancel)
    {
        while (!await _server.ScalarAsync<bool>(condition))
            cancel.ThrowIfCancellationRequested();
    }

    static async Task<RpcException> RefusedAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(() => call()))!;
}
