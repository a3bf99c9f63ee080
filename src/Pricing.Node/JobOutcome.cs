using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.Node;

/// <summary>How a lease ended on this node.</summary>
abstract record JobOutcome
{
    /// <summary>The answer.</summary>
    public sealed record Measured(Measurement Measurement) : JobOutcome;

    /// <summary>The model (or what was asked of it) is at fault: final, no other node is tried.</summary>
    public sealed record Failed(Failure Failure) : JobOutcome;

    /// <summary>Not this node's to answer; another lease may.</summary>
    public sealed record Released(string Reason) : JobOutcome;

    /// <summary>The worker process died of it or was ended for what it took: counted against the model.</summary>
    public sealed record WorkerDied(WorkerDeath Death) : JobOutcome;

    /// <summary>Our own fault.</summary>
    public sealed record Crashed(Exception Cause) : JobOutcome;

    /// <summary>Nobody waits for an answer: cancelled, out of time, or the stream was lost before the bytes were here.</summary>
    public sealed record Stopped(string Why) : JobOutcome;
}

/// <summary>A lease: the job and its fence.</summary>
readonly record struct Lease(long JobId, int Epoch);

/// <summary>Why a lease was given back. Stable; they stand in the coordinator's log.</summary>
static class ReleaseReason
{
    public const string NoCredit = "NO_CREDIT";
    public const string Draining = "NODE_DRAINING";
    public const string Stopping = "NODE_STOPPING";
    public const string OffsetGap = "CHUNK_OFFSET_GAP";
    public const string WindowExceeded = "CHUNK_WINDOW_EXCEEDED";
    public const string LengthMismatch = "MODEL_LENGTH_MISMATCH";
    public const string HashMismatch = "MODEL_HASH_MISMATCH";
    public const string NoWorker = "NO_WORKER";
    public const string WorkerLost = "WORKER_LOST";
    public const string OutOfTime = "OUT_OF_TIME";
    public const string Internal = "NODE_INTERNAL";
    public const string AnswerRefused = "ANSWER_REFUSED";
}
