using System.Diagnostics;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NUnit.Framework;
using Pricing.IntegrationTests.Models;
using Pricing.Node;
using Pricing.Node.V1;
using static Pricing.Node.V1.CompleteJobResponse.Types;
using static Pricing.Node.V1.WorkRequest;

namespace Pricing.IntegrationTests.Node;

/// <summary>The node against a scripted coordinator: every sentence of the protocol, over real gRPC.</summary>
[TestFixture]
sealed class NodeProtocolTests
{
    // 4,800 triangles, 240 kB: four chunks.
    static readonly byte[] Model = GeneratedModel.Torus(60, 40);

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
    }

    [Test]
    public async Task A_job_is_measured_while_it_arrives_and_answered_by_a_call_of_its_own()
    {
        var node = await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        Assert.Multiple(() =>
        {
            Assert.That(stream.Hello.Node, Is.EqualTo("node-1"));
            Assert.That(Guid.TryParse(stream.Hello.Incarnation, out _));
            Assert.That(stream.Hello.EngineVersion, Is.EqualTo(Geometry.PartMeasurer.EngineVersion));
            Assert.That(stream.Hello.InstructionSet, Is.AnyOf("avx512", "avx2", "portable"));
            Assert.That(stream.Credits, Is.EqualTo(2));
            Assert.That(node.Services.GetRequiredService<NodeStatus>().Coordinator, Is.EqualTo(_coordinator.Address));
        });

        var assign = await stream.AssignAsync(17, 3, Model);
        await stream.StreamAsync(assign, Model, Limits.Wire.WindowBytes);
        var answer = await _coordinator.NextAnswerAsync();

        Assert.Multiple(() =>
        {
            Assert.That(answer.JobId, Is.EqualTo(17));
            Assert.That(answer.Epoch, Is.EqualTo(3));
            Assert.That(answer.Incarnation, Is.EqualTo(stream.Hello.Incarnation));
            Assert.That(answer.Measurement.ModelSha256, Is.EqualTo(assign.ModelSha256));
            Assert.That(answer.Measurement.ModelBytes, Is.EqualTo(Model.Length));
            Assert.That(answer.Measurement.Options, Is.EqualTo(assign.Options));
            Assert.That(answer.Measurement.Geometry.Triangles, Is.EqualTo(4800));
            Assert.That(answer.Measurement.Geometry.Watertight);
            Assert.That(answer.Measurement.Digest.Length, Is.EqualTo(32));
            Assert.That(answer.Measurement.Format, Is.EqualTo(Quoting.V1.ModelFormat.StlBinary));
        });
        await stream.NextAsync(MessageOneofCase.Credit);
        Assert.That(stream.Credits, Is.EqualTo(3), "the ended job's place was granted again");
    }

    [Test]
    public async Task A_large_model_passes_through_a_small_window()
    {
        const int window = 256 << 10;
        var model = GeneratedModel.Torus(300, 200);
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync(window);

        var assign = await stream.AssignAsync(1, 1, model);
        // Blocks (and times out) unless the node acknowledges what it consumed; refuses acknowledgements of what was not sent.
        var most = await stream.StreamAsync(assign, model, window);
        var last = (await _coordinator.NextAnswerAsync()).Measurement;

        Assert.That(most, Is.LessThanOrEqualTo(window));
        Assert.That(last.Geometry.Triangles, Is.EqualTo(120_000));
    }

    [Test]
    public async Task Bytes_beyond_the_window_give_the_lease_back()
    {
        // One thread: the first job holds it and waits for bytes, so nothing of the second is consumed.
        await NodeAsync(threads: 1);
        var stream = await _coordinator.WelcomeAsync();
        await stream.AssignAsync(1, 1, Model);
        var model = new byte[Limits.Wire.WindowBytes + (2 * Limits.Wire.ChunkBytes)];
        var flooded = await stream.AssignAsync(2, 1, model);
        for (var offset = 0; offset <= Limits.Wire.WindowBytes; offset += Limits.Wire.ChunkBytes)
            await stream.ChunkAsync(flooded, model, offset, Limits.Wire.ChunkBytes);

        var release = (await stream.NextAsync(MessageOneofCase.Release)).Release;
        Assert.That((release.JobId, release.Epoch, release.Reason), Is.EqualTo((2L, 1, "CHUNK_WINDOW_EXCEEDED")));
    }

    [Test]
    public async Task More_jobs_than_credits_are_given_back()
    {
        await NodeAsync(threads: 1);
        var stream = await _coordinator.WelcomeAsync();
        for (var job = 1; job <= 3; job++)
            await stream.AssignAsync(job, 1, Model);

        var release = (await stream.NextAsync(MessageOneofCase.Release)).Release;
        Assert.That((release.JobId, release.Reason), Is.EqualTo((3L, "NO_CREDIT")));
    }

    [Test]
    public async Task A_cancel_frees_the_node_within_a_second()
    {
        await NodeAsync(threads: 1);
        var stream = await _coordinator.WelcomeAsync();
        var running = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(running, Model, 0, Limits.Wire.ChunkBytes);
        await stream.AssignAsync(2, 1, Model);

        var cancelledAt = Stopwatch.GetTimestamp();
        await stream.SendAsync(new WorkResponse { Cancel = new Cancel { JobId = 1, Epoch = 1, Reason = "test" } });
        await stream.NextAsync(MessageOneofCase.Credit);
        Assert.That(Stopwatch.GetElapsedTime(cancelledAt), Is.LessThan(TimeSpan.FromSeconds(1)));

        // The freed thread serves the job that waited; the cancelled one has no answer.
        var waiting = new Assign { JobId = 2, Epoch = 1 };
        await stream.StreamAsync(waiting, Model, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).JobId, Is.EqualTo(2));
        Assert.That(_coordinator.HasAnswer, Is.False);
    }

    [TestCase(Result.StaleEpoch)]
    [TestCase(Result.Terminal)]
    [TestCase(Result.AlreadyApplied)]
    public async Task An_answer_that_came_too_late_ends_the_job_quietly(Result result)
    {
        _coordinator.Reply = _ => result;
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        await stream.StreamAsync(await stream.AssignAsync(1, 1, Model), Model, Limits.Wire.WindowBytes);
        await _coordinator.NextAnswerAsync();
        await stream.NextAsync(MessageOneofCase.Credit);

        await stream.StreamAsync(await stream.AssignAsync(2, 1, Model), Model, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).JobId, Is.EqualTo(2), "told once, not again, and the node goes on");
    }

    [Test]
    public async Task A_finished_job_survives_its_coordinator_and_is_answered_to_the_next_run_of_it()
    {
        // One thread: job 1 holds it without bytes; job 2 has all its bytes and waits. Losing the stream ends job 1, and job 2 is measured.
        await NodeAsync(threads: 1);
        var first = await _coordinator.WelcomeAsync();
        await first.AssignAsync(1, 1, Model);
        await first.StreamAsync(await first.AssignAsync(2, 7, Model), Model, Limits.Wire.WindowBytes);
        // A second assignment refused for want of credit proves that all bytes before it were read.
        await first.AssignAsync(3, 1, Model);
        await first.NextAsync(MessageOneofCase.Release);
        var incarnation = first.Hello.Incarnation;

        var port = _coordinator.Address.Port;
        await _coordinator.DisposeAsync();
        _coordinator = await ScriptedCoordinator.StartAsync(port);

        var answer = await _coordinator.NextAnswerAsync();
        Assert.That((answer.JobId, answer.Epoch, answer.Incarnation), Is.EqualTo((2L, 7, incarnation)));
        var second = await _coordinator.WelcomeAsync();
        Assert.That(second.Hello.Incarnation, Is.EqualTo(incarnation), "the same run of the node");
    }

    [Test]
    public async Task An_unreachable_answer_is_repeated_until_it_is_taken()
    {
        var refusals = 2;
        _coordinator.Reply = _ => refusals-- > 0 ? throw new RpcException(new Status(StatusCode.Unavailable, "test")) : Result.Applied;
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        await stream.StreamAsync(await stream.AssignAsync(1, 1, Model), Model, Limits.Wire.WindowBytes);

        Assert.That((await _coordinator.NextAnswerAsync()).JobId, Is.EqualTo(1));
        Assert.That(refusals, Is.LessThan(0));
    }

    [Test]
    public async Task A_silent_coordinator_is_left()
    {
        await NodeAsync();
        var silent = await _coordinator.WelcomeAsync(heartbeatMs: 100);
        await silent.NextAsync(MessageOneofCase.Heartbeat);

        var next = await _coordinator.NextStreamAsync();
        Assert.That(next, Is.Not.SameAs(silent));
        await silent.Ended;
    }

    [Test]
    public async Task Damaged_bytes_give_the_lease_back_and_blame_nobody()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var assign = await stream.AssignAsync(1, 1, Model);
        var damaged = Model.ToArray();
        damaged[^7] ^= 1;
        await stream.StreamAsync(assign, damaged, Limits.Wire.WindowBytes);

        var release = (await stream.NextAsync(MessageOneofCase.Release)).Release;
        Assert.That((release.JobId, release.Reason), Is.EqualTo((1L, "MODEL_HASH_MISMATCH")));
        Assert.That(_coordinator.HasAnswer, Is.False);
    }

    [Test]
    public async Task Bytes_damaged_into_a_bad_file_are_not_taken_for_a_bad_model()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var assign = await stream.AssignAsync(1, 1, Model);
        var damaged = Model.ToArray();
        // The count of triangles no longer agrees with the length: the decoder refuses, the hash knows why.
        damaged[81] ^= 0x40;
        await stream.StreamAsync(assign, damaged, Limits.Wire.WindowBytes);

        Assert.That((await stream.NextAsync(MessageOneofCase.Release)).Release.Reason, Is.EqualTo("MODEL_HASH_MISMATCH"));
        Assert.That(_coordinator.HasAnswer, Is.False);
    }

    [Test]
    public async Task A_gap_in_the_offsets_gives_the_lease_back()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var assign = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(assign, Model, 0, Limits.Wire.ChunkBytes);
        await stream.ChunkAsync(assign, Model, 2 * Limits.Wire.ChunkBytes, Limits.Wire.ChunkBytes);

        Assert.That((await stream.NextAsync(MessageOneofCase.Release)).Release.Reason, Is.EqualTo("CHUNK_OFFSET_GAP"));
    }

    [Test]
    public async Task A_bad_model_is_a_final_failure_with_its_reason()
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var truncated = Model[..83];
        await stream.StreamAsync(await stream.AssignAsync(1, 1, truncated), truncated, Limits.Wire.WindowBytes);

        var answer = await _coordinator.NextAnswerAsync();
        Assert.That(answer.OutcomeCase, Is.EqualTo(CompleteJobRequest.OutcomeOneofCase.Failure));
        Assert.That(answer.Failure.Reason, Does.Match("^[A-Z][A-Z0-9_]+$"));
        Assert.That(answer.Failure.Message, Is.Not.Empty.And.Not.Contains("   at "));
    }

    [TestCase(double.NaN)]
    [TestCase(-1)]
    [TestCase(1e300)]
    public async Task A_scale_no_engine_can_obey_is_a_final_failure(double scale)
    {
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();
        var assign = new Assign
        {
            JobId = 1,
            Epoch = 1,
            ModelSha256 = GeneratedModel.Sha256(Model),
            ModelBytes = Model.Length,
            Options = new Quoting.V1.MeasureOptions { Scale = scale },
        };
        await stream.SendAsync(new WorkResponse { Assign = assign });
        await stream.StreamAsync(assign, Model, Limits.Wire.WindowBytes);

        var failure = (await _coordinator.NextAnswerAsync()).Failure;
        Assert.That((failure.Reason, failure.Field), Is.EqualTo(("SCALE_OUT_OF_RANGE", "measure_options.scale")));
    }

    [Test]
    public async Task Our_own_fault_goes_to_another_node_first_and_becomes_the_answer_at_the_last_attempt()
    {
        // Refuses measurements, takes failures: to the node its own answer is unusable, as after a crash in measuring.
        _coordinator.Reply = request => request.Failure is null
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "test"))
            : Result.Applied;
        await NodeAsync();
        var stream = await _coordinator.WelcomeAsync();

        await stream.StreamAsync(await stream.AssignAsync(1, 1, Model), Model, Limits.Wire.WindowBytes);
        Assert.That((await stream.NextAsync(MessageOneofCase.Release)).Release.Reason, Is.EqualTo("ANSWER_REFUSED"));

        await stream.StreamAsync(await stream.AssignAsync(1, Limits.Job.AttemptsMax, Model), Model, Limits.Wire.WindowBytes);
        Assert.That((await _coordinator.NextAnswerAsync()).Failure.Reason, Is.EqualTo("NODE_INTERNAL"));
    }

    [Test]
    public async Task A_drained_node_finishes_its_lease_and_dials_another_coordinator()
    {
        await using var other = await ScriptedCoordinator.StartAsync();
        await NodeAsync(coordinators: [_coordinator.Address, other.Address]);
        // It starts at a random one.
        var streams = new[] { _coordinator.NextStreamAsync(), other.NextStreamAsync() };
        var won = await Task.WhenAny(streams);
        var (from, to) = won == streams[0] ? (_coordinator, streams[1]) : (other, streams[0]);
        var stream = await won;
        await stream.WelcomeAsync(Limits.Wire.WindowBytes, Limits.Wire.HeartbeatMs);

        var leased = await stream.AssignAsync(1, 1, Model);
        await stream.SendAsync(new WorkResponse { Drain = new Drain() });
        await stream.AssignAsync(2, 1, Model);
        Assert.That((await stream.NextAsync(MessageOneofCase.Release)).Release.Reason, Is.EqualTo("NODE_DRAINING"));
        Assert.That(to.IsCompleted, Is.False, "still bound by its lease");
        await stream.StreamAsync(leased, Model, Limits.Wire.WindowBytes);

        Assert.That((await from.NextAnswerAsync()).JobId, Is.EqualTo(1));
        await stream.Ended;
        await to;
    }

    [Test]
    public async Task A_stopping_node_gives_back_what_has_not_started_and_is_gone_within_three_seconds()
    {
        var node = await NodeAsync(threads: 1);
        var stream = await _coordinator.WelcomeAsync();
        var running = await stream.AssignAsync(1, 1, Model);
        await stream.ChunkAsync(running, Model, 0, Limits.Wire.ChunkBytes);
        await stream.AssignAsync(2, 1, Model);
        // Refused for want of credit: both assignments before it have been taken.
        await stream.AssignAsync(3, 1, Model);
        await stream.NextAsync(MessageOneofCase.Release);
        // Progress proves that the first one is being measured.
        while ((await stream.NextAsync(MessageOneofCase.Progress)).Progress is not { JobId: 1, BytesDone: > 0 })
        {
        }

        var askedAt = Stopwatch.GetTimestamp();
        await node.StopAsync();
        Assert.That(Stopwatch.GetElapsedTime(askedAt), Is.LessThan(TimeSpan.FromSeconds(3)));

        var released = new List<long>();
        for (var i = 0; i < 2; i++)
        {
            var release = (await stream.NextAsync(MessageOneofCase.Release)).Release;
            Assert.That(release.Reason, Is.EqualTo("NODE_STOPPING"));
            released.Add(release.JobId);
        }
        Assert.That(released, Is.EqualTo(new long[] { 2, 1 }), "the one that had not started first, at once");
        await stream.Ended;
    }

    async Task<IHost> NodeAsync(int threads = 1, params Uri[] coordinators)
    {
        var node = NodeHost.Build(new NodeOptions
        {
            Coordinators = coordinators.Length > 0 ? coordinators : [_coordinator.Address],
            Name = "node-1",
            Threads = threads,
            LogLevel = Microsoft.Extensions.Logging.LogLevel.Error,
        });
        _nodes.Add(node);
        await node.StartAsync();
        return node;
    }
}
