using System.CommandLine;
using System.Globalization;
using Pricing.Cli.Chaos;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing chaos</c>: a whole platform of real processes, broken on purpose while clients use it, then checked.</summary>
static class ChaosCommand
{
    public static Command Create(Terminal terminal)
    {
        var minutes = new Option<double>("--minutes", "-m") { Description = "How long faults are injected.", DefaultValueFactory = _ => 3, HelpName = "M" };
        var seed = new Option<int>("--seed", "-s") { Description = "The schedule of faults, and what clients ask, come from it.", DefaultValueFactory = _ => 1, HelpName = "S" };
        var isolation = new Option<string>("--isolation") { Description = "process: nodes measure in child processes, and poison models are among the faults; none: in the node itself.", HelpName = "HOW", DefaultValueFactory = _ => "process" };
        var keep = new Option<string?>("--keep") { Description = "Keep history, database and logs there, also when nothing was found.", HelpName = "DIR" };
        var save = new Option<string?>("--save") { Description = "Keep the table there, per machine, as JSON and Markdown.", HelpName = "DIR" };
        var planOnly = new Option<bool>("--plan") { Description = "Print the schedule of the seed and do nothing." };
        var json = Inputs.Json();
        var command = new Command("chaos", "Break a platform of real processes on purpose while clients use it, and check that nothing was lost. docs/chaos.md tells how to read it.")
        {
            minutes, seed, isolation, keep, save, planOnly, json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var asked = parsed.GetValue(minutes);
            if (!(asked > 0 && asked <= Limits.Chaos.MinutesMax))
                throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", "--minutes", $"more than 0, at most {Limits.Chaos.MinutesMax}", $"{asked}");
            if (parsed.GetValue(planOnly))
                return await PrintAsync(FaultSchedule.Of(parsed.GetValue(seed), TimeSpan.FromMinutes(asked),
                    Site.NewScope(ServeCommand.ParseIsolation(parsed.GetRequiredValue(isolation)))), terminal);
            if (!OperatingSystem.IsLinux())
                throw Inputs.Wrong("CHAOS_NEEDS_LINUX", "Signals and process groups of Linux are what this works with.", "chaos", "Linux", Environment.OSVersion.Platform.ToString());
            var kept = parsed.GetValue(keep) is { Length: > 0 } folder ? Path.GetFullPath(folder) : null;
            var plan = new ChaosPlan(TimeSpan.FromMinutes(asked), parsed.GetValue(seed), ServeCommand.ParseIsolation(parsed.GetRequiredValue(isolation)),
                kept ?? Directory.CreateTempSubdirectory("pricing-chaos-history-").FullName, terminal.Error, TimeProvider.System);
            var isRight = false;
            try
            {
                var verdict = await ChaosRun.RunAsync(plan, cancellation);
                isRight = verdict.Findings.Count == 0;
                await ChaosReport.WriteAsync(plan, verdict, parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
                return isRight ? ExitCode.Ok : ExitCode.NotFirm;
            }
            finally
            {
                if (kept is null && (isRight || cancellation.IsCancellationRequested))
                    Directory.Delete(plan.Folder, recursive: true);
                else
                    await terminal.Error.WriteLineAsync($"history, database and logs: {plan.Folder}");
            }
        });
        return command;
    }

    static async Task<int> PrintAsync(IReadOnlyList<PlannedFault> schedule, Terminal terminal)
    {
        foreach (var fault in schedule)
            await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{fault.Number,4}  at {fault.At.TotalSeconds,7:0.0} s  {fault.Kind,-22} {fault.Target,-14} held {fault.Hold.TotalSeconds:0.0} s"));
        await terminal.Out.WriteLineAsync($"{schedule.Count} faults of {schedule.Select(fault => fault.Kind).Distinct().Count()} kinds");
        return ExitCode.Ok;
    }
}
