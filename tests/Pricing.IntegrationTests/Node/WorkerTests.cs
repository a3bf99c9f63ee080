using System.Diagnostics;
using System.Runtime.Versioning;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.IntegrationTests.Models;
using Pricing.Node;
using Pricing.Node.V1;
using Pricing.Node.Workers;
using static Pricing.Node.V1.WorkRequest;

namespace Pricing.IntegrationTests.Node;

/// <summary>
/// A node whose jobs are measured in real worker processes, which the tests kill, stop and starve from outside: the program has no hook for it.
/// </summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
[NonParallelizable]
sealed class WorkerTests
{
    // 120,000 triangles, 6 MB: more than pipe and buffers hold, so that a worker is met in the middle of it.
    static readonly byte[] Model = GeneratedModel.Torus(300, 200);

    readonly List<IHost> _nodes = [];
    ScriptedCoordinator _coordinator = null!;

    [SetUp]
    public async Task StartCoordinator() => _coordinator = await ScriptedCoordinator.StartAsync();

    [TearDown]
    public async Task StopAll()
    {
        foreach (var node in _nodes)
        {
            await node.StopAsync();
            node.Dispose();
        }
        _nodes.Clear();
        await _coordinator.DisposeAsync();
        Assert.That(WorkerProcesses.OfThisProcess, Is.Empty, "a stopped node leaves no worker");
    }

    [Test]
    public async Task A_worker_gives_the_same_bits_as_this_process()
    {
        await NodeAsync(threads: 2);
        var stream = await _coordinator.WelcomeAsync();
        await stream.StreamAsync(await stream.AssignAsync(1, 1, Model), Model, Limits.Wire.WindowBytes);
        var answer = await _coordinator.NextAnswerAsync();

        var here = PartMeasurer.Measure(Model, new MeasureOptions(), "part.stl");
        Assert.That(answer.Measurement.Digest.ToByteArray(), Is.EqualTo(here.Digest));
        Assert.That(answer.Measurement.Geometry.VolumeMm3, Is.EqualTo(here.VolumeMm3));
        Assert.That(answer.Measurement.ModelBytes, Is.EqualTo(Model.Length));
    }

