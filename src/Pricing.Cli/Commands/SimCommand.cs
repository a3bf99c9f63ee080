using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pricing.Cli.Output;
using Pricing.Coordinator.Simulation;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing sim</c>: the whole platform in virtual time, under faults that a seed decides, its promises checked after every event.</summary>
static class SimCommand
{
    /// <summary>Events shown before a broken promise.</summary>
    const int LinesShown = 60;

    public static Command Create(Terminal terminal)
    {
        var seeds = new Option<int>("--seeds") { Description = "How many seeds.", DefaultValueFactory = _ => 1_000, HelpName = "N" };
        var from = new Option<long>("--from") { Description = "The first seed.", DefaultValueFactory = _ => 1, HelpName = "S" };
        var bug = new Option<string?>("--bug") { Description = "Plant a mistake and see it found; docs/simulator.md lists them.", HelpName = "NAME" };
        var trace = new Option<bool>("--trace") { Description = "Show the events of the first seed, or the whole run of a bad one." };
        var command = new Command("sim", "Simulate coordinators, nodes, store and network under faults, and check every promise.") { seeds, from, bug, trace };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(
            InRange("--seeds", parsed.GetValue(seeds), Limits.Cli.SimSeedsMax), parsed.GetValue(from), BugNamed(parsed.GetValue(bug)), parsed.GetValue(trace), terminal, cancellation), cancellation));
        return command;
    }

    static PlantedBug BugNamed(string? name) => name is null ? PlantedBug.None
        : Enum.GetNames<PlantedBug>().Contains(name) ? Enum.Parse<PlantedBug>(name)
        : throw Inputs.Wrong("UNKNOWN_BUG", "No such mistake can be planted.", "--bug", string.Join(", ", Enum.GetNames<PlantedBug>()), name);

    static int Run(int seeds, long from, PlantedBug bug, bool trace, Terminal terminal, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var report = Simulator.RunMany(from, seeds, bug, cancellation);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var faults = report.Faults.Where(f => f.Value > 0).Select(f => $"{Words.Count(f.Value)} {NameOf($"{f.Key}")}");
        var moves = report.Moves.Where(m => m.Value > 0).Select(m => $"{Words.Count(m.Value)} {NameOf($"{m.Key}")}");
        terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Words.Count(report.Seeds)} seeds from {from}, {Words.Count(report.Events)} events, {Words.Count(report.Checks)} checks, {report.VirtualSeconds / 3600:0.0} h of virtual time, {seconds:0.0} s"));
        terminal.Out.WriteLine($"faults: {string.Join(", ", faults)}");
        terminal.Out.WriteLine($"moves of jobs: {string.Join(", ", moves)}");
        if (report.BadSeed is not { } seed)
        {
            if (trace)
                Show(Simulator.Run(from, bug, traced: true).Trace, terminal);
            terminal.Out.WriteLine(bug is PlantedBug.None ? "every promise held" : $"{bug} was not found");
            return ExitCode.Ok;
        }
        // The same seed again, this time written down.
        var lines = Simulator.Run(seed, bug, traced: true).Trace;
        Show(trace ? lines : [.. lines.TakeLast(LinesShown)], terminal);
        terminal.Out.WriteLine($"seed {seed} broke {report.Bad!.Promise}: {report.Bad.What}");
        terminal.Out.WriteLine($"it takes: {string.Join(", ", Simulator.Minimise(seed, bug).Select(kind => NameOf($"{kind}")))}");
        terminal.Out.WriteLine($"again: pricing sim --from {seed} --seeds 1{(bug is PlantedBug.None ? "" : $" --bug {bug}")} --trace");
        return ExitCode.NotFirm;
    }

    static void Show(IReadOnlyList<string> lines, Terminal terminal)
    {
        foreach (var line in lines)
            terminal.Out.WriteLine(line);
    }

    static string NameOf(string kind) => string.Concat(kind.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    static int InRange(string option, int value, int most) => value >= 1 && value <= most
        ? value
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", option, $"1 to {most}", $"{value}");
}
