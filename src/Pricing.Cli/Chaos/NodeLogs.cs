namespace Pricing.Cli.Chaos;

/// <summary>What only the processes' own logs tell: counters in memory die with a process, its log does not.</summary>
sealed class NodeLogs
{
    public NodeLogs(IEnumerable<string> paths)
    {
        foreach (var line in paths.Where(File.Exists).SelectMany(File.ReadLines))
        {
            if (line.Contains("ends quietly", StringComparison.Ordinal) && (line.Contains("StaleEpoch", StringComparison.Ordinal) || line.Contains("Terminal", StringComparison.Ordinal)))
                ZombieWrites++;
            else if (line.Contains("answered (AlreadyApplied)", StringComparison.Ordinal))
                AnswersAgain++;
        }
    }

    /// <summary>Answers to a lease that had passed on, or to a job that had ended: they changed nothing.</summary>
    public long ZombieWrites { get; }

    /// <summary>Answers sent again that had been applied already.</summary>
    public long AnswersAgain { get; }
}
