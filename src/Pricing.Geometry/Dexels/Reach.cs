using System.Numerics;

namespace Pricing.Geometry.Dexels;

/// <summary>From areas by set of directions to facts.</summary>
static class Reach
{
    /// <summary>Share of the surface that a smaller number of setups may miss.</summary>
    const double MissedShare = 0.005;

    const int Sets = 64;

    public static (ReachFacts Facts, double SurfaceMm2) Of(long[][] byDirections, IReadOnlyList<DexelField> fields)
    {
        var area = new double[Sets];
        foreach (var field in fields)
            for (var set = 0; set < Sets; set++)
                area[set] += byDirections[field.Axis][set] * (field.CellMm2 / SurfaceWalk.WeightSteps);
        var surface = area.Sum();
        var any = surface - area[0];
        var setups = 6;
        for (var chosen = 0; chosen < Sets; chosen++)
            if (BitOperations.PopCount((uint)chosen) < setups && Seen(area, chosen) >= any - MissedShare * surface)
                setups = BitOperations.PopCount((uint)chosen);
        return (new([.. Enumerable.Range(0, 6).Select(direction => Seen(area, 1 << direction))], any, area[0], setups), surface);
    }

    static double Seen(double[] area, int chosen) => Enumerable.Range(0, Sets).Where(set => (set & chosen) != 0).Sum(set => area[set]);
}
