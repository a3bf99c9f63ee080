using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Operations;

/// <summary>What waits and runs right now, on all coordinators.</summary>
public sealed record PipelineNow(long JobsAvailable, long JobsLeased, double OldestAvailableS, long QuotesMeasuring);

/// <summary>Counts over the live rows; each is answered by a partial index.</summary>
public sealed class PipelineQueries(LaggingReads lagging)
{
    const string Now = """
        select (select count(*) from job where state = 'available'),
               (select count(*) from job where state = 'leased'),
               (select coalesce(extract(epoch from clock_timestamp() - min(run_at)), 0)::double precision from job where state = 'available'),
               (select count(*) from quote where state = 'measuring')
        """;

    public async Task<PipelineNow> ReadAsync(CancellationToken cancel) =>
        (await lagging.ReadAsync(LaggingRead.PipelineStats, from => from.Command(Now).ReadOneAsync(
            r => new PipelineNow(r.GetInt64(0), r.GetInt64(1), r.GetDouble(2), r.GetInt64(3)), cancel), cancel))!;
}
