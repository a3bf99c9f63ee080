using System.Security.Cryptography;
using Npgsql;
using Pricing.Coordinator.Models;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>A quote as the database holds it.</summary>
sealed record StoredQuote(string Name, string Partner, string RequestId, string Model, string Question, string State, string PriceList, string? Prices, string? Failure, long? JobId);

/// <summary>A job as the database holds it.</summary>
sealed record StoredJob(long JobId, string Model, string State, int Epoch, int Attempts);

/// <summary>One lease of a job; the end in seconds of the history.</summary>
sealed record StoredAttempt(long JobId, int Epoch, string Node, string? Outcome, double? EndedS);

/// <summary>How often something was measured that is to be measured once.</summary>
sealed record StoredMeasurement(string Model, string Options, int EngineVersion, long? JobId);

/// <summary>The whole truth of a finished run, read past all proxies.</summary>
sealed record DatabaseDump(
    IReadOnlyList<StoredQuote> Quotes, IReadOnlyList<StoredJob> Jobs, IReadOnlyList<StoredAttempt> Attempts, IReadOnlyList<StoredMeasurement> Measurements,
    IReadOnlyList<string> Models, IReadOnlyList<string> DamagedModels)
{
    const string ReadQuotes = """
        select partner, quote_id, request_id, encode(model_sha256, 'hex'), request, state, price_list_id, price_list_version, prices, failure, job_id
        from quote order by created_at
        """;

    const string ReadJobs = "select job_id, encode(model_sha256, 'hex'), state, epoch, attempts from job_history order by job_id";

    const string ReadAttempts = """
        select job_id, epoch, node, outcome, extract(epoch from clock_timestamp() - ended_at)::float8 from (
            select job_id, epoch, node, outcome, ended_at from job_attempt
            union all
            select d.job_id, l.epoch, l.node, l.outcome, l.ended_at
            from job_done d, jsonb_to_recordset(d.leases) as l (epoch int, node text, outcome text, ended_at timestamptz)) as lease
        order by job_id, epoch
        """;

    const string ReadMeasurements = """
        select encode(model_sha256, 'hex'), encode(options_key, 'hex'), engine_version, job_id from measurement order by measurement_id
        """;

    // Whose bytes are there, and under which name.
    const string ReadModels = "select sha256, copy from model where stored";

    const string Open = """
        select (select count(*) from quote where state = 'measuring') + (select count(*) from job where state in ('available', 'leased'))
        """;

    /// <summary>Quotes and jobs that have not ended.</summary>
    public static async Task<long> CountOpenAsync(string database, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(Open);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <param name="database">Connection string.</param>
    /// <param name="modelFolder">Every stored model is read and hashed.</param>
    /// <param name="nowS">The history's clock at this moment: ends of leases are placed on it.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<DatabaseDump> ReadAsync(string database, string modelFolder, double nowS, CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(database);
        var attempts = await ReadAsync(source, ReadAttempts, r => new StoredAttempt(
            r.GetInt64(0), r.GetInt32(1), r.GetString(2), r.IsDBNull(3) ? null : r.GetString(3), r.IsDBNull(4) ? null : nowS - r.GetDouble(4)), cancellation);
        var quotes = await ReadAsync(source, ReadQuotes, QuoteOf, cancellation);
        var jobs = await ReadAsync(source, ReadJobs, r => new StoredJob(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetInt32(3), r.GetInt32(4)), cancellation);
        var measurements = await ReadAsync(source, ReadMeasurements, r => new StoredMeasurement(
            r.GetString(0), r.GetString(1), r.GetInt32(2), r.IsDBNull(3) ? null : r.GetInt64(3)), cancellation);
        var models = await ReadAsync(source, ReadModels, r => ModelCopy.Of(r.GetFieldValue<byte[]>(0), r.GetInt32(1)), cancellation);
        var damaged = new List<string>();
        foreach (var model in models)
            if (!await IsWholeAsync(Path.Combine(modelFolder, model.Path), model.Sha256, cancellation))
                damaged.Add(model.Sha256);
        return new DatabaseDump(quotes, jobs, attempts, measurements, [.. models.Select(model => model.Sha256)], damaged);
    }

    static StoredQuote QuoteOf(NpgsqlDataReader r)
    {
        var asked = Quote.Parser.ParseFrom(r.GetFieldValue<byte[]>(4));
        var prices = r.IsDBNull(8) ? null : Questions.DigestOf(Quote.Parser.ParseFrom(r.GetFieldValue<byte[]>(8)).Prices);
        return new StoredQuote($"partners/{r.GetString(0)}/quotes/{r.GetGuid(1):D}", r.GetString(0), r.GetString(2), r.GetString(3), Questions.DigestOf(asked),
            r.GetString(5), $"priceLists/{r.GetString(6)}/versions/{r.GetInt32(7)}", prices,
            r.IsDBNull(9) ? null : Failure.Parser.ParseFrom(r.GetFieldValue<byte[]>(9)).Reason, r.IsDBNull(10) ? null : r.GetInt64(10));
    }

    static async Task<IReadOnlyList<T>> ReadAsync<T>(NpgsqlDataSource source, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation))
            rows.Add(read(reader));
        return rows;
    }

    static async Task<bool> IsWholeAsync(string path, string sha256, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            return false;
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation)) == sha256;
    }
}
