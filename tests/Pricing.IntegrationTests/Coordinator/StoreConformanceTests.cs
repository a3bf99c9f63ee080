using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Simulation;
using Pricing.Cost;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>The simulator is worth what its store is: random scripts run on the model and on real PostgreSQL, and agree after every step.</summary>
[TestFixture]
public sealed class StoreConformanceTests
{
    const int Steps = 160, Models = 5, Engines = 2;

    NpgsqlDataSource _source = null!;

    [SetUp]
    public async Task MigrateAsync()
    {
        // Nothing here outlives the server, so a commit need not wait for the disk.
        var connection = new NpgsqlConnectionStringBuilder(await PostgresServer.CreateDatabaseAsync()) { Options = "-c synchronous_commit=off" };
        _source = DatabaseSource.Create(connection.ConnectionString);
        await Migrator.MigrateAsync(_source, CancellationToken.None);
        await new PriceListStore(_source).ImportFirstAsync(PriceList.Standard, PriceList.Standard.Document, CancellationToken.None);
        for (var model = 1; model <= Models; model++)
        {
            var key = StoreTwin.KeyOf(new ModelKey(model, 1));
            await _source.Command("insert into model (sha256, size_bytes) values ($1, 1)", key.ModelSha256).RunAsync(CancellationToken.None);
        }
    }

    [TearDown]
    public async Task CloseAsync() => await _source.DisposeAsync();

    [TestCase(1), TestCase(2), TestCase(3), TestCase(4), TestCase(5), TestCase(6), CancelAfter(300_000)]
    public async Task The_model_and_the_database_agree_after_every_step(int seed, CancellationToken cancel)
    {
        var twin = new StoreTwin(_source, PriceList.Standard.Id, 1);
        var random = new Random(seed);
        await twin.SetTermsAsync("p0", Lane.B2b, 2, cancel);
        await twin.SetTermsAsync("p1", Lane.B2c, 3, cancel);
        var nodes = new[] { new Guid(1, 0, 0, new byte[8]), new Guid(2, 0, 0, new byte[8]) };
        for (var step = 0; step < Steps; step++)
        {
            var what = random.Next(100);
            try
            {
                await StepAsync(twin, random, nodes, what, cancel);
                await twin.CompareAsync(cancel);
            }
            catch (InvalidOperationException differ)
            {
                Assert.Fail($"seed {seed}, step {step} ({what}), {differ.Message}");
            }
        }
        var states = twin.Jobs.GroupBy(j => j.State).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key}");
        await TestContext.Out.WriteLineAsync($"seed {seed}: {twin.Jobs.Count} jobs ({string.Join(", ", states)}), {twin.Quotes.Count} quotes, {twin.Jobs.Sum(j => j.Tries.Count)} leases");
        Assert.That(twin.Jobs.Sum(j => j.Tries.Count), Is.GreaterThan(10), "the script leases jobs");
    }

    /// <summary>Times in the script are multiples of ten, deadlines end in five: nothing ends at the very moment it is looked at.</summary>
    static Task StepAsync(StoreTwin twin, Random random, Guid[] nodes, int what, CancellationToken cancel)
    {
        var engine = random.Next(10) < 8 ? 1 : Engines;
        switch (what)
        {
            case < 22:
                var request = random.Next(40);
                return twin.AcceptAsync($"p{request % 3}", $"r{request}", random.Next(20) == 0 ? 99 : request % 90,
                    new ModelKey(1 + request % Models, engine), 10 * random.Next(200, 9_000) + 5, cancel);
            case < 40:
                var offers = Enumerable.Range(0, random.Next(1, 5)).Select(_ => new JobOffer(nodes[random.Next(2)], "n", new Lane?[] { null, null, null, Lane.B2b, Lane.B2c }[random.Next(5)])).ToList();
                var both = offers.Count(o => o.DedicatedTo is null);
                var b2b = random.Next(both + 1);
                return twin.ClaimAsync(engine, offers, new LaneSplit(b2b, both - b2b), cancel);
            case < 46 when twin.Jobs.Count > 0:
                return twin.RenewAsync(Leases(twin, random), cancel);
            case < 52 when twin.Jobs.Count > 0:
                return twin.EndLeasesAsync(Leases(twin, random), random.Next(2) == 0 ? LeaseEnd.Lost : LeaseEnd.Released, cancel);
            case < 57:
                return twin.RescueAsync(cancel);
            case < 60:
                return twin.FailPastDeadlineAsync(cancel);
            case < 68 when twin.Jobs.Count > 0:
                return twin.CompleteAsync(Lease(twin, random), nodes[random.Next(2)], random.Next(1, 1_000), cancel);
            case < 70 when twin.Jobs.Count > 0:
                return twin.FailAsync(Lease(twin, random), nodes[random.Next(2)], cancel);
            case < 79 when twin.Jobs.Count > 0:
                return twin.StrikeAsync(Lease(twin, random), nodes[random.Next(2)], cancel);
            case < 82 when twin.Jobs.Count > 0:
                return twin.LiftQuarantineAsync((twin.Jobs.FirstOrDefault(j => j is { State: JobState.Quarantined, Released: false }) ?? twin.Jobs[random.Next(twin.Jobs.Count)]).JobId,
                    10 * random.Next(500, 9_000) + 5, cancel);
            case < 87 when twin.Quotes.Count > 0:
                return twin.CancelQuoteAsync($"p{random.Next(3)}", 1 + random.Next(twin.Quotes.Count), cancel);
            case < 90:
                return twin.FailQuotesPastDeadlineAsync(cancel);
            case < 94:
                return twin.SettleAsync(cancel);
            default:
                return twin.PassAsync(10 * (random.Next(3) == 0 ? random.Next(1_000, 3_000) : random.Next(1, 120)), cancel);
        }
    }

    /// <summary>Mostly the newest lease of some job, sometimes an older one or one that never was.</summary>
    static LeaseId Lease(StoreTwin twin, Random random)
    {
        var live = twin.Jobs.Where(j => j.State is JobState.Leased).ToList();
        var job = live.Count > 0 && random.Next(4) > 0 ? live[random.Next(live.Count)] : twin.Jobs[random.Next(twin.Jobs.Count)];
        return new LeaseId(job.JobId, Math.Max(1, random.Next(5) == 0 ? job.Epoch + random.Next(-1, 2) : job.Epoch));
    }

    static List<LeaseId> Leases(StoreTwin twin, Random random) =>
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Lease(twin, random)).DistinctBy(l => l.JobId)];
}
