using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>
/// Who is served when, on real PostgreSQL. Time is counted in jobs served, by one hand that enqueues and claims in turn: the same order each run.
/// </summary>
[TestFixture]
public sealed class LaneTests
{
    static readonly JobOffer Both = new(Guid.NewGuid(), "both");
    static readonly JobOffer OnlyB2b = new(Guid.NewGuid(), "contract", Lane.B2b);
    static readonly JobOffer OnlyB2c = new(Guid.NewGuid(), "shop", Lane.B2c);

    readonly Dictionary<long, string> _partners = [];
    NpgsqlDataSource _source = null!;
    JobStore _jobs = null!;
    PartnerStore _terms = null!;
    QueueGauge _gauge = null!;
    LaneClaims _claims = null!;
    int _models;

    [SetUp]
    public async Task MigrateAsync()
    {
        var connection = await PostgresServer.CreateDatabaseAsync();
        _source = DatabaseSource.Create(connection);
        await Migrator.MigrateAsync(_source, CancellationToken.None);
        _jobs = new JobStore(_source);
        _terms = new PartnerStore(_source);
        var options = new CoordinatorOptions { ConnectionString = connection, ModelFolder = "", EngineVersion = 1 };
        _gauge = new QueueGauge(new QueueQueries(_source), _terms, new PipelineCounters(), options, NullLogger<QueueGauge>.Instance);
        _claims = new LaneClaims();
        _partners.Clear();
        _models = 0;
    }

    [TearDown]
    public async Task CloseAsync()
    {
        _gauge.Dispose();
        await _source.DisposeAsync();
    }

    [Test, CancelAfter(120_000)]
    public async Task A_partner_who_comes_to_a_long_queue_is_served_within_two_claims(CancellationToken cancel)
    {
        await EnqueueAsync("a", 1_000, cancel);
        Assert.That(await ServeAsync(5, cancel), Is.All.EqualTo("a"));
        await EnqueueAsync("b", 1, cancel);
        Assert.That(await ServeAsync(2, cancel), Does.Contain("b"));
    }

    [Test, CancelAfter(120_000)]
    public async Task Partners_of_equal_weight_take_turns_however_many_jobs_each_has(CancellationToken cancel)
    {
        await EnqueueAsync("a", 200, cancel);
        await EnqueueAsync("b", 20, cancel);
        await EnqueueAsync("c", 20, cancel);
        Assert.That(Counts(await ServeAsync(60, cancel)), Is.EqualTo("a 20, b 20, c 20"));
    }

    [Test, CancelAfter(120_000)]
    public async Task Weights_are_honoured(CancellationToken cancel)
    {
        await _terms.SetAsync(new PartnerTerms("a", Lane.B2c, 3), cancel);
        await EnqueueAsync("b", 100, cancel);
        await EnqueueAsync("a", 100, cancel);
        var served = await ServeAsync(80, cancel);
        Assert.That(served.Count(p => p == "a"), Is.EqualTo(60).Within(1));
    }

    [Test, CancelAfter(120_000)]
    public async Task Turns_are_of_cost_not_of_jobs(CancellationToken cancel)
    {
        // 64 + 320 KiB against 64 + 1: six times the cost.
        await EnqueueAsync("large", 50, cancel, 320 << 10);
        await EnqueueAsync("small", 100, cancel);
        var served = await ServeAsync(70, cancel);
        Assert.That(served.Count(p => p == "large"), Is.EqualTo(10).Within(1));
    }

