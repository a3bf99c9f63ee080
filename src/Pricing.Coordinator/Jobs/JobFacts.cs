using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Jobs;

/// <summary>What a measurement depends on: the bytes, the options, the engine. The key of cache and job alike.</summary>
public sealed record MeasureKey(byte[] ModelSha256, byte[] OptionsKey, int EngineVersion);

/// <summary>A job to enqueue, or to join when the same one is live. Without a partner it is nobody's, on the terms of those who are not listed.</summary>
public sealed record JobOrder(MeasureKey Key, long ModelBytes, string FileName, MeasureOptions Options, TimeSpan TimeLeft, string Partner = "");

/// <summary>A node's readiness to take one job. A node that is dedicated to a lane takes that lane's jobs only.</summary>
public readonly record struct JobOffer(Guid Incarnation, string Node, Lane? DedicatedTo = null);

/// <summary>How many of the slots that serve both lanes each lane may fill first. What a lane leaves empty, the other fills.</summary>
public readonly record struct LaneSplit(int B2b, int B2c)
{
    public int this[Lane lane] => lane is Lane.B2b ? B2b : B2c;
}

/// <summary>One lease: the epoch fences every answer to it.</summary>
public sealed record Lease(
    long JobId, int Epoch, Guid Incarnation, int Attempt, byte[] ModelSha256, long ModelBytes, string FileName, byte[] Options, TimeSpan TimeLeft,
    Lane Lane, long Cost);

/// <summary>Job and epoch: what a holder must know to speak for a lease.</summary>
public readonly record struct LeaseId(long JobId, int Epoch);

/// <summary>How a lease ended without an answer.</summary>
public enum LeaseEnd
{
    /// <summary>The node or its stream is gone: counts as an attempt.</summary>
    Lost,

    /// <summary>Given back on purpose (drain, refusal): does not count as an attempt.</summary>
    Released,
}

/// <summary>What an answer to a lease did.</summary>
public enum Completion
{
    Applied,
    AlreadyApplied,
    StaleEpoch,
    Terminal,
    UnknownJob,
}
