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
        var json = Inputs.Json();
        var command = new Command("bench", "Measure how fast this machine measures: kernels and whole files, with spread.") { triangles, repetitions, json };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(
            InRange("--triangles", parsed.GetValue(triangles), 1_000, Limits.Cli.BenchTrianglesMax),
            InRange("--repetitions", parsed.GetValue(repetitions), 1, Limits.Cli.BenchRepetitionsMax),
            parsed.GetValue(json), terminal, cancellation), cancellation));
        return command;
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
