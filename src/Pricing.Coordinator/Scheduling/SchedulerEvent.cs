using System.Collections.Frozen;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>What can happen to a coordinator's scheduling.</summary>
public enum SchedulerEventKind
{
    /// <summary>Time has passed; nothing else.</summary>
    Tick,
    QueueSeen,
    LeaseBorn,
    NodeJoined,
    NodeLeft,
    CreditGranted,
    LeaseReleased,
    AllBytesSent,
    SendFailed,
    WorkMayExist,
    AnswerTaken,
    JobEnded,
    DrainNode,
    Stop,
    ClaimDone,
    ClaimFailed,
    RenewDone,
    RenewFailed,
    EndLeasesDone,
    EndLeasesFailed,
    RescueDone,
    RescueFailed,
    FailPastDeadlineDone,
    FailPastDeadlineFailed,
}

/// <summary>Who dialled. A run of a node is its incarnation; one run may dial several streams.</summary>
public sealed record NodeFacts(Guid Incarnation, string Name, int EngineVersion, Lane? DedicatedTo = null);

/// <summary>
/// One thing that happened, in the order the coordinator heard of it. Hints (work may exist, a job ended, an answer was taken) may be lost:
/// ticks and renewals find out. Only the fields of its kind are set.
/// </summary>
public readonly record struct SchedulerEvent(SchedulerEventKind Kind)
{
    /// <summary>Which stream of a node: a number that is never used twice.</summary>
    public long Stream { get; private init; }
    public NodeFacts? Node { get; private init; }

    /// <summary>Credits granted, jobs rescued, or jobs failed past their deadline.</summary>
    public int Count { get; private init; }
    public LeaseId Lease { get; private init; }

    /// <summary>Why, in words that go into the attempt's row.</summary>
    public string Reason { get; private init; } = "";

    public LeaseEnd End { get; private init; }
    public long SentAtMs { get; private init; }
    public long WaitingB2b { get; private init; }
    public long WaitingB2c { get; private init; }

    /// <summary>The database call this is the outcome of.</summary>
    public long Call { get; private init; }
    public IReadOnlyList<Lease> Claimed { get; private init; } = [];
    public IReadOnlySet<long> Renewed { get; private init; } = FrozenSet<long>.Empty;

    public static SchedulerEvent Tick => new(SchedulerEventKind.Tick);
    public static SchedulerEvent WorkMayExist => new(SchedulerEventKind.WorkMayExist);

    /// <summary>This coordinator stops: nothing new, and what no node has yet is given back.</summary>
    public static SchedulerEvent Stop => new(SchedulerEventKind.Stop);

    public static SchedulerEvent NodeJoined(long stream, NodeFacts node) => new(SchedulerEventKind.NodeJoined) { Stream = stream, Node = node };
    public static SchedulerEvent NodeLeft(long stream, string reason) => new(SchedulerEventKind.NodeLeft) { Stream = stream, Reason = reason };
    public static SchedulerEvent CreditGranted(long stream, int jobs) => new(SchedulerEventKind.CreditGranted) { Stream = stream, Count = jobs };

    /// <summary>The node gives the lease back: no attempt.</summary>
    public static SchedulerEvent LeaseReleased(long stream, LeaseId lease, string reason) =>
        new(SchedulerEventKind.LeaseReleased) { Stream = stream, Lease = lease, Reason = reason };

    /// <summary>From now on the node can finish without this coordinator.</summary>
    public static SchedulerEvent AllBytesSent(long stream, LeaseId lease) => new(SchedulerEventKind.AllBytesSent) { Stream = stream, Lease = lease };

    /// <summary>The bytes cannot be brought to the node. Whether it was an attempt is for the session to say.</summary>
    public static SchedulerEvent SendFailed(long stream, LeaseId lease, string reason, LeaseEnd end) =>
        new(SchedulerEventKind.SendFailed) { Stream = stream, Lease = lease, Reason = reason, End = end };

    /// <summary>A job was made already leased to this node; the statement was sent at that time.</summary>
    public static SchedulerEvent LeaseBorn(long stream, Lease lease, long sentAtMs) =>
        new(SchedulerEventKind.LeaseBorn) { Stream = stream, Claimed = [lease], SentAtMs = sentAtMs };

    /// <summary>What waits in each lane, as far as is known: only the sharing of slots between lanes depends on it.</summary>
    public static SchedulerEvent QueueSeen(long waitingB2b, long waitingB2c) =>
        new(SchedulerEventKind.QueueSeen) { WaitingB2b = waitingB2b, WaitingB2c = waitingB2c };

    /// <summary>The node of this stream has answered at this coordinator, or given the lease up; the row has moved on.</summary>
    public static SchedulerEvent AnswerTaken(long stream, LeaseId lease) => new(SchedulerEventKind.AnswerTaken) { Stream = stream, Lease = lease };

    /// <summary>The job ended here by another way (cancelled, deadline, last attempt).</summary>
    public static SchedulerEvent JobEnded(long jobId, string reason = "JOB_ENDED") => new(SchedulerEventKind.JobEnded) { Lease = new LeaseId(jobId, 0), Reason = reason };

    public static SchedulerEvent DrainNode(long stream) => new(SchedulerEventKind.DrainNode) { Stream = stream };
    public static SchedulerEvent ClaimDone(long call, IReadOnlyList<Lease> leases) => new(SchedulerEventKind.ClaimDone) { Call = call, Claimed = leases };
    public static SchedulerEvent RenewDone(long call, IReadOnlySet<long> jobs) => new(SchedulerEventKind.RenewDone) { Call = call, Renewed = jobs };
    public static SchedulerEvent EndLeasesDone(long call) => new(SchedulerEventKind.EndLeasesDone) { Call = call };
    public static SchedulerEvent RescueDone(long call, int rescued) => new(SchedulerEventKind.RescueDone) { Call = call, Count = rescued };
    public static SchedulerEvent FailPastDeadlineDone(long call, int failed) => new(SchedulerEventKind.FailPastDeadlineDone) { Call = call, Count = failed };

    /// <summary>The call gave no answer in time. It may have committed all the same.</summary>
    public static SchedulerEvent Failed(SchedulerEffectKind kind, long call) => new(kind switch
    {
        SchedulerEffectKind.Claim => SchedulerEventKind.ClaimFailed,
        SchedulerEffectKind.Renew => SchedulerEventKind.RenewFailed,
        SchedulerEffectKind.EndLeases => SchedulerEventKind.EndLeasesFailed,
        SchedulerEffectKind.Rescue => SchedulerEventKind.RescueFailed,
        SchedulerEffectKind.FailPastDeadline => SchedulerEventKind.FailPastDeadlineFailed,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not a database call"),
    })
    { Call = call };
}
