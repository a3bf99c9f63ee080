using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Dexels;

/// <summary>What to look for in a part's dexel fields.</summary>
public sealed record DexelOptions
{
    /// <summary>
    /// Largest side of a cell, mm; null = 1/512 of the longest side, between 0.1 and 0.5 mm. Parts with more than
    /// <c>Limits.Dexel.ColumnsMax</c> columns or <c>Limits.Dexel.CrossingsMax</c> crossings get larger cells; the facts say which.
    /// </summary>
    public double? PitchMm { get; init; }

    /// <summary>The thinnest wall and the narrowest gap are those that at least this much surface has, mm².</summary>
    public double BackingMm2 { get; init; } = 1;

    /// <summary>Pools, cups and voids below this volume count for nothing, mm³: a rough surface holds thousands.</summary>
    public double PoolMm3 { get; init; } = 1;

    /// <summary>Whether a byte per triangle of the file is wanted for each kind of finding.</summary>
    public bool Findings { get; init; }

    /// <summary>Vector width; never changes a bit of the answer.</summary>
    internal InstructionSet InstructionSet { get; init; } = InstructionSets.Current;

    /// <exception cref="ArgumentOutOfRangeException">A figure is not a number or outside its range.</exception>
    internal void Check()
    {
        if (PitchMm is not (null or (>= Limits.Dexel.PitchMmMin and <= Limits.Dexel.PitchMmMax)))
            throw new ArgumentOutOfRangeException(nameof(PitchMm), PitchMm, $"between {Limits.Dexel.PitchMmMin} and {Limits.Dexel.PitchMmMax} mm");
        if (!(BackingMm2 >= 0))
            throw new ArgumentOutOfRangeException(nameof(BackingMm2), BackingMm2, "0 or more");
        if (!(PoolMm3 >= 0))
            throw new ArgumentOutOfRangeException(nameof(PoolMm3), PoolMm3, "0 or more");
    }
}
