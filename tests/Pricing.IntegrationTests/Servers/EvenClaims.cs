using Pricing.Coordinator.Jobs;

namespace Pricing.IntegrationTests.Servers;

/// <summary>Claims for tests that are not about lanes: the slots are split evenly, and what one lane leaves empty the other fills.</summary>
public static class EvenClaims
{
    public static Task<IReadOnlyList<Lease>> ClaimAsync(this JobStore jobs, int engineVersion, IReadOnlyList<JobOffer> offers, CancellationToken cancel)
    {
        var either = offers.Count(o => o.DedicatedTo is null);
        return jobs.ClaimAsync(engineVersion, offers, new LaneSplit(either / 2, either - either / 2), cancel);
    }
}