    [Test]
    public async Task A_bad_model_is_a_failure_with_its_reason_and_costs_no_worker()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var worker = WorkerProcesses.OfThisProcess.Single();
        var truncated = Model[..83];
        await stream.StreamAsync(await stream.AssignAsync(1, 1, truncated), truncated, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).Failure.Reason, Is.EqualTo("STL_TRUNCATED"));

        var damaged = Model.ToArray();
        damaged[^7] ^= 1;
        await stream.StreamAsync(await stream.AssignAsync(2, 1, Model), damaged, Limits.Wire.WindowBytes);
        Assert.That((await stream.NextAsync(MessageOneofCase.Release)).Release.Reason, Is.EqualTo("MODEL_HASH_MISMATCH"));
        Assert.That(WorkerProcesses.OfThisProcess, Is.EqualTo(new[] { worker }));
    }

    [Test]
    public async Task A_worker_killed_in_the_middle_is_reported_with_evidence_and_nobody_else_notices()
    {
        await NodeAsync(threads: 2);
        var stream = await _coordinator.WelcomeAsync();
        var jobs = new[] { await stream.AssignAsync(1, 1, Model), await stream.AssignAsync(2, 1, Model) };
        var half = Model.Length / 2;
        foreach (var job in jobs)
            await stream.StreamAsync(job, Model, Limits.Wire.WindowBytes, to: half);
        await InTheMiddleAsync(stream, 1, 2);

        var victim = WorkerProcesses.OfThisProcess[0];
        await WorkerProcesses.SignalAsync(victim, "KILL");
        await WorkerProcesses.GoneAsync(victim);
        foreach (var job in jobs)
            await stream.StreamAsync(job, Model, Limits.Wire.WindowBytes, from: half);

        var answers = new[] { await _coordinator.NextAnswerAsync(), await _coordinator.NextAnswerAsync() };
        var death = answers.Single(answer => answer.OutcomeCase == CompleteJobRequest.OutcomeOneofCase.WorkerDeath).WorkerDeath;
        Assert.Multiple(() =>
        {
            Assert.That((death.Reason, death.Signal, death.ExitCode), Is.EqualTo(("WORKER_DIED", 9, 137)));
            Assert.That(death.ModelSha256, Is.EqualTo(GeneratedModel.Sha256(Model)));
            Assert.That(death.BytesConsumed, Is.InRange(1, Model.Length));
            Assert.That(death.RssBytes, Is.GreaterThan(10 << 20));
            Assert.That(death.WallTime.ToTimeSpan(), Is.GreaterThan(TimeSpan.Zero));
        });
        var lived = answers.Single(answer => answer.OutcomeCase == CompleteJobRequest.OutcomeOneofCase.Measurement);
        Assert.That(lived.Measurement.Geometry.Triangles, Is.EqualTo(120_000), "the job beside it was measured");

        // And the node goes on, with as many workers as before.
        foreach (var job in new[] { 3, 4 })
            await stream.StreamAsync(await stream.AssignAsync(job, 1, Model), Model, Limits.Wire.WindowBytes);
        for (var i = 0; i < 2; i++)
            Assert.That((await _coordinator.NextAnswerAsync()).OutcomeCase, Is.EqualTo(CompleteJobRequest.OutcomeOneofCase.Measurement));
        Assert.That(WorkerProcesses.OfThisProcess, Has.Count.EqualTo(2).And.None.EqualTo(victim));
    }

    [Test]
    public async Task A_worker_that_hangs_is_ended_when_its_time_is_over()
    {
        await NodeAsync(workers: WorkerProcesses.Options with { JobTime = TimeSpan.FromSeconds(4) });
        var stream = await _coordinator.WelcomeAsync();
        var worker = WorkerProcesses.OfThisProcess.Single();
        var job = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(job, Model, 0, Limits.Wire.ChunkBytes);
        await InTheMiddleAsync(stream, 1);
        await WorkerProcesses.SignalAsync(worker, "STOP");
        await stream.StreamAsync(job, Model, Limits.Wire.WindowBytes, from: Limits.Wire.ChunkBytes);

        var death = (await _coordinator.NextAnswerAsync()).WorkerDeath;
        Assert.That((death?.Reason, death?.Signal), Is.EqualTo(("WORKER_TIME", 9)));
        Assert.That(death!.WallTime.ToTimeSpan(), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(4)));

        var small = GeneratedModel.Torus(60, 40);
        await stream.StreamAsync(await stream.AssignAsync(2, 1, small), small, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).Measurement?.Geometry.Triangles, Is.EqualTo(4800));
    }

    [Test]
    public async Task A_worker_that_grows_above_its_memory_is_ended()
    {
        await NodeAsync(workers: WorkerProcesses.Options with { MemoryBytes = 40 << 20 });
        var stream = await _coordinator.WelcomeAsync();
        var worker = WorkerProcesses.OfThisProcess.Single();
        var job = await stream.AssignAsync(1, 1, Model);
        // The rest never comes.
        await stream.StreamAsync(job, Model, Limits.Wire.WindowBytes, to: Model.Length / 2);
        await WorkerProcesses.GoneAsync(worker);

        var death = (await _coordinator.NextAnswerAsync()).WorkerDeath;
        Assert.That(death?.Reason, Is.EqualTo("WORKER_MEMORY"));
        Assert.That(death!.RssBytes, Is.GreaterThan(40 << 20));
    }

    [Test]
    public async Task A_heap_that_meets_its_limit_is_told_as_memory()
    {
        // 64 MiB of managed heap for 2.4 million triangles; the resident size alone would be allowed.
        await NodeAsync(workers: WorkerProcesses.Options with { MemoryBytes = Limits.Worker.NativeBytes + Limits.Worker.HeapBytesMin });
        var stream = await _coordinator.WelcomeAsync();
        var large = GeneratedModel.Torus(4000, 300);
        // The rest is never asked for: the death is noticed while the node waits for bytes.
        await stream.StreamAsync(await stream.AssignAsync(1, 1, large), large, Limits.Wire.WindowBytes, to: Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).WorkerDeath?.Reason, Is.EqualTo("WORKER_MEMORY"));

        await stream.StreamAsync(await stream.AssignAsync(2, 1, GeneratedModel.Torus(60, 40)), GeneratedModel.Torus(60, 40), Limits.Wire.WindowBytes);
        var second = await _coordinator.NextAnswerAsync();
        Assert.That(second.Measurement?.Geometry.Triangles, Is.EqualTo(4800), second.ToString());
    }

    [Test]
    public async Task A_cancelled_job_leaves_its_worker_warm_for_the_next()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var worker = WorkerProcesses.OfThisProcess.Single();
        var job = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(job, Model, 0, Limits.Wire.ChunkBytes);
        await InTheMiddleAsync(stream, 1);
        await stream.SendAsync(new WorkResponse { Cancel = new Cancel { JobId = 1, Epoch = 1, Reason = "test" } });
        await stream.NextAsync(MessageOneofCase.Credit);

        await stream.StreamAsync(await stream.AssignAsync(2, 1, Model), Model, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).JobId, Is.EqualTo(2));
        Assert.That(WorkerProcesses.OfThisProcess, Is.EqualTo(new[] { worker }));
    }

    [Test]
    public async Task A_worker_that_does_not_let_go_of_a_cancelled_job_is_ended_and_blames_nobody()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var worker = WorkerProcesses.OfThisProcess.Single();
        var job = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(job, Model, 0, Limits.Wire.ChunkBytes);
        await InTheMiddleAsync(stream, 1);
        await WorkerProcesses.SignalAsync(worker, "STOP");
        var cancelledAt = Stopwatch.GetTimestamp();
        await stream.SendAsync(new WorkResponse { Cancel = new Cancel { JobId = 1, Epoch = 1, Reason = "test" } });
        await stream.NextAsync(MessageOneofCase.Credit);
        // Five seconds are promised.
        Assert.That(Stopwatch.GetElapsedTime(cancelledAt), Is.LessThan(TimeSpan.FromSeconds(5)));
        await WorkerProcesses.GoneAsync(worker);

        await stream.StreamAsync(await stream.AssignAsync(2, 1, Model), Model, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).Measurement?.Geometry.Triangles, Is.EqualTo(120_000));
        Assert.That(_coordinator.HasAnswer, Is.False, "the cancelled job had no answer");
    }

    [Test]
    public async Task A_worker_that_dies_between_jobs_is_replaced_and_no_model_is_blamed()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        for (var job = 1; job <= 3; job++)
        {
            var worker = WorkerProcesses.OfThisProcess.Single();
            await WorkerProcesses.SignalAsync(worker, "KILL");
            await WorkerProcesses.GoneAsync(worker);
            await stream.StreamAsync(await stream.AssignAsync(job, 1, Model), Model, Limits.Wire.WindowBytes);
            Assert.That((await _coordinator.NextAnswerAsync()).Measurement?.Geometry.Triangles, Is.EqualTo(120_000));
        }
    }

    [Test]
    public async Task Workers_are_replaced_after_their_share_of_jobs_without_a_job_waiting_for_it()
    {
        var small = GeneratedModel.Torus(60, 40);
        await NodeAsync(workers: WorkerProcesses.Options with { JobsMax = 2 });
        var stream = await _coordinator.WelcomeAsync();
        var first = WorkerProcesses.OfThisProcess.Single();
        for (var job = 1; job <= 2; job++)
        {
            await stream.StreamAsync(await stream.AssignAsync(job, 1, small), small, Limits.Wire.WindowBytes);
            await _coordinator.NextAnswerAsync();
        }
        Assert.That(WorkerProcesses.OfThisProcess, Does.Contain(first));

        // The third finds the first worker tired; a successor is started, and takes over when it is ready.
        for (var job = 3; WorkerProcesses.OfThisProcess.Contains(first); job++)
        {
            await stream.StreamAsync(await stream.AssignAsync(job, 1, small), small, Limits.Wire.WindowBytes);
            Assert.That((await _coordinator.NextAnswerAsync()).OutcomeCase, Is.EqualTo(CompleteJobRequest.OutcomeOneofCase.Measurement));
            Assert.That(job, Is.LessThan(5_000), "the first worker is never replaced");
        }
        Assert.That(WorkerProcesses.OfThisProcess, Is.Not.Empty);
    }

    [Test]
    public async Task A_node_that_cannot_start_workers_asks_for_no_work()
    {
        await NodeAsync(workers: WorkerProcesses.Options with { Command = ["/no/such/program"] });
        var dialled = _coordinator.NextStreamAsync();
        // A second node, which can, is heard; the first was started before it.
        await NodeAsync(name: "node-2");
        var stream = await dialled;
        await stream.WelcomeAsync(Limits.Wire.WindowBytes, Limits.Wire.HeartbeatMs);
        Assert.That(stream.Hello.Node, Is.EqualTo("node-2"));
    }

    /// <summary>Progress proves that the jobs' workers are at work.</summary>
    static async Task InTheMiddleAsync(ScriptedStream stream, params long[] jobs)
    {
        var waiting = jobs.ToHashSet();
        while (waiting.Count > 0)
            if ((await stream.NextAsync(MessageOneofCase.Progress)).Progress is { BytesDone: > 0 } progress)
                waiting.Remove(progress.JobId);
    }

    async Task NodeAsync(int threads = 1, WorkerOptions? workers = null, string name = "node-1")
    {
        var node = NodeHost.Build(new NodeOptions
        {
            Coordinators = [_coordinator.Address],
            Name = name,
            Threads = threads,
            Workers = workers ?? WorkerProcesses.Options,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Critical,
        });
        _nodes.Add(node);
        await node.StartAsync();
    }
}
