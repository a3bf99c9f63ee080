using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// Which node gets a job is decided by the claim, without regard to where the model's bytes are. Before anything is sent, a lease may move to a
/// free node of the same kind that has them: one statement, fenced by epoch and owner, for megabytes that need not travel.
/// </summary>
public sealed class ModelAffinity(NpgsqlDataSource source)
{
    const string Move = """
        with moved as (
            update job set owner = $4 where job_id = $1 and epoch = $2 and owner = $3 and state = 'leased'
            returning job_id, epoch)
        update job_attempt a set incarnation = $4, node = $5 from moved m where a.job_id = m.job_id and a.epoch = m.epoch
        """;

    /// <summary>The same leases, some of them with another owner. <paramref name="sessions"/> are those the leases were claimed for.</summary>
    public async Task<IReadOnlyList<Lease>> PreferAsync(IReadOnlyList<Lease> leases, IReadOnlyList<NodeSession> sessions, CancellationToken cancel)
    {
        if (sessions.Count < 2 || leases.All(lease => lease.ModelBytes < Limits.Job.AffinityBytesMin))
            return leases;
        var free = sessions.ToDictionary(session => session.Incarnation, session => session.FreeCredits - leases.Count(lease => lease.Incarnation == session.Incarnation));
        var result = new List<Lease>(leases.Count);
        foreach (var lease in leases)
        {
            var owner = sessions.FirstOrDefault(session => session.Incarnation == lease.Incarnation);
            var better = owner is null || lease.ModelBytes < Limits.Job.AffinityBytesMin || owner.LikelyHas(lease.ModelSha256)
                ? null
                : sessions.FirstOrDefault(session => free[session.Incarnation] > 0 && session.LikelyHas(lease.ModelSha256)
                    && session.Hello.Lanes.Order().SequenceEqual(owner.Hello.Lanes.Order()));
            if (better is null || await source.Command(Move, lease.JobId, lease.Epoch, lease.Incarnation, better.Incarnation, better.Hello.Node).RunAsync(cancel) == 0)
            {
                result.Add(lease);
                continue;
            }
            free[better.Incarnation]--;
            free[lease.Incarnation]++;
            result.Add(lease with { Incarnation = better.Incarnation });
        }
        return result;
    }
}
