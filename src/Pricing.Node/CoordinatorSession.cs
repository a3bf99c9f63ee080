using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Pricing.Geometry;
using Pricing.Node.V1;

namespace Pricing.Node;

/// <summary>How a stream ended.</summary>
sealed record SessionEnd(bool WasWelcomed, string Why);

/// <summary>
/// One Work stream to one coordinator. Three loops share it: the reader takes work and bytes and never waits for a job; the writer is the only one
/// that writes; the ticker beats the heart, reports progress and watches the other side's heart.
/// </summary>
sealed class CoordinatorSession(
    Uri address, NodeService.NodeServiceClient client, NodeOptions options, NodeStatus status, JobTable jobs, ILogger log)
{
    /// <summary>A message, or the newest offset of a job at the moment it is written.</summary>
    readonly record struct Outgoing(WorkRequest? Message, JobRun? Acknowledged);

    readonly Channel<Outgoing> _outgoing = Channel.CreateBounded<Outgoing>(
        new BoundedChannelOptions(Limits.Wire.StreamWriterQueueMax) { SingleReader = true });
    readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    TimeSpan _heartbeatInterval = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs);
    long _heardAt;
    string _why = "";
    volatile bool _welcomed;
    volatile bool _draining;
    volatile bool _stopping;

    /// <summary>A job's bytes are acknowledged each time it has consumed this many.</summary>
    public long AckStepBytes { get; private set; } = Limits.Wire.WindowBytes / Limits.Node.AcksPerWindow;

    /// <summary>Lives until the stream ends, the coordinator drains, or the node stops; releases what it cannot finish.</summary>
    public async Task<SessionEnd> RunAsync(CancellationToken stopping)
    {
        _heardAt = options.Time.GetTimestamp();
        using var end = new CancellationTokenSource();
        using var call = client.Work(cancellationToken: end.Token);
        Send(new WorkRequest { Hello = Hello() });
        var loops = Task.WhenAll(ReadAsync(call.ResponseStream, end.Token), WriteAsync(call.RequestStream, end.Token));
        var ticking = TickAsync(end.Token);
        var stopAsked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stopping.Register(() => stopAsked.TrySetResult()))
            await Task.WhenAny(_over.Task, stopAsked.Task).ConfigureAwait(false);
        if (stopping.IsCancellationRequested)
            await GiveBackAsync().ConfigureAwait(false);

        // What is queued (a Release, the last acknowledgement) still goes out, our half is closed, and the coordinator closes its own:
        // resetting the stream before that would throw away what it has not read yet.
        _outgoing.Writer.TryComplete();
        await Task.WhenAny(loops, Task.Delay(TimeSpan.FromMilliseconds(Limits.Node.StopGraceMs / 2), options.Time, CancellationToken.None))
            .ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loops, ticking).ConfigureAwait(false);
        jobs.Leave(this);
        return new SessionEnd(_welcomed, stopping.IsCancellationRequested ? "the node stops" : _why);
    }

    /// <summary>The job has consumed more bytes. At most one acknowledgement per job waits; it carries the newest offset.</summary>
    public void Acknowledge(JobRun run)
    {
        if (Interlocked.Exchange(ref run.AckQueued, 1) == 0)
            Queue(new Outgoing(null, run));
    }

    /// <summary>Gives a lease back. Without the stream it simply expires.</summary>
    public void Release(Lease lease, string reason) =>
        Send(new WorkRequest { Release = new Release { JobId = lease.JobId, Epoch = lease.Epoch, Reason = reason } });

    /// <summary>One more job may come.</summary>
    public void Grant()
    {
        if (!_draining && !_stopping)
            Send(new WorkRequest { Credit = new Credit { Jobs = 1 } });
    }

    /// <summary>A job that came by this stream has ended; the last one ends a draining stream.</summary>
    public void JobEnded()
    {
        if (_draining && jobs.Of(this).Count == 0)
            Break("drained");
    }

    Hello Hello()
    {
        var hello = new Hello
        {
            Node = options.Name,
            Incarnation = status.Incarnation,
            EngineVersion = PartMeasurer.EngineVersion,
            Cores = (uint)options.Threads,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            InstructionSet = MeasurementMapping.InstructionSet,
        };
        hello.Lanes.AddRange(options.Lanes);
        hello.KeepsModels = true;
        hello.KeptModels.AddRange(jobs.Kept.Names);
        return hello;
    }

    void Send(WorkRequest message) => Queue(new Outgoing(message, null));

    void Queue(Outgoing outgoing)
    {
        // Acknowledgements are one per job and credits one per ended job, so a full queue means that the peer takes nothing any more.
        if (!_outgoing.Writer.TryWrite(outgoing) && !_outgoing.Reader.Completion.IsCompleted)
            Break("the coordinator does not take our messages");
    }

    void Break(string why)
    {
        if (_why.Length == 0)
            _why = why;
        _outgoing.Writer.TryComplete();
        _over.TrySetResult();
    }

    async Task ReadAsync(IAsyncStreamReader<WorkResponse> responses, CancellationToken end)
    {
        try
        {
            await foreach (var response in responses.ReadAllAsync(end).ConfigureAwait(false))
            {
                Volatile.Write(ref _heardAt, options.Time.GetTimestamp());
                Take(response);
            }
            Break("the coordinator ended the stream");
        }
        catch (RpcException lost)
        {
            Break($"{lost.StatusCode}: {lost.Status.Detail}");
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // We ended it.
        }
    }

    void Take(WorkResponse response)
    {
        switch (response.MessageCase)
        {
            case WorkResponse.MessageOneofCase.Welcome:
                Enter(response.Welcome);
                break;
            case WorkResponse.MessageOneofCase.Assign:
                Take(response.Assign);
                break;
            case WorkResponse.MessageOneofCase.Chunk:
                // Of a job that ended meanwhile: already on its way when it did.
                if (jobs.Find(response.Chunk.JobId, response.Chunk.Epoch) is { } run && run.Offer(response.Chunk) is { } broken)
                    GiveBack(run, broken);
                break;
            case WorkResponse.MessageOneofCase.Cancel:
                jobs.Find(response.Cancel.JobId, response.Cancel.Epoch)?.Stop($"cancelled ({response.Cancel.Reason})");
                break;
            case WorkResponse.MessageOneofCase.Drain:
                log.LogInformation("{Coordinator} drains; finishing what is leased, then dialling another.", address);
                _draining = true;
                JobEnded();
                break;
        }
    }

    void Enter(Welcome welcome)
    {
        if (_welcomed)
            return;
        if (welcome.HeartbeatInterval?.ToTimeSpan() is { } interval && interval > TimeSpan.Zero && interval < _heartbeatInterval)
            _heartbeatInterval = interval;
        if (welcome.WindowBytes is > 0 and < Limits.Wire.WindowBytes)
            AckStepBytes = Math.Max(1, welcome.WindowBytes / Limits.Node.AcksPerWindow);
        _welcomed = true;
        status.Enter(address);
        log.LogInformation("Welcomed by {Coordinator} as {Node}, incarnation {Incarnation}.", address, options.Name, status.Incarnation);
        var free = jobs.Enter(this);
        if (free > 0)
            Send(new WorkRequest { Credit = new Credit { Jobs = (uint)free } });
    }

    void Take(Assign assign)
    {
        var refusal = _stopping ? ReleaseReason.Stopping : _draining ? ReleaseReason.Draining : null;
        if (refusal is null && !jobs.TryTake(assign, this))
            refusal = ReleaseReason.NoCredit;
        if (refusal is not null)
            Release(new Lease(assign.JobId, assign.Epoch), refusal);
        else
        {
            log.LogInformation("Job {JobId} epoch {Epoch} taken: {Bytes} bytes.", assign.JobId, assign.Epoch, assign.ModelBytes);
            if (assign.ExpectsModel)
                SayWhatIsHere(assign);
        }
    }

    // The coordinator waits for this before it sends a byte.
    void SayWhatIsHere(Assign assign)
    {
        var chunks = jobs.Kept.Find(assign.ModelSha256, assign.ModelBytes);
        if (chunks is not null)
            jobs.Find(assign.JobId, assign.Epoch)?.TakeKept(chunks);
        Send(new WorkRequest { ChunkAck = new ChunkAck { JobId = assign.JobId, Epoch = assign.Epoch, Offset = chunks is null ? 0 : assign.ModelBytes } });
    }

    void GiveBack(JobRun run, string reason)
    {
        Release(run.Lease, reason);
        run.Stop(reason);
    }

    // Jobs that have not begun go back at once; those that are nearly done get a moment; the rest goes back as well.
    async Task GiveBackAsync()
    {
        _stopping = true;
        foreach (var run in jobs.Of(this).Where(run => !run.HasStarted))
            GiveBack(run, ReleaseReason.Stopping);
        await Task.WhenAny(
            jobs.WhenEnded(), Task.Delay(TimeSpan.FromMilliseconds(Limits.Node.StopGraceMs), options.Time, CancellationToken.None)).ConfigureAwait(false);
        foreach (var run in jobs.Of(this))
            GiveBack(run, ReleaseReason.Stopping);
        jobs.StopAll("the node stops");
    }

    async Task WriteAsync(IClientStreamWriter<WorkRequest> requests, CancellationToken end)
    {
        try
        {
            await foreach (var outgoing in _outgoing.Reader.ReadAllAsync(end).ConfigureAwait(false))
            {
                await requests.WriteAsync(outgoing.Message ?? AckOf(outgoing.Acknowledged!), end)
                    .WaitAsync(TimeSpan.FromSeconds(Limits.Node.WriteSeconds), options.Time, end).ConfigureAwait(false);
            }
            await requests.CompleteAsync().ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Break($"a write waited longer than {Limits.Node.WriteSeconds} s");
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // We ended it.
        }
        catch (Exception lost) when (lost is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // A write onto a broken stream fails in many ways; the reader's status is the true reason, and it follows at once.
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.Node.StopGraceMs), options.Time, end)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Break(lost.Message);
        }
    }

    static WorkRequest AckOf(JobRun run)
    {
        // First the flag, then the offset: bytes consumed after this read queue another acknowledgement.
        Interlocked.Exchange(ref run.AckQueued, 0);
        return new WorkRequest
        {
            ChunkAck = new ChunkAck { JobId = run.Lease.JobId, Epoch = run.Lease.Epoch, Offset = run.BytesConsumed },
        };
    }

    async Task TickAsync(CancellationToken end)
    {
        var beatAt = options.Time.GetTimestamp();
        var reported = new Dictionary<Lease, MeasureProgress>();
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Node.ProgressMs), options.Time);
        try
        {
            while (await ticks.WaitForNextTickAsync(end).ConfigureAwait(false))
            {
                if (options.Time.GetElapsedTime(Volatile.Read(ref _heardAt)) > _heartbeatInterval * Limits.Wire.HeartbeatsMissedMax)
                {
                    Break($"nothing heard for {Limits.Wire.HeartbeatsMissedMax} heartbeats");
                    return;
                }
                Report(reported);
                if (options.Time.GetElapsedTime(beatAt) < _heartbeatInterval)
                    continue;
                beatAt = options.Time.GetTimestamp();
                Send(new WorkRequest { Heartbeat = new Heartbeat() });
            }
        }
        catch (OperationCanceledException)
        {
            // The session ended.
        }
    }

    // Progress is news, not a fact: it is left out while the writer is behind, and when nothing has moved.
    void Report(Dictionary<Lease, MeasureProgress> reported)
    {
        var running = jobs.Of(this);
        foreach (var gone in reported.Keys.Except(running.Select(run => run.Lease)).ToList())
            reported.Remove(gone);
        foreach (var run in running)
        {
            var progress = run.Progress with { BytesDone = run.BytesConsumed };
            if (_outgoing.Reader.Count > Limits.Wire.StreamWriterQueueMax / 2 || (reported.TryGetValue(run.Lease, out var last) && last == progress))
                continue;
            reported[run.Lease] = progress;
            Send(new WorkRequest
            {
                Progress = new Progress
                {
                    JobId = run.Lease.JobId,
                    Epoch = run.Lease.Epoch,
                    BytesDone = progress.BytesDone,
                    LayersDone = progress.LayersDone,
                    LayersTotal = progress.LayersTotal,
                },
            });
        }
    }
}
