using System.Diagnostics;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pricing.Coordinator;
using Pricing.Coordinator.Archive;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Quotes;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Bench;

/// <summary>Jobs per second of one round: accepted, claimed and answered, each durably; counted in the database afterwards.</summary>
sealed record DatabaseRound(string Who, int Round, double JobsPerS);

/// <summary>How long claims of a batch took under one condition, and the jobs that went through meanwhile.</summary>
sealed record ClaimTimes(string Condition, long Claims, double P50Ms, double P90Ms, double P99Ms, double MaxMs, double JobsPerS);

/// <summary>
/// The database's own pace and ours: the coordinator's statements sent by pgbench, and the coordinator's code doing the same, in turns on the
/// same server with as many connections; then how long claims take beside a long history and beside an old snapshot.
/// </summary>
sealed class DatabaseBench(string connection, int clients, int seconds, Action<string> say)
{
    const int Batch = 32;
    const int BodyBytes = 2_000;

    static readonly byte[] Model = SHA256.HashData("pricing bench"u8);
    static readonly byte[] Options = [];

    readonly NpgsqlDataSource _source = DatabaseSource.Create(connection);
    readonly Guid _node = Guid.NewGuid();

    /// <summary>Makes a database of its own on the server; dropped by <see cref="DropAsync"/>.</summary>
    public static async Task<string> CreateAsync(string server, CancellationToken cancellation)
    {
        var name = $"pricing_bench_{Environment.ProcessId}";
        await OnServerAsync(server, $"create database {name}", cancellation);
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    public static Task DropAsync(string server, string made, CancellationToken cancellation) =>
        OnServerAsync(server, $"drop database if exists {new NpgsqlConnectionStringBuilder(made).Database} with (force)", cancellation);

    public async Task PrepareAsync(CancellationToken cancellation)
    {
        await Migrator.MigrateAsync(_source, cancellation);
        await new JobArchive(_source).MakeMonthsAsync(cancellation);
        await _source.Command("insert into model (sha256, size_bytes) values ($1, 1000000)", Model).RunAsync(cancellation);
        await _source.Command("insert into price_list (list_id, version, document, sha256, state, effective_at) values ('bench', 1, '', '', 'published', now())").RunAsync(cancellation);
    }

    public Task<string> SettingsAsync(CancellationToken cancellation) => ReadTextAsync("""
        select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit')
        """, cancellation);

    /// <summary>pgbench and ours in turns, every round on empty tables.</summary>
    public async Task<IReadOnlyList<DatabaseRound>> RoundsAsync(string pgbench, int rounds, CancellationToken cancellation)
    {
        var results = new List<DatabaseRound>();
        var script = Path.Combine(Path.GetTempPath(), $"pricing-bench-{Environment.ProcessId}.sql");
        await File.WriteAllTextAsync(script, PgbenchScript.Write(Batch), cancellation);
        try
        {
            for (var round = 1; round <= rounds; round++)
            {
                results.Add(new("pgbench", round, await PaceAsync(() => PgbenchAsync(pgbench, script, cancellation), cancellation)));
                results.Add(new("coordinator", round, await PaceAsync(() => ManyAsync(TimeSpan.FromSeconds(seconds), cancellation), cancellation)));
                say($"round {round}: pgbench {results[^2].JobsPerS:0} jobs/s, coordinator {results[^1].JobsPerS:0} jobs/s");
            }
        }
        finally
        {
            File.Delete(script);
        }
        return results;
    }

    /// <summary>Claims beside an empty history, so many ended jobs in the archive, in the hot table, and beside an idle snapshot.</summary>
    public async Task<IReadOnlyList<ClaimTimes>> ClaimsAsync(int finished, int snapshotSeconds, CancellationToken cancellation)
    {
        var results = new List<ClaimTimes>();
        // As every coordinator does, once a second.
        using var floor = new QueueFloor(_source, new CoordinatorOptions { ConnectionString = connection, ModelFolder = "", EngineVersion = 1 }, NullLogger<QueueFloor>.Instance);
        await floor.StartAsync(cancellation);
        async Task AddAsync(string condition, TimeSpan time)
        {
            results.Add(await ClaimTimesAsync(condition, time, cancellation));
            say($"{condition}: claim of {Batch} p50 {results[^1].P50Ms:0.00} ms, p99 {results[^1].P99Ms:0.00} ms");
        }
        var phase = TimeSpan.FromSeconds(seconds);
        await EmptyAsync(cancellation);
        await ClaimTimesAsync("warming", phase / 2, cancellation);
        await EmptyAsync(cancellation);
        await AddAsync("no history", phase);
        await FillAsync("job_done", finished, cancellation);
        await AddAsync($"{finished} ended jobs in the archive", phase);
        await FillAsync("job", finished, cancellation);
        await AddAsync($"… and {finished} in the hot table", phase);
        await EmptyAsync(cancellation);
        if (snapshotSeconds == 0)
        {
            await floor.StopAsync(CancellationToken.None);
            return results;
        }

        // A foreign session that read once and went to lunch.
        await using var foreign = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, ApplicationName = "report" }.ConnectionString);
        await foreign.OpenAsync(cancellation);
        await using (var snapshot = await foreign.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellation))
        {
            await snapshot.Command("select count(*) from job").RunAsync(cancellation);
            var window = TimeSpan.FromSeconds(Math.Max(1, snapshotSeconds / 6.0));
            for (var i = 1; i <= 6; i++)
                await AddAsync($"idle snapshot, {(i - 1) * window.TotalSeconds:0}–{i * window.TotalSeconds:0} s", window);
        }
        await floor.StopAsync(CancellationToken.None);
        return results;
    }

    /// <summary>Jobs per second that a run brought to their end.</summary>
    async Task<double> PaceAsync(Func<Task> run, CancellationToken cancellation)
    {
        await EmptyAsync(cancellation);
        var start = Stopwatch.GetTimestamp();
        await run();
        var elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return long.Parse(await ReadTextAsync("select count(*)::text from job where state = 'completed'", cancellation), System.Globalization.CultureInfo.InvariantCulture) / elapsed;
    }

    async Task PgbenchAsync(string pgbench, string script, CancellationToken cancellation)
    {
        var to = new NpgsqlConnectionStringBuilder(connection);
        var start = new ProcessStartInfo(pgbench,
            ["-n", "-M", "prepared", "-c", $"{clients}", "-j", $"{Math.Min(clients, Environment.ProcessorCount)}", "-T", $"{seconds}", "-f", script,
                "-h", to.Host!, "-p", $"{to.Port}", "-U", to.Username!])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in PgbenchScript.Variables(Model, Batch, _node, BodyBytes))
        {
            start.ArgumentList.Add("-D");
            start.ArgumentList.Add($"{name}={value}");
        }
        start.ArgumentList.Add(to.Database!);
        if (to.Password is not null)
            start.Environment["PGPASSWORD"] = to.Password;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        var said = await output + await errors;
        if (process.ExitCode != 0 || said.Contains("aborted", StringComparison.Ordinal))
            throw new FaultException(new Fault(ExitCode.Internal, "PGBENCH_FAILED", $"pgbench failed: {said[..Math.Min(said.Length, Limits.EmbeddedPostgres.OutputCharsMax)]}", "database"));
    }

    Task ManyAsync(TimeSpan time, CancellationToken cancellation) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(() => CyclesAsync(new JobStore(_source), time, null, cancellation), cancellation)));

    async Task<ClaimTimes> ClaimTimesAsync(string condition, TimeSpan time, CancellationToken cancellation)
    {
        var times = new LatencyHistogram();
        var start = Stopwatch.GetTimestamp();
        await CyclesAsync(new JobStore(_source), time, times, cancellation);
        var jobs = times.Count * Batch / Stopwatch.GetElapsedTime(start).TotalSeconds;
        double Ms(double percent) => times.PercentileNs(percent) / 1e6;
        return new(condition, times.Count, Ms(50), Ms(90), Ms(99), times.HighestNs / 1e6, jobs);
    }

    /// <summary>What a coordinator does to the database for a batch of quotes: accept each, claim them, answer each.</summary>
    async Task CyclesAsync(JobStore jobs, TimeSpan time, LatencyHistogram? claims, CancellationToken cancellation)
    {
        var offers = Enumerable.Repeat(new JobOffer(_node, "bench"), Batch).ToList();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            for (var i = 0; i < Batch; i++)
                await AcceptAsync(cancellation);
            var claim = Stopwatch.GetTimestamp();
            var leases = await jobs.ClaimAsync(1, offers, new LaneSplit(Batch / 2, Batch - Batch / 2), cancellation);
            claims?.Add(Stopwatch.GetElapsedTime(claim).Ticks * 100);
            foreach (var lease in leases)
            {
                var key = (await jobs.ReadKeyAsync(lease.JobId, cancellation))!;
                await jobs.CompleteAsync(new LeaseId(lease.JobId, lease.Epoch), _node, key, Measured, cancellation);
            }
        }
    }

    Task AcceptAsync(CancellationToken cancellation)
    {
        var quoteId = Guid.CreateVersion7();
        var key = new MeasureKey(Model, SHA256.HashData(quoteId.ToByteArray()), 1);
        return _source.InTransactionAsync(async transaction =>
        {
            await QuoteStore.RememberAsync(transaction, "bench", $"{quoteId}", Model, quoteId, cancellation);
            var (jobId, _) = await JobStore.EnqueueOrJoinAsync(transaction, new JobOrder(key, 1_000_000, "bench.stl", NoOptions, TimeSpan.FromMinutes(15), "bench"), cancellation);
            await QuoteStore.InsertWaitingAsync(transaction, new NewQuote(quoteId, "bench", Body, $"{quoteId}", Model, "bench", 1, TimeSpan.FromMinutes(15)), jobId, cancellation);
            return true;
        }, cancellation);
    }

    static readonly MeasureOptions NoOptions = MeasureOptions.Parser.ParseFrom(Options);
    static readonly byte[] Body = new byte[BodyBytes];
    static readonly Measurement Measured = new() { EngineVersion = 1, Digest = ByteString.CopyFrom(Model), ModelSha256 = new string('a', BodyBytes) };

    Task EmptyAsync(CancellationToken cancellation) =>
        UnboundedAsync("truncate job, job_attempt, quote, request, measurement, job_done; vacuum; checkpoint", cancellation);

    /// <summary>Ended jobs, as many as asked, over the last hour.</summary>
    Task FillAsync(string table, int count, CancellationToken cancellation) => UnboundedAsync($"""
        insert into {table} ({(table == "job_done" ? "job_id, strikes, run_at, created_at, " : "")}model_sha256, model_bytes, file_name, options_key, options, engine_version, state, epoch, attempts, deadline_at, finished_at)
        select {(table == "job_done" ? "-i, 0, now(), now(), " : "")}'\x{Convert.ToHexStringLower(Model)}', 1000000, 'bench.stl', sha256(i::text::bytea), '', 1, 'completed', 1, 1, now(),
               greatest(now() - i * interval '3 ms', date_trunc('month', now()))
        from generate_series(1, {count}) i;
        vacuum analyze {table}
        """, cancellation);

    async Task UnboundedAsync(string sql, CancellationToken cancellation)
    {
        await using var plain = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = Limits.Database.MigrationSeconds }.ConnectionString);
        await plain.OpenAsync(cancellation);
        // One by one: vacuum does not stand in a transaction, which several statements at once are.
        foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            await RunAsync(plain, statement, cancellation);
    }

    async Task<string> ReadTextAsync(string sql, CancellationToken cancellation) =>
        (await _source.Command(sql).ReadOneAsync(r => r.GetString(0), cancellation))!;

    static async Task OnServerAsync(string server, string sql, CancellationToken cancellation)
    {
        await using var plain = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false, CommandTimeout = Limits.Database.MigrationSeconds }.ConnectionString);
        await plain.OpenAsync(cancellation);
        await RunAsync(plain, sql, cancellation);
    }

    static async Task RunAsync(NpgsqlConnection plain, string sql, CancellationToken cancellation)
    {
#pragma warning disable CA2100 // this file's own text: names, numbers and hashes made here
        await using var command = new NpgsqlCommand(sql, plain);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
