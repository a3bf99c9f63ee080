using Pricing.Geometry.Fdm;
using Pricing.Geometry.Processes;

namespace Pricing.Geometry;

/// <summary>Everything besides the bytes that a measurement depends on.</summary>
public sealed record MeasureOptions
{
    /// <summary>Unit of the file's coordinates; null = what the file says, else millimetre (and the answer says it was assumed).</summary>
    public LengthUnit? Unit { get; init; }

    /// <summary>Factor applied after the unit.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Machine and process of the FDM estimate.</summary>
    public FdmProfile Fdm { get; init; } = FdmProfile.Standard;

    /// <summary>Machine of the resin estimate.</summary>
    public SlaProfile Sla { get; init; } = SlaProfile.Standard;

    /// <summary>
    /// 1: filament and time from sums over triangles. 2: slicer-grade, from rasterised layers, for meshes within
    /// <c>Limits.Fdm.RasterTrianglesMax</c>; the estimate says which tier answered.
    /// </summary>
    public int FdmTier { get; init; } = 2;

    /// <summary>Whether the part is analysed beyond its sums (hull, walls, gaps, supports, orientation); only sums are needed for a first price.</summary>
    public bool Analysis { get; init; } = true;

    /// <summary>Whether the analysis also gives a byte per triangle and kind of finding, for a heat map.</summary>
    public bool Findings { get; init; }

    /// <summary>Whether a picture is drawn.</summary>
    public bool Thumbnail { get; init; }

    /// <summary>Threads the measurement may use. Never changes a bit of the answer.</summary>
    public int Threads { get; init; } = 1;
}
