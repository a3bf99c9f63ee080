using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Models;

/// <summary>
/// The ways of a copy out of the store. First the rows say that it is gone, in one transaction; then, when that is committed, the bytes go.
/// The model's next copy has another name, so bytes that come back at any moment between the two are never met.
/// </summary>
public sealed class ModelRemovals(NpgsqlDataSource source)
{
    // The lock waits for nobody and lets nobody pass: a quote that is being written on the strength of the bytes holds the row (for key share).
    const string LockUnused = """
        select sha256 from model where stored and used_at < clock_timestamp() - $1
        order by used_at limit $2 for update skip locked
        """;

    // A statement of its own: its snapshot is taken once the locks are ours, so that a job which was committed meanwhile is seen.
    const string RemoveUnused = """
        with gone as (
            update model m set stored = false, copy = m.copy + 1
            where m.sha256 = any ($1) and m.stored and m.used_at < clock_timestamp() - $2
              and not exists (select from job j where j.model_sha256 = m.sha256 and j.state in ('available', 'leased'))
            returning m.sha256, m.copy - 1 as copy),
        chunks as (delete from model_chunk c using gone g where c.model_sha256 = g.sha256)
        insert into model_removal (sha256, copy, reason, delete_at) select sha256, copy, 'unused', clock_timestamp() from gone
        """;

    const string RemoveDamaged = """
        with gone as (
            update model m set stored = false, copy = m.copy + 1
            where m.sha256 = $1 and m.stored and m.copy = $2
            returning m.sha256, m.copy - 1 as copy),
        chunks as (delete from model_chunk c using gone g where c.model_sha256 = g.sha256)
        insert into model_removal (sha256, copy, reason, detail, delete_at) select sha256, copy, 'damaged', $3, clock_timestamp() + $4 from gone
        """;

    const string Due = """
        select sha256, copy from model_removal where deleted_at is null and delete_at <= clock_timestamp() order by delete_at limit $1
        """;

    const string Deleted = "update model_removal set deleted_at = clock_timestamp() where sha256 = $1 and copy = $2 and deleted_at is null";

    /// <summary>Models that nobody has asked for in this long, and that no job is to measure, count as not stored from here on. Returns how many.</summary>
    public Task<int> RemoveUnusedAsync(TimeSpan unusedFor, CancellationToken cancel) => source.InTransactionAsync(async transaction =>
    {
        var idle = await transaction.Command(LockUnused, unusedFor, Limits.Model.RemoveBatchMax).ReadAllAsync(r => r.GetFieldValue<byte[]>(0), cancel);
        return idle.Count == 0 ? 0 : await transaction.Command(RemoveUnused, idle.ToArray(), unusedFor).RunAsync(cancel);
    }, cancel);

    /// <summary>The copy's bytes are wrong or lost: it counts as not stored. False when somebody has noticed before.</summary>
    public async Task<bool> RemoveDamagedAsync(byte[] sha256, int copy, string detail, CancellationToken cancel) =>
        await source.Command(RemoveDamaged, sha256, copy, detail, TimeSpan.FromDays(Limits.Model.EvidenceDays)).RunAsync(cancel) > 0;

    /// <summary>Copies whose bytes may go now.</summary>
    public Task<List<ModelCopy>> FindDueAsync(CancellationToken cancel) =>
        source.Command(Due, Limits.Model.RemoveBatchMax).ReadAllAsync(r => ModelCopy.Of(r.GetFieldValue<byte[]>(0), r.GetInt32(1)), cancel);

    public Task NoteDeletedAsync(ModelCopy copy, CancellationToken cancel) =>
        source.Command(Deleted, Convert.FromHexString(copy.Sha256), copy.Number).RunAsync(cancel);
}
