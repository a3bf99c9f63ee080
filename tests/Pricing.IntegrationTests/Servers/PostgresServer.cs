using Npgsql;
using Pricing.Coordinator.Embedded;

namespace Pricing.IntegrationTests.Servers;

/// <summary>
/// One real PostgreSQL for all tests of the run, started when the first one asks; each test takes a database of its own.
/// PRICING_TEST_POSTGRES (a connection string whose user may create databases) uses a running server instead.
/// </summary>
public static class PostgresServer
{
    const string ServerVariable = "PRICING_TEST_POSTGRES";

    static readonly Lazy<Task<string>> Server = new(StartAsync);
    static EmbeddedPostgres? embedded;
    static string? home;
    static int databases;

    /// <summary>Connection string of a new, empty database.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var server = new NpgsqlConnectionStringBuilder(await Server.Value) { Pooling = false };
        var name = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref databases)}";
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
#pragma warning disable CA2100 // the name is made here, of digits
        await using var create = new NpgsqlCommand($"create database {name}", connection) { CommandTimeout = 60 };
#pragma warning restore CA2100
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(await Server.Value) { Database = name }.ConnectionString;
    }

    public static async Task StopAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (embedded is not null)
            await embedded.DisposeAsync();
        if (home is not null)
            Directory.Delete(home, recursive: true);
    }

    static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable(ServerVariable) is { Length: > 0 } running)
            return running;
        home = Directory.CreateTempSubdirectory("pricing-pg-").FullName;
        embedded = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { Home = home }, CancellationToken.None);
        return embedded.ConnectionString;
    }
}
