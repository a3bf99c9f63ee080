using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Models;

/// <summary>A model as one partner sees it.</summary>
public sealed record ModelRow(string Partner, byte[] Sha256, long SizeBytes, string FileName, DateTime CreatedAt, bool IsStored);

/// <summary>What is known of the bytes with a hash, whoever brought them.</summary>
/// <param name="SizeBytes">Their length, also when they are not here.</param>
/// <param name="Copy">The copy that is stored, or the one that an upload would store.</param>
/// <param name="IsStored">Are the bytes in the store?</param>
public sealed record ModelFacts(long SizeBytes, int Copy, bool IsStored)
{
    /// <summary>The bytes have been here, and so their length is a fact; until then it is what somebody said.</summary>
    public bool IsSizeKnown => IsStored || Copy > 0;
}

/// <summary>Which models exist and who may see them.</summary>
public sealed class ModelQueries(NpgsqlDataSource source)
{
    const string FindFacts = "select size_bytes, copy, stored from model where sha256 = $1";

    // The newest name a partner gave a file is the one shown; it decides nothing.
    const string Announce = """
        insert into partner_model (partner, sha256, size_bytes, file_name) values ($1, $2, $3, $4)
        on conflict (partner, sha256) do update set file_name = excluded.file_name, size_bytes = excluded.size_bytes
        """;

    // Changes no row when the copy was removed while these bytes came: they lie under a name that is about to go.
    const string Store = """
        insert into model (sha256, size_bytes, copy) values ($1, $2, $3)
        on conflict (sha256) do update set stored = true, size_bytes = excluded.size_bytes, used_at = clock_timestamp() where model.copy = excluded.copy
        """;

    // A job that was begun ahead of the upload took its sender's word for the length.
    const string CorrectJobs = "update job set model_bytes = $2 where model_sha256 = $1 and model_bytes <> $2 and state in ('available', 'leased')";

    const string Find = """
        select p.partner, p.sha256, coalesce(m.size_bytes, p.size_bytes), p.file_name, p.created_at, coalesce(m.stored, false),
               coalesce(m.used_at < clock_timestamp() - interval '1 day', false)
        from partner_model p left join model m using (sha256)
        where p.partner = $1 and p.sha256 = $2
        """;

    // Until the end of the caller's transaction nobody removes the bytes: what it writes on the strength of them stays true.
    const string FindAndHold = """
        with held as materialized (
            select sha256, size_bytes, stored, used_at from model where sha256 = $2 for key share)
        select p.partner, p.sha256, coalesce(m.size_bytes, p.size_bytes), p.file_name, p.created_at, coalesce(m.stored, false),
               coalesce(m.used_at < clock_timestamp() - interval '1 day', false)
        from partner_model p left join held m using (sha256)
        where p.partner = $1 and p.sha256 = $2
        """;

    const string Touch = "update model set used_at = clock_timestamp() where sha256 = $1 and used_at < clock_timestamp() - interval '1 day'";

    // In the order of the key, so that two uploads of one partner wait for each other instead of killing each other. The newest model wins: it stays longest.
    const string StoreChunks = """
        insert into model_chunk (partner, chunk_sha256, model_sha256, offset_bytes, length_bytes)
        select distinct on (c.sha256) $1, c.sha256, $2, c.at, c.bytes
        from unnest($3::bytea[], $4::bigint[], $5::int[]) c (sha256, at, bytes)
        order by c.sha256, c.at
        on conflict (partner, chunk_sha256) do update
            set model_sha256 = excluded.model_sha256, offset_bytes = excluded.offset_bytes, length_bytes = excluded.length_bytes
        """;

    // Only where the partner may see the model himself, whatever the index says.
    const string FindChunks = """
        select c.chunk_sha256, c.model_sha256, m.copy, c.offset_bytes, c.length_bytes
        from model_chunk c join partner_model p on p.partner = c.partner and p.sha256 = c.model_sha256
            join model m on m.sha256 = c.model_sha256 and m.stored
        where c.partner = $1 and c.chunk_sha256 = any ($2)
        """;

    const string ForgetChunk = "delete from model_chunk where partner = $1 and chunk_sha256 = $2 and model_sha256 = $3";