    [Test, CancelAfter(120_000)]
    public async Task Who_was_idle_has_saved_up_nothing(CancellationToken cancel)
    {
        await EnqueueAsync("a", 100, cancel);
        await ServeAsync(50, cancel);
        await EnqueueAsync("b", 100, cancel);
        var served = await ServeAsync(20, cancel);
        Assert.That(served.Count(p => p == "b"), Is.EqualTo(10).Within(1));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_job_that_comes_back_does_not_let_newcomers_in_front_of_everybody(CancellationToken cancel)
    {
        await EnqueueAsync("a", 60, cancel);
        var first = (await ClaimAsync(1, [Both], cancel)).Single();
        await ServeAsync(40, cancel);
        var held = (await ClaimAsync(1, [Both], cancel)).Single();
        await _jobs.EndLeasesAsync([new LeaseId(first.JobId, first.Epoch)], LeaseEnd.Lost, "killed", cancel);
        await EnqueueAsync("b", 40, cancel);
        var served = await ServeAsync(11, cancel);
        Assert.That(served.Count(p => p == "b"), Is.EqualTo(5).Within(1), "the old pass of a's first job is no start for b's queue");
        Assert.That(held.JobId, Is.Not.EqualTo(first.JobId));
    }

    [Test, CancelAfter(120_000)]
    public async Task Who_joins_a_job_may_bring_it_forward_and_never_back(CancellationToken cancel)
    {
        var jobs = await EnqueueAsync("a", 10, cancel);
        var passes = await PassesAsync(cancel);
        await JoinAsync("b", model: 10, cancel);
        var after = await PassesAsync(cancel);
        Assert.That(after[jobs[9]], Is.EqualTo(passes[jobs[0]]), "the second asker's place is the lane's present");
        await JoinAsync("a", model: 1, cancel);
        Assert.That(await PassesAsync(cancel), Is.EqualTo(after), "the end of a's own queue is no better than the head of it");
    }

    [Test, CancelAfter(120_000)]
    public async Task Who_joins_from_the_other_lane_leaves_the_job_where_it_is(CancellationToken cancel)
    {
        await _terms.SetAsync(new PartnerTerms("contract", Lane.B2b, 100), cancel);
        await EnqueueAsync("a", 5, cancel);
        var passes = await PassesAsync(cancel);
        await JoinAsync("contract", model: 5, cancel);
        Assert.That(await PassesAsync(cancel), Is.EqualTo(passes));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_dedicated_node_takes_its_lane_only_and_leaves_nothing_of_it(CancellationToken cancel)
    {
        await _terms.SetAsync(new PartnerTerms("contract", Lane.B2b, 1), cancel);
        await EnqueueAsync("shop", 20, cancel);
        Assert.That(await ClaimAsync(1, [OnlyB2b, OnlyB2b], cancel), Is.Empty);

        await EnqueueAsync("contract", 3, cancel);
        var leases = await ClaimAsync(1, [OnlyB2b, OnlyB2c, Both, OnlyB2b, Both, OnlyB2c, Both, Both, OnlyB2b, OnlyB2b], cancel);
        Assert.That(leases.Where(l => l.Incarnation == OnlyB2b.Incarnation).Select(l => l.Lane), Is.EqualTo(new[] { Lane.B2b, Lane.B2b, Lane.B2b }));
        Assert.That(leases.Where(l => l.Incarnation == OnlyB2c.Incarnation).Select(l => l.Lane), Is.EqualTo(new[] { Lane.B2c, Lane.B2c }));
        Assert.That(leases.Count(l => l.Incarnation == Both.Incarnation), Is.EqualTo(4), "all of the shop's");
        Assert.That(leases.Select(l => l.JobId), Is.Unique);
    }

    [Test, CancelAfter(120_000)]
    public async Task Whatever_the_split_no_slot_stays_empty_while_there_is_work(
        [Values(0, 1, 5)] int contractJobs, [Values(0, 1, 5)] int shopJobs, [Values(0, 2, 6)] int forContract, CancellationToken cancel)
    {
        await _terms.SetAsync(new PartnerTerms("contract", Lane.B2b, 1), cancel);
        await EnqueueAsync("contract", contractJobs, cancel);
        await EnqueueAsync("shop", shopJobs, cancel);
        JobOffer[] offers = [.. Enumerable.Repeat(Both, 6), OnlyB2b, OnlyB2c];
        var leases = await _jobs.ClaimAsync(1, offers, new LaneSplit(forContract, 6 - forContract), cancel);
        Assert.That(leases, Has.Count.EqualTo(Math.Min(8, contractJobs + shopJobs)));
        Assert.That(leases.Select(l => (l.JobId, l.Epoch)), Is.Unique);
        if (contractJobs == 5 && shopJobs == 5)
            Assert.That(leases.Count(l => l.Lane is Lane.B2b), Is.EqualTo(Math.Min(5, Math.Max(forContract + 1, 3))));
    }

    [Test, CancelAfter(300_000)]
    public async Task Ten_times_the_contract_load_at_most_doubles_the_shops_waiting(CancellationToken cancel)
    {
        const int seed = 20_261;
        TestContext.Out.WriteLine($"seed {seed}");
        await _terms.SetAsync(new PartnerTerms("contract", Lane.B2b, 1), cancel);
        // A quarter of what the pool can do is the shop's, a quarter the contract partners'; then they bring two and a half times of all it can do.
        var before = await ShopWaitP95Async(contractLoad: 0.25, seed, cancel);
        await _source.Command("update job set state = 'cancelled', finished_at = clock_timestamp(), owner = null, lease_until = null where state in ('available', 'leased')")
            .RunAsync(cancel);
        var after = await ShopWaitP95Async(contractLoad: 2.5, seed, cancel);
        TestContext.Out.WriteLine($"p95 wait of the shop's jobs, in cost units served: {before:0} before, {after:0} at ten times the contract load");
        Assert.That(before, Is.GreaterThan(JobCost.Least), "there is something to compare with");
        Assert.That(after, Is.LessThanOrEqualTo(2 * before));
    }

    /// <summary>
    /// A pool of one slot, in virtual time: the clock is the cost that was served. Jobs of 1 to 512 KiB arrive at random times; the 95th percentile
    /// of the time from arrival to service.
    /// </summary>
    async Task<double> ShopWaitP95Async(double contractLoad, int seed, CancellationToken cancel)
    {
        const int shopJobs = 120;
        const double meanUnits = 64 + 256.5;
        var arrivals = new PriorityQueue<string, double>();
        // Each partner's arrivals have a dice of their own, so that the shop asks for the same at the same times under both loads.
        var dice = new Dictionary<string, Random> { ["shop"] = new(seed), ["contract"] = new(seed + 1) };
        var load = new Dictionary<string, double> { ["shop"] = 0.25, ["contract"] = contractLoad };
        var arrived = new Dictionary<long, double>();
        var waits = new List<double>();
        var now = 0.0;
        foreach (var partner in load.Keys)
            arrivals.Enqueue(partner, 0);
        for (var round = 0; waits.Count < shopJobs; round++)
        {
            while (arrivals.TryPeek(out var partner, out var at) && at <= now)
            {
                arrivals.Dequeue();
                var job = (await EnqueueAsync(partner, 1, cancel, dice[partner].Next(1, 512 << 10)))[0];
                if (partner == "shop")
                    arrived[job] = at;
                arrivals.Enqueue(partner, at - meanUnits / load[partner] * Math.Log(1 - dice[partner].NextDouble()));
            }
            // The snapshot is always some jobs old, as it is in life.
            if (round % 4 == 0)
                await _gauge.RefreshAsync(cancel);
            var leases = await ClaimAsync(1, [Both], cancel);
            if (leases is not [var lease])
            {
                arrivals.TryPeek(out _, out now);
                continue;
            }
            if (arrived.Remove(lease.JobId, out var since))
                waits.Add(now - since);
            await EndAsync(lease, cancel);
            now += lease.Cost;
        }
        Assert.That(arrived, Has.Count.LessThan(10), "the shop's own load is below its share: its queue does not grow");
        waits.Sort();
        return waits[waits.Count * 95 / 100];
    }

    /// <summary>Claims and ends one job after the other; whose they were.</summary>
    async Task<List<string>> ServeAsync(int count, CancellationToken cancel)
    {
        var served = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var lease = (await ClaimAsync(1, [Both], cancel)).Single();
            served.Add(_partners[lease.JobId]);
            // Ended by the next claim's time: there is always one in service, as in a pool that is busy.
            await EndAsync(lease, cancel);
        }
        return served;
    }

    Task EndAsync(Lease lease, CancellationToken cancel) =>
        _jobs.FailAsync(new LeaseId(lease.JobId, lease.Epoch), lease.Incarnation, new Failure { Reason = "SERVED" }, cancel);

    async Task<List<long>> EnqueueAsync(string partner, int count, CancellationToken cancel, long modelBytes = 1)
    {
        if (count == 0)
            return [];
        return await _source.InTransactionAsync(async transaction =>
        {
            var jobs = new List<long>();
            for (var i = 0; i < count; i++)
            {
                var key = KeyOf(++_models);
                await transaction.Command("insert into model (sha256, size_bytes) values ($1, $2)", key.ModelSha256, modelBytes).RunAsync(cancel);
                var (jobId, isNew) = await JobStore.EnqueueOrJoinAsync(transaction, OrderOf(key, modelBytes, partner), cancel);
                Assert.That(isNew, Is.True);
                _partners[jobId] = partner;
                jobs.Add(jobId);
            }
            return jobs;
        }, cancel);
    }

    Task<bool> JoinAsync(string partner, int model, CancellationToken cancel) => _source.InTransactionAsync(async transaction =>
    {
        var (_, isNew) = await JobStore.EnqueueOrJoinAsync(transaction, OrderOf(KeyOf(model), 1, partner), cancel);
        Assert.That(isNew, Is.False);
        return isNew;
    }, cancel);

    static MeasureKey KeyOf(int model) => new(SHA256.HashData(BitConverter.GetBytes(model)), MeasurementStore.OptionsKey(new MeasureOptions()), 1);

    static JobOrder OrderOf(MeasureKey key, long modelBytes, string partner) =>
        new(key, modelBytes, "part.stl", new MeasureOptions(), TimeSpan.FromMinutes(30), partner);

    async Task<Dictionary<long, long>> PassesAsync(CancellationToken cancel) =>
        (await _source.Command("select job_id, pass from job where lane = 'b2c'").ReadAllAsync(r => (r.GetInt64(0), r.GetInt64(1)), cancel)).ToDictionary();

    static string Counts(List<string> served) =>
        string.Join(", ", served.GroupBy(p => p).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}"));

    /// <summary>What the scheduler and its shell do for one claim.</summary>
    async Task<IReadOnlyList<Lease>> ClaimAsync(int engineVersion, IReadOnlyList<JobOffer> offers, CancellationToken cancel)
    {
        var split = _claims.Split(offers, _gauge.Now.WaitingUnits(Lane.B2b), _gauge.Now.WaitingUnits(Lane.B2c));
        var leases = await _jobs.ClaimAsync(engineVersion, offers, split, cancel);
        _claims.Claimed(offers, split, leases);
        return leases;
    }
}
