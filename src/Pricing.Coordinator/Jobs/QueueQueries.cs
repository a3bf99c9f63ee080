using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Jobs;

/// <summary>The whole queue, summed up. Its cost grows with the queue, so it is read by one loop and by no request.</summary>
public sealed class QueueQueries(NpgsqlDataSource source)
{
    // 70 ms for 100,000 waiting jobs of 50 partners.
    const string Queued = """
        select lane, partner, count(*), sum(cost)::bigint, min(pass), max(pass) from job
        where state = 'available' and engine_version = $1 group by lane, partner
        """;

    const string Served = """
        select lane, count(*), max(pass) from job where state = 'leased' and engine_version = $1 group by lane
        """;

    public async Task<IReadOnlyList<QueuedOfPartner>> ReadQueuedAsync(int engineVersion, CancellationToken cancel) =>
        await source.Command(Queued, engineVersion).ReadAllAsync(
            r => new QueuedOfPartner(Lanes.Parse(r.GetString(0)), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetInt64(4), r.GetInt64(5)), cancel);

    public async Task<IReadOnlyList<InService>> ReadInServiceAsync(int engineVersion, CancellationToken cancel) =>
        await source.Command(Served, engineVersion).ReadAllAsync(r => new InService(Lanes.Parse(r.GetString(0)), r.GetInt64(1), r.GetInt64(2)), cancel);
}