    /// <summary>Null when nobody ever stored bytes with this hash.</summary>
    public Task<ModelFacts?> FindFactsAsync(byte[] sha256, CancellationToken cancel) =>
        source.Command(FindFacts, sha256).ReadOneAsync(r => new ModelFacts(r.GetInt64(0), r.GetInt32(1), r.GetBoolean(2)), cancel);

    /// <summary>Makes the model visible to the partner; the bytes may come later.</summary>
    public async Task<ModelRow> AnnounceAsync(string partner, byte[] sha256, long sizeBytes, string fileName, CancellationToken cancel)
    {
        await source.Command(Announce, partner, sha256, sizeBytes, fileName).RunAsync(cancel);
        return (await FindAsync(partner, sha256, cancel))!;
    }

    /// <summary>The bytes are in the store: model, visibility and the index of its chunks in one transaction.</summary>
    internal async Task<ModelRow> StoreAsync(string partner, byte[] sha256, int copy, long sizeBytes, string fileName, IReadOnlyList<ModelChunk> chunks, CancellationToken cancel) =>
        await source.InTransactionAsync(async transaction =>
        {
            if (await transaction.Command(Store, sha256, sizeBytes, copy).RunAsync(cancel) == 0)
                throw new ModelStoreUnavailableException("Another copy of the model was removed meanwhile; upload it again.");
            await transaction.Command(CorrectJobs, sha256, sizeBytes).RunAsync(cancel);
            await transaction.Command(Announce, partner, sha256, sizeBytes, fileName).RunAsync(cancel);
            if (chunks.Count > 0)
            {
                await transaction.Command(StoreChunks, partner, sha256, chunks.Select(c => c.Sha256).ToArray(), chunks.Select(c => c.Offset).ToArray(),
                    chunks.Select(c => c.Length).ToArray()).RunAsync(cancel);
            }
            return (await FindAsync(transaction, partner, sha256, cancel))!;
        }, cancel);

    /// <summary>Where the partner's own models should have these chunks; what is not known is left out.</summary>
    internal Task<List<ChunkPlace>> FindChunksAsync(string partner, IEnumerable<ModelChunk> chunks, CancellationToken cancel) =>
        source.Command(FindChunks, partner, chunks.Select(c => c.Sha256).ToArray())
            .ReadAllAsync(r => new ChunkPlace(r.GetFieldValue<byte[]>(0), r.GetFieldValue<byte[]>(1), r.GetInt32(2), r.GetInt64(3), r.GetInt32(4)), cancel);

    /// <summary>The chunk is not where it should be.</summary>
    internal Task ForgetChunkAsync(string partner, ChunkPlace place, CancellationToken cancel) =>
        source.Command(ForgetChunk, partner, place.ChunkSha256, place.ModelSha256).RunAsync(cancel);

    /// <summary>The model as this partner sees it; null when it is not his, whether or not it exists. Being asked for counts as use.</summary>
    public async Task<ModelRow?> FindAsync(string partner, byte[] sha256, CancellationToken cancel)
    {
        var found = await source.Command(Find, partner, sha256).ReadOneAsync(ReadWithUse, cancel);
        if (found is { IsDue: true })
            await source.Command(Touch, sha256).RunAsync(cancel);
        return found?.Row;
    }

    /// <summary>The same, and as long as the transaction lives the bytes are not removed.</summary>
    public static async Task<ModelRow?> FindAsync(NpgsqlTransaction transaction, string partner, byte[] sha256, CancellationToken cancel)
    {
        var found = await transaction.Command(FindAndHold, partner, sha256).ReadOneAsync(ReadWithUse, cancel);
        if (found is { IsDue: true })
            await transaction.Command(Touch, sha256).RunAsync(cancel);
        return found?.Row;
    }

    sealed record Found(ModelRow Row, bool IsDue);

    static Found ReadWithUse(NpgsqlDataReader r) =>
        new(new(r.GetString(0), r.GetFieldValue<byte[]>(1), r.GetInt64(2), r.GetString(3), r.GetDateTime(4), r.GetBoolean(5)), r.GetBoolean(6));
}
