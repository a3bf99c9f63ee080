namespace Pricing.Coordinator.Jobs;

/// <summary>Claims with the lanes' shares kept: splits the slots, claims, and notes what was served. One caller at a time, the dispatcher's loop.</summary>
public sealed class LaneClaims(JobStore jobs, QueueGauge gauge)
{
    readonly LaneShares _shares = new();

    public async Task<IReadOnlyList<Lease>> ClaimAsync(int engineVersion, IReadOnlyList<JobOffer> offers, CancellationToken cancel)
    {
        var dedicated = offers.Where(o => o.DedicatedTo is not null).Select(o => o.Incarnation).ToHashSet();
        var now = gauge.Now;
        var split = _shares.Split(offers.Count(o => o.DedicatedTo is null), now.WaitingUnits(Lane.B2b), now.WaitingUnits(Lane.B2c));
        var leases = await jobs.ClaimAsync(engineVersion, offers, split, cancel);
        // A dedicated node's work is nobody else's loss: only the slots that serve both lanes are shared.
        var shared = leases.Where(l => !dedicated.Contains(l.Incarnation)).ToList();
        _shares.Served(Take(Lane.B2b), Take(Lane.B2c));
        return leases;

        LaneTake Take(Lane lane) => new(split[lane], shared.Count(l => l.Lane == lane), shared.Where(l => l.Lane == lane).Sum(l => l.Cost));
    }
}
