using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// Renews the leases of all nodes here in one statement. A lease that is not ours any more (ended elsewhere, rescued while we were
/// paused) is revoked: its node stops.
/// </summary>
public sealed class LeaseRenewer(JobStore jobs, NodeRegistry nodes, ILogger<LeaseRenewer> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Job.RenewMs), null, log)
{
    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var held = nodes.Sessions.SelectMany(s => s.Leases.Select(lease => (Session: s, Lease: lease))).ToList();
        if (held.Count == 0)
            return false;
        var renewed = await jobs.RenewAsync([.. held.Select(h => h.Lease)], cancel);
        foreach (var (session, lease) in held)
        {
            if (!renewed.Contains(lease.JobId))
                session.Revoke(lease.JobId, "LEASE_LOST");
        }
        return false;
    }
}
