using System.Security.Cryptography;
using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Jobs;

/// <summary>A measurement as it travelled, with its row.</summary>
public sealed record StoredMeasurement(long MeasurementId, byte[] Body);

/// <summary>Measurements by (model, options, engine). Written once; every quote of the same key reads the same bytes.</summary>
public static class MeasurementStore
{
    const string Find = """
        select measurement_id, body from measurement where model_sha256 = $1 and options_key = $2 and engine_version = $3
        """;

    public const string Insert = """
        insert into measurement (model_sha256, options_key, engine_version, body, digest, job_id)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (model_sha256, options_key, engine_version) do nothing
        """;

    /// <summary>The key of the options: their hash after everything that means the same has been written the same way.</summary>
    public static byte[] OptionsKey(MeasureOptions options) => SHA256.HashData(Normalise(options).ToByteArray());

    /// <summary>Scale 1 is scale 0 is "no scale"; an empty profile is no profile.</summary>
    public static MeasureOptions Normalise(MeasureOptions? options)
    {
        var normal = options?.Clone() ?? new MeasureOptions();
        if (normal.Scale is 1)
            normal.Scale = 0;
        if (normal.FdmProfile is { } profile && profile.CalculateSize() == 0)
            normal.FdmProfile = null;
        return normal;
    }

    public static Task<StoredMeasurement?> FindAsync(NpgsqlTransaction transaction, MeasureKey key, CancellationToken cancel) =>
        transaction.Command(Find, key.ModelSha256, key.OptionsKey, key.EngineVersion)
            .ReadOneAsync(r => new StoredMeasurement(r.GetInt64(0), r.GetFieldValue<byte[]>(1)), cancel);

    public static Task<StoredMeasurement?> FindAsync(NpgsqlDataSource source, MeasureKey key, CancellationToken cancel) =>
        source.Command(Find, key.ModelSha256, key.OptionsKey, key.EngineVersion)
            .ReadOneAsync(r => new StoredMeasurement(r.GetInt64(0), r.GetFieldValue<byte[]>(1)), cancel);

    /// <summary>Keeps the first measurement of a key: the same key gives the same figures, so a second one adds nothing.</summary>
    public static Task InsertAsync(NpgsqlTransaction transaction, MeasureKey key, long jobId, Measurement measurement, CancellationToken cancel) =>
        transaction.Command(Insert, key.ModelSha256, key.OptionsKey, key.EngineVersion, measurement.ToByteArray(), measurement.Digest.ToByteArray(), jobId)
            .RunAsync(cancel);
}
