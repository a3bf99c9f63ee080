using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Pricing.Coordinator.Database;

/// <summary>
/// Brings the schema to this program's version: numbered .sql files, each in its own transaction, each applied once. A file that was applied
/// and then edited is refused loudly, because two databases with the same version number would differ.
/// </summary>
public static class Migrator
{
    /// <summary>Any number, the same in every coordinator: they migrate one at a time.</summary>
    const long AdvisoryLock = 0x5052_4943_494E_4701;

    const string Suffix = ".sql";

    /// <summary>The migrations compiled into this program, in order.</summary>
    public static IReadOnlyList<Migration> Embedded { get; } = ReadEmbedded();

    public static Task MigrateAsync(NpgsqlDataSource source, CancellationToken cancel) => MigrateAsync(source, Embedded, cancel);

    public static async Task MigrateAsync(NpgsqlDataSource source, IReadOnlyList<Migration> migrations, CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        // Another name than the coordinators': a migration may take longer than a transaction of theirs.
        await RunAsync(connection, null, $"set application_name = 'pricing-migrator'; set statement_timeout = '{Limits.Database.MigrationSeconds}s'; set lock_timeout = '{Limits.Database.MigrationSeconds}s'", cancel);
        await RunAsync(connection, null, $"select pg_advisory_lock({AdvisoryLock})", cancel);
        try
        {
            await RunAsync(connection, null, """
                create table if not exists migration (
                    name text primary key, sha256 bytea not null, applied_at timestamptz not null default clock_timestamp())
                """, cancel);
            var applied = await ReadAppliedAsync(connection, cancel);
            foreach (var migration in migrations)
            {
                if (!applied.TryGetValue(migration.Name, out var sha256))
                    await ApplyAsync(connection, migration, cancel);
                else if (!sha256.AsSpan().SequenceEqual(migration.Sha256))
                    throw new InvalidOperationException($"Migration {migration.Name} was applied to this database with other content. "
                        + "A merged migration is never edited; add a new one.");
            }
        }
        finally
        {
            // The session goes back to the pool: leave it as the pool made it. Not cancellable, or the lock would stay with the connection.
            await RunAsync(connection, null, $"select pg_advisory_unlock({AdvisoryLock}); reset application_name; reset statement_timeout; reset lock_timeout", CancellationToken.None);
        }
    }

    static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await RunAsync(connection, transaction, migration.Sql, cancel);
        await using (var record = new NpgsqlCommand("insert into migration (name, sha256) values ($1, $2)", connection, transaction))
        {
            record.Parameters.Add(new() { Value = migration.Name });
            record.Parameters.Add(new() { Value = migration.Sha256 });
            await record.ExecuteNonQueryAsync(cancel);
        }
        await transaction.CommitAsync(cancel);
    }

    static async Task<Dictionary<string, byte[]>> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var applied = new Dictionary<string, byte[]>();
        await using var command = new NpgsqlCommand("select name, sha256 from migration", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            applied.Add(reader.GetString(0), reader.GetFieldValue<byte[]>(1));
        return applied;
    }

    // Only this program's own embedded text and constants come through here, never a caller's value.
    static async Task RunAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, CancellationToken cancel)
    {
#pragma warning disable CA2100 // see above
        await using var command = new NpgsqlCommand(sql, connection, transaction) { CommandTimeout = Limits.Database.MigrationSeconds };
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancel);
    }

    static List<Migration> ReadEmbedded()
    {
        var assembly = typeof(Migrator).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(n => n.EndsWith(Suffix, StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
            return new Migration(name[..^Suffix.Length], reader.ReadToEnd().ReplaceLineEndings("\n"));
        })];
    }
}

/// <summary>One step of the schema.</summary>
public sealed record Migration(string Name, string Sql)
{
    public byte[] Sha256 { get; } = SHA256.HashData(Encoding.UTF8.GetBytes(Sql));
}
