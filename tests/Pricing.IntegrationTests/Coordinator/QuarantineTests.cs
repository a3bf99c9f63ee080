using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Servers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using Result = Pricing.Node.V1.CompleteJobResponse.Types.Result;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>A model that ends worker processes costs two of them, then nobody's, until an operator lets it try once more.</summary>
[TestFixture]
public sealed class QuarantineTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task The_second_death_quarantines_the_job_and_fails_its_quotes(CancellationToken cancel)
    {
        var model = await _server.UploadAsync([1, 2, 3]);
        var asking = new[]
        {
            _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel).ResponseAsync,
            _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30), quantities: 7), cancellationToken: cancel).ResponseAsync,
        };
        await using var node = await ScriptedNode.ConnectAsync(_server, 3);

        var first = (await node.NextJobAsync(cancel)).Assign;
        Assert.That(await node.DieAsync(first), Is.EqualTo(Result.Applied));
        var second = (await node.NextJobAsync(cancel)).Assign;
        Assert.That((second.JobId, second.Epoch), Is.EqualTo((first.JobId, 2)));
        Assert.That(await node.DieAsync(second, "WORKER_MEMORY"), Is.EqualTo(Result.Applied));

        foreach (var quote in await Task.WhenAll(asking))
            Assert.That((quote.State, quote.Failure.Reason, quote.Failure.Actual), Is.EqualTo((Quote.Types.State.Failed, "MODEL_QUARANTINED", "WORKER_MEMORY")));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("quarantined"));
        var stats = await _server.Ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancel);
        Assert.That((stats.WorkerDeaths, stats.JobsQuarantined, stats.JobsLeased), Is.EqualTo((2L, 1L, 0L)));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_death_told_twice_is_one_death(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = (await node.NextJobAsync(cancel)).Assign;

        var told = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => node.DieAsync(job)));
        Assert.That(told.Count(result => result == Result.Applied), Is.EqualTo(1));
        Assert.That(told.Count(result => result == Result.AlreadyApplied), Is.EqualTo(4));
        Assert.That(await _server.ScalarAsync<int>("select strikes from job"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_lease_that_was_answered_with_a_death_takes_no_figures(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = await node.NextJobAsync(cancel);
        await node.DieAsync(job.Assign);

        Assert.That(await node.CompleteAsync(job), Is.EqualTo(Result.AlreadyApplied));
        Assert.That(await _server.ScalarAsync<string>("select outcome from job_attempt"), Is.EqualTo("worker_died"));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from measurement"), Is.Zero);
    }

    [Test, CancelAfter(60_000)]
    public async Task One_death_is_forgiven_when_the_next_node_answers(CancellationToken cancel)
    {
        var asking = _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1]), wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        var dead = await node.NextJobAsync(cancel);
        await node.DieAsync(dead.Assign);
        var alive = await node.NextJobAsync(cancel);

        Assert.That(await node.DieAsync(dead.Assign), Is.EqualTo(Result.StaleEpoch).Or.EqualTo(Result.AlreadyApplied), "the old lease counts no more");
        Assert.That(await node.CompleteAsync(alive), Is.EqualTo(Result.Applied));
        Assert.That((await asking).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test, CancelAfter(60_000)]
    public async Task Who_asks_for_a_quarantined_measurement_fails_at_once_and_costs_no_worker(CancellationToken cancel)
    {
        var model = await _server.UploadAsync([1]);
        await using var node = await ScriptedNode.ConnectAsync(_server, 4);
        await QuarantineAsync(node, model, cancel);

        var again = await _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        Assert.That((again.State, again.Failure.Reason), Is.EqualTo((Quote.Types.State.Failed, "MODEL_QUARANTINED")));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job"), Is.EqualTo(1));

        // The same file measured in another way is another question; so is another file.
        var other = Ask(model);
        other.Quote.MeasureOptions = new MeasureOptions { Scale = 2 };
        await _server.Quotes.CreateQuoteAsync(other, cancellationToken: cancel);
        Assert.That((await node.NextJobAsync(cancel)).Assign.Options.Scale, Is.EqualTo(2));
    }

    [Test, CancelAfter(60_000)]
    public async Task Operators_see_the_evidence_and_may_let_it_try_once_more(CancellationToken cancel)
    {
        var model = await _server.UploadAsync([1]);
        await using var node = await ScriptedNode.ConnectAsync(_server, 6, name: "press-3");
        await QuarantineAsync(node, model, cancel);

        var listed = (await _server.Ops.ListQuarantinedJobsAsync(new ListQuarantinedJobsRequest(), cancellationToken: cancel)).Jobs.Single();
        Assert.That(listed.ModelSha256, Is.EqualTo(Sha256([1])));
        Assert.That(listed.Deaths.Select(death => (death.Node, death.Epoch, death.Evidence.Signal, death.Evidence.StderrTail)),
            Is.EqualTo(new[] { ("nodes/press-3", 1, 9, "last words"), ("nodes/press-3", 2, 9, "last words") }));

        // Once more: one more death is enough this time, and the earlier ones stay in the evidence.
        var released = await _server.Ops.ReleaseQuarantinedJobAsync(new ReleaseQuarantinedJobRequest { Name = listed.Name }, cancellationToken: cancel);
        var twice = await _server.Ops.ReleaseQuarantinedJobAsync(new ReleaseQuarantinedJobRequest { Name = listed.Name }, cancellationToken: cancel);
        Assert.That(twice.ReleasedAs, Is.EqualTo(released.ReleasedAs).And.Match("^jobs/\\d+$"));
        var retried = (await node.NextJobAsync(cancel)).Assign;
        Assert.That($"jobs/{retried.JobId}", Is.EqualTo(released.ReleasedAs));
        await node.DieAsync(retried);
        listed = (await _server.Ops.ListQuarantinedJobsAsync(new ListQuarantinedJobsRequest(), cancellationToken: cancel)).Jobs.Single();
        Assert.That((listed.Name, listed.Deaths.Count), Is.EqualTo((released.ReleasedAs, 3)));

        // And once more: this time it is measured, and who asks from now on has the price in the reply.
        await _server.Ops.ReleaseQuarantinedJobAsync(new ReleaseQuarantinedJobRequest { Name = listed.Name }, cancellationToken: cancel);
        Assert.That(await node.CompleteAsync(await node.NextJobAsync(cancel)), Is.EqualTo(Result.Applied));
        var priced = await _server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel);
        Assert.That((priced.State, priced.MeasurementCached), Is.EqualTo((Quote.Types.State.Priced, true)));
        Assert.That((await _server.Ops.ListQuarantinedJobsAsync(new ListQuarantinedJobsRequest(), cancellationToken: cancel)).Jobs, Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task The_quarantine_is_listed_page_by_page(CancellationToken cancel)
    {
        await using var node = await ScriptedNode.ConnectAsync(_server, 12);
        for (byte i = 1; i <= 3; i++)
            await QuarantineAsync(node, await _server.UploadAsync([i]), cancel);

        var seen = new List<string>();
        var request = new ListQuarantinedJobsRequest { PageSize = 2 };
        do
        {
            var page = await _server.Ops.ListQuarantinedJobsAsync(request, cancellationToken: cancel);
            Assert.That(page.Jobs.Select(job => job.Deaths.Count), Is.All.EqualTo(2));
            seen.AddRange(page.Jobs.Select(job => job.ModelSha256));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        Assert.That(seen, Is.EqualTo(new[] { Sha256([3]), Sha256([2]), Sha256([1]) }), "newest first, each once");
    }

    [Test, CancelAfter(60_000)]
    public async Task A_terminal_state_is_final_also_this_one(CancellationToken cancel)
    {
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        await QuarantineAsync(node, await _server.UploadAsync([1]), cancel);
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => _server.ExecuteAsync("update job set state = 'available', failure = null, finished_at = null"));
        Assert.That(refused!.MessageText, Does.StartWith("a terminal state is final"));
    }

    [TestCase("jobs/0", "JOB_NOT_QUARANTINED")]
    [TestCase("jobs/x", "NAME_INVALID")]
    [TestCase("", "NAME_INVALID")]
    public async Task What_is_not_in_quarantine_is_not_released(string name, string reason)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(() =>
            _server.Ops.ReleaseQuarantinedJobAsync(new ReleaseQuarantinedJobRequest { Name = name }).ResponseAsync);
        Assert.That(ReasonOf(refusal!), Is.EqualTo(reason));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_death_without_a_known_reason_is_refused(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = await node.NextJobAsync(cancel);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => node.DieAsync(job.Assign, "BAD_LUCK"));
        Assert.That(ReasonOf(refusal!), Is.EqualTo("REASON_UNKNOWN"));
    }

    async Task QuarantineAsync(ScriptedNode node, string model, CancellationToken cancel)
    {
        var asking = _server.Quotes.CreateQuoteAsync(Ask(model, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        for (var death = 0; death < Limits.Job.WorkerDeathsMax; death++)
            await node.DieAsync((await node.NextJobAsync(cancel)).Assign);
        Assert.That((await asking).Failure.Reason, Is.EqualTo("MODEL_QUARANTINED"));
    }
}
