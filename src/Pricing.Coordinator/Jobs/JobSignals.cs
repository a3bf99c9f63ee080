namespace Pricing.Coordinator.Jobs;

/// <summary>
/// In-process hints between the rooms. Every one of them may be lost: each listener also looks at the database by a slow tick,
/// which is how it learns what another coordinator did.
/// </summary>
public sealed class JobSignals : IDisposable
{
    /// <summary>A job may be claimable, or a node may take one.</summary>
    public Wakeup WorkMayMatch { get; } = new();

    /// <summary>A job ended; quotes may be waiting for it.</summary>
    public Wakeup QuotesMaySettle { get; } = new();

    /// <summary>Watchers of a job's progress.</summary>
    public WakeupBoard<long> Progress { get; } = new();

    /// <summary>A job ended here, by whatever way; its node must stop.</summary>
    public event Action<long>? JobEnded;

    public void Ended(long jobId)
    {
        JobEnded?.Invoke(jobId);
        QuotesMaySettle.Ring();
        Progress.Ring(jobId);
    }

    public void Dispose()
    {
        WorkMayMatch.Dispose();
        QuotesMaySettle.Dispose();
    }
}
