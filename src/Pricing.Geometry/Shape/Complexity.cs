namespace Pricing.Geometry.Shape;

/// <summary>How laborious a part's shape is, in figures a price can use. All follow from volume, area, box, hull and edges.</summary>
/// <param name="AreaPerVolume">mm²/mm³.</param>
/// <param name="Sphericity">Area of the sphere of the same volume over the part's: 1 for a sphere, 0.806 for a cube.</param>
/// <param name="Convexity">Volume over the hull's, 0…1.</param>
/// <param name="BoxFill">Volume over that of the smallest box found, 0…1.</param>
/// <param name="Index">0 for a plain convex body, towards 1 the more there is to do; see <see cref="Of"/>.</param>
public sealed record Complexity(double AreaPerVolume, double Sphericity, double Convexity, double BoxFill, double Index)
{
    /// <remarks>
    /// Index = 0.25 · (1 − convexity) + 0.25 · (1 − sphericity) + 0.20 · e/(e + 15) + 0.20 · p/(p + 40) + 0.10 · h/(h + 4)
    /// with e = length of edges over 30° / √area (5 for a cube), p = patches − 1, h = handles. Where edges were not counted (a large mesh) the first
    /// two weigh ½ each; where the surface is not closed, handles count as none. An order of parts, not a measure: it does not depend on size.
    /// </remarks>
    internal static Complexity Of(double volumeMm3, double areaMm2, ConvexHull? hull, OrientedBox? box, SurfaceEdges? edges)
    {
        if (!(volumeMm3 > 0 && areaMm2 > 0))
            return new(0, 0, 0, 0, 0);
        // 36π V² = A³ for a sphere.
        var sphericity = Math.Min(1, CubeRoot(36 * Math.PI * volumeMm3 * volumeMm3) / areaMm2);
        var convexity = hull is null ? 1 : Math.Min(1, volumeMm3 / hull.VolumeMm3);
        var index = 0.5 * (1 - convexity) + 0.5 * (1 - sphericity);
        if (edges is not null)
        {
            var sharp = (edges.Convex30Mm + edges.Concave30Mm) / Math.Sqrt(areaMm2);
            double more = Math.Max(0, edges.Patches - 1), handles = Math.Max(0, edges.Handles ?? 0);
            index = 0.5 * index + 0.20 * sharp / (sharp + 15) + 0.20 * more / (more + 40) + 0.10 * handles / (handles + 4);
        }
        return new(areaMm2 / volumeMm3, sphericity, convexity, box is null ? 0 : Math.Min(1, volumeMm3 / box.VolumeMm3), index);
    }

    /// <summary>By Newton's rule from a power of two above it, to the last bit but a few: it falls steadily, so at most so many steps.</summary>
    internal static double CubeRoot(double value)
    {
        const int Steps = 12;
        if (!(value > 0) || !double.IsFinite(value))
            return 0;
        var root = Math.ScaleB(1, (Math.ILogB(value) + 3) / 3);
        for (var i = 0; i < Steps; i++)
            root -= (root - value / (root * root)) / 3;
        return root;
    }
}
