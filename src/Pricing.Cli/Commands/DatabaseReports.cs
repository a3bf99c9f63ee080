using System.Globalization;
using Npgsql;
using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Pricing.Coordinator.Embedded;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench --database</c>: durable jobs per second next to pgbench with the same statements, and how claims keep their pace.</summary>
static class DatabaseReports
{
    public static async Task<int> RunAsync(string? server, int seconds, int clients, int rounds, int finished, int snapshotSeconds, string? save, bool json, Terminal terminal,
        CancellationToken cancellation)
    {
        var pgbench = ChildRun.Find("pgbench") ?? Installed().FirstOrDefault()
            ?? throw new FaultException(new Fault(ExitCode.Unavailable, "PGBENCH_MISSING", "pgbench is not installed; it comes with the package postgresql.", "database"));
        var home = server is null ? Directory.CreateTempSubdirectory("pricing-bench-") : null;
        EmbeddedPostgres? own = null;
        try
        {
            if (server is null)
            {
                own = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { Home = home!.FullName, Talk = terminal.Error }, cancellation);
                server = own.ConnectionString;
            }
            var made = await DatabaseBench.CreateAsync(server, cancellation);
            try
            {
                await ReportAsync(new DatabaseBench(made, clients, seconds, terminal.Error.WriteLine), pgbench, seconds, clients, rounds, finished, snapshotSeconds,
                    own is not null, save, json, terminal, cancellation);
            }
            finally
            {
                NpgsqlConnection.ClearAllPools();
                await DatabaseBench.DropAsync(server, made, CancellationToken.None);
            }
        }
        finally
        {
            if (own is not null)
            {
                await own.DisposeAsync();
                // Not always below the home: as root the cluster lives where the server's account can reach it.
                if (Path.GetDirectoryName(own.DataFolder) is { } cluster && Directory.Exists(cluster))
                    Directory.Delete(cluster, recursive: true);
                if (home!.Exists)
                    home.Delete(recursive: true);
            }
        }
        return ExitCode.Ok;
    }

    static async Task ReportAsync(DatabaseBench bench, string pgbench, int seconds, int clients, int rounds, int finished, int snapshotSeconds, bool own, string? save, bool json,
        Terminal terminal, CancellationToken cancellation)
    {
        var before = Machine.Load();
        await bench.PrepareAsync(cancellation);
        var settings = await bench.SettingsAsync(cancellation);
        var paces = await bench.RoundsAsync(pgbench, rounds, cancellation);
        var claims = await bench.ClaimsAsync(finished, snapshotSeconds, cancellation);

        var (theirs, ours) = (PaceOf("pgbench"), PaceOf("coordinator"));
        var ratio = ours.Median / theirs.Median;
        var head = string.Create(CultureInfo.InvariantCulture, $"load before {before}, after {Machine.Load()}; {settings}; {(own ? "server of its own over a unix socket" : "given server")}, "
            + $"same machine; {clients} connections, {rounds} rounds of {seconds} s in turns; a job is accepted, claimed in batches of 32 and answered, each durably; "
            + $"the coordinator's pace is {ratio:P0} of pgbench's (goal 60 %)");
        string[] titles = ["what", "jobs/s", "jobs/s min", "jobs/s max", "claim p50 ms", "claim p90 ms", "claim p99 ms", "claim max ms", "claims"];
        IReadOnlyList<object>[] rows =
        [
            ["pgbench, the same statements", theirs.Median, theirs.Least, theirs.Most, "", "", "", "", ""],
            ["coordinator's code", ours.Median, ours.Least, ours.Most, "", "", "", "", ""],
            .. claims.Select(c => (IReadOnlyList<object>)[$"one caller: {c.Condition}", Math.Round(c.JobsPerS), "", "",
                Math.Round(c.P50Ms, 2), Math.Round(c.P90Ms, 2), Math.Round(c.P99Ms, 2), Math.Round(c.MaxMs, 2), c.Claims]),
        ];
        if (save is not null)
            SavedResults.Write(save, "database", "Durable jobs and the claim", head, titles, rows);
        if (json)
        {
            JsonText.Write(terminal.Out, writer => SavedResults.Json(writer, head, titles, rows));
            return;
        }
        await terminal.Out.WriteLineAsync(Machine.Describe());
        await terminal.Out.WriteLineAsync(head);
        await terminal.Out.FlushAsync(cancellation);
        var table = new Table().Border(TableBorder.Rounded).AddColumn(titles[0]);
        foreach (var title in titles.Skip(1))
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
        terminal.Tables().Write(table);
        await terminal.Out.FlushAsync(cancellation);

        (double Median, double Least, double Most) PaceOf(string who)
        {
            var sorted = paces.Where(p => p.Who == who).Select(p => Math.Round(p.JobsPerS)).Order().ToList();
            return (sorted[sorted.Count / 2], sorted[0], sorted[^1]);
        }
    }

    /// <summary>Debian keeps it beside the server's programs, off the PATH.</summary>
    static IEnumerable<string> Installed() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin", "pgbench")).Where(File.Exists)
        : [];
}
