namespace Pricing.Geometry.Dexels;

/// <summary>
/// What columns through a part say, as it lies in its frame (+z up, its lowest point on the bed). Lengths in mm, areas in mm², volumes in mm³.
/// The figures depend on mesh, frame and pitch alone.
/// </summary>
public sealed record DexelFacts
{
    /// <summary>Sides of a cell along x, y, z: features smaller than two cells may be missed, and liquid may leak through walls thinner than one.</summary>
    public required Point3 CellMm { get; init; }

    /// <summary>Columns and crossings of the three fields together.</summary>
    public required int Columns { get; init; }
    public required int Crossings { get; init; }

    /// <summary>Columns that were left out because the mesh is open there. Not 0: every figure is an estimate.</summary>
    public required int OpenColumns { get; init; }

    /// <summary>Volume by the columns along z: a check of the field against the exact volume (where shells overlap it is smaller, and right).</summary>
    public required double SolidMm3 { get; init; }

    /// <summary>Area of the solid's surface by the columns of all three axes; the areas below are shares of this.</summary>
    public required double SurfaceMm2 { get; init; }

    /// <summary>For 30°, 45° and 60°, rising.</summary>
    public required IReadOnlyList<SupportFacts> Supports { get; init; }
    public required TrapFacts Traps { get; init; }
    public required WidthFacts Walls { get; init; }
    public required WidthFacts Gaps { get; init; }
    public required ReachFacts Reach { get; init; }

    /// <summary>Null unless asked for.</summary>
    public DexelFindings? Findings { get; init; }
}

/// <summary>
/// Supports straight down from every face that lies flatter than the angle and faces down: the angle is that between face and horizontal.
/// A face at exactly the angle carries itself. Bridges are not forgiven.
/// </summary>
/// <param name="AngleDegrees">The angle.</param>
/// <param name="SupportMm3">Volume under such faces, down to the bed or to the part below.</param>
/// <param name="ContactMm2">Area of such faces that do not lie on the bed.</param>
/// <param name="FromBedMm3">The part of the volume that stands on the bed.</param>
/// <param name="FromBedContactMm2">The part of the area above it; the rest cannot be supported from the bed alone.</param>
/// <param name="OnPartMm2">Footprint of supports that stand on the part, where they leave marks, seen from above.</param>
/// <param name="BedMm2">Area of the part on the bed.</param>
/// <param name="HeightMm">Height of the part as it lies.</param>
public sealed record SupportFacts(
    int AngleDegrees,
    double SupportMm3,
    double ContactMm2,
    double FromBedMm3,
    double FromBedContactMm2,
    double OnPartMm2,
    double BedMm2,
    double HeightMm);

/// <summary>Some volume, and in how many separate places.</summary>
public sealed record Trap(double VolumeMm3, int Count);

/// <summary>
/// Empty space that liquid or powder does not leave. Two gaps of neighbouring columns are joined where their heights overlap. A point holds
/// liquid against a direction of gravity when every way out of it leads higher than itself; then it holds up to the lowest way out.
/// </summary>
/// <param name="Enclosed">No way out at all: powder and resin stay for good.</param>
/// <param name="SealedByBed">A way out only through the lowest 0.05 mm, or the bed itself: closed while the part is on the plate.</param>
/// <param name="Pools">Held with +z up, the part free of the bed: what stands in it when it is set down, rinsed or dried.</param>
/// <param name="PoolsOnBed">The same with the bed as a tight floor: a tube on the plate is a cup. In resin printing from below, where the plate hangs on
/// top, these are the suction cups.</param>
/// <param name="Cups">Held with −z up, the part free of the bed: what a part that hangs from the plate carries out of the vat.</param>
public sealed record TrapFacts(Trap Enclosed, Trap SealedByBed, Trap Pools, Trap PoolsOnBed, Trap Cups);

/// <summary>
/// How thick walls, or how wide gaps, are, across the column through a point of the surface, from the distance and the two normals: exact between
/// parallel planes, concentric cylinders and spheres, and in solid rods and balls. Where the two faces are more than 30° from parallel there is
/// no width: blocks and wedges have edges, not walls. Of a rod that leaves a third of its surface.
/// </summary>
public sealed record WidthFacts
{
    /// <summary>Upper edges of the bins, mm; the last bin has none.</summary>
    public static IReadOnlyList<double> EdgesMm { get; } = [0.2, 0.3, 0.5, 0.8, 1, 1.5, 2, 3, 5, 10, 20];

    /// <summary>Surface by width, one more than <see cref="EdgesMm"/>. Widths are rounded to 0.01 mm; an edge belongs to the bin above.</summary>
    public required IReadOnlyList<double> AreaByWidthMm2 { get; init; }

    /// <summary>For 0.3, 0.5, 0.8, 1, 1.5 and 2 mm: surface with a smaller width that rays confirmed.</summary>
    public required IReadOnlyList<AreaBelow> Below { get; init; }

    /// <summary>Smallest width that at least <see cref="DexelOptions.BackingMm2"/> of confirmed surface stays within; null = wider than 20 mm or none.</summary>
    public required double? SmallestMm { get; init; }

    /// <summary>Surface without an opposite face.</summary>
    public required double UnopposedMm2 { get; init; }

    /// <summary>Rays from points of small width, and how many found a surface about as near.</summary>
    public required int RaysCast { get; init; }
    public required int RaysConfirmed { get; init; }
}

/// <summary>Surface whose width is below a threshold.</summary>
public readonly record struct AreaBelow(double ThresholdMm, double AreaMm2);

/// <summary>Surface that a straight tool of no width reaches along an axis: nothing of the part is in the way, looked at from half a cell to a cell off the surface.</summary>
/// <param name="ByDirectionMm2">From +x, −x, +y, −y, +z, −z.</param>
/// <param name="AnyMm2">From at least one of the six.</param>
/// <param name="NoneMm2">From none.</param>
/// <param name="Setups">Fewest of the six that reach all that the six reach, but for 0.5 % of the surface.</param>
public sealed record ReachFacts(IReadOnlyList<double> ByDirectionMm2, double AnyMm2, double NoneMm2, int Setups);

/// <summary>
/// For a heat map: one byte per triangle of the file, up to the last that the repair kept; 0 = nothing, 255 = worst. A triangle shows its worst
/// place; narrow features of a triangle larger than about 48 × 2 cells may fall between the places looked at.
/// </summary>
/// <param name="Overhang">Faces down, flatter than 60° and not on the bed: 1 at 60°, 255 flat, in steps of the cosine.</param>
/// <param name="ThinWall">Wall thinner than 2 mm: 255 × (1 − thickness / 2 mm), not below 1.</param>
/// <param name="NarrowGap">Gap narrower than 2 mm, likewise.</param>
/// <param name="Unreachable">Share of the places looked at that none of the six directions reaches, of 255.</param>
public sealed record DexelFindings(byte[] Overhang, byte[] ThinWall, byte[] NarrowGap, byte[] Unreachable);
