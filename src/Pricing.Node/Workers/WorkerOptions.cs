namespace Pricing.Node.Workers;

/// <summary>What the pool of worker processes is told.</summary>
public sealed record WorkerOptions
{
    /// <summary>Program and arguments that end in <see cref="WorkerMain.Run"/>.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Resident memory one worker may have; above it the worker is ended (WORKER_MEMORY).</summary>
    public long MemoryBytes { get; init; } = Limits.Worker.MemoryBytesDefault;

    /// <summary>Time one job may keep its worker busy, waiting for bytes not counted; above it the worker is ended (WORKER_TIME).</summary>
    public TimeSpan JobTime { get; init; } = TimeSpan.FromSeconds(Limits.Worker.JobSeconds);

    /// <summary>Jobs after which a worker is replaced by a fresh one.</summary>
    public int JobsMax { get; init; } = Limits.Worker.JobsMax;

    /// <summary>The managed heap's own limit, below the whole: the program's code and the runtime need the rest.</summary>
    internal long HeapBytes => Math.Max(MemoryBytes - Limits.Worker.NativeBytes, Limits.Worker.HeapBytesMin);

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Command.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryBytes, Limits.Worker.MemoryBytesMin);
        ArgumentOutOfRangeException.ThrowIfLessThan(JobTime, TimeSpan.FromMilliseconds(Limits.Worker.WatchMs));
        ArgumentOutOfRangeException.ThrowIfLessThan(JobsMax, 1);
    }
}
