namespace Pricing.Coordinator.Simulation;

/// <summary>Mistakes that were made in real systems, planted into the simulated platform to show that it finds them. tests/planted-bugs.md tells of each.</summary>
public enum PlantedBug
{
    None,

    /// <summary>Completing asks for the job's id only.</summary>
    CompleteWithoutEpoch,

    /// <summary>An answer changes a job that has ended.</summary>
    CompleteAfterTerminal,

    /// <summary>The client hears OK when the transaction is sent, not when it has committed.</summary>
    AckBeforeCommit,

    /// <summary>The request id is remembered in a transaction of its own, after the quote's.</summary>
    IdempotencyOutsideTransaction,

    /// <summary>Leases are taken back some time after they began, whether renewed or not.</summary>
    RescueByAge,

    /// <summary>The rescuer bumps the epoch instead of the claim: the epoch before it is handed out again.</summary>
    ClaimKeepsEpoch,

    /// <summary>The end of a lease is written by the coordinator's clock and judged by the database's.</summary>
    LocalClockLease,

    /// <summary>A lease given back on purpose counts as an attempt.</summary>
    ReleaseCountsAsAttempt,

    /// <summary>The last lost attempt does not end the job.</summary>
    AttemptsUnbounded,

    /// <summary>A claim discards jobs of engines it does not know.</summary>
    UnknownEngineDiscarded,

    /// <summary>Cancelling one quote cancels the job though others wait for it.</summary>
    CancelWithoutRecheck,

    /// <summary>A renewal asks for the job's id only.</summary>
    RenewWithoutEpoch,

    /// <summary>A measurement in quarantine is tried again for the next asker.</summary>
    QuarantineIgnoredAtEnqueue,

    /// <summary>The same worker death is counted each time it is reported.</summary>
    DeathCountedTwice,

    /// <summary>A lease that was answered with a worker's death takes figures as well.</summary>
    FiguresAfterDeath,

    /// <summary>A second asker gets a job of his own instead of joining the live one.</summary>
    EnqueueNeverJoins,

    /// <summary>Figures are stored, over older ones, before the fence has let their answer through.</summary>
    MeasurementBeforeFence,

    /// <summary>The lease time is counted from the claim's reply instead of from its sending.</summary>
    TrustFromReply,

    /// <summary>A lease that comes for a node which has left is neither assigned nor given back.</summary>
    ForgetsClaimOfGoneNode,

    /// <summary>A coordinator never stops trusting a lease it could not renew.</summary>
    TrustForEver,

    /// <summary>A crashed coordinator's ended jobs are settled by nobody: the settling lives in memory only.</summary>
    SettleFromMemory,
}
