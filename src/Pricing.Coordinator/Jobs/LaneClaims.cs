namespace Pricing.Coordinator.Jobs;

/// <summary>Keeps the lanes' shares over claims: splits the slots before one, notes what was served after it. One caller, the scheduler.</summary>
public sealed class LaneClaims
{
    readonly LaneShares _shares = new();

    /// <summary>How the slots that serve both lanes are shared, given the cost that waits in each.</summary>
    public LaneSplit Split(IReadOnlyList<JobOffer> offers, long waitingB2b, long waitingB2c) =>
        _shares.Split(offers.Count(o => o.DedicatedTo is null), waitingB2b, waitingB2c);

    /// <summary>What became of a claim.</summary>
    public void Claimed(IReadOnlyList<JobOffer> offers, LaneSplit split, IReadOnlyList<Lease> leases)
    {
        var dedicated = offers.Where(o => o.DedicatedTo is not null).Select(o => o.Incarnation).ToHashSet();
        // A dedicated node's work is nobody else's loss: only the slots that serve both lanes are shared.
        var shared = leases.Where(l => !dedicated.Contains(l.Incarnation)).ToList();
        _shares.Served(Take(Lane.B2b), Take(Lane.B2c));

        LaneTake Take(Lane lane) => new(split[lane], shared.Count(l => l.Lane == lane), shared.Where(l => l.Lane == lane).Sum(l => l.Cost));
    }
}
