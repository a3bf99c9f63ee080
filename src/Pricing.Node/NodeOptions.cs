using Microsoft.Extensions.Logging;
using Pricing.Node.Workers;

namespace Pricing.Node;

/// <summary>What a pricing node is told at its start.</summary>
public sealed record NodeOptions
{
    /// <summary>Where to dial, e.g. http://coordinator:7070. With several the node starts at a random one and moves on when it is lost or drains.</summary>
    public required IReadOnlyList<Uri> Coordinators { get; init; }

    /// <summary>Stable name of the machine or pod.</summary>
    public string Name { get; init; } = Environment.MachineName;

    /// <summary>Jobs measured at the same moment, and threads that all of them share.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, Limits.Mesh.ThreadsMax);

    /// <summary>Jobs held at once; 0 = one more than <see cref="Threads"/>, whose bytes arrive while the others are measured.</summary>
    public int Credits { get; init; }

    /// <summary>Lanes this node serves; empty = all.</summary>
    public IReadOnlyList<string> Lanes { get; init; } = [];

    /// <summary>The worker processes that measure; null = jobs are measured in the node's own process.</summary>
    public WorkerOptions? Workers { get; init; }

    /// <summary>Lowest level written to the log (JSON lines on stderr).</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal int JobsMax => Credits > 0 ? Credits : Math.Min(Threads + 1, Limits.Job.NodeCreditsMax);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Coordinators.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Coordinators.Count, Limits.Node.CoordinatorsMax);
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Name.Length, Limits.Node.NameCharsMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Threads, Limits.Mesh.ThreadsMax);
        Workers?.Check();
        ArgumentOutOfRangeException.ThrowIfNegative(Credits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Credits, Limits.Job.NodeCreditsMax);
    }
}
