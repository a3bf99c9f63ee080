using System.CommandLine;
using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Pricing.Geometry;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench</c>: how fast this machine measures, how much faster than others, and whether broken files break anything.</summary>
static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var triangles = new Option<int>("--triangles") { Description = "Size of the mesh, or the largest of --grid and --peers.", DefaultValueFactory = _ => 1_000_000, HelpName = "N" };
        var repetitions = new Option<int>("--repetitions", "-r") { Description = "Repetitions of each, after one to warm up.", DefaultValueFactory = _ => 7, HelpName = "N" };
        var grid = new Option<bool>("--grid") { Description = "Every kernel on every instruction set, by layers, sizes and threads." };
        var peers = new Option<bool>("--peers") { Description = "Compare with PrusaSlicer, admesh and assimp, where installed, on the same files." };
        var corpus = new Option<string?>("--corpus") { Description = "A folder of models that --peers slices and --fuzz mutates besides its own.", HelpName = "DIR" };
        var save = new Option<string?>("--save") { Description = "Keep the results there, per machine, as JSON and Markdown.", HelpName = "DIR" };
        var fuzz = new Option<double?>("--fuzz") { Description = "Throw broken files at a decoder for so many minutes.", HelpName = "MINUTES" };
        var format = new Option<string?>("--format") { Description = "Format to fuzz: one of stl-binary, stl-ascii, obj, ply, off, 3mf, gltf, glb, amf. Default: each in turn.", HelpName = "F" };
        var seed = new Option<int>("--seed") { Description = "Seed of the first broken file.", DefaultValueFactory = _ => 1, HelpName = "N" };
        var knownPrice = new Option<bool>("--known-price") { Description = "Measure how fast a running coordinator answers a known price over gRPC." };
        var seconds = new Option<int>("--seconds") { Description = "With --known-price: how long each number of callers asks; with --database: how long a round takes.", DefaultValueFactory = _ => 10, HelpName = "S" };
        var clients = new Option<int>("--clients") { Description = "With --known-price: callers at the same time, beside the runs with one and four; with --database: connections.", DefaultValueFactory = _ => 16, HelpName = "N" };
        var redis = new Option<string?>("--redis") { Description = "With --known-price: Redis for the coordinator.", HelpName = "HOST:PORT" };
        var database = new Option<string?>("--database")
        {
            Description = "Measure durable jobs per second next to pgbench with the same statements; on a server of its own, or on the given one in a database made for it.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "CONNSTRING",
        };
        var rounds = new Option<int>("--rounds") { Description = "With --database: rounds of each, in turns.", DefaultValueFactory = _ => 3, HelpName = "N" };
        var finished = new Option<int>("--finished") { Description = "With --database: ended jobs that claims are measured beside.", DefaultValueFactory = _ => 1_000_000, HelpName = "N" };
        var snapshot = new Option<int>("--snapshot") { Description = "With --database: how long an idle snapshot is held open beside claims.", DefaultValueFactory = _ => 60, HelpName = "S" };
        var upload = new Option<int?>("--upload") { Description = "Measure how fast a model of so many megabytes is uploaded, next to gRPC alone.", HelpName = "MB" };
        var models = new Option<string?>("--models") { Description = "With --upload: a bucket to upload to besides a folder.", HelpName = "S3" };
        // The other side of --upload, in a process of its own.
        var bareSink = new Option<bool>("--bare-sink") { Hidden = true };
        var json = Inputs.Json();
        var command = new Command("bench", "Measure how fast this machine measures: kernels and whole files, with spread.")
        {
            triangles, repetitions, grid, peers, corpus, save, fuzz, format, seed, knownPrice, seconds, clients, redis, database, rounds, finished, snapshot, upload, models, bareSink, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(async () =>
        {
            if (parsed.GetValue(knownPrice))
            {
                return await KnownPriceReports.RunAsync(
                    ServeCommand.CheckRedis(parsed.GetValue(redis)),
                    InRange("--seconds", parsed.GetValue(seconds), 1, Limits.Cli.BenchSecondsMax),
                    InRange("--clients", parsed.GetValue(clients), 1, Limits.Cli.BenchClientsMax),
                    parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
            }
            if (parsed.GetResult(database) is not null)
            {
                return await DatabaseReports.RunAsync(
                    ServeCommand.CheckDatabase(parsed.GetValue(database)),
                    InRange("--seconds", parsed.GetValue(seconds), 1, Limits.Cli.BenchSecondsMax),
                    InRange("--clients", parsed.GetValue(clients), 1, Limits.Database.PoolConnectionsMax),
                    InRange("--rounds", parsed.GetValue(rounds), 1, Limits.Cli.BenchRepetitionsMax),
                    InRange("--finished", parsed.GetValue(finished), 0, Limits.Cli.BenchFinishedMax),
                    InRange("--snapshot", parsed.GetValue(snapshot), 0, Limits.Cli.BenchSecondsMax),
                    parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
            }
            if (parsed.GetValue(bareSink))
            {
                await BareUploadSink.RunAsync(terminal.Out, cancellation);
                return ExitCode.Ok;
            }
            if (parsed.GetValue(upload) is { } megabytes)
            {
                return await UploadReports.RunAsync(InRange("--upload", megabytes, 1, (int)(Limits.Mesh.FileBytesMax / 1_000_000)),
                    InRange("--repetitions", parsed.GetValue(repetitions), 1, Limits.Cli.BenchRepetitionsMax),
                    ServeCommand.CheckModels(parsed.GetValue(models)), parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
            }
            var size = InRange("--triangles", parsed.GetValue(triangles), 1_000, Limits.Cli.BenchTrianglesMax);
            var times = InRange("--repetitions", parsed.GetValue(repetitions), 1, Limits.Cli.BenchRepetitionsMax);
            var folder = parsed.GetValue(corpus);
            if (folder is not null && !Directory.Exists(folder))
                throw Inputs.Wrong("FOLDER_NOT_FOUND", "The folder does not exist.", "--corpus", "a folder", folder);
            if (parsed.GetValue(fuzz) is { } minutes)
                return FuzzReports.Run(Formats(parsed.GetValue(format)), Minutes(minutes), parsed.GetValue(seed), folder, parsed.GetValue(save), terminal, cancellation);
            if (parsed.GetValue(peers))
                return PeerReports.Run(size, times, folder, parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
            return Run(size, times, parsed.GetValue(grid), parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
        }, cancellation));
        return command;
    }

    static int Run(int triangles, int repetitions, bool grid, string? save, bool json, Terminal terminal, CancellationToken cancellation)
    {
        terminal.Error.WriteLine($"measuring {(grid ? "up to " : "")}{Words.Count(triangles)} triangles, {repetitions} repetitions of each …");
        var before = Machine.Load();
        var results = grid ? KernelBench.Grid(triangles, repetitions, cancellation) : KernelBench.Run(triangles, repetitions, cancellation);
        var head = $"load before {before}, after {Machine.Load()}; {repetitions} repetitions of each; rates of the median";
        if (save is not null)
            SavedResults.Write(save, grid ? "grid" : "kernels", "Kernels and whole files", head,
                ["what", "triangles", "million triangles/s", "MB/s of file", "min ms", "median ms", "max ms", "allocated bytes"],
                [.. results.Select(r => (IReadOnlyList<object>)[r.Name, r.Triangles, Math.Round(r.TrianglesPerS / 1e6, 2), Math.Round(r.MegabytesPerS),
                    Math.Round(r.MinMs, 3), Math.Round(r.MedianMs, 3), Math.Round(r.MaxMs, 3), r.AllocatedBytes])]);
        if (json)
            JsonText.Write(terminal.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("machine", Machine.Describe());
                writer.WriteString("commit", Machine.Commit());
                writer.WriteNumber("repetitions", repetitions);
                writer.WriteStartArray("results");
                foreach (var result in results)
                {
                    writer.WriteStartObject();
                    writer.WriteString("name", result.Name);
                    writer.WriteNumber("triangles", result.Triangles);
                    writer.WriteNumber("triangles_per_s", Math.Round(result.TrianglesPerS));
                    writer.WriteNumber("mb_per_s", Math.Round(result.MegabytesPerS, 1));
                    writer.Milliseconds("min_ms", result.MinMs);
                    writer.Milliseconds("median_ms", result.MedianMs);
                    writer.Milliseconds("max_ms", result.MaxMs);
                    writer.WriteNumber("allocated_bytes", result.AllocatedBytes);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
        else
        {
            terminal.Out.WriteLine(Machine.Describe());
            terminal.Out.WriteLine($"commit {Machine.Commit()}, {(grid ? "up to " : "")}{Words.Count(results.Max(r => r.Triangles))} triangles, {repetitions} repetitions");
            terminal.Out.Flush();
            terminal.Tables().Write(TableOf(results, grid));
            terminal.Out.Flush();
        }
        return ExitCode.Ok;
    }

    static Table TableOf(IReadOnlyList<KernelResult> results, bool grid)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("what");
        foreach (var title in new[] { "million triangles/s", "MB/s of file", "min", "median", "max", "allocated" })
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var result in results)
            table.AddRow(
                Markup.Escape(grid ? $"{Words.Count(result.Triangles)}: {result.Name}" : result.Name), Words.Figure(result.TrianglesPerS / 1e6), Words.Figure(result.MegabytesPerS),
                Words.Milliseconds(result.MinMs), Words.Milliseconds(result.MedianMs), Words.Milliseconds(result.MaxMs), Words.Bytes(result.AllocatedBytes));
        return table.Caption("rates of the median");
    }

    static IReadOnlyList<MeshFormat> Formats(string? name)
    {
        if (name is null)
            return Enum.GetValues<MeshFormat>();
        foreach (var format in Enum.GetValues<MeshFormat>())
            if (FuzzReports.NameOf(format) == name)
                return [format];
        throw Inputs.Wrong("FORMAT_UNKNOWN", "The format is not known.", "--format", string.Join(", ", Enum.GetValues<MeshFormat>().Select(FuzzReports.NameOf)), name);
    }

    static TimeSpan Minutes(double minutes) => minutes is > 0 and <= Limits.Cli.FuzzMinutesMax
        ? TimeSpan.FromMinutes(minutes)
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", "--fuzz", $"more than 0, up to {Limits.Cli.FuzzMinutesMax}", $"{minutes}");

    static int InRange(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", option, $"{least} to {most}", $"{value}");
}
