using System.Numerics;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Mass;

/// <summary>How a solid of density 1 resists being turned. Lengths in mm, so moments are in mm⁵.</summary>
/// <param name="VolumeMm3">Signed: negative for a mesh that is inside out.</param>
/// <param name="CentroidMm">Middle of the volume.</param>
/// <param name="Tensor">About the centroid, along the axes of the file.</param>
/// <param name="PrincipalMm5">The tensor's own values, rising.</param>
/// <param name="Axes">The directions they belong to: unit rows, right-handed. Of equal values any axes are right; which ones are given is fixed.</param>
public sealed partial record SolidMoments(double VolumeMm3, Point3 CentroidMm, InertiaTensor Tensor, Point3 PrincipalMm5, Frame Axes)
{
    /// <summary>Moments of a closed mesh, or null when it encloses nothing.</summary>
    /// <param name="coordinates">x, y, z of each vertex.</param>
    /// <param name="corners">Three vertex numbers per triangle.</param>
    public static SolidMoments? Of(ReadOnlySpan<float> coordinates, ReadOnlySpan<int> corners) => Of(coordinates, corners, InstructionSets.Current);

    internal static SolidMoments? Of(ReadOnlySpan<float> coordinates, ReadOnlySpan<int> corners, InstructionSet set)
    {
        var origin = Middle(coordinates, out var reach);
        if (corners.IsEmpty || reach == 0)
            return null;
        var sums = set switch
        {
            InstructionSet.Avx512 => Sums<Doubles512>(coordinates, corners, origin, reach),
            InstructionSet.Avx2 => Sums<Doubles256>(coordinates, corners, origin, reach),
            _ => Sums<Doubles1>(coordinates, corners, origin, reach),
        };
        var volume = Value(sums, Volume6, reach) / 6;
        if (volume == 0)
            return null;
        double Mean(int term) => Value(sums, term, reach) / 24 / volume;
        double x = Mean(First24), y = Mean(First24 + 1), z = Mean(First24 + 2);
        double About(int term, double a, double b) => Value(sums, Second120 + term, reach) / 120 - volume * a * b;
        double xx = About(0, x, x), yy = About(1, y, y), zz = About(2, z, z);
        var sign = volume < 0 ? -1 : 1;
        var tensor = new InertiaTensor(sign * (yy + zz), sign * (xx + zz), sign * (xx + yy),
            -sign * About(3, x, y), -sign * About(4, x, z), -sign * About(5, y, z));
        var (values, axes) = tensor.Principal();
        return new(volume, new(origin.X + x, origin.Y + y, origin.Z + z), tensor, values, axes);
    }

    /// <summary>The middle of the box, and a power of two no smaller than half its longest side.</summary>
    static Point3 Middle(ReadOnlySpan<float> coordinates, out double reach)
    {
        Span<float> low = [float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity];
        Span<float> high = [float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity];
        for (var i = 0; i < coordinates.Length; i += 3)
            for (var k = 0; k < 3; k++)
            {
                low[k] = Math.Min(low[k], coordinates[i + k]);
                high[k] = Math.Max(high[k], coordinates[i + k]);
            }
        reach = 0;
        if (coordinates.IsEmpty)
            return default;
        var half = 0.5 * Math.Max((double)high[0] - low[0], Math.Max((double)high[1] - low[1], (double)high[2] - low[2]));
        if (half > 0)
            reach = BitOperations.RoundUpToPowerOf2((ulong)Math.Ceiling(half * (1L << 32))) / (double)(1L << 32);
        return new(0.5 * ((double)low[0] + high[0]), 0.5 * ((double)low[1] + high[1]), 0.5 * ((double)low[2] + high[2]));
    }
}
