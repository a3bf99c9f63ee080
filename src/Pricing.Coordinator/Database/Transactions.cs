using Npgsql;

namespace Pricing.Coordinator.Database;

/// <summary>Runs one unit of work in one transaction.</summary>
public static class Transactions
{
    /// <summary>
    /// Commits what <paramref name="work"/> did, or nothing. Repeats only where PostgreSQL says the transaction was rolled back because of
    /// others (serialization, deadlock): a lost connection during commit is not repeated here, since it may have committed;
    /// the caller's request id or the job's epoch makes a repeat by the client safe.
    /// </summary>
    public static async Task<T> InTransactionAsync<T>(this NpgsqlDataSource source, Func<NpgsqlTransaction, Task<T>> work, CancellationToken cancel)
    {
        for (var retry = 0; ; retry++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(cancel);
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                var result = await work(transaction);
                await transaction.CommitAsync(cancel);
                return result;
            }
            catch (PostgresException e) when (
                retry < Limits.Database.RetriesMax && e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
            {
                // Rolled back by the server: nothing of it happened, run it again.
            }
        }
    }

    /// <summary>A command on the transaction's connection with positional parameters $1, $2, …</summary>
    public static NpgsqlCommand Command(this NpgsqlTransaction transaction, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        Bind(command, values);
        return command;
    }

    /// <summary>A single statement in a transaction of its own.</summary>
    public static NpgsqlCommand Command(this NpgsqlDataSource source, string sql, params ReadOnlySpan<object?> values)
    {
        var command = source.CreateCommand(sql);
        Bind(command, values);
        return command;
    }

    /// <summary>Reads every row of a bounded result.</summary>
    public static async Task<List<T>> ReadAllAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken cancel)
    {
        var rows = new List<T>();
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                rows.Add(row(reader));
        }
        return rows;
    }

    /// <summary>Reads the first row, or nothing.</summary>
    public static async Task<T?> ReadOneAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> row, CancellationToken cancel)
        where T : class
    {
        await using (command)
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            return await reader.ReadAsync(cancel) ? row(reader) : null;
        }
    }

    /// <summary>Runs a statement and says how many rows it changed.</summary>
    public static async Task<int> RunAsync(this NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The value of a column, or null.</summary>
    public static T? Maybe<T>(this NpgsqlDataReader reader, int ordinal) where T : class =>
        reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);

    /// <summary>The value of a column, or null.</summary>
    public static T? MaybeValue<T>(this NpgsqlDataReader reader, int ordinal) where T : struct =>
        reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<T>(ordinal);

    static void Bind(NpgsqlCommand command, ReadOnlySpan<object?> values)
    {
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
    }
}
