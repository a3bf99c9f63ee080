using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Layers;

/// <summary>Rounding to the nearest integer, ties to even.</summary>
interface IRounding
{
    /// <summary>The integer, modulo 2⁶⁴.</summary>
    static abstract long Of(double x);

    /// <summary>The integer, modulo 2⁶⁴, and exactly what it leaves.</summary>
    static abstract long Split(double x, out double rest);
}

/// <summary>For |x| &lt; 2⁵¹: two additions.</summary>
readonly struct NearRounding : IRounding
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Of(double x) => BitConverter.DoubleToInt64Bits(x + FixedPoint.Magic) - FixedPoint.MagicBits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Split(double x, out double rest)
    {
        var shifted = x + FixedPoint.Magic;
        rest = x - (shifted - FixedPoint.Magic);
        return BitConverter.DoubleToInt64Bits(shifted) - FixedPoint.MagicBits;
    }
}

/// <summary>For any x: what exceeds 64 bits cancels or the section is larger than any part.</summary>
readonly struct FarRounding : IRounding
{
    public static long Of(double x) => unchecked((long)(Int128)Math.Round(x));

    public static long Split(double x, out double rest)
    {
        var whole = Math.Round(x);
        rest = x - whole;
        return unchecked((long)(Int128)whole);
    }
}
