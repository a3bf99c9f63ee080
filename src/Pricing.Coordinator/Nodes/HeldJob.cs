using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Nodes;

/// <summary>A lease on its way to a node: how far the bytes are, and the switch that stops them.</summary>
#pragma warning disable CA1001 // Stop may come from three sides at any time, also late; neither field holds a timer or a handle.
sealed class HeldJob(Lease lease, long startedAt)
#pragma warning restore CA1001
{
    readonly CancellationTokenSource _stop = new();
    long _acknowledged;
    int _allSent, _answered;

    public Lease Lease { get; } = lease;

    /// <summary>The node most likely has the bytes: it is asked first.</summary>
    public bool IsModelExpected { get; init; }

    /// <summary>Timestamp of the lease's arrival here.</summary>
    public long StartedAt { get; } = startedAt;

    public LeaseId Id => new(Lease.JobId, Lease.Epoch);
    public CancellationToken Stopped => _stop.Token;

    /// <summary>Rung when the window opens.</summary>
    public Wakeup WindowOpened { get; } = new();

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>The node has every byte and can finish without this stream.</summary>
    public bool AllSent
    {
        get => Volatile.Read(ref _allSent) != 0;
        set => Volatile.Write(ref _allSent, value ? 1 : 0);
    }

    /// <summary>The node was asked whether it has the bytes, and has answered.</summary>
    public bool Answered => Volatile.Read(ref _answered) != 0;

    public void Acknowledge(long offset)
    {
        if (Interlocked.Exchange(ref _answered, 1) == 0)
            WindowOpened.Ring();
        // One reader calls this; an older or impossible offset opens nothing.
        if (offset > _acknowledged && offset <= Lease.ModelBytes)
        {
            Interlocked.Exchange(ref _acknowledged, offset);
            WindowOpened.Ring();
        }
    }

    public void Stop() => _stop.Cancel();
}
