using System.Collections.Concurrent;
using Google.Protobuf;
using Pricing.Geometry;
using Pricing.Node.V1;
using Pricing.Node.Workers;

namespace Pricing.Node;

/// <summary>
/// One leased job from its Assign to its outcome. The stream's reader offers chunks, a measuring thread consumes them as they arrive;
/// between the two wait at most a window of bytes, and nothing the size of the mesh is kept.
/// </summary>
sealed class JobRun : IDisposable
{
    const string OutOfTime = "out of time";

    readonly CancellationTokenSource _stop;
    // Bounded in bytes by Offer, and in count because an empty chunk is refused.
    readonly BlockingCollection<Chunk> _chunks = [];
    // The stream may bring a chunk or a cancel at the very moment the run ends and is disposed.
    readonly Lock _ending = new();
    // Every chunk, where the model is small enough to be kept.
    readonly List<ByteString>? _collected;
    IMeasuring? _measuring;
    long _received;
    long _consumed;
    string _stopWhy = OutOfTime;
    bool _disposed;
    volatile bool _hasStarted;
    volatile bool _hasAllBytes;

    public JobRun(Assign assign, CoordinatorSession session, TimeProvider time)
    {
        Assign = assign;
        Session = session;
        _collected = KeptModels.Fits(assign.ModelBytes) ? [] : null;
        var most = TimeSpan.FromSeconds(Limits.Node.TimeLeftSecondsMax);
        var left = assign.TimeLeft?.ToTimeSpan() ?? most;
        _stop = new CancellationTokenSource(left > most ? most : left > TimeSpan.Zero ? left : TimeSpan.FromTicks(1), time);
        StopToken = _stop.Token;
    }

    public Assign Assign { get; }
    public Lease Lease => new(Assign.JobId, Assign.Epoch);

    /// <summary>The stream this lease came by. Its answer may travel another way.</summary>
    public CoordinatorSession Session { get; }

    /// <summary>Fires on cancel, at the end of the job's time, and when the node gives up on it.</summary>
    public CancellationToken StopToken { get; }

    /// <summary>True once a measuring thread has it; a stopping node gives back what has not started.</summary>
    public bool HasStarted => _hasStarted;

    /// <summary>The whole model is here: from now on the stream is not needed any more.</summary>
    public bool HasAllBytes => _hasAllBytes;

    public long BytesConsumed => Volatile.Read(ref _consumed);

    /// <summary>All bytes as they came; null when they are not all here, or too many to keep.</summary>
    public IReadOnlyList<ByteString>? Collected => HasAllBytes ? _collected : null;

    /// <summary>1 while an acknowledgement waits in the session's writer; it takes the newest offset when it is written.</summary>
    public int AckQueued;

    /// <summary>Offset of the last acknowledgement asked for; the measuring thread's own.</summary>
    public long AckAsked { get; private set; }

    /// <summary>For progress frames; any thread.</summary>
    public MeasureProgress Progress => Volatile.Read(ref _measuring)?.Progress ?? default;

    /// <summary>Takes the next bytes from the stream; a reason to give the lease back when the peer broke the rules, else null.</summary>
    public string? Offer(Chunk chunk)
    {
        if (chunk.Offset != _received || HasAllBytes)
            return ReleaseReason.OffsetGap;
        _received += chunk.Data.Length;
        if (_received > Assign.ModelBytes || (chunk.Last && _received < Assign.ModelBytes) || (chunk.Data.IsEmpty && !chunk.Last))
            return ReleaseReason.LengthMismatch;
        // What is consumed was acknowledged at most once per step later, so an honest peer stays below.
        if (_received - BytesConsumed > Limits.Wire.WindowBytes)
            return ReleaseReason.WindowExceeded;
        lock (_ending)
        {
            if (_disposed)
                return null;
            _chunks.Add(chunk, CancellationToken.None);
            _collected?.Add(chunk.Data);
            if (!chunk.Last)
                return null;
            _hasAllBytes = true;
            _chunks.CompleteAdding();
            return null;
        }
    }

    /// <summary>Takes the whole model from what this node kept, instead of from the stream.</summary>
    public void TakeKept(IReadOnlyList<ByteString> chunks)
    {
        long offset = 0;
        lock (_ending)
        {
            if (_disposed)
                return;
            foreach (var data in chunks)
            {
                _chunks.Add(new Chunk { Offset = offset, Data = data, Last = offset + data.Length == Assign.ModelBytes }, CancellationToken.None);
                offset += data.Length;
            }
            _collected?.AddRange(chunks);
            _received = offset;
            _hasAllBytes = true;
            _chunks.CompleteAdding();
        }
    }

    /// <summary>Ends the run within the time one chunk takes; the first reason stays.</summary>
    public void Stop(string why)
    {
        lock (_ending)
        {
            if (_disposed || StopToken.IsCancellationRequested)
                return;
            _stopWhy = why;
            // Its callbacks run elsewhere: the caller may hold the job table's lock.
            _ = _stop.CancelAsync();
        }
    }

    /// <summary>Runs on a thread of its own until the outcome is known: each chunk is taken by the measuring place, then acknowledged, so that the
    /// coordinator's window moves.</summary>
    public JobOutcome Measure(WorkerPool pool, int threads)
    {
        _hasStarted = true;
        try
        {
            using var measuring = pool.Begin(Assign, threads, StopToken);
            if (measuring is null)
                return new JobOutcome.Released(ReleaseReason.NoWorker);
            Volatile.Write(ref _measuring, measuring);
            Feed(measuring);
            StopToken.ThrowIfCancellationRequested();
            var outcome = measuring.Finish();
            StopToken.ThrowIfCancellationRequested();
            return outcome;
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            return WhenStopped;
        }
        catch (MeasuringLostException lost)
        {
            // A worker that was ended because nobody wants the job any more is nobody's fault.
            return StopToken.IsCancellationRequested ? WhenStopped : lost.Outcome;
        }
        catch (Exception unexpected)
        {
            return new JobOutcome.Crashed(unexpected);
        }
    }

    void Feed(IMeasuring measuring)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(StopToken, measuring.Lost);
        try
        {
            foreach (var chunk in _chunks.GetConsumingEnumerable(either.Token))
            {
                measuring.Push(chunk.Data.Span);
                Consumed(chunk.Data.Length, chunk.Last);
            }
        }
        catch (OperationCanceledException) when (!StopToken.IsCancellationRequested)
        {
            // The worker is gone; finishing says how it ended.
        }
    }

    /// <summary>What a stop comes to: out of time is told to the coordinator, who counts the lease as running; all else it knows.</summary>
    public JobOutcome WhenStopped => _stopWhy == OutOfTime ? new JobOutcome.Released(ReleaseReason.OutOfTime) : new JobOutcome.Stopped(_stopWhy);

    public void Dispose()
    {
        lock (_ending)
        {
            _disposed = true;
            _chunks.Dispose();
            _stop.Dispose();
        }
    }

    void Consumed(int bytes, bool last)
    {
        var consumed = Volatile.Read(ref _consumed) + bytes;
        Volatile.Write(ref _consumed, consumed);
        if (!last && consumed - AckAsked < Session.AckStepBytes)
            return;
        AckAsked = consumed;
        Session.Acknowledge(this);
    }
}
