namespace Pricing.Cli.Chaos;

/// <summary>What the harness does to a running platform. docs/chaos.md says how each is done and how its recovery is measured.</summary>
enum FaultKind
{
    /// <summary>kill -9, started again after a while.</summary>
    NodeKill,
    CoordinatorKill,

    /// <summary>SIGSTOP for longer than a lease, then SIGCONT: the process wakes up with work that belongs to others by now.</summary>
    NodePause,
    CoordinatorPause,

    /// <summary>SIGTERM, waited for, started again.</summary>
    NodeDrain,
    CoordinatorDrain,

    /// <summary>kill -9 of the postmaster; crash recovery.</summary>
    PostgresKill,

    /// <summary>Fast shutdown and start.</summary>
    PostgresRestart,

    RedisKill,
    RedisFlush,

    /// <summary>Random bytes, truncated values and values of other keys under the platform's own keys.</summary>
    RedisWrongBytes,

    /// <summary>Every connection of one edge ends with a reset.</summary>
    LinkCut,

    /// <summary>An edge swallows bytes without ending connections, both ways or one way.</summary>
    LinkBlackhole,

    /// <summary>An edge delays or throttles.</summary>
    LinkSlow,

    /// <summary>The request arrives, its answer does not: the client cannot know.</summary>
    LostReplyToClient,

    /// <summary>COMMIT succeeds, its answer is lost: the coordinator cannot know.</summary>
    LostReplyFromDatabase,

    /// <summary>COMMIT itself is lost: to the coordinator it looks the same, and nothing happened.</summary>
    LostCommit,

    /// <summary>Ten times the usual calls, open loop.</summary>
    Overload,

    /// <summary>A model that takes more memory than a worker may have: it kills whoever measures it.</summary>
    PoisonModel,
}

/// <summary>One fault as it was planned.</summary>
/// <param name="Number">From 1, in the order of time.</param>
/// <param name="At">From the beginning of the fault phase.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Target">To which process or edge (<c>client&gt;c1</c>, <c>n2&gt;c1</c>, <c>c1&gt;postgres</c>).</param>
/// <param name="Hold">How long until it is healed.</param>
/// <param name="Amount">What the kind makes of it: 0, 1 or 2 for the direction of a blackhole, a share for the strength of others.</param>
sealed record PlannedFault(int Number, TimeSpan At, FaultKind Kind, string Target, TimeSpan Hold, int Amount);

/// <summary>One fault as it happened; times in seconds of the history.</summary>
/// <param name="Plan">What was planned.</param>
/// <param name="InjectedS">When it began.</param>
/// <param name="HealedS">When the supervisor let go: connection open again, SIGCONT sent, start of the new process asked for.</param>
/// <param name="Note">What happened on the way, for a person.</param>
sealed record InjectedFault(PlannedFault Plan, double InjectedS, double HealedS, string Note);
