using System.Security.Cryptography;
using Grpc.Core;
using NUnit.Framework;
using Pricing.IntegrationTests.Servers;
using Pricing.Node.V1;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;
using Result = Pricing.Node.V1.CompleteJobResponse.Types.Result;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>The nodes' protocol over the real stream.</summary>
[TestFixture]
public sealed class NodeTests
{
    CoordinatorServer _server = null!;

    [SetUp]
    public async Task StartAsync() => _server = await CoordinatorServer.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test, CancelAfter(120_000)]
    public async Task Two_hundred_quotes_at_once_all_end(CancellationToken cancel)
    {
        const int Quotes = 200, Models = 50;
        var models = new string[Models];
        for (var i = 0; i < Models; i++)
            models[i] = await _server.UploadAsync(RandomNumberGenerator.GetBytes(10_000 + i));
        await using var first = await ScriptedNode.ConnectAsync(_server, 4, name: "first");
        await using var second = await ScriptedNode.ConnectAsync(_server, 4, name: "second");
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var serving = new[] { first.ServeAsync(Models, done.Token), second.ServeAsync(Models, done.Token) };

        using var bulk = _server.Quotes.StreamQuotes(cancellationToken: cancel);
        var asked = new HashSet<string>();
        for (var i = 0; i < Quotes; i++)
        {
            var request = Ask(models[i % Models], quantities: 1 + i);
            asked.Add(request.RequestId);
            await bulk.RequestStream.WriteAsync(new StreamQuotesRequest { Request = request }, cancel);
        }
        await bulk.RequestStream.CompleteAsync();
        var answers = new List<StreamQuotesResponse>();
        await foreach (var answer in bulk.ResponseStream.ReadAllAsync(cancel))
            answers.Add(answer);

        Assert.That(answers.Select(a => a.RequestId), Is.EquivalentTo(asked));
        Assert.That(answers.Where(a => a.Quote?.State is not Quote.Types.State.Priced).Select(a => a.ToString()), Is.Empty);
        // One job a model: a quote that came after the answer found the measurement, one that came before joined.
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job where state = 'completed'"), Is.EqualTo(Models));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from job"), Is.EqualTo(Models));
        await done.CancelAsync();
        foreach (var task in serving)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_lost_stream_gives_its_job_to_another_node_at_once_and_its_own_late_answer_is_stale(CancellationToken cancel)
    {
        var asking = _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1, 2]), wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var lost = await ScriptedNode.ConnectAsync(_server, 1);
        var first = await lost.NextJobAsync(cancel);
        await using var other = await ScriptedNode.ConnectAsync(_server, 1);
        lost.Kill();

        var second = await other.NextJobAsync(cancel);
        Assert.That((second.Assign.JobId, second.Assign.Epoch), Is.EqualTo((first.Assign.JobId, first.Assign.Epoch + 1)));
        Assert.That(await _server.ScalarAsync<int>("select attempts from job"), Is.EqualTo(2));
        Assert.That(await lost.CompleteAsync(first), Is.EqualTo(Result.StaleEpoch));
        Assert.That(await _server.ScalarAsync<long>("select count(*) from measurement"), Is.Zero);
        Assert.That(await other.CompleteAsync(second), Is.EqualTo(Result.Applied));
        Assert.That(await other.CompleteAsync(second), Is.EqualTo(Result.AlreadyApplied));
        Assert.That((await asking).State, Is.EqualTo(Quote.Types.State.Priced));
        Assert.That((await _server.Ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancel)).StaleEpochsRefused, Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_model_at_fault_fails_its_quotes_and_is_not_tried_again(CancellationToken cancel)
    {
        var asking = _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1]), wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        Assert.That(await node.FailAsync(await node.NextJobAsync(cancel), "STL_TRUNCATED"), Is.EqualTo(Result.Applied));
        var quote = await asking;
        Assert.That((quote.State, quote.Failure.Reason), Is.EqualTo((Quote.Types.State.Failed, "STL_TRUNCATED")));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("failed"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_job_whose_every_node_is_lost_fails_after_the_last_attempt(CancellationToken cancel)
    {
        var asking = _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1]), wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        for (var attempt = 1; attempt <= Limits.Job.AttemptsMax; attempt++)
        {
            var node = await ScriptedNode.ConnectAsync(_server, 1);
            Assert.That((await node.NextJobAsync(cancel)).Assign.Epoch, Is.EqualTo(attempt));
            node.Kill();
        }
        var quote = await asking;
        Assert.That((quote.State, quote.Failure.Reason), Is.EqualTo((Quote.Types.State.Failed, "ATTEMPTS_EXHAUSTED")));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_node_answers_at_another_coordinator_after_its_stream_was_lost(CancellationToken cancel)
    {
        await using var other = await CoordinatorServer.StartAsync(_server.Options);
        var quote = await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = await node.NextJobAsync(cancel);
        await _server.StopAsync();

        Assert.That(await node.CompleteAsync(job, other.Nodes), Is.EqualTo(Result.Applied));
        using var watch = other.Quotes.WatchQuote(new WatchQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        var last = new WatchQuoteResponse();
        await foreach (var frame in watch.ResponseStream.ReadAllAsync(cancel))
            last = frame;
        Assert.That(last.Quote?.State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test, CancelAfter(60_000)]
    public async Task No_more_than_the_window_is_sent_ahead_of_acknowledgements(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(Limits.Wire.WindowBytes + 3 * Limits.Wire.ChunkBytes);
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync(bytes)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2, acknowledges: false);
        var assign = await node.NextAssignAsync(cancel);
        // A small job behind the large one comes through whole: the stream itself is not blocked, only the large job is.
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([9])), cancellationToken: cancel);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(new byte[] { 9 }));
        Assert.That(node.BytesOf(assign), Is.LessThanOrEqualTo(Limits.Wire.WindowBytes));

        await node.AcknowledgeAsync(assign, Limits.Wire.WindowBytes);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(bytes));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_node_gets_no_more_jobs_than_it_asked_for(CancellationToken cancel)
    {
        for (byte i = 0; i < 5; i++)
            await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([i])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        var job = await node.NextJobAsync(cancel);
        await node.NextJobAsync(cancel);
        await node.CompleteAsync(job);
        await node.CreditAsync(1);
        await node.NextJobAsync(cancel);
        Assert.That(await _server.ScalarAsync<long>("select sum(epoch) from job"), Is.EqualTo(3));
        var shown = (await _server.Ops.ListNodesAsync(new ListNodesRequest(), cancellationToken: cancel)).Nodes.Single();
        Assert.That((shown.JobsHeld, shown.Credits, shown.JobsDone), Is.EqualTo((2u, 0u, 1L)));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_released_job_is_offered_again_without_counting_an_attempt(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 2);
        await node.ReleaseAsync((await node.NextJobAsync(cancel)).Assign);
        Assert.That((await node.NextJobAsync(cancel)).Assign.Epoch, Is.EqualTo(2));
        Assert.That(await _server.ScalarAsync<int>("select attempts from job"), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_node_that_asks_for_too_much_or_says_nonsense_is_refused(CancellationToken cancel)
    {
        await using var greedy = await ScriptedNode.ConnectAsync(_server, Limits.Job.NodeCreditsMax + 1);
        Assert.That(ReasonOf((await greedy.Ended)!), Is.EqualTo("CREDITS_EXCEEDED"));

        using var call = _server.Nodes.Work(cancellationToken: cancel);
        await call.RequestStream.WriteAsync(new WorkRequest { Credit = new Credit { Jobs = 1 } }, cancel);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(cancel));
        Assert.That(ReasonOf(refusal!), Is.EqualTo("HELLO_MISSING"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_measurement_of_another_model_is_refused(CancellationToken cancel)
    {
        await _server.Quotes.CreateQuoteAsync(Ask(await _server.UploadAsync([1])), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        var job = await node.NextJobAsync(cancel);
        var refusal = await Assert.ThrowsAsync<RpcException>(() => node.CompleteAsync(job with { Bytes = [2] }));
        Assert.That(ReasonOf(refusal!), Is.EqualTo("MEASUREMENT_MISMATCH"));
        Assert.That(await _server.ScalarAsync<string>("select state from job"), Is.EqualTo("leased"));
    }
}
