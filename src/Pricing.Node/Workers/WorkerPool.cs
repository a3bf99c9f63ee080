using System.Collections.Concurrent;
using System.ComponentModel;
using Microsoft.Extensions.Logging;
using Pricing.Geometry;
using Pricing.Node.V1;

namespace Pricing.Node.Workers;

/// <summary>
/// The door to measuring: hands out a place where one job is measured. With isolation that is a warm worker process, so that a mesh which crashes,
/// hangs or devours memory takes a process with it and not the node; without it, this process.
/// </summary>
/// <remarks>
/// As many workers as jobs run at once. One thread starts them all and lives as long as the pool: on Linux a worker is killed by the kernel when the
/// thread that started it ends, so no worker outlives the node, whatever ends the node. A worker that died is replaced at once; one that does not
/// come up is tried again after a growing pause; and there is a bound on starts a minute in any case. A tired worker goes on until its
/// successor is ready.
/// </remarks>
sealed class WorkerPool : IDisposable
{
    static readonly TimeSpan StartMax = TimeSpan.FromSeconds(Limits.Worker.StartSeconds);

    readonly NodeOptions _node;
    readonly WorkerOptions? _options;
    readonly ILogger<WorkerPool> _log;
    readonly int _size;

    // Of jobs measured in this process; workers have their own.
    readonly ChunkSums _known = new(Limits.Worker.SumsBytesMax);

    // Asked for and not yet started; bounded by the workers there may be.
    readonly BlockingCollection<bool> _asked = [];
    readonly CancellationTokenSource _closing = new();
    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Lock _gate = new();
    readonly HashSet<WorkerProcess> _alive = [];

    // Killed and not yet collected. The pool's end waits for them: a stopped node has no child left, not even a dying one.
    readonly HashSet<WorkerProcess> _dying = [];

    // The last one back is the first to go out: the others' memory rests. One permit for each that is idle.
    readonly List<WorkerProcess> _idle = [];
    readonly SemaphoreSlim _idleCount = new(0);
    readonly Queue<long> _startedAt = new();
    Thread? _starter;
    int _starting;
    int _failures;

    public WorkerPool(NodeOptions options, ILogger<WorkerPool> log)
    {
        _node = options;
        _options = options.Workers;
        _log = log;
        _size = options.Threads;
    }

    /// <summary>Ends when the first job could be measured.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Starts the workers; returns at once.</summary>
    public void Start()
    {
        if (_options is null)
        {
            _ready.TrySetResult();
            return;
        }
        lock (_gate)
        {
            for (var i = 0; i < _size; i++)
                Ask();
        }
        _starter = new Thread(StartWorkers) { IsBackground = true, Name = "worker-starter" };
        _starter.Start();
    }

    /// <summary>A place for one job; null when no worker became ready in time. Throws when the job is stopped meanwhile.</summary>
    public IMeasuring? Begin(Assign assign, int threads, CancellationToken stop)
    {
        if (_options is null)
            return new LocalMeasuring(assign, threads, _node.Time, _known);
        while (_idleCount.Wait(StartMax, stop))
        {
            WorkerProcess worker;
            lock (_gate)
            {
                worker = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                TireIfDue(worker);
            }
            try
            {
                if (!worker.HasExited)
                    return new WorkerJob(this, worker, _options, assign, threads, _node.Time, stop);
            }
            catch (IOException)
            {
                // It died between two jobs.
            }
            Return(worker, usable: false);
        }
        return null;
    }

    /// <summary>A worker's job has ended. One that is not usable is replaced.</summary>
    internal void Return(WorkerProcess worker, bool usable)
    {
        lock (_gate)
        {
            if (!_alive.Contains(worker))
                return;
            // Its successor is ready already.
            if (!usable || (worker.IsTired && _alive.Count > _size))
            {
                Discard(worker);
                return;
            }
            _idle.Add(worker);
            _idleCount.Release();
        }
    }

    public void Dispose()
    {
        _closing.Cancel();
        _asked.CompleteAdding();
        List<WorkerProcess> dying;
        lock (_gate)
        {
            foreach (var worker in _alive.ToList())
                Discard(worker);
            dying = [.. _dying];
        }
        foreach (var worker in dying)
            worker.WaitForExit();
        _starter?.Join();
        // The others are left to the collector: a job that did not end in time may still look at them.
        _asked.Dispose();
    }

    /// <summary>Every so many jobs, or when memory stays taken, a fresh process is better than an old one.</summary>
    void TireIfDue(WorkerProcess worker)
    {
        if (worker.IsTired || worker.Jobs == 0)
            return;
        worker.IsTired = worker.Jobs >= _options!.JobsMax || ProcessSample.Of(worker.Id)?.RssBytes > Limits.Worker.IdleRssBytesMax;
        if (!worker.IsTired)
            return;
        _log.LogInformation("Worker {Pid} is replaced after {Jobs} jobs.", worker.Id, worker.Jobs);
        Ask();
    }

