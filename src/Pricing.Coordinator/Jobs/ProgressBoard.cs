using System.Collections.Concurrent;

namespace Pricing.Coordinator.Jobs;

/// <summary>How far a node says it is.</summary>
public readonly record struct JobProgress(int Epoch, int Attempt, long BytesDone, long BytesTotal, long LayersDone, long LayersTotal);

/// <summary>Progress of the jobs whose nodes are connected here: a hint in memory, gone with the process, never asked for a decision.</summary>
public sealed class ProgressBoard(JobSignals signals)
{
    // Bounded by the leases held here: nodes × credits.
    readonly ConcurrentDictionary<long, JobProgress> _latest = new();

    public void Report(long jobId, JobProgress progress)
    {
        _latest[jobId] = progress;
        signals.Progress.Ring(jobId);
    }

    public void Forget(long jobId) => _latest.TryRemove(jobId, out _);

    public JobProgress? Find(long jobId) => _latest.TryGetValue(jobId, out var progress) ? progress : null;
}
