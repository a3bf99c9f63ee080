using Npgsql;

namespace Pricing.Coordinator.Embedded;

/// <summary>
/// A private PostgreSQL cluster in the program's home folder: made once from the installed binaries, reached over a unix socket only, durable.
/// Processes that use the same home share one running server; the last one stops it.
/// </summary>
/// <remarks>
/// The way of a start:
/// 1. Are the binaries there (installed where allowed), which account may run them (PostgreSQL refuses root), which folder can it reach.
/// 2. Through the gate, one process at a time: count ourselves in.
/// 3. Take the binaries of the cluster's own version, create the cluster if there is none.
/// 4. Running already? Share it. Otherwise write the settings and start it, waiting out recovery and orphans of a killed server.
/// 5. Open the gate. A keeper restarts the server if it dies while we use it.
/// A process that is killed leaves a server running and a lock the kernel has freed: the next start shares the one and ignores the other.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    readonly EmbeddedPostgresOptions _options;
    readonly ClusterFolder _folder;
    readonly ClusterUsers _users;
    readonly Postmaster _postmaster;
    readonly CancellationTokenSource _leaving = new();
    Task _keeper = Task.CompletedTask;
    bool _left;

    EmbeddedPostgres(EmbeddedPostgresOptions options, ClusterFolder folder, ClusterUsers users, string bin)
    {
        _options = options;
        _folder = folder;
        _users = users;
        BinFolder = bin;
        ConnectionString = new NpgsqlConnectionStringBuilder
        {
            Host = folder.SocketFolder,
            Port = 5432,
            Username = ClusterFolder.DatabaseName,
            Database = ClusterFolder.DatabaseName,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            Timeout = Limits.Database.ConnectSeconds,
            CommandTimeout = Limits.Database.StatementSeconds,
            MaxPoolSize = Limits.Database.PoolConnectionsMax,
        }.ConnectionString;
        _postmaster = new Postmaster(folder, bin, ConnectionString, options.Time);
    }

    /// <summary>For Npgsql; the host is the socket folder.</summary>
    public string ConnectionString { get; }

    /// <summary>Where initdb, pg_ctl and postgres were found.</summary>
    public string BinFolder { get; }

    /// <summary>The cluster's files; below the home unless the server's account cannot get there.</summary>
    public string DataFolder => _folder.DataFolder;

    public string LogFile => _folder.LogFile;

    /// <summary>The server's process, or null while it does not run.</summary>
    public int? Pid => _postmaster.Pid();

    /// <summary>Creates, starts or joins the cluster of a home folder. Throws <see cref="EmbeddedPostgresException"/>, bounded in time.</summary>
    public static async Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresOptions options, CancellationToken cancel)
    {
        EmbeddedPostgres? cluster = null;
        // Installing the package also makes its account, hence before the choice of one.
        await PostgresBinaries.FindOrInstallAsync(options, null, cancel).ConfigureAwait(false);
        var account = await PostgresAccount.ChooseAsync(options, cancel).ConfigureAwait(false);
        var folder = await ClusterFolder.OpenAsync(options, account, cancel).ConfigureAwait(false);
        var users = new ClusterUsers(folder.LockFolder, options.Time);
        using (await users.EnterGateAsync(cancel).ConfigureAwait(false))
        {
            users.Join();
            try
            {
                var bin = await PostgresBinaries.FindOrInstallAsync(options, folder.Major(), cancel).ConfigureAwait(false);
                if (!folder.IsCreated)
                    await folder.CreateAsync(bin, options.Talk, cancel).ConfigureAwait(false);
                cluster = new EmbeddedPostgres(options, folder, users, bin);
                await cluster.BringUpAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception)
            {
                // Counted out again, so that a failed start never keeps a server of ours alive.
                if (users.LeaveAsLast() && cluster is not null)
                    await cluster._postmaster.StopAsync(CancellationToken.None).ConfigureAwait(false);
                throw;
            }
        }
        if (options.KeepRunning)
            cluster._keeper = cluster.KeepAsync();
        return cluster;
    }

    /// <summary>kill -9 of the server, for tests of what must survive it.</summary>
    public Task KillAsync(CancellationToken cancel = default) => _postmaster.KillAsync(cancel);

    /// <summary>Stops the server if it runs and starts it again; waits until it answers.</summary>
    public async Task RestartAsync(CancellationToken cancel = default)
    {
        using var gate = await _users.EnterGateAsync(cancel).ConfigureAwait(false);
        await _postmaster.StopAsync(cancel).ConfigureAwait(false);
        await BringUpAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Leaves; the last user stops the server.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_left)
            return;
        _left = true;
        await _leaving.CancelAsync().ConfigureAwait(false);
        await _keeper.ConfigureAwait(false);
        _leaving.Dispose();
        using var gate = await _users.EnterGateAsync(CancellationToken.None).ConfigureAwait(false);
        if (_users.LeaveAsLast())
            await _postmaster.StopAsync(CancellationToken.None).ConfigureAwait(false);
    }

    // Inside the gate.
    async Task BringUpAsync(CancellationToken cancel)
    {
        if (_postmaster.Pid() is null)
            await _folder.WriteSettingsAsync(cancel).ConfigureAwait(false);
        await _postmaster.StartAsync(cancel).ConfigureAwait(false);
        await _postmaster.EnsureDatabaseAsync(cancel).ConfigureAwait(false);
    }

    // Runs until we leave; every round is bounded, and a failure is said and tried again, because without its database the program is of no use.
    async Task KeepAsync()
    {
        var pause = TimeSpan.FromMilliseconds(Limits.EmbeddedPostgres.KeeperMs);
        while (!_leaving.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, _options.Time, _leaving.Token).ConfigureAwait(false);
                pause = TimeSpan.FromMilliseconds(Limits.EmbeddedPostgres.KeeperMs);
                if (_postmaster.Pid() is not null)
                    continue;
                using var gate = await _users.EnterGateAsync(_leaving.Token).ConfigureAwait(false);
                if (_postmaster.Pid() is not null)
                    continue;
                await _options.Talk.WriteLineAsync("The database server is gone; starting it again.").ConfigureAwait(false);
                await BringUpAsync(_leaving.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failed) when (failed is EmbeddedPostgresException or NpgsqlException or IOException or UnauthorizedAccessException)
            {
                await _options.Talk.WriteLineAsync($"The database server could not be started again: {failed.Message}").ConfigureAwait(false);
                pause = TimeSpan.FromMilliseconds(Limits.EmbeddedPostgres.KeeperFailedMs);
            }
        }
    }
}
