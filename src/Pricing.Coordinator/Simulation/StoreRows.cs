using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

/// <summary>The states of a job, in the words of the schema.</summary>
public enum JobState
{
    Available,
    Leased,
    Completed,
    Failed,
    Cancelled,
    Quarantined,
}

/// <summary>The states of a quote that matter here.</summary>
public enum QuoteState
{
    Measuring,
    Priced,
    Failed,
    Cancelled,
}

/// <summary>What a measurement depends on: the model with its options, and the engine.</summary>
public readonly record struct ModelKey(int Model, int Engine);

/// <summary>A row of table job. Times are milliseconds of the store's clock.</summary>
public sealed class JobRow(long jobId, ModelKey key)
{
    public long JobId { get; } = jobId;
    public ModelKey Key { get; } = key;
    public JobState State { get; internal set; }
    public Lane Lane { get; internal set; }
    public string Partner { get; internal set; } = "";
    public long Pass { get; internal set; }

    /// <summary>Models are alike here.</summary>
    public static long Cost => JobCost.Least;
    public int Epoch { get; internal set; }
    public int Attempts { get; internal set; }
    public int Strikes { get; internal set; }
    public Guid Owner { get; internal set; }
    public long LeaseUntil { get; internal set; }
    public long LeasedAt { get; internal set; }
    public long RunAt { get; internal set; }
    public long DeadlineAt { get; internal set; }
    public string Failure { get; internal set; } = "";
    public long RetryOf { get; internal set; }
    public bool Released { get; internal set; }

    /// <summary>Table job_attempt: who had which epoch, and how it ended. Epoch e is at index e − 1.</summary>
    public List<AttemptRow> Tries { get; } = [];

    public bool IsLive => State is JobState.Available or JobState.Leased;
}

/// <summary>One lease of a job. An empty outcome: it has not ended.</summary>
public sealed class AttemptRow(int epoch, Guid incarnation)
{
    public int Epoch { get; } = epoch;
    public Guid Incarnation { get; } = incarnation;
    public string Outcome { get; internal set; } = "";
}

/// <summary>A row of table quote.</summary>
public sealed class QuoteRow(long quoteId, string partner, string requestId, ModelKey key, long deadlineAt)
{
    public long QuoteId { get; } = quoteId;
    public string Partner { get; } = partner;
    public string RequestId { get; } = requestId;
    public ModelKey Key { get; } = key;
    public long DeadlineAt { get; } = deadlineAt;
    public long JobId { get; internal set; }
    public QuoteState State { get; internal set; }

    /// <summary>What it was priced from.</summary>
    public long Figures { get; internal set; }
    public string Failure { get; internal set; } = "";
}

/// <summary>Which move a row has made, for whoever checks moves.</summary>
public enum Move
{
    Enqueue,
    Join,
    Claim,
    Renew,
    Release,
    Lose,
    Expire,
    Deadline,
    Complete,
    ModelFail,
    Strike,
    Cancel,
    LiftQuarantine,
}

/// <summary>A move of a job, with the lease and the node in whose name it was made.</summary>
readonly record struct JobMove(Move Move, JobRow Job, LeaseId Under, Guid Incarnation);
