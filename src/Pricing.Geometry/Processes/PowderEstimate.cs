namespace Pricing.Geometry.Processes;

/// <summary>How much of a powder chamber (SLS, MJF) one piece takes. No supports; neighbours nest around its hull.</summary>
/// <param name="VolumeCm3">Sintered.</param>
/// <param name="HullCm3">Convex hull.</param>
/// <param name="BoxCm3">Smallest box found around it, at any angle.</param>
/// <param name="NestedCm3">Hull with half the clearance around it: what neighbours leave free.</param>
/// <param name="HeightMm">Laid flat: the smallest extent of that box.</param>
public sealed record PowderEstimate(double VolumeCm3, double HullCm3, double BoxCm3, double NestedCm3, double HeightMm)
{
    /// <summary>Powder between two pieces, mm (design guides of powder-bed machines: 4 to 6).</summary>
    public const double ClearanceMm = 5;

    /// <param name="volumeMm3">Of the solid.</param>
    /// <param name="hullVolumeMm3">Of its convex hull.</param>
    /// <param name="hullAreaMm2">Of its convex hull.</param>
    /// <param name="boxMm">Extents of the smallest box.</param>
    internal static PowderEstimate Of(double volumeMm3, double hullVolumeMm3, double hullAreaMm2, Point3 boxMm)
    {
        var box = boxMm.X * boxMm.Y * boxMm.Z;
        const double half = ClearanceMm / 2;
        var grownBox = (boxMm.X + ClearanceMm) * (boxMm.Y + ClearanceMm) * (boxMm.Z + ClearanceMm);
        // Steiner's formula for a convex body, V + A·r + M·r² + 4/3·π·r³; its mean width term M from that of the ball of equal area, the least it can be.
        var width = 2 * Math.Sqrt(Math.PI * hullAreaMm2);
        var grown = hullVolumeMm3 + hullAreaMm2 * half + width * half * half + 4.0 / 3 * Math.PI * half * half * half;
        return new(volumeMm3 / 1000, hullVolumeMm3 / 1000, box / 1000, Math.Min(grown, grownBox) / 1000, Math.Min(boxMm.X, Math.Min(boxMm.Y, boxMm.Z)));
    }
}
