using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>What the scheduler wants done. The first five are database calls and are answered by an event that names the call.</summary>
public enum SchedulerEffectKind
{
    Claim,
    Renew,
    EndLeases,
    Rescue,
    FailPastDeadline,

    /// <summary>Hand the lease to the node on this stream.</summary>
    Assign,

    /// <summary>Stop sending, tell the node to stop.</summary>
    Revoke,

    /// <summary>Tell the node to finish and to dial elsewhere.</summary>
    SendDrain,
}

/// <summary>One thing to do. Only the fields of its kind are set.</summary>
public readonly record struct SchedulerEffect(SchedulerEffectKind Kind)
{
    public long Call { get; init; }
    public long Stream { get; init; }
    public int EngineVersion { get; init; }
    public IReadOnlyList<JobOffer> Offers { get; init; } = [];

    /// <summary>How the offers that serve both lanes are shared.</summary>
    public LaneSplit Split { get; init; }

    /// <summary>Leases to renew or to end.</summary>
    public IReadOnlyList<LeaseId> Leases { get; init; } = [];
    public LeaseEnd End { get; init; }
    public string Reason { get; init; } = "";

    /// <summary>The lease to assign.</summary>
    public Lease? Lease { get; init; }

    /// <summary>The lease to revoke.</summary>
    public LeaseId LeaseId { get; init; }
}
