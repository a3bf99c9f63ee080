using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Embedded;

namespace Pricing.IntegrationTests.Embedded;

/// <summary>The private cluster, with the real PostgreSQL of the machine.</summary>
[TestFixture]
[Platform("Linux")]
[SupportedOSPlatform("linux")]
sealed class EmbeddedPostgresTests
{
    ClusterHome _home = null!;

    [SetUp]
    public void MakeHome() => _home = new ClusterHome();

    [TearDown]
    public void RemoveHome() => _home.Dispose();

    [Test]
    public async Task A_fresh_home_gets_a_durable_server_without_a_network_door()
    {
        await using var cluster = await _home.StartAsync();

        Assert.Multiple(async () =>
        {
            Assert.That(await ClusterHome.AskAsync(cluster, "show listen_addresses"), Is.Empty);
            Assert.That(await ClusterHome.AskAsync(cluster, "show fsync"), Is.EqualTo("on"));
            Assert.That(await ClusterHome.AskAsync(cluster, "show synchronous_commit"), Is.EqualTo("on"));
            Assert.That(await ClusterHome.AskAsync(cluster, "show data_checksums"), Is.EqualTo("on"));
            Assert.That(await ClusterHome.AskAsync(cluster, "select current_database()::text"), Is.EqualTo("pricing"));
        });
        var socketFolder = new NpgsqlConnectionStringBuilder(cluster.ConnectionString).Host!;
        Assert.That(File.GetUnixFileMode(socketFolder), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(_home.Talk.ToString(), Does.Contain("Creating the database"));
    }

    [Test]
    public async Task A_restart_keeps_the_data_and_the_last_user_stops_the_server()
    {
        var first = await _home.StartAsync();
        await ClusterHome.AskAsync(first, "create table kept (n int); insert into kept values (42)");
        var pid = first.Pid!.Value;
        await first.DisposeAsync();
        // Empty for a process that is gone, and for one that init has not buried yet.
        var commandLine = Directory.Exists($"/proc/{pid}") ? await File.ReadAllTextAsync($"/proc/{pid}/cmdline") : "";
        Assert.That(commandLine, Is.Empty, "the only user left, so the server must be gone");

        await using var second = await _home.StartAsync();
        Assert.That(await ClusterHome.AskAsync(second, "select n from kept"), Is.EqualTo(42));
        await second.RestartAsync();
        Assert.That(await ClusterHome.AskAsync(second, "select n from kept"), Is.EqualTo(42));
        Assert.That(_home.Talk.ToString().Split("Creating the database"), Has.Length.EqualTo(2), "created once");
    }

    [Test]
    public async Task After_kill_9_of_the_server_a_start_recovers_what_was_committed()
    {
        await using var cluster = await _home.StartAsync();
        await ClusterHome.AskAsync(cluster, "create table kept (n int); insert into kept values (7)");
        // A session in the middle of a statement keeps a back end, and with it the shared memory, alive for a while.
        await using var busy = new NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
        await busy.OpenAsync();
        await using var sleeping = new NpgsqlCommand("select pg_sleep(2)", busy);
        var asleep = sleeping.ExecuteNonQueryAsync();

        await cluster.KillAsync();
        Assert.That(cluster.Pid, Is.Null);
        await cluster.RestartAsync();

        Assert.That(await ClusterHome.AskAsync(cluster, "select n from kept"), Is.EqualTo(7));
        Assert.That(async () => await asleep, Throws.InstanceOf<NpgsqlException>(), "its server was killed under it");
    }

    [Test]
    public async Task The_keeper_brings_a_killed_server_back_by_itself()
    {
        await using var cluster = await _home.StartAsync(keepRunning: true);
        await ClusterHome.AskAsync(cluster, "create table kept (n int); insert into kept values (9)");
        var before = cluster.Pid!.Value;
        await cluster.KillAsync();

        // The gate serialises: by the time a second user is in, the keeper or this start has brought the server up.
        await using var second = await _home.StartAsync();
        Assert.That(cluster.Pid, Is.Not.Null.And.Not.EqualTo(before));
        Assert.That(await ClusterHome.AskAsync(cluster, "select n from kept"), Is.EqualTo(9));
    }

    [Test]
    public async Task A_pid_file_that_names_a_stranger_does_not_block_the_start()
    {
        string data;
        await using (var first = await _home.StartAsync())
            data = first.DataFolder;
        // As after a container restart: the number is alive and is not PostgreSQL (it is this very test).
        await File.WriteAllTextAsync(Path.Combine(data, "postmaster.pid"), $"{Environment.ProcessId}\n{data}\n1\n5432\n\n*\n\n");

        await using var second = await _home.StartAsync();
        Assert.That(await ClusterHome.AskAsync(second, "select 1"), Is.EqualTo(1));
    }

    [Test]
    public async Task Users_that_start_at_once_share_one_server_and_none_stops_it_under_another()
    {
        var users = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => _home.StartAsync())));
        var pid = users[0].Pid;
        Assert.That(users.Select(user => user.Pid), Is.All.EqualTo(pid));

        await Task.WhenAll(users[..3].Select(user => user.DisposeAsync().AsTask()));
        Assert.That(users[3].Pid, Is.EqualTo(pid));
        Assert.That(await ClusterHome.AskAsync(users[3], "select 1"), Is.EqualTo(1));

        await users[3].DisposeAsync();
        Assert.That(users[3].Pid, Is.Null);
    }

    [Test]
    public async Task Another_process_keeps_the_server_while_it_lives_and_not_after_kill_9()
    {
        await using var first = await _home.StartAsync();
        var pid = first.Pid;
        var lockFile = Path.Combine(_home.Folder, "postgres", "locks", "user-other.lock");
        // flock(1) takes the very lock another pricing process would hold; "held" is its signal.
        using var other = Process.Start(new ProcessStartInfo("flock")
        {
            ArgumentList = { "--no-fork", lockFile, "sh", "-c", "echo held; exec sleep 600" },
            RedirectStandardOutput = true,
        })!;
        Assert.That(await other.StandardOutput.ReadLineAsync(), Is.EqualTo("held"));

        await first.DisposeAsync();
        Assert.That(first.Pid, Is.EqualTo(pid));

        other.Kill();
        await other.WaitForExitAsync();
        Assert.That(File.Exists(lockFile), "a killed user leaves its file");
        var last = await _home.StartAsync();
        Assert.That(last.Pid, Is.EqualTo(pid), "the running server is joined, not replaced");
        await last.DisposeAsync();
        Assert.That(last.Pid, Is.Null, "nobody alive is left");
    }

    [Test]
    public async Task The_server_never_runs_as_root()
    {
        await using var cluster = await _home.StartAsync();
        var status = await File.ReadAllLinesAsync($"/proc/{cluster.Pid}/status");
        var uid = status.First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

        Assert.That(uid, Is.Not.EqualTo("0"));
        if (!Environment.IsPrivilegedProcess)
            Assert.That((await File.ReadAllLinesAsync("/proc/self/status")).First(line => line.StartsWith("Uid:", StringComparison.Ordinal)), Does.Contain(uid));
    }

    [Test]
    public async Task A_home_with_a_long_path_gets_a_short_socket()
    {
        using var deep = new ClusterHome(Directory.CreateDirectory(Path.Combine(_home.Folder, new string('d', 120))).FullName);
        await using var cluster = await deep.StartAsync();

        var socketFolder = new NpgsqlConnectionStringBuilder(cluster.ConnectionString).Host!;
        Assert.That(Encoding.UTF8.GetByteCount(socketFolder + "/.s.PGSQL.5432"), Is.LessThanOrEqualTo(Limits.EmbeddedPostgres.SocketPathBytesMax));
        Assert.That(await ClusterHome.AskAsync(cluster, "select 1"), Is.EqualTo(1));
        await cluster.DisposeAsync();
        Directory.Delete(socketFolder, recursive: true);
    }

    [Test]
    public async Task A_home_the_servers_account_cannot_enter_moves_the_data_and_says_so()
    {
        File.SetUnixFileMode(_home.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var cluster = await _home.StartAsync();

        Assert.That(await ClusterHome.AskAsync(cluster, "select 1"), Is.EqualTo(1));
        var moved = !cluster.DataFolder.StartsWith(_home.Folder, StringComparison.Ordinal);
        // Only root lends the server another account; anybody else's own folder is always reachable.
        Assert.That(moved, Is.EqualTo(Environment.IsPrivilegedProcess));
        Assert.That(_home.Talk.ToString().Contains("The database lives in /var/lib/pricing/", StringComparison.Ordinal), Is.EqualTo(moved));
        if (moved)
        {
            // Opened later, the home must not hide the data with a second, empty cluster.
            await cluster.DisposeAsync();
            File.SetUnixFileMode(_home.Folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
            await using (var again = await _home.StartAsync())
                Assert.That(again.DataFolder, Is.EqualTo(cluster.DataFolder));
            Directory.Delete(Path.GetDirectoryName(cluster.DataFolder)!, recursive: true);
        }
    }

    [Test]
    public async Task Missing_binaries_name_the_one_command_to_type()
    {
        var options = _home.Options with { BinFolders = [_home.Folder] };
        var refused = (await Assert.ThrowsAsync<EmbeddedPostgresException>(
            () => EmbeddedPostgres.StartAsync(options, CancellationToken.None)))!;

        Assert.That(refused.Reason, Is.EqualTo("POSTGRES_NOT_INSTALLED"));
        Assert.That(refused.Message, Does.Contain("apt-get install --no-install-recommends postgresql"));
        Assert.That(Directory.Exists(Path.Combine(_home.Folder, "postgres")), Is.False, "nothing half-made stays");
    }

    [Test]
    public async Task Data_of_another_version_names_the_package_it_needs()
    {
        string data;
        await using (var first = await _home.StartAsync())
            data = first.DataFolder;
        await File.WriteAllTextAsync(Path.Combine(data, "PG_VERSION"), "12\n");

        var refused = (await Assert.ThrowsAsync<EmbeddedPostgresException>(() => _home.StartAsync()))!;
        Assert.That(refused.Reason, Is.EqualTo("POSTGRES_VERSION_MISSING"));
        Assert.That(refused.Message, Does.Contain("postgresql-12"));
    }

    [Test]
    public async Task A_crash_in_the_middle_of_creation_leaves_nothing_in_the_way()
    {
        var postgres = Directory.CreateDirectory(Path.Combine(_home.Folder, "postgres"));
        var half = postgres.CreateSubdirectory("init-interrupted");
        await File.WriteAllTextAsync(Path.Combine(half.FullName, "PG_VERSION"), "15\n");

        await using var cluster = await _home.StartAsync();
        Assert.That(await ClusterHome.AskAsync(cluster, "select 1"), Is.EqualTo(1));
    }
}
