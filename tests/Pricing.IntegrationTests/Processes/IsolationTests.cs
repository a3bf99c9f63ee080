using System.Runtime.Versioning;
using Grpc.Net.Client;
using NUnit.Framework;
using Pricing.Coordinator.Embedded;
using Pricing.IntegrationTests.Embedded;
using Pricing.IntegrationTests.Models;
using Pricing.IntegrationTests.Node;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Processes;

/// <summary>Coordinator, node and workers as real processes: what a bad model may take down, and what it may not.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
sealed class IsolationTests
{
    readonly List<PricingProcess> _processes = [];
    ClusterHome _home = null!;
    EmbeddedPostgres _database = null!;
    PricingProcess _coordinator = null!;
    Partner _partner = null!;

    [SetUp]
    public async Task StartCoordinator()
    {
        _home = new ClusterHome();
        _database = await _home.StartAsync();
        _coordinator = await StartAsync("coordinator", "--home", _home.Folder, "--listen", "127.0.0.1:0");
        _partner = new Partner(_coordinator.Address!);
    }

    [TearDown]
    public async Task StopAll()
    {
        _partner.Dispose();
        foreach (var process in _processes)
            await process.DisposeAsync();
        _processes.Clear();
        await _database.DisposeAsync();
        _home.Dispose();
    }

    [Test]
    public async Task A_model_that_devours_memory_costs_two_workers_and_is_measured_once_it_is_released_to_a_larger_node()
    {
        // 64 MiB of heap for 1.2 million triangles: too little, each time. Small models live in it.
        var node = await NodeAsync("small", "--worker-memory", "192", "--threads", "2");
        using var channel = GrpcChannel.ForAddress(_coordinator.Address!);
        var ops = new OpsService.OpsServiceClient(channel);
        var large = await _partner.UploadAsync(GeneratedModel.Torus(2000, 300));
        var poison = await _partner.Quotes.CreateQuoteAsync(Partner.Request(large, Guid.NewGuid().ToString()));
        var others = new List<string>();
        for (var seed = 1; seed <= 6; seed++)
        {
            var model = await _partner.UploadAsync(GeneratedModel.Torus(60, 40, seed));
            others.Add((await _partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()))).Name);
        }

        foreach (var name in others)
            Assert.That((await _partner.WatchAsync(name)).State, Is.EqualTo(Quote.Types.State.Priced), "what is measured beside it is not disturbed");
        var failed = await _partner.WatchAsync(poison.Name);
        Assert.That((failed.State, failed.Failure?.Reason), Is.EqualTo((Quote.Types.State.Failed, "MODEL_QUARANTINED")));
        Assert.That(WorkerProcesses.Of(node.Id), Is.Not.Empty, "the node lives, and has workers");
        var job = (await ops.ListQuarantinedJobsAsync(new ListQuarantinedJobsRequest())).Jobs.Single();
        Assert.That(job.Deaths.Select(death => (death.Node, death.Evidence.Reason)), Is.EqualTo(new[] { ("nodes/small", "WORKER_MEMORY"), ("nodes/small", "WORKER_MEMORY") }));
        Assert.That(await ClusterHome.AskAsync(_database, "select count(*) from job_attempt where outcome not in ('completed', 'worker_died')"), Is.Zero);

        await node.KillAsync();
        await NodeAsync("large", "--threads", "1");
        await ops.ReleaseQuarantinedJobAsync(new ReleaseQuarantinedJobRequest { Name = job.Name });
        var again = await _partner.Quotes.CreateQuoteAsync(Partner.Request(large, Guid.NewGuid().ToString()));
        Assert.That((await _partner.WatchAsync(again.Name)).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test]
    public async Task No_worker_outlives_its_node_however_the_node_ends()
    {
        var killed = await NodeAsync("killed", "--threads", "2");
        await PriceAsync(1);
        var workers = WorkerProcesses.Of(killed.Id);
        Assert.That(workers, Is.Not.Empty);
        // Stopped workers cannot see that their pipe is closed; the kernel ends them all the same.
        await WorkerProcesses.SignalAsync(workers[0], "STOP");
        await killed.KillAsync();
        foreach (var worker in workers)
            await WorkerProcesses.GoneAsync(worker);

        var asked = await NodeAsync("asked", "--threads", "2");
        await PriceAsync(2);
        workers = WorkerProcesses.Of(asked.Id);
        Assert.That(await asked.TerminateAsync(), Is.Zero);
        foreach (var worker in workers)
            await WorkerProcesses.GoneAsync(worker);
    }

    [Test]
    public async Task A_node_without_isolation_has_no_workers_and_gives_the_same_digest()
    {
        var isolated = await NodeAsync("isolated", "--threads", "1");
        var first = await PriceAsync(1);
        await isolated.KillAsync();
        var alone = await NodeAsync("alone", "--threads", "1", "--isolation", "none");
        // Another header, the same triangles.
        var second = await PriceAsync(2);
        Assert.That(WorkerProcesses.Of(alone.Id), Is.Empty);
        Assert.That(second.Measurement.Digest, Is.EqualTo(first.Measurement.Digest));
    }

    [Test]
    public async Task A_node_stays_small_while_large_models_pass_through_it()
    {
        var node = await NodeAsync("only", "--threads", "1");
        // Too large to be kept for the next job.
        const int Around = 4700;
        await PriceAsync(1, Around);
        var (_, before) = WorkerProcesses.RssBytesOf(node.Id);
        // Twice 70 MB, and a window of 8 MiB.
        await PriceAsync(2, Around);
        await PriceAsync(3, Around);
        var (_, after) = WorkerProcesses.RssBytesOf(node.Id);
        await TestContext.Out.WriteLineAsync($"peak of the node: {before >> 20} MiB, then {after >> 20} MiB");
        Assert.That(after - before, Is.LessThan(40 << 20));
    }

    async Task<Quote> PriceAsync(int seed, int around = 60)
    {
        var model = await _partner.UploadAsync(GeneratedModel.Torus(around, around > 60 ? 150 : 40, seed));
        var quote = await _partner.Quotes.CreateQuoteAsync(Partner.Request(model, Guid.NewGuid().ToString()));
        var ended = await _partner.WatchAsync(quote.Name);
        Assert.That(ended.State, Is.EqualTo(Quote.Types.State.Priced), ended.Failure?.ToString());
        return ended;
    }

    Task<PricingProcess> NodeAsync(string name, params string[] arguments) =>
        StartAsync("node", ["--home", _home.Folder, "--coordinator", _coordinator.Address!.ToString(), "--node-name", name, .. arguments]);

    async Task<PricingProcess> StartAsync(string role, params string[] arguments)
    {
        var process = await PricingProcess.ServeAsync(role, arguments);
        _processes.Add(process);
        return process;
    }
}
