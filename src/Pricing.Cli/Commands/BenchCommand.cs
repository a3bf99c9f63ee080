using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Pricing.Cli.Bench;
using Pricing.Cli.Output;
using Pricing.Node;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing bench</c>: throughput of the kernels and of whole files on this machine, with its spread.</summary>
static class BenchCommand
{
    public static Command Create(Terminal terminal)
    {
        var triangles = new Option<int>("--triangles") { Description = "Size of the mesh.", DefaultValueFactory = _ => 1_000_000, HelpName = "N" };
        var repetitions = new Option<int>("--repetitions", "-r") { Description = "Repetitions of each, after one to warm up.", DefaultValueFactory = _ => 7, HelpName = "N" };
        var knownPrice = new Option<bool>("--known-price") { Description = "Measure how fast a running coordinator answers a known price over gRPC instead." };
        var seconds = new Option<int>("--seconds") { Description = "With --known-price: how long each number of callers asks.", DefaultValueFactory = _ => 10, HelpName = "S" };
        var clients = new Option<int>("--clients") { Description = "With --known-price: callers at the same time, beside the runs with one and four.", DefaultValueFactory = _ => 16, HelpName = "N" };
        var redis = new Option<string?>("--redis") { Description = "With --known-price: Redis for the coordinator.", HelpName = "HOST:PORT" };
        var json = Inputs.Json();
        var command = new Command("bench", "Measure how fast this machine measures: kernels and whole files, with spread.")
        {
            triangles, repetitions, knownPrice, seconds, clients, redis, json,
        };
        command.SetAction((parsed, cancellation) => parsed.GetValue(knownPrice)
            ? KnownPriceAsync(
                ServeCommand.CheckRedis(parsed.GetValue(redis)),
                InRange("--seconds", parsed.GetValue(seconds), 1, Limits.Cli.BenchSecondsMax),
                InRange("--clients", parsed.GetValue(clients), 1, Limits.Cli.BenchClientsMax),
                parsed.GetValue(json), terminal, cancellation)
            : Task.Run(() => Run(
                InRange("--triangles", parsed.GetValue(triangles), 1_000, Limits.Cli.BenchTrianglesMax),
                InRange("--repetitions", parsed.GetValue(repetitions), 1, Limits.Cli.BenchRepetitionsMax),
                parsed.GetValue(json), terminal, cancellation), cancellation));
        return command;
    }

    static async Task<int> KnownPriceAsync(string? redis, int seconds, int clients, bool json, Terminal terminal, CancellationToken cancellation)
    {
        await terminal.Error.WriteLineAsync($"starting a coordinator with its own database; then {seconds} s each with 1, 4 and {clients} callers …");
        var (answerBytes, results) = await KnownPriceBench.RunAsync(redis, seconds, clients, cancellation);
        if (json)
            JsonText.Write(terminal.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("machine", Machine());
                writer.WriteString("commit", Commit());
                writer.WriteNumber("answer_bytes", answerBytes);
                writer.WriteStartArray("results");
                foreach (var result in results)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("clients", result.Clients);
                    writer.WriteNumber("calls", result.Calls);
                    writer.WriteNumber("seconds", Math.Round(result.Seconds, 3));
                    writer.WriteNumber("calls_per_s", Math.Round(result.CallsPerS));
                    foreach (var (name, value) in new[]
                    {
                        ("p50_us", result.P50Us), ("p90_us", result.P90Us), ("p99_us", result.P99Us), ("p999_us", result.P999Us), ("max_us", result.MaxUs),
                        ("server_cpu_us_per_call", result.ServerCpuUs), ("client_cpu_us_per_call", result.ClientCpuUs), ("load_average", result.LoadAverage),
                    })
                        writer.WriteNumber(name, Math.Round(value, 1));
                    writer.WriteNumber("answered_from_memory", result.AnsweredFromMemory);
                    writer.WriteNumber("loads", result.Loads);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
        else
        {
            terminal.Out.WriteLine(Machine());
            terminal.Out.WriteLine($"commit {Commit()}, a known price of {answerBytes} bytes over gRPC, caller and coordinator on this machine");
            terminal.Out.Flush();
            terminal.Tables().Write(TableOf(results));
            terminal.Out.Flush();
        }
        return ExitCode.Ok;
    }

    static Table TableOf(IReadOnlyList<KnownPriceResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var title in new[] { "callers", "calls/s", "p50 µs", "p90 µs", "p99 µs", "p99.9 µs", "max µs", "CPU µs/call server + caller", "from memory", "loads", "load average" })
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var result in results)
            table.AddRow(
                Words.Count(result.Clients), Words.Count((long)result.CallsPerS), Words.Figure(result.P50Us), Words.Figure(result.P90Us), Words.Figure(result.P99Us),
                Words.Figure(result.P999Us), Words.Figure(result.MaxUs), $"{Words.Figure(result.ServerCpuUs)} + {Words.Figure(result.ClientCpuUs)}",
                Words.Count(result.AnsweredFromMemory), Words.Count(result.Loads), Words.Figure(result.LoadAverage));
        return table;
    }

    static int Run(int triangles, int repetitions, bool json, Terminal terminal, CancellationToken cancellation)
    {
        terminal.Error.WriteLine($"measuring {Words.Count(triangles)} triangles, {repetitions} repetitions of each …");
        var results = KernelBench.Run(triangles, repetitions, cancellation);
        if (json)
            JsonText.Write(terminal.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("machine", Machine());
                writer.WriteString("commit", Commit());
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
            terminal.Out.WriteLine(Machine());
            terminal.Out.WriteLine($"commit {Commit()}, {Words.Count(results[0].Triangles)} triangles, {repetitions} repetitions");
            terminal.Out.Flush();
            terminal.Tables().Write(TableOf(results));
            terminal.Out.Flush();
        }
        return ExitCode.Ok;
    }

    static Table TableOf(IReadOnlyList<KernelResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("what");
        foreach (var title in new[] { "million triangles/s", "MB/s of file", "min", "median", "max", "allocated" })
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var result in results)
            table.AddRow(
                Markup.Escape(result.Name), Words.Figure(result.TrianglesPerS / 1e6), Words.Figure(result.MegabytesPerS),
                Words.Milliseconds(result.MinMs), Words.Milliseconds(result.MedianMs), Words.Milliseconds(result.MaxMs), Words.Bytes(result.AllocatedBytes));
        return table.Caption("rates of the median");
    }

    static string Machine() =>
        $"{Processor()}, {Environment.ProcessorCount} threads, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {MeasurementMapping.InstructionSet}";

    static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var model = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return model is null ? RuntimeInformation.ProcessArchitecture.ToString() : model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    /// <summary>The build writes the commit behind the plus sign of the version.</summary>
    static string Commit()
    {
        var version = typeof(BenchCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? "unknown" : version[(plus + 1)..][..Math.Min(12, version.Length - plus - 1)];
    }

    static int InRange(string option, int value, int least, int most) => value >= least && value <= most
        ? value
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", option, $"{least} to {most}", $"{value}");
}
