using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pricing.Coordinator.Embedded;

/// <summary>The cluster's place on disk: which folder, which socket, its creation and its settings.</summary>
sealed class ClusterFolder
{
    /// <summary>Database and superuser of the cluster.</summary>
    public const string DatabaseName = "pricing";

    const string SocketName = ".s.PGSQL.5432";

    ClusterFolder(string root, string socketFolder, PostgresAccount account)
    {
        Root = root;
        SocketFolder = socketFolder;
        Account = account;
        // The name shows in the process list and finds orphaned back ends.
        ClusterName = $"pricing-{Hash(DataFolder)}";
    }

    public string Root { get; }
    public string SocketFolder { get; }
    public PostgresAccount Account { get; }
    public string ClusterName { get; }
    public string DataFolder => Path.Combine(Root, "data");
    public string LockFolder => Path.Combine(Root, "locks");
    public string LogFile => Path.Combine(Root, "server.log");
    public string SocketPath => Path.Combine(SocketFolder, SocketName);
    public bool IsCreated => File.Exists(Path.Combine(DataFolder, "PG_VERSION"));

    /// <summary>
    /// <c>home/postgres</c>, unless the server's account cannot get there (a home below a closed /root): then /var/lib/pricing/(hash of the home),
    /// and says so. Data that is there already wins over both, so that a changed mode of a folder never hides it.
    /// </summary>
    public static async Task<ClusterFolder> OpenAsync(EmbeddedPostgresOptions options, PostgresAccount account, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Home);
        var (inHome, elsewhere) = Places(options);
        var existing = Path.GetDirectoryName(ExistingData(options));
        var root = existing ?? inHome;
        await account.MakeFolderAsync(root, cancel).ConfigureAwait(false);
        if (!await account.CanUseAsync(root, cancel).ConfigureAwait(false))
        {
            if (existing is not null || account.Name is null)
            {
                throw new EmbeddedPostgresException("POSTGRES_FOLDER_UNUSABLE",
                    $"{root} cannot be used by the account {account.Name ?? Environment.UserName}. Make it reachable, or choose another folder with PRICING_HOME or --home.");
            }
            Directory.Delete(inHome);
            root = elsewhere;
            Directory.CreateDirectory(Path.GetDirectoryName(root)!);
            await account.MakeFolderAsync(root, cancel).ConfigureAwait(false);
            if (!await account.CanUseAsync(root, cancel).ConfigureAwait(false))
            {
                throw new EmbeddedPostgresException("POSTGRES_FOLDER_UNUSABLE",
                    $"Neither {inHome} nor {root} can be used by the account {account.Name}. Choose another folder with PRICING_HOME or --home.");
            }
        }
        if (root != inHome)
        {
            await options.Talk.WriteLineAsync(
                $"The database lives in {root}, because the account {account.Name} cannot enter {options.Home}.").ConfigureAwait(false);
        }

