namespace Pricing.Cli.Chaos;

/// <summary>How soon a path worked again, in milliseconds, over all faults of a kind.</summary>
sealed record RecoveryFigures(FaultKind Kind, int Faults, int Measured, double P50Ms, double P99Ms, double MaxMs);

/// <summary>
/// Recovery is the time from healing (connection open again, SIGCONT sent, start of the new process asked for) to the end of the next success on
/// the path that was broken: a call of the history that began after the fault did, or a lease of the database that a node completed. It holds
/// the start of a process and crash recovery; it does not hold the time the fault was held.
/// </summary>
static class Recovery
{
    public static IReadOnlyList<RecoveryFigures> Of(IReadOnlyList<InjectedFault> faults, IReadOnlyList<HistoryEvent> history, DatabaseDump dump)
    {
        var began = history.Where(e => e.Type is CallEnd.Invoke).ToDictionary(e => e.Call, e => e.T);
        var successes = history.Where(e => e.Type is CallEnd.Ok).Select(e => (e.T, Began: began.GetValueOrDefault(e.Call, e.T), e.Op, e.Value.Coordinator)).ToList();
        var completions = dump.Attempts.Where(a => a.Outcome is "completed" && a.EndedS is not null).Select(a => (T: a.EndedS!.Value, a.Node)).OrderBy(a => a.T).ToList();
        return [.. faults.GroupBy(fault => fault.Plan.Kind).OrderBy(group => group.Key).Select(group =>
        {
            var times = group.Select(fault => NextSuccess(fault) - fault.HealedS).OfType<double>().Order().ToList();
            return new RecoveryFigures(group.Key, group.Count(), times.Count, PercentileMs(times, 50), PercentileMs(times, 99), PercentileMs(times, 100));
        })];

        double? NextSuccess(InjectedFault fault)
        {
            var (from, to) = Ends(fault.Plan.Target);
            // A node, or an edge of a node: the next job it completes. The history cannot know who measured what.
            if (dump.Attempts.Any(a => a.Node == from))
                return completions.Where(c => c.T >= fault.HealedS && c.Node == from).Select(c => (double?)c.T).FirstOrDefault();
            Func<(double T, double Began, string Op, string? Coordinator), bool> onPath = (from, to) switch
            {
                ("postgres", _) => s => s.Op == "create",
                ("redis", _) => s => s.Op == "preview",
                ("client", "") => s => s.Op == "create",
                ("client", var coordinator) => s => s.Coordinator == coordinator,
                (var coordinator, "postgres") => s => s.Op == "create" && s.Coordinator == coordinator,
                (var coordinator, "redis") => s => s.Op == "preview" && s.Coordinator == coordinator,
                (var coordinator, _) => s => s.Coordinator == coordinator,
            };
            return successes.Where(s => s.T >= fault.HealedS && s.Began >= fault.InjectedS && onPath(s)).Select(s => (double?)s.T).Min();
        }
    }

    static (string From, string To) Ends(string target) => target.Split('>') is [var from, var to] ? (from, to) : (target, "");

    /// <summary>Nearest rank, of sorted seconds.</summary>
    static double PercentileMs(List<double> sortedS, double percent) =>
        sortedS.Count == 0 ? 0 : sortedS[Math.Max(0, (int)Math.Ceiling(sortedS.Count * percent / 100) - 1)] * 1_000;
}
