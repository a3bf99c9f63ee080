using Npgsql;
using Pricing.Coordinator.Embedded;

namespace Pricing.IntegrationTests.Embedded;

/// <summary>A temporary home that every account may enter, with what it talks; gone at the end, and no server left behind.</summary>
sealed class ClusterHome : IDisposable
{
    public ClusterHome(string? below = null)
    {
        Folder = Path.Combine(below ?? Path.GetTempPath(), $"pricing-test-{Guid.NewGuid():n}"[..24]);
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; }
    public StringWriter Talk { get; } = new();

    public EmbeddedPostgresOptions Options => new() { Home = Folder, Talk = Talk, InstallMissing = false };

    public Task<EmbeddedPostgres> StartAsync(bool keepRunning = false) =>
        EmbeddedPostgres.StartAsync(Options with { KeepRunning = keepRunning }, CancellationToken.None);

    public static async Task<object?> AskAsync(EmbeddedPostgres cluster, string sql)
    {
        // Unpooled: no connection of an earlier server is handed out after a restart.
        await using var connection = new NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
