using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Pricing.Geometry;
using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.Node.Workers;

/// <summary>
/// One job in one worker, seen from the node: bytes are passed on as they come (the pipe is the window: no more than it holds is on the way), the
/// outcome is read at the end, and a watch ends a worker that takes too much memory or time, or that does not let go of a stopped job.
/// </summary>
sealed class WorkerJob : IMeasuring
{
    readonly WorkerPool _pool;
    readonly WorkerProcess _worker;
    readonly WorkerOptions _options;
    readonly Assign _assign;
    readonly CancellationToken _stop;
    readonly TimeProvider _time;
    readonly long _startedAt;
    readonly ITimer _watch;
    readonly CancellationTokenSource _lostSource = new();
    readonly TimeSpan _cpuMax;

    // The watch's: it looks from a thread of the timer's.
    readonly Lock _watching = new();
    TimeSpan? _cpuBefore;
    TimeSpan _cpu;
    long _rssBytes;
    string? _exceeded;
    long _letGoSince;
    bool _closed;

    long _busySince;
    long _busyTicks;
    MeasureProgress _progress;
    WorkerDeath.Types.Stage _stage = WorkerDeath.Types.Stage.Receiving;
    long _bytes;
    bool _taken;
    bool _hasOutcome;
    bool _lost;
    volatile bool _ending;

    /// <summary>Throws <see cref="IOException"/> when the worker takes no job.</summary>
    public WorkerJob(WorkerPool pool, WorkerProcess worker, WorkerOptions options, Assign assign, int threads, TimeProvider time, CancellationToken stop)
    {
        (_pool, _worker, _options, _assign, _stop, _time) = (pool, worker, options, assign, stop, time);
        var frame = new byte[sizeof(int) + assign.CalculateSize()];
        BinaryPrimitives.WriteInt32LittleEndian(frame, threads);
        assign.WriteTo(frame.AsSpan(sizeof(int)));
        worker.Frames.Write(FrameKind.Assign, frame);
        worker.Jobs++;
        _cpuMax = options.JobTime * (threads + 1);
        // Before the first look of the watch: a worker that dies sooner leaves evidence, too.
        if (ProcessSample.Of(worker.Id) is { } sample)
            (_rssBytes, _cpuBefore) = (sample.RssBytes, sample.Cpu);
        _startedAt = time.GetTimestamp();
        var every = TimeSpan.FromMilliseconds(Limits.Worker.WatchMs);
        _watch = time.CreateTimer(_ => Watch(), null, every, every);
    }

    public MeasureProgress Progress
    {
        get
        {
            lock (_watching)
                return _progress;
        }
    }

    public CancellationToken Lost => _lostSource.Token;

    public void Push(ReadOnlySpan<byte> bytes)
    {
        BeginBusy();
        try
        {
            while (!bytes.IsEmpty)
            {
                var piece = bytes[..Math.Min(bytes.Length, Limits.Wire.ChunkBytes)];
                _worker.Frames.Write(FrameKind.Bytes, piece);
                _bytes += piece.Length;
                bytes = bytes[piece.Length..];
            }
        }
        catch (IOException)
        {
            throw new MeasuringLostException(Autopsy());
        }
        finally
        {
            EndBusy();
        }
    }

    public JobOutcome Finish()
    {
        BeginBusy();
        try
        {
            _worker.Frames.Write(FrameKind.End, []);
            _stage = WorkerDeath.Types.Stage.Finishing;
            while (true)
            {
                if (Next() is not { } outcome)
                    continue;
                // A worker that met what it did not foresee is not asked again.
                _hasOutcome = outcome is not JobOutcome.Crashed;
                return outcome;
            }
        }
        catch (IOException)
        {
            throw new MeasuringLostException(Autopsy());
        }
        finally
        {
            EndBusy();
        }
    }

    /// <summary>Gives the worker back. A job without an outcome is cancelled in it, or its worker is ended when it does not let go in time.</summary>
    public void Dispose()
    {
        if (!_hasOutcome && !_lost)
        {
            _ending = true;
            try
            {
                _worker.Frames.Write(FrameKind.Cancel, []);
                while (_worker.Frames.Read(out _) != FrameKind.Cancelled)
                {
                }
                _hasOutcome = true;
            }
            catch (IOException)
            {
                // Ended by the watch, or by itself: the pool starts another.
            }
        }
        _watch.Dispose();
        lock (_watching)
            _closed = true;
        _lostSource.Dispose();
        _pool.Return(_worker, usable: _hasOutcome);
    }

