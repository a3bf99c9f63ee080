using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Dexels;

/// <summary>Where a column meets the surface: height, facing and normal in 64 bits whose order is that along the column.</summary>
/// <remarks>
/// From the top: height (28 bits), exit (1), owned (1), normal (2 × 17). At equal heights entries come first, so that shells that touch
/// are one solid. The normal is octahedral (Cigolle et al., "A Survey of Efficient Representations for Independent Unit Vectors", JCGT
/// 2014) in the field's own axes, good to 2·10⁻⁵; the axes themselves are exact.
/// </remarks>
static class Crossing
{
    const int HalfBits = 17;
    const double HalfSteps = (1 << (HalfBits - 1)) - 1;
    const ulong HalfMask = (1UL << HalfBits) - 1;
    const int OwnedBit = 2 * HalfBits, ExitBit = OwnedBit + 1, HeightBit = ExitBit + 1;

    /// <param name="height">In quanta, from 0.</param>
    /// <param name="isExit">The column leaves the solid: the surface faces up.</param>
    /// <param name="isOwned">The column's axis is the one the surface faces most.</param>
    /// <param name="normal">Normal bits.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(long height, bool isExit, bool isOwned, ulong normal) =>
        (ulong)height << HeightBit | (isExit ? 1UL << ExitBit : 0) | (isOwned ? 1UL << OwnedBit : 0) | normal;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Height(ulong crossing) => (int)(crossing >> HeightBit);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExit(ulong crossing) => (crossing >> ExitBit & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOwned(ulong crossing) => (crossing >> OwnedBit & 1) != 0;

    /// <summary>Normal bits of a vector of any length but zero.</summary>
    public static ulong NormalBits(double x, double y, double z)
    {
        var sum = Math.Abs(x) + Math.Abs(y) + Math.Abs(z);
        double u = x / sum, v = y / sum;
        if (z < 0)
            (u, v) = ((1 - Math.Abs(v)) * (u < 0 ? -1 : 1), (1 - Math.Abs(u)) * (v < 0 ? -1 : 1));
        return (ulong)(Math.Round(u * HalfSteps) + HalfSteps) << HalfBits | (ulong)(Math.Round(v * HalfSteps) + HalfSteps);
    }

    /// <summary>The unit normal, in the field's axes: the third is along the column.</summary>
    public static Point3 Normal(ulong crossing)
    {
        var u = ((double)(crossing >> HalfBits & HalfMask) - HalfSteps) / HalfSteps;
        var v = ((double)(crossing & HalfMask) - HalfSteps) / HalfSteps;
        var z = 1 - Math.Abs(u) - Math.Abs(v);
        if (z < 0)
            (u, v) = ((1 - Math.Abs(v)) * (u < 0 ? -1 : 1), (1 - Math.Abs(u)) * (v < 0 ? -1 : 1));
        var length = Math.Sqrt(u * u + v * v + z * z);
        return new(u / length, v / length, z / length);
    }
}
