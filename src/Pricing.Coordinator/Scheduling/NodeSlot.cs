using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>A node on one stream, as the scheduler sees it.</summary>
sealed class NodeSlot(long stream, NodeFacts facts)
{
    public long Stream { get; } = stream;
    public NodeFacts Facts { get; } = facts;
    public int Credits { get; set; }
    public bool IsDraining { get; set; }

    /// <summary>In the order they were assigned.</summary>
    public List<HeldLease> Held { get; } = [];

    // A node grants a job's credit anew when it has ended there, which may be a moment before its answer is known here: hence held jobs do not
    // count against the credits, they only close the offer at twice the bound.
    public int Free => IsDraining ? 0 : Math.Clamp(2 * Limits.Job.NodeCreditsMax - Held.Count, 0, Credits);
}

/// <summary>A lease this coordinator speaks for.</summary>
sealed class HeldLease(LeaseId id, NodeSlot node, long trustedUntilMs)
{
    public LeaseId Id { get; } = id;
    public NodeSlot Node { get; } = node;

    /// <summary>Up to here the row cannot have been given to anybody else: counted from when the claim or renewal was sent.</summary>
    public long TrustedUntilMs { get; set; } = trustedUntilMs;
    public bool AllBytesSent { get; set; }
}
