using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Database;
using Pricing.IntegrationTests.Servers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Database;

/// <summary>A real primary with a streaming replica: what may lag is read there while it is near, and from the primary otherwise; after a promotion work goes on.</summary>
[TestFixture]
public sealed class ReplicaTests
{
    const string IsReplica = "select pg_is_in_recovery()";

    ServerScripts _servers = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _servers = await ServerScripts.StartAsync();
        await _servers.MakeReplicaAsync("replica");
        await _servers.AskAsync<object>("primary", "create table mark (x int); insert into mark values (0) returning x", CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _servers.DisposeAsync();

    [Test, CancelAfter(180_000)]
    public async Task A_replica_is_read_while_it_is_near_and_the_primary_when_it_is_paused_or_gone(CancellationToken cancel)
    {
        var time = new ShiftedTime();
        await using var primary = DatabaseSource.Create(_servers.ConnectionString("primary"));
        using var reads = new LaggingReads(primary, _servers.ConnectionString("replica"), time, NullLogger<LaggingReads>.Instance);
        Task<bool> AskAsync(Predicate<bool>? isGood = null) => reads.ReadAsync(LaggingRead.PipelineStats, from => ScalarAsync(from, IsReplica, cancel), cancel, isGood);

        Assert.That(await AskAsync(), Is.False, "its distance is unknown");
        await UntilNearAsync();
        Assert.That(await AskAsync(), Is.True);
        Assert.That(await AskAsync(fromReplica => !fromReplica), Is.False, "an answer that will not do is asked of the primary");

        // An idle primary's replica stays near, however long nothing happens.
        time.Shift += TimeSpan.FromHours(1);
        Assert.That(await AskAsync(), Is.False, "nobody has looked for an hour");
        await UntilNearAsync();
        Assert.That(await AskAsync(), Is.True);

        // Paused, it falls behind as time goes by and the primary writes.
        await _servers.AskAsync<object>("replica", "select pg_wal_replay_pause()", cancel);
        await UntilAsync(() => _servers.AskAsync<string>("replica", "select pg_get_wal_replay_pause_state()", cancel), state => state == "paused");
        await _servers.AskAsync<int>("primary", "insert into mark values (1) returning x", cancel);
        await reads.ProbeAsync(cancel);
        Assert.That(await AskAsync(), Is.True, "a little behind is near enough");
        time.Shift += TimeSpan.FromMilliseconds(Limits.Database.ReplicaLagMsMax + 1);
        await reads.ProbeAsync(cancel);
        Assert.That(await AskAsync(), Is.False, "too far behind");
        await _servers.AskAsync<object>("replica", "select pg_wal_replay_resume()", cancel);
        await UntilNearAsync();
        Assert.That(await AskAsync(), Is.True);

        // Gone between two looks: the question is asked again of the primary, and no caller sees it.
        await _servers.StopAsync("replica");
        Assert.That(await AskAsync(), Is.False);
        await reads.ProbeAsync(cancel);
        Assert.That(await AskAsync(), Is.False);
        await _servers.StartReplicaAsync("replica");
        await UntilNearAsync();
        Assert.That(await AskAsync(), Is.True);

        async Task UntilNearAsync()
        {
            // Each look is a round trip to both; the token ends it.
            while (reads.Lag is not { } lag || lag > TimeSpan.FromMilliseconds(Limits.Database.ReplicaLagMsMax))
                await reads.ProbeAsync(cancel);
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task Its_sessions_refuse_to_write_even_to_a_server_that_takes_writes(CancellationToken cancel)
    {
        await using var mistaken = DatabaseSource.CreateReadOnly(_servers.ConnectionString("primary"));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => mistaken.Command("insert into mark values (2)").RunAsync(cancel));
        Assert.That(refused!.SqlState, Is.EqualTo(PostgresErrorCodes.ReadOnlySqlTransaction));
    }

    [Test, CancelAfter(180_000)]
    public async Task A_paused_replica_delays_lists_and_nothing_else(CancellationToken cancel)
    {
        await using var server = await StartCoordinatorAsync(_servers, "primary");
        await using var node = await ScriptedNode.ConnectAsync(server, 4);
        var first = await PriceAsync(server, node, [1], cancel);
        // From here on both know the first quote.
        await UntilAsync(() => ListAsync(server, cancel), names => names.Contains(first.Name));
        await UntilAsync(() => _servers.AskAsync<long>("replica", "select count(*) from quote where state = 'priced'", cancel), priced => priced == 1);

        await _servers.AskAsync<object>("replica", "select pg_wal_replay_pause()", cancel);
        try
        {
            // Accepting, joining, leasing, answering, watching, reading one: at once, whatever the replica knows.
            var second = await PriceAsync(server, node, [2], cancel);
            var read = await server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = second.Name }, cancellationToken: cancel);
            Assert.That(read.State, Is.EqualTo(Quote.Types.State.Priced));
            var again = await server.Quotes.CreateQuoteAsync(Ask(second.Model), cancellationToken: cancel);
            Assert.That(again.MeasurementCached, Is.True);
            // The list has it within the bound on the lag, by way of the primary.
            await UntilAsync(() => ListAsync(server, cancel), names => names.Contains(second.Name));
            Assert.That((await server.Ops.GetPipelineStatsAsync(new GetPipelineStatsRequest(), cancellationToken: cancel)).QuotesMeasuring, Is.Zero);
        }
        finally
        {
            await _servers.AskAsync<object>("replica", "select pg_wal_replay_resume()", CancellationToken.None);
        }
    }

