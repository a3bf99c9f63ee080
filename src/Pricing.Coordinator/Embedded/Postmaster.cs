using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Pricing.Coordinator.Embedded;

/// <summary>The running server: is it there, does it answer, start it, stop it. Everything that changes it is called inside the gate.</summary>
sealed class Postmaster(ClusterFolder folder, string bin, string connectionString, TimeProvider time)
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(Limits.EmbeddedPostgres.PollMs);

    string PidFile => Path.Combine(folder.DataFolder, "postmaster.pid");

    /// <summary>The server's process, or null when it does not run.</summary>
    public int? Pid() => ReadPid() is { } pid && IsOurs(pid) ? pid : null;

    /// <summary>
    /// Brings the server up, whatever it was in: stopped, running, recovering, killed with orphaned back ends that still hold its shared memory,
    /// or with a pid file whose number now belongs to somebody else.
    /// </summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var lastWord = "";
        while (time.GetElapsedTime(began) < TimeSpan.FromSeconds(Limits.EmbeddedPostgres.StartSeconds))
        {
            if (await AnswersAsync(cancel).ConfigureAwait(false))
                return;
            // 1. It runs and does not answer yet (recovery): wait for it.
            // 2. It is dead and its back ends are not: they notice within a second and leave; a start before that is refused.
            if (Pid() is null && !HasOrphans())
            {
                // 3. The file's number belongs to a stranger (a restarted container counts from 1 again): PostgreSQL would wait for it for ever.
                if (ReadPid() is not null)
                    File.Delete(PidFile);
                // 4. Dead or never started.
                var started = await folder.Account.RunAsync(
                    [Path.Combine(bin, "pg_ctl"), "start", "-D", folder.DataFolder, "-l", folder.LogFile, "-w", "-s",
                        "-t", Limits.EmbeddedPostgres.StartSeconds.ToString(CultureInfo.InvariantCulture)],
                    Limits.EmbeddedPostgres.StartSeconds, cancel).ConfigureAwait(false);
                lastWord = started.Output;
            }
            await Task.Delay(Poll, time, cancel).ConfigureAwait(false);
        }
        throw new EmbeddedPostgresException("POSTGRES_START_FAILED",
            $"The database in {folder.Root} did not start within {Limits.EmbeddedPostgres.StartSeconds} s. {lastWord} Its log: {folder.LogFile}\n{LogTail()}");
    }

    /// <summary>Fast shutdown: sessions end, a checkpoint is written. When it takes too long, the immediate one: the next start recovers.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (Pid() is not { } pid)
            return;
        foreach (var mode in new[] { "fast", "immediate" })
        {
            await folder.Account.RunAsync(
                [Path.Combine(bin, "pg_ctl"), "stop", "-D", folder.DataFolder, "-m", mode, "-w", "-s",
                    "-t", Limits.EmbeddedPostgres.StopSeconds.ToString(CultureInfo.InvariantCulture)],
                Limits.EmbeddedPostgres.StopSeconds + Limits.EmbeddedPostgres.CommandSeconds, cancel).ConfigureAwait(false);
            // pg_ctl answers when the pid file is gone; the process itself follows a moment later.
            if (await GoneAsync(pid, cancel).ConfigureAwait(false))
                return;
        }
        throw new EmbeddedPostgresException("POSTGRES_STOP_FAILED", $"The database in {folder.Root} (process {pid}) did not stop.");
    }

    /// <summary>kill -9, as the out-of-memory killer would.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        if (Pid() is not { } pid)
            return;
        using var process = Process.GetProcessById(pid);
        process.Kill();
        await GoneAsync(pid, cancel).ConfigureAwait(false);
    }

    /// <summary>Makes the database the program uses, when it is not there yet.</summary>
    public async Task EnsureDatabaseAsync(CancellationToken cancel)
    {
        await using var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        await using var known = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection)
        {
            Parameters = { new() { Value = ClusterFolder.DatabaseName } },
        };
        if (await known.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true)
            return;
        await using var create = new NpgsqlCommand($"create database {ClusterFolder.DatabaseName}", connection);
        await create.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        if (!File.Exists(folder.SocketPath))
            return false;
        try
        {
            await using var connection = await ConnectAsync(cancel).ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException)
        {
            // Refused, "the database system is starting up", reset: not ready, and the loop has the bound.
            return false;
        }
    }

    // Unpooled, and to the database initdb made: a probe leaves nothing behind.
    async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        var probe = new NpgsqlConnectionStringBuilder(connectionString) { Database = "postgres", Pooling = false };
        var connection = new NpgsqlConnection(probe.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            return connection;
        }
        catch (Exception)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    int? ReadPid()
    {
        try
        {
            var first = File.ReadLines(PidFile).FirstOrDefault();
            return int.TryParse(first, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            // Never started, or stopped between two of our looks.
            return null;
        }
    }

    async Task<bool> GoneAsync(int pid, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        while (IsOurs(pid))
        {
            if (time.GetElapsedTime(began) > TimeSpan.FromSeconds(Limits.EmbeddedPostgres.CommandSeconds))
                return false;
            await Task.Delay(Poll, time, cancel).ConfigureAwait(false);
        }
        return true;
    }

    // "/usr/lib/postgresql/15/bin/postgres -D /home/…/postgres/data": the arguments of the server, readable by everyone.
    bool IsOurs(int pid) => CommandLine(pid).Contains(folder.DataFolder, StringComparison.Ordinal);

    // Back ends rename themselves: "postgres: pricing-1f3c…: checkpointer".
    bool HasOrphans() => Directory.GetDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Any(pid => pid > 0 && CommandLine(pid).StartsWith($"postgres: {folder.ClusterName}", StringComparison.Ordinal));

    // Empty for a process that is gone, and for a zombie, which holds nothing any more.
    static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    string LogTail()
    {
        try
        {
            return string.Join('\n', File.ReadLines(folder.LogFile).TakeLast(5));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