    /// <summary>Reads one frame; an outcome when it is one.</summary>
    JobOutcome? Next()
    {
        var kind = _worker.Frames.Read(out var payload);
        switch (kind)
        {
            case FrameKind.Taken:
                _taken = true;
                return null;
            case FrameKind.Progress:
                var progress = V1.Progress.Parser.ParseFrom(payload);
                lock (_watching)
                    _progress = new MeasureProgress(progress.BytesDone, progress.LayersDone, progress.LayersTotal);
                return null;
            case FrameKind.Measured:
                return new JobOutcome.Measured(Measurement.Parser.ParseFrom(payload));
            case FrameKind.Failed:
                return new JobOutcome.Failed(Failure.Parser.ParseFrom(payload));
            case FrameKind.Released:
                return new JobOutcome.Released(Encoding.UTF8.GetString(payload));
            case FrameKind.Crashed:
                return new JobOutcome.Crashed(new InvalidOperationException($"In worker {_worker.Id}: {Encoding.UTF8.GetString(payload)}"));
            default:
                throw new IOException($"A worker does not say {kind} here.");
        }
    }

    /// <summary>The pipe is broken. What the worker still said is read, then how it ended.</summary>
    JobOutcome Autopsy()
    {
        _lost = true;
        _ending = true;
        try
        {
            while (true)
            {
                if (Next() is JobOutcome.Crashed crashed)
                    return crashed;
            }
        }
        catch (IOException)
        {
            // All is read.
        }
        _worker.Kill();
        var exit = _worker.WaitForExit();
        if (!_taken)
            return new JobOutcome.Released(ReleaseReason.WorkerLost);
        lock (_watching)
        {
            return new JobOutcome.WorkerDied(new WorkerDeath
            {
                Reason = _exceeded ?? (exit?.ExitCode == WorkerMain.OutOfMemoryExit ? WorkerDeathReason.Memory : WorkerDeathReason.Died),
                ExitCode = exit?.ExitCode ?? 0,
                Signal = exit?.Signal ?? 0,
                Stage = _stage,
                ModelSha256 = _assign.ModelSha256,
                BytesConsumed = _bytes,
                RssBytes = _rssBytes,
                CpuTime = Duration.FromTimeSpan(_cpu),
                WallTime = Duration.FromTimeSpan(_time.GetElapsedTime(_startedAt)),
                StderrTail = _worker.LastWords,
            });
        }
    }

    void BeginBusy() => Volatile.Write(ref _busySince, _time.GetTimestamp());

    void EndBusy()
    {
        var since = Interlocked.Exchange(ref _busySince, 0);
        Volatile.Write(ref _busyTicks, _busyTicks + _time.GetTimestamp() - since);
    }

    TimeSpan Busy()
    {
        var since = Volatile.Read(ref _busySince);
        return _time.GetElapsedTime(0, Volatile.Read(ref _busyTicks)) + (since == 0 ? TimeSpan.Zero : _time.GetElapsedTime(since));
    }

    void Watch()
    {
        lock (_watching)
        {
            // A worker that was given back is another job's.
            if (_closed)
                return;
            if (_worker.HasExited)
            {
                _lostSource.Cancel();
                return;
            }
            if (ProcessSample.Of(_worker.Id) is { } sample)
            {
                _rssBytes = Math.Max(_rssBytes, sample.RssBytes);
                _cpuBefore ??= sample.Cpu;
                _cpu = sample.Cpu - _cpuBefore.Value;
            }
            if (_exceeded is null && _rssBytes > _options.MemoryBytes)
                _exceeded = WorkerDeathReason.Memory;
            else if (_exceeded is null && (Busy() > _options.JobTime || _cpu > _cpuMax))
                _exceeded = WorkerDeathReason.Time;
            if (_exceeded is not null || IsGraceOver())
                _worker.Kill();
        }
    }

    bool IsGraceOver()
    {
        if (!_ending && !_stop.IsCancellationRequested)
            return false;
        if (_letGoSince == 0)
            _letGoSince = _time.GetTimestamp();
        return _time.GetElapsedTime(_letGoSince) > TimeSpan.FromMilliseconds(Limits.Worker.LetGoMs);
    }
}

/// <summary>Why a worker's death is counted. Stable; they stand in the coordinator's evidence.</summary>
static class WorkerDeathReason
{
    public const string Died = "WORKER_DIED";
    public const string Memory = "WORKER_MEMORY";
    public const string Time = "WORKER_TIME";
}