    [Test, CancelAfter(180_000)]
    public async Task After_a_promotion_work_goes_on_with_the_new_primary(CancellationToken cancel)
    {
        await using var servers = await ServerScripts.StartAsync();
        await servers.MakeReplicaAsync("replica");
        await using var server = await StartCoordinatorAsync(servers, "primary", "replica");
        var before = (await server.Quotes.CreateQuoteAsync(Ask(await UploadAsync(server, [7])), cancellationToken: cancel)).Name;
        // Asynchronous replication: what the replica has not got would be lost with the primary. Here the old one is stopped in order, which sends it all.
        await servers.StopAsync("primary");
        await servers.PromoteAsync("replica");

        var model = await UntilAcceptedAsync(() => UploadAsync(server, [8]), cancel);
        var after = await UntilAcceptedAsync(async () => (await server.Quotes.CreateQuoteAsync(Ask(model), cancellationToken: cancel)).Name, cancel);
        await using var node = await ScriptedNode.ConnectAsync(server, 4);
        for (var i = 0; i < 2; i++)
            await node.CompleteAsync(await node.NextJobAsync(cancel));
        foreach (var name in new[] { before, after })
        {
            await UntilAsync(async () => (await server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = name }, cancellationToken: cancel)).State,
                state => state is Quote.Types.State.Priced or Quote.Types.State.NeedsReview);
        }
    }

    static async Task<CoordinatorServer> StartCoordinatorAsync(ServerScripts servers, params string[] hosts) =>
        await CoordinatorServer.StartAsync(new CoordinatorOptions
        {
            ConnectionString = servers.ConnectionString(hosts),
            ReplicaConnectionString = servers.ConnectionString("replica"),
            ModelFolder = Directory.CreateTempSubdirectory("pricing-models-").FullName,
            EngineVersion = 1,
            LogLevel = LogLevel.None,
        });

    static Task<string> UploadAsync(CoordinatorServer server, byte[] bytes) => server.UploadAsync(bytes);

    static async Task<Quote> PriceAsync(CoordinatorServer server, ScriptedNode node, byte[] model, CancellationToken cancel)
    {
        var asking = server.Quotes.CreateQuoteAsync(Ask(await server.UploadAsync(model), wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await node.CompleteAsync(await node.NextJobAsync(cancel));
        return await asking;
    }

    static async Task<List<string>> ListAsync(CoordinatorServer server, CancellationToken cancel) =>
        [.. (await server.Quotes.ListQuotesAsync(new ListQuotesRequest { Parent = Partner }, cancellationToken: cancel)).Quotes.Select(q => q.Name)];

    /// <summary>As a client does: what is refused as UNAVAILABLE is asked again.</summary>
    static async Task<T> UntilAcceptedAsync<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable && !cancel.IsCancellationRequested)
            {
                // Still moving.
            }
        }
    }

    static async Task UntilAsync<T>(Func<Task<T>> ask, Predicate<T> isThere)
    {
        while (!isThere(await ask()))
        {
        }
    }

    static async Task<bool> ScalarAsync(NpgsqlDataSource from, string sql, CancellationToken cancel)
    {
        await using var command = from.Command(sql);
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The real clock, set forward by the test.</summary>
    sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
    }
}
