using Pricing.Geometry;

namespace Pricing.Node;

/// <summary>One job being measured, in this process or in a worker: its bytes go in as they arrive, its outcome comes out.</summary>
interface IMeasuring : IDisposable
{
    /// <summary>The next bytes; returns when they are taken. Throws <see cref="MeasuringLostException"/> when the worker is gone.</summary>
    void Push(ReadOnlySpan<byte> bytes);

    /// <summary>The file has ended. Throws <see cref="MeasuringLostException"/> when the worker is gone.</summary>
    JobOutcome Finish();

    /// <summary>Fires when the worker is gone while its job waits for bytes; <see cref="Finish"/> then says how it ended.</summary>
    CancellationToken Lost { get; }

    /// <summary>Any thread.</summary>
    MeasureProgress Progress { get; }
}

/// <summary>The measuring process ended before its job; what that comes to is known already.</summary>
sealed class MeasuringLostException(JobOutcome outcome) : Exception("The measuring process ended before its job.")
{
    public JobOutcome Outcome { get; } = outcome;
}
