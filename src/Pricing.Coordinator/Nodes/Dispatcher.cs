using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// Brings jobs and free nodes together: one claim for as many jobs as nodes here would take, in batches. Woken by new jobs, credits and
/// rescued leases; its tick finds what other coordinators enqueued.
/// </summary>
public sealed class Dispatcher(JobStore jobs, LaneClaims claims, NodeRegistry nodes, JobSignals signals, ILogger<Dispatcher> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Job.DispatchTickMs), signals.WorkMayMatch, log)
{
    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var more = false;
        foreach (var engine in nodes.Sessions.Where(s => s.FreeCredits > 0).GroupBy(s => (int)s.Hello.EngineVersion))
        {
            // Each kind of node has a batch of its own, so that idle nodes of one lane never crowd out the others.
            var offers = engine.GroupBy(s => Lanes.DedicatedTo(s.Hello.Lanes)).SelectMany(kind => Offers([.. kind], kind.Key)).ToList();
            var leases = await claims.ClaimAsync(engine.Key, offers, cancel);
            foreach (var lease in leases)
            {
                if (nodes.Find(lease.Incarnation)?.TryAssign(lease) is not true)
                    await jobs.EndLeasesAsync([new LeaseId(lease.JobId, lease.Epoch)], LeaseEnd.Released, "node left", cancel);
            }
            more |= leases.Count == offers.Count || leases.Count >= Limits.Job.ClaimBatchMax;
        }
        return more;
    }

    /// <summary>One job each in turn, so that a batch spreads over the nodes.</summary>
    static List<JobOffer> Offers(List<NodeSession> sessions, Lane? dedicatedTo)
    {
        var free = sessions.ConvertAll(s => s.FreeCredits);
        var offers = new List<JobOffer>();
        for (var round = 0; offers.Count < Limits.Job.ClaimBatchMax && free.Exists(f => f > round); round++)
        {
            for (var i = 0; i < sessions.Count && offers.Count < Limits.Job.ClaimBatchMax; i++)
            {
                if (free[i] > round)
                    offers.Add(new JobOffer(sessions[i].Incarnation, sessions[i].Hello.Node, dedicatedTo));
            }
        }
        return offers;
    }
}