        Directory.CreateDirectory(Path.Combine(root, "locks"));
        var folder = new ClusterFolder(root, SocketFolderFor(root), account);
        await account.MakeFolderAsync(folder.SocketFolder, cancel).ConfigureAwait(false);
        if (!await account.IsPrivateAsync(folder.SocketFolder, cancel).ConfigureAwait(false))
        {
            throw new EmbeddedPostgresException("POSTGRES_FOLDER_UNUSABLE",
                $"The socket folder {folder.SocketFolder} is not private to {account.Name ?? Environment.UserName} (mode 0700). Remove it and try again.");
        }
        return folder;
    }

    /// <summary>The data folder of an earlier start, or null.</summary>
    public static string? ExistingData(EmbeddedPostgresOptions options)
    {
        var (inHome, elsewhere) = Places(options);
        return new[] { inHome, elsewhere }.Select(root => Path.Combine(root, "data")).FirstOrDefault(Directory.Exists);
    }

    /// <summary>The major version that made the data, or null before the first start.</summary>
    public string? Major() => IsCreated ? File.ReadAllText(Path.Combine(DataFolder, "PG_VERSION")).Trim() : null;

    /// <summary>
    /// Makes the cluster, once. It is made beside its place and renamed, so a crash leaves either nothing or a whole cluster. Inside the gate.
    /// </summary>
    public async Task CreateAsync(string bin, TextWriter talk, CancellationToken cancel)
    {
        foreach (var leftover in Directory.GetDirectories(Root, "init-*"))
            await Account.RunAsync(["rm", "-rf", leftover], Limits.EmbeddedPostgres.CommandSeconds, cancel).ConfigureAwait(false);

        await talk.WriteLineAsync($"Creating the database in {Root} (once) …").ConfigureAwait(false);
        // A fresh name each time: an orphaned initdb of a killed process may still be writing into the old one.
        var made = Path.Combine(Root, $"init-{Guid.NewGuid():n}");
        var initialised = await Account.RunAsync(
            [
                Path.Combine(bin, "initdb"), "-D", made, "-U", DatabaseName, "-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums",
            ],
            Limits.EmbeddedPostgres.InitSeconds, cancel).ConfigureAwait(false);
        if (!initialised.Succeeded)
            throw new EmbeddedPostgresException("POSTGRES_INIT_FAILED", $"The database could not be created in {Root}: {initialised.Output}");

        await File.AppendAllTextAsync(Path.Combine(made, "postgresql.conf"), "\ninclude_if_exists = 'pricing.conf'\n", cancel).ConfigureAwait(false);
        Directory.Move(made, DataFolder);
    }

    /// <summary>Writes our settings; every start, so that a newer program's settings take hold. Inside the gate.</summary>
    public async Task WriteSettingsAsync(CancellationToken cancel)
    {
        var path = Path.Combine(DataFolder, "pricing.conf");
        var settings = string.Create(CultureInfo.InvariantCulture, $"""
            # Written by pricing at every start; changes here are lost.
            listen_addresses = ''
            unix_socket_directories = '{SocketFolder.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            port = 5432
            cluster_name = '{ClusterName}'
            max_connections = {Limits.EmbeddedPostgres.ConnectionsMax}
            shared_buffers = {Limits.EmbeddedPostgres.SharedBuffersMb}MB
            # Accepted means on disk.
            fsync = on
            synchronous_commit = on
            full_page_writes = on
            max_wal_size = 512MB
            # Queue tables churn: vacuum looks often, or claims slow down (reliability notes, decision 5).
            autovacuum_naptime = 1s
            # Containers give little /dev/shm; our statements are short.
            max_parallel_workers_per_gather = 0
            jit = off
            timezone = 'UTC'
            log_timezone = 'UTC'
            # Statement errors go to their client; the log keeps what concerns the server.
            log_min_messages = log
            log_checkpoints = off

            """);
        var staged = path + ".new";
        await File.WriteAllTextAsync(staged, settings, cancel).ConfigureAwait(false);
        await Account.OwnAsync(staged, cancel).ConfigureAwait(false);
        File.Move(staged, path, overwrite: true);

        if (File.Exists(LogFile) && new FileInfo(LogFile).Length > Limits.EmbeddedPostgres.LogBytesMax)
            File.Move(LogFile, LogFile + ".1", overwrite: true);
    }

    static (string InHome, string Elsewhere) Places(EmbeddedPostgresOptions options)
    {
        var home = Path.GetFullPath(options.Home);
        return (Path.Combine(home, "postgres"), Path.Combine("/var/lib/pricing", Hash(home)));
    }

    static string SocketFolderFor(string root)
    {
        var beside = Path.Combine(root, "run");
        return Encoding.UTF8.GetByteCount(Path.Combine(beside, SocketName)) <= Limits.EmbeddedPostgres.SocketPathBytesMax
            ? beside
            : $"/tmp/pricing-{Hash(root)}";
    }

    static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