    // Under the gate.
    void Ask()
    {
        if (_asked.IsAddingCompleted)
            return;
        _starting++;
        _asked.Add(true);
    }

    // Under the gate.
    void Discard(WorkerProcess worker)
    {
        if (!_alive.Remove(worker))
            return;
        if (!worker.HasExited)
            _dying.Add(worker);
        worker.Dispose();
        if (_alive.Count + _starting < _size)
            Ask();
    }

    void StartWorkers()
    {
        try
        {
            foreach (var _ in _asked.GetConsumingEnumerable(_closing.Token))
            {
                Pause();
                WorkerProcess worker;
                try
                {
                    worker = WorkerProcess.Start(_options!, Exited);
                }
                catch (Exception refused) when (refused is Win32Exception or IOException or UnauthorizedAccessException)
                {
                    Failed($"the system starts no process ({refused.Message}); --isolation none measures in the node itself");
                    continue;
                }
                lock (_gate)
                {
                    // Closed meanwhile: nobody else knows of this one.
                    if (_closing.IsCancellationRequested)
                    {
                        worker.Dispose();
                    }
                    else
                        _alive.Add(worker);
                }
                if (_closing.IsCancellationRequested)
                {
                    worker.WaitForExit();
                    return;
                }
                // On a thread of its own: the next worker is started while this one warms up.
                new Thread(() => Welcome(worker)) { IsBackground = true, Name = $"worker-{worker.Id}-welcome" }.Start();
            }
        }
        catch (OperationCanceledException)
        {
            // The pool closes; with this thread the kernel ends what workers are left.
        }
    }

    void Welcome(WorkerProcess worker)
    {
        var startedAt = _node.Time.GetTimestamp();
        using (_node.Time.CreateTimer(_ => worker.Kill(), null, StartMax, Timeout.InfiniteTimeSpan))
        {
            try
            {
                if (worker.Frames.Read(out _) != FrameKind.Ready)
                    throw new IOException("A worker's first word is that it is ready.");
            }
            catch (IOException)
            {
                worker.Kill();
                var exit = worker.WaitForExit();
                lock (_gate)
                {
                    if (_alive.Remove(worker))
                        worker.Dispose();
                }
                if (!_closing.IsCancellationRequested)
                    Failed($"worker {worker.Id} did not come up (exit {exit?.ExitCode}): {worker.LastWords.Trim()}");
                return;
            }
        }
        _log.LogInformation("Worker {Pid} is ready after {StartMs:0} ms.", worker.Id, _node.Time.GetElapsedTime(startedAt).TotalMilliseconds);
        Volatile.Write(ref _failures, 0);
        lock (_gate)
        {
            _starting--;
            if (!_alive.Contains(worker))
                return;
            _idle.Add(worker);
            _idleCount.Release();
            // The one it succeeds, if that one rests; otherwise that one goes when its job has ended.
            if (_alive.Count > _size && _idle.Find(idle => idle.IsTired) is { } tired && _idleCount.Wait(0))
            {
                _idle.Remove(tired);
                Discard(tired);
            }
        }
        _ready.TrySetResult();
    }

    /// <summary>A worker that ends while it rests is noticed here; one that has a job is noticed by its job.</summary>
    void Exited(WorkerProcess worker)
    {
        lock (_gate)
        {
            _dying.Remove(worker);
            if (!_idle.Contains(worker) || !_idleCount.Wait(0))
                return;
            _idle.Remove(worker);
            _log.LogWarning("Worker {Pid} ended while it had no job: {LastWords}", worker.Id, worker.LastWords.Trim());
            Discard(worker);
        }
    }

    void Failed(string why)
    {
        _log.LogError("No worker could be started: {Why}.", why);
        Interlocked.Increment(ref _failures);
        lock (_gate)
        {
            _starting--;
            if (_alive.Count + _starting < _size)
                Ask();
        }
    }

    /// <summary>After failures a pause that doubles; and never more starts a minute than the bound.</summary>
    void Pause()
    {
        var failures = Volatile.Read(ref _failures);
        if (failures > 0)
            Wait(TimeSpan.FromMilliseconds(Math.Min(Limits.Worker.StartBackoffFirstMs << Math.Min(failures - 1, 16), Limits.Worker.StartBackoffMaxMs)));
        if (_startedAt.Count >= Limits.Worker.StartsPerMinuteMax)
            Wait(TimeSpan.FromMinutes(1) - _node.Time.GetElapsedTime(_startedAt.Dequeue()));
        _startedAt.Enqueue(_node.Time.GetTimestamp());
    }

    void Wait(TimeSpan time)
    {
        if (time > TimeSpan.Zero)
            _closing.Token.WaitHandle.WaitOne(time);
    }
}
