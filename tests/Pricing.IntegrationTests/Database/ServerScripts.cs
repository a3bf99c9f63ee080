using System.Diagnostics;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Pricing.IntegrationTests.Database;

/// <summary>
/// Real servers in a temporary folder, made, replicated, backed up, restored and promoted by the very scripts of deploy/postgres.
/// Each server has its socket in a folder of its own, all on one port, so that nothing of the machine's is touched.
/// </summary>
public sealed class ServerScripts : IAsyncDisposable
{
    const int Port = 5432;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly string _folder = Path.Combine(Path.GetTempPath(), $"pricing-db-{Guid.NewGuid():n}"[..20]);
    readonly List<string> _started = [];

    ServerScripts()
    {
    }

    public string Archive => Path.Combine(_folder, "archive");

    /// <summary>A primary, with a folder that its log is archived to.</summary>
    public static async Task<ServerScripts> StartAsync()
    {
        var servers = new ServerScripts();
        Directory.CreateDirectory(servers._folder);
        // The server's account reads them there, wherever the repository is.
        var scripts = Directory.CreateDirectory(Path.Combine(servers._folder, "scripts")).FullName;
        foreach (var file in Directory.GetFiles(Recipe()))
        {
            File.Copy(file, Path.Combine(scripts, Path.GetFileName(file)));
        }
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", ["-R", "postgres", servers._folder], []);
        await servers.ScriptAsync("make-primary.sh", "primary", [servers.Data("primary")]);
        servers._started.Add("primary");
        return servers;
    }

    public async Task MakeReplicaAsync(string name)
    {
        await ScriptAsync("make-replica.sh", name, [Data(name), $"{Port}", $"slot_{name}"], of: "primary");
        _started.Add(name);
    }

    /// <summary>Also starts one that was stopped.</summary>
    public async Task StartReplicaAsync(string name)
    {
        await ScriptAsync("make-replica.sh", name, [Data(name), $"{Port}"], of: "primary");
        _started.Add(name);
    }

    public Task PromoteAsync(string name) => ScriptAsync("promote.sh", name, [Data(name)]);

    public async Task StopAsync(string name)
    {
        await ScriptAsync("stop.sh", name, [Data(name)]);
        _started.Remove(name);
    }

    /// <summary>The backup's folder.</summary>
    public async Task<string> BackUpAsync() => (await ScriptAsync("base-backup.sh", "primary", [], of: "primary")).Trim();

    public async Task RestoreAsync(string backup, string name, string moment)
    {
        await ScriptAsync("restore.sh", name, [backup, Data(name), $"{Port}", moment]);
        _started.Add(name);
    }

    /// <summary>Of one server, or of several of which one is the primary.</summary>
    public string ConnectionString(params string[] names) => new NpgsqlConnectionStringBuilder
    {
        Host = string.Join(',', names.Select(Sockets)),
        Port = Port,
        Username = "pricing",
        Database = "pricing",
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>One statement on one server, over a connection of its own.</summary>
    public async Task<T> AskAsync<T>(string name, string sql, CancellationToken cancel)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(name) + ";Pooling=false");
        await connection.OpenAsync(cancel);
#pragma warning disable CA2100 // the test's own text
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return (T)(await command.ExecuteScalarAsync(cancel))!;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        foreach (var name in _started.ToArray())
            await StopAsync(name);
        Directory.Delete(_folder, recursive: true);
    }

    string Data(string name) => Path.Combine(_folder, name);

    string Sockets(string name) => Path.Combine(_folder, "s-" + name);

    async Task<string> ScriptAsync(string script, string name, string[] arguments, string? of = null)
    {
        var sockets = Sockets(name);
        string[] command = ["bash", Path.Combine(_folder, "scripts", script), .. arguments];
        if (Environment.IsPrivilegedProcess)
            command = ["runuser", "-u", "postgres", "--", .. command];
        if (!Directory.Exists(sockets))
        {
            Directory.CreateDirectory(sockets);
            if (Environment.IsPrivilegedProcess)
                await RunAsync("chown", ["postgres", sockets], []);
        }
        return await RunAsync(command[0], command[1..], new()
        {
            ["PG_HOST"] = of is null ? sockets : Sockets(of),
            ["PG_PORT"] = $"{Port}",
            ["PG_SOCKETS"] = sockets,
            ["PG_LISTEN"] = "",
            ["PG_LOCAL_AUTH"] = "trust",
            ["PG_REPLICATOR"] = "pricing",
            ["PG_ARCHIVE"] = Archive,
            ["PG_BACKUPS"] = Path.Combine(_folder, "backups"),
        });
    }

    static async Task<string> RunAsync(string program, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Patience);
        // A server that stays holds no pipe of ours: its output goes to its log.
        var said = await output.WaitAsync(Patience);
        return process.ExitCode == 0
            ? said
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}{await errors.WaitAsync(Patience)}");
    }

    static string Recipe([CallerFilePath] string thisFile = "")
    {
        foreach (var start in new[] { Path.GetDirectoryName(thisFile), AppContext.BaseDirectory })
            for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
                if (Directory.Exists(Path.Combine(folder, "deploy", "postgres")))
                    return Path.Combine(folder, "deploy", "postgres");
        throw new DirectoryNotFoundException("deploy/postgres was not found above the tests.");
    }
}
