using Pricing.Geometry.Dexels;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Orientation;
using Pricing.Geometry.Processes;
using Pricing.Geometry.Shape;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>The convex hull in figures.</summary>
public sealed record HullFacts(double VolumeMm3, double AreaMm2, int Vertices);

/// <summary>
/// What is known of a part beyond its sums. Everything here reads the mesh as repaired and turned outward; of a mesh with holes, figures that
/// need an inside are estimates (<see cref="DexelFacts.OpenColumns"/>) or missing.
/// </summary>
public sealed record PartAnalysis
{
    /// <summary>Null for a flat part.</summary>
    public required HullFacts? Hull { get; init; }
    public required OrientedBox? SmallestBox { get; init; }

    /// <summary>Null where nothing is enclosed.</summary>
    public required SolidMoments? Moments { get; init; }

    /// <summary>Null above <c>Limits.Shape.EdgeTrianglesMax</c>.</summary>
    public required SurfaceEdges? Edges { get; init; }
    public required Complexity Complexity { get; init; }

    /// <summary>As it lies. Null for a part without extent, or too entangled.</summary>
    public required DexelFacts? Columns { get; init; }
    public required OrientationFacts? Orientations { get; init; }
    public required PowderEstimate? Powder { get; init; }

    /// <summary>In the orientation chosen for it.</summary>
    public required LpbfEstimate? Lpbf { get; init; }
    public required CastingEstimate Casting { get; init; }

    /// <summary>Cells of the columns under which candidates of an orientation are compared, as a share of the part's longest side, and its bounds, mm.</summary>
    const double CheckShare = 1.0 / 128, CheckMinMm = 0.2, CheckMaxMm = 5;

    /// <summary>A wall bin counts as there when it holds this share of the surface.</summary>
    const double ThickShare = 0.01;

    /// <param name="mesh">As repaired, turned outward.</param>
    /// <param name="sums">Of that mesh.</param>
    /// <param name="isInverted">Whether the sums are of the mesh inside out.</param>
    /// <param name="volumeMm3">As the verdict has it: overlaps count once.</param>
    /// <param name="areaMm2">Of the skin.</param>
    /// <param name="options">Findings, threads.</param>
    internal static PartAnalysis Of(SolidMesh mesh, TileSums sums, bool isInverted, double volumeMm3, double areaMm2, MeasureOptions options)
    {
        var hull = ConvexHull.Of(mesh);
        var box = hull is null ? null : OrientedBox.Of(hull);
        var edges = SurfaceEdges.Of(mesh);
        var columns = DexelAnalysis.Of(mesh, Frame.AsIs, new DexelOptions { Findings = options.Findings }, options.Threads);
        var orientations = hull is null ? null : Orient(mesh, sums, isInverted, hull, options.Threads);
        return new()
        {
            Hull = hull is null ? null : new(hull.VolumeMm3, hull.AreaMm2, hull.Vertices.Count),
            SmallestBox = box,
            Moments = SolidMoments.Of(mesh.Coordinates, mesh.Corners),
            Edges = edges,
            Complexity = Complexity.Of(volumeMm3, areaMm2, hull, box, edges),
            Columns = columns,
            Orientations = orientations,
            Powder = hull is null || box is null ? null : PowderEstimate.Of(volumeMm3, hull.VolumeMm3, hull.AreaMm2, box.ExtentsMm),
            Lpbf = orientations is null ? null : Melt(orientations, volumeMm3, areaMm2),
            Casting = CastingEstimate.Of(volumeMm3, areaMm2, ThickestMm(columns) ?? 2 * volumeMm3 / areaMm2,
                columns is null ? 0 : columns.Reach.NoneMm2 / columns.SurfaceMm2 * areaMm2),
        };
    }

    static OrientationFacts? Orient(SolidMesh mesh, TileSums sums, bool isInverted, ConvexHull hull, int threads)
    {
        var box = sums.Mass.Box;
        var longest = Math.Max((double)box.MaxX - box.MinX, Math.Max((double)box.MaxY - box.MinY, (double)box.MaxZ - box.MinZ));
        var pitch = Math.Clamp(longest * CheckShare, CheckMinMm, CheckMaxMm);
        return OrientationSearch.Of(sums.Normals, sums.Mass, isInverted, hull.Vertices, frame =>
            SupportField.Measure(mesh, frame, pitch, threads) is { } support ? new(support.SupportMm3, support.ContactMm2) : default);
    }

