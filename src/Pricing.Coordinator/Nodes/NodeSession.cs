using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Coordinator.Scheduling;
using Pricing.Node.V1;
using Pricing.Quoting.V1;
using Heartbeat = Pricing.Node.V1.Heartbeat;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// One node on one stream: the bytes on their way to it, and what it says. The session decides nothing about leases: it tells the scheduler what
/// happened, and does what the scheduler wants of this node.
/// </summary>
/// <remarks>
/// Three tasks share the stream: the reader (credits, acknowledgements, progress, heartbeats), the outbox (the only writer) and the
/// watchdog (our heartbeats, and the end of a node that is silent). Each held job has a sender, which reads the store no further than
/// the job's window. Whoever ends first ends them all.
/// </remarks>
public sealed class NodeSession(
    long stream, Hello hello, Guid incarnation, SchedulerLoop scheduler, JobStore jobs, ModelSender sender, ProgressBoard board, JobSignals signals,
    TimeProvider time, ILogger log)
{
    /// <summary>What a node says when it gives a lease back because the bytes it got are not the model's.</summary>
    const string HashMismatch = "MODEL_HASH_MISMATCH";

    static readonly TimeSpan HeartbeatEvery = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs);
    static readonly TimeSpan SilenceMax = HeartbeatEvery * Limits.Wire.HeartbeatsMissedMax;
    static readonly TimeSpan DrainMax = TimeSpan.FromMilliseconds(Limits.Wire.ShutdownMs / 2);

    readonly ConcurrentDictionary<long, HeldJob> _held = new();
    readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly LikelyModels _models = new(hello.KeptModels);
    NodeOutbox? _outbox;
    RefusalException? _endedBy;
    int _credits, _drainSent;
    long _lastHeard, _jobsDone;
    volatile bool _draining;

    /// <summary>A number that no other stream of this process has.</summary>
    public long Stream { get; } = stream;
    public Guid Incarnation { get; } = incarnation;
    public Hello Hello { get; } = hello;
    public bool IsDraining => _draining;
    public int JobsHeld => _held.Count;
    public long JobsDone => Interlocked.Read(ref _jobsDone);

    /// <summary>Jobs the node has asked for and not been given.</summary>
    public int FreeCredits => _draining || _outbox is null || _end.Task.IsCompleted ? 0 : Math.Max(0, Volatile.Read(ref _credits));

    public TimeSpan SinceHeard => time.GetElapsedTime(Interlocked.Read(ref _lastHeard));

    /// <summary>Serves the stream until the node, the network or a stop ends it, then tells the scheduler that it is gone.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<WorkRequest> requests, IServerStreamWriter<WorkResponse> responses, CancellationToken stopping, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var outbox = new NodeOutbox(responses, time);
        outbox.TrySendControl(new WorkResponse
        {
            Welcome = new Welcome
            {
                HeartbeatInterval = Duration.FromTimeSpan(HeartbeatEvery),
                Lease = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(Limits.Job.LeaseMs)),
                WindowBytes = Limits.Wire.WindowBytes,
            },
        });
        Interlocked.Exchange(ref _lastHeard, time.GetTimestamp());
        _outbox = outbox;
        await using var onStop = stopping.Register(() => _end.TrySetResult());
        await scheduler.PostAsync(
            SchedulerEvent.NodeJoined(Stream, new NodeFacts(Incarnation, Hello.Node, (int)Hello.EngineVersion, Lanes.DedicatedTo(Hello.Lanes))), CancellationToken.None);
        Task? first = null;
        try
        {
            var writing = outbox.RunAsync(ended.Token);
            Task[] parts = [writing, ReadAsync(requests, ended.Token), WatchdogAsync(outbox, ended.Token)];
            first = await Task.WhenAny([.. parts, _end.Task]);
            _end.TrySetResult();
            if (stopping.IsCancellationRequested)
                await DrainAsync(outbox, writing);

            await ended.CancelAsync();
            foreach (var part in parts)
                await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            // Whatever ended it: who joined leaves, or its leases would be renewed for nobody.
            _end.TrySetResult();
            foreach (var held in _held.Values)
                Remove(held.Id);
            await scheduler.PostAsync(SchedulerEvent.NodeLeft(Stream, stopping.IsCancellationRequested ? "coordinator stops" : Reason(first)), CancellationToken.None);
        }

        if (stopping.IsCancellationRequested)
            throw RefusalException.ShuttingDown();
        if (_endedBy is { } refusal)
            throw refusal;
        if (first.IsFaulted && !cancel.IsCancellationRequested)
            await first;
    }

    /// <summary>The node has or lately had the model's bytes.</summary>
    internal bool LikelyHas(byte[] sha256) => Hello.KeepsModels && _models.Contains(sha256);

    /// <summary>Brings a lease to the node. When the stream is ending nothing happens: the scheduler hears of the end, and gives the lease back.</summary>
    internal void Assign(Lease lease)
    {
        var held = new HeldJob(lease, time.GetTimestamp()) { IsModelExpected = LikelyHas(lease.ModelSha256) };
        if (_end.Task.IsCompleted || !_held.TryAdd(lease.JobId, held))
            return;
        Interlocked.Decrement(ref _credits);
        board.Report(lease.JobId, new JobProgress(lease.Epoch, lease.Attempt, 0, lease.ModelBytes, 0, 0));
        _ = SendAsync(held, _outbox!);
        // The end may have come between the check and the add; then nobody else would stop this one.
        if (_end.Task.IsCompleted)
            Remove(held.Id);
    }

    /// <summary>The node's answer was applied. Returns how long the job took here, if it was ours.</summary>
    internal (long Bytes, TimeSpan Time)? Completed(LeaseId lease)
    {
        if (Remove(lease) is not { } held)
            return null;
        Interlocked.Increment(ref _jobsDone);
        if (Hello.KeepsModels)
            _models.Add(held.Lease.ModelSha256);
        return (held.Lease.ModelBytes, time.GetElapsedTime(held.StartedAt));
    }

    /// <summary>The lease is not this node's any more: stop sending, and say so.</summary>
    internal void Revoke(LeaseId lease, string reason)
    {
        Remove(lease);
        Control(new WorkResponse { Cancel = new Cancel { JobId = lease.JobId, Epoch = lease.Epoch, Reason = reason } });
    }

    /// <summary>Asks that the node takes nothing new; what it holds it may finish.</summary>
    public ValueTask BeginDrainAsync(CancellationToken cancel)
    {
        _draining = true;
        return scheduler.PostAsync(SchedulerEvent.DrainNode(Stream), cancel);
    }

    /// <summary>Tells the node, once.</summary>
    internal void Drain()
    {
        _draining = true;
        if (Interlocked.Exchange(ref _drainSent, 1) == 0)
            Control(new WorkResponse { Drain = new Drain() });
    }

    /// <summary>Ends the session from outside, for example because the node dialled again.</summary>
    internal void End(RefusalException why)
    {
        _endedBy ??= why;
        _end.TrySetResult();
    }

    async Task ReadAsync(IAsyncStreamReader<WorkRequest> requests, CancellationToken cancel)
    {
        while (await requests.MoveNext(cancel))
        {
            Interlocked.Exchange(ref _lastHeard, time.GetTimestamp());
            var message = requests.Current;
            switch (message.MessageCase)
            {
                case WorkRequest.MessageOneofCase.Credit:
                    await TakeCreditAsync(message.Credit.Jobs, cancel);
                    break;
                case WorkRequest.MessageOneofCase.ChunkAck:
                    Find(message.ChunkAck.JobId, message.ChunkAck.Epoch)?.Acknowledge(message.ChunkAck.Offset);
                    break;
                case WorkRequest.MessageOneofCase.Progress:
                    TakeProgress(message.Progress);
                    break;
                case WorkRequest.MessageOneofCase.Release:
                    await ReleaseAsync(message.Release, cancel);
                    break;
                case WorkRequest.MessageOneofCase.Heartbeat:
                    break;
                default:
                    throw RefusalException.Invalid("MESSAGE_UNEXPECTED", "Hello comes once and first; this message has no place here.", "message", "",
                        message.MessageCase.ToString());
            }
        }
    }

    async ValueTask TakeCreditAsync(uint added, CancellationToken cancel)
    {
        var total = (long)Math.Max(0, Volatile.Read(ref _credits)) + added;
        if (total > Limits.Job.NodeCreditsMax)
        {
            throw RefusalException.Invalid("CREDITS_EXCEEDED", "A node asks for too many jobs.", "credit.jobs",
                $"{Limits.Job.NodeCreditsMax} jobs", $"{total} jobs");
        }
        Interlocked.Add(ref _credits, (int)added);
        await scheduler.PostAsync(SchedulerEvent.CreditGranted(Stream, (int)added), cancel);
    }

    void TakeProgress(Progress progress)
    {
        if (Find(progress.JobId, progress.Epoch) is not { } held)
            return;
        var total = held.Lease.ModelBytes;
        board.Report(progress.JobId, new JobProgress(progress.Epoch, held.Lease.Attempt, Math.Clamp(progress.BytesDone, 0, total), total,
            Math.Max(0, progress.LayersDone), Math.Max(0, progress.LayersTotal)));
    }

    async ValueTask ReleaseAsync(Release release, CancellationToken cancel)
    {
        var lease = new LeaseId(release.JobId, release.Epoch);
        if (release.Reason == HashMismatch && Find(release.JobId, release.Epoch) is { } suspect)
        {
            // Reading the stored bytes anew may take a while; the stream goes on meanwhile, and the lease is kept.
            _ = JudgeAsync(suspect);
            return;
        }
        if (Remove(lease) is not null)
            await scheduler.PostAsync(SchedulerEvent.LeaseReleased(Stream, lease, ResourceNames.Shown(release.Reason)), cancel);
    }

    // Our heartbeat goes out; the node's must come in. It throws when the node is silent.
    async Task WatchdogAsync(NodeOutbox outbox, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(HeartbeatEvery, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            if (SinceHeard > SilenceMax)
            {
                throw new RefusalException(StatusCode.DeadlineExceeded, "NODE_SILENT", "The node has not been heard of for too long.", "heartbeat",
                    $"{SilenceMax.TotalSeconds} s", $"{SinceHeard.TotalSeconds:0} s");
            }
            if (!outbox.TrySendControl(new WorkResponse { Heartbeat = new Heartbeat() }))
                throw new RefusalException(StatusCode.ResourceExhausted, "NODE_NOT_READING", "The node does not read its stream.");
        }
    }

    async Task SendAsync(HeldJob held, NodeOutbox outbox)
    {
        await Task.Yield();
        var lease = held.Lease;
        try
        {
            await outbox.SendAsync(new WorkResponse
            {
                Assign = new Assign
                {
                    JobId = lease.JobId,
                    Epoch = lease.Epoch,
                    ModelSha256 = Convert.ToHexStringLower(lease.ModelSha256),
                    ModelBytes = lease.ModelBytes,
                    FileName = lease.FileName,
                    Options = MeasureOptions.Parser.ParseFrom(lease.Options),
                    TimeLeft = Duration.FromTimeSpan(lease.TimeLeft),
                    ExpectsModel = held.IsModelExpected,
                },
            }, held, null);
            await sender.SendAsync(held, outbox);
            await scheduler.PostAsync(SchedulerEvent.AllBytesSent(Stream, held.Id), CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            // The job was stopped; whoever stopped it has said why.
        }
        catch (ChannelClosedException)
        {
            // The session ends and gives back all its leases.
        }
        catch (TimeoutException)
        {
            await LoseAsync(held, "no acknowledgement");
        }
        catch (ModelStoreUnavailableException down)
        {
            // Nobody's fault and nobody's attempt: the job waits until the store answers or its time is up.
            log.LogWarning("Job {JobId} waits for the model store: {Why}", lease.JobId, down.Message);
            await LoseAsync(held, "MODEL_STORE_UNAVAILABLE", LeaseEnd.Released);
        }
        catch (ModelDamagedException damaged)
        {
            await FailDamagedAsync(held, damaged.Message);
        }
        catch (Exception e)
        {
            // Most likely the bytes are not in this folder. Another coordinator may have them, so the job is offered again, counted.
            log.LogError(e, "Model {Sha256} of job {JobId} cannot be sent", Convert.ToHexStringLower(lease.ModelSha256), lease.JobId);
            await LoseAsync(held, "model bytes cannot be sent");
        }
    }

    /// <summary>The scheduler takes it from the node and gives it back.</summary>
    ValueTask LoseAsync(HeldJob held, string why, LeaseEnd end = LeaseEnd.Lost) =>
        scheduler.PostAsync(SchedulerEvent.SendFailed(Stream, held.Id, why, end), CancellationToken.None);

    // The node found another hash. Wrong in the store: the job can never be done. Right there: damaged on the way or by the node, an attempt like any.
    async Task JudgeAsync(HeldJob held)
    {
        try
        {
            if (await sender.IsDamagedAsync(held.Lease.ModelSha256, held.Stopped))
                await FailDamagedAsync(held, "A node found wrong bytes, and so did a second look.");
            else
                await LoseAsync(held, HashMismatch);
        }
        catch (Exception e) when (e is ModelStoreUnavailableException or OperationCanceledException or Npgsql.NpgsqlException or IOException)
        {
            await LoseAsync(held, HashMismatch);
        }
    }

    async Task FailDamagedAsync(HeldJob held, string why)
    {
        // Nobody waits for it, or the bytes have come meanwhile: nothing has to fail.
        if (await sender.WithdrawAsync(held.Lease.JobId) || !await sender.IsDamagedAsync(held.Lease.ModelSha256, CancellationToken.None))
        {
            await LoseAsync(held, "the model's bytes are not here", LeaseEnd.Released);
            return;
        }
        if (Remove(held.Id) is null)
            return;
        log.LogError("Job {JobId} fails, its model is damaged: {Why}", held.Lease.JobId, why);
        Control(new WorkResponse { Cancel = new Cancel { JobId = held.Lease.JobId, Epoch = held.Lease.Epoch, Reason = "MODEL_DAMAGED" } });
        await scheduler.PostAsync(SchedulerEvent.AnswerTaken(Stream, held.Id), CancellationToken.None);
        try
        {
            await jobs.FailAsync(held.Id, Incarnation, new Failure
            {
                Reason = "MODEL_DAMAGED",
                Message = "The stored bytes are not what was uploaded. Upload the file again; we have been told.",
                Field = "model",
            }, CancellationToken.None);
            signals.Ended(held.Lease.JobId);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or OperationCanceledException)
        {
            // The lease runs out, and the next one finds the same.
            log.LogWarning(e, "Job {JobId} could not be failed", held.Lease.JobId);
        }
    }

    // A stop: nothing new, the node is told, what is queued for it goes out, within half of the time a stop may take.
    async Task DrainAsync(NodeOutbox outbox, Task writing)
    {
        Drain();
        foreach (var held in _held.Values.Where(h => !h.AllSent))
            held.Stop();
        outbox.Complete();
        await writing.WaitAsync(DrainMax, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    HeldJob? Find(long jobId, int epoch) => _held.TryGetValue(jobId, out var held) && held.Lease.Epoch == epoch ? held : null;

    HeldJob? Remove(LeaseId lease)
    {
        if (Find(lease.JobId, lease.Epoch) is not { } held || !_held.TryRemove(new KeyValuePair<long, HeldJob>(lease.JobId, held)))
            return null;
        held.Stop();
        board.Forget(lease.JobId);
        return held;
    }

    void Control(WorkResponse message)
    {
        if (_outbox?.TrySendControl(message) is false && !_draining)
            End(new RefusalException(StatusCode.ResourceExhausted, "NODE_NOT_READING", "The node does not read its stream."));
    }

    static string Reason(Task? part) => part?.Exception?.GetBaseException() is { } fault ? $"stream lost: {fault.Message}" : "stream ended by the node";
}