    static LpbfEstimate Melt(OrientationFacts orientations, double volumeMm3, double areaMm2)
    {
        var pose = orientations.Goals.First(choice => choice.Goal == OrientationGoal.Lpbf).Best;
        // Of faces that are seen from above as much as these, no more than this can be seen from the side: √(1 − c²) is concave.
        var seen = Math.Min(areaMm2, 2 * pose.ProjectedMm2);
        var side = Math.Sqrt(areaMm2 * areaMm2 - seen * seen);
        return LpbfEstimate.Of(volumeMm3, side, pose.HeightMm, pose.SupportMm3, pose.SupportContactMm2, LpbfProfile.Standard);
    }

    /// <summary>The thickest wall that a noticeable share of the surface has, by bins; null where none was measured.</summary>
    static double? ThickestMm(DexelFacts? columns)
    {
        if (columns is null)
            return null;
        var areas = columns.Walls.AreaByWidthMm2;
        for (var bin = areas.Count - 1; bin >= 0; bin--)
            if (areas[bin] >= ThickShare * columns.SurfaceMm2)
                return WidthFacts.EdgesMm[Math.Min(bin, WidthFacts.EdgesMm.Count - 1)];
        return null;
    }

    /// <summary>Everything that goes into the digest, in one order.</summary>
    internal IEnumerable<double> Figures()
    {
        List<double> all = [Hull?.VolumeMm3 ?? -1, Hull?.AreaMm2 ?? -1, Hull?.Vertices ?? -1];
        Add(SmallestBox?.ExtentsMm);
        if (Moments is { } m)
        {
            all.AddRange([m.Tensor.Xx, m.Tensor.Yy, m.Tensor.Zz, m.Tensor.Xy, m.Tensor.Xz, m.Tensor.Yz]);
            Add(m.PrincipalMm5);
        }
        if (Edges is { } e)
            all.AddRange([e.Convex30Mm, e.Concave30Mm, e.Convex60Mm, e.Concave60Mm, e.MeanCurvatureMm, e.BendingMm, e.Patches, e.PlanarPatches, e.PlanarFaces, e.Handles ?? -1]);
        all.AddRange([Complexity.Sphericity, Complexity.Convexity, Complexity.BoxFill, Complexity.Index]);
        if (Columns is { } c)
        {
            Add(c.CellMm);
            all.AddRange([c.OpenColumns, c.SolidMm3, c.SurfaceMm2, c.Reach.AnyMm2, c.Reach.NoneMm2, c.Reach.Setups]);
            all.AddRange(c.Reach.ByDirectionMm2);
            foreach (var s in c.Supports)
                all.AddRange([s.AngleDegrees, s.SupportMm3, s.ContactMm2, s.FromBedMm3, s.BedMm2]);
            foreach (var trap in new[] { c.Traps.Enclosed, c.Traps.SealedByBed, c.Traps.Pools, c.Traps.PoolsOnBed, c.Traps.Cups })
                all.AddRange([trap.VolumeMm3, trap.Count]);
            foreach (var width in new[] { c.Walls, c.Gaps })
            {
                all.Add(width.SmallestMm ?? -1);
                all.AddRange(width.AreaByWidthMm2);
                all.AddRange(width.Below.Select(below => below.AreaMm2));
            }
        }
        foreach (var choice in Orientations?.Goals ?? [])
            foreach (var pose in new[] { choice.Best, choice.AsIs })
            {
                Add(pose.Frame.Z);
                all.AddRange([pose.HeightMm, pose.SupportMm3, pose.SupportContactMm2, pose.BedContactMm2, pose.FootprintMm2, pose.Score]);
            }
        all.AddRange([Powder?.NestedCm3 ?? -1, Lpbf?.ScanTimeS ?? -1, Lpbf?.RecoatTimeS ?? -1, Casting.SprueMm3, Casting.HiddenMm2]);
        return all;

        void Add(Point3? point) => all.AddRange(point is { } p ? [p.X, p.Y, p.Z] : [-1]);
    }
}
