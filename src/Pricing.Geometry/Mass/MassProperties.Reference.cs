using System.Numerics;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>The plain twin: one triangle after the other, each term scaled and rounded in big integers, no split, no magic number.</summary>
static partial class MassProperties
{
    public static BigInteger[] Reference(IEnumerable<TriangleTile> tiles)
    {
        var sums = new BigInteger[MassSums.TermCount];
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
            {
                var t = TriangleTerms.Of(tile, i);
                sums[MassSums.Area2] += ToInteger(t.Area2, MassSums.AreaBits);
                sums[MassSums.NormalX2] += ToInteger(t.Nx, MassSums.AreaBits);
                sums[MassSums.NormalY2] += ToInteger(t.Ny, MassSums.AreaBits);
                sums[MassSums.Up2] += t.Nz > 0 ? ToInteger(t.Nz, MassSums.AreaBits) : 0;
                sums[MassSums.Down2] += t.Nz < 0 ? ToInteger(-t.Nz, MassSums.AreaBits) : 0;
                sums[t.Nz < 0 ? MassSums.Overhang2 : MassSums.Overhang2Inverted] += ToInteger(t.Steep2, MassSums.AreaBits);
                sums[MassSums.Volume6] += ToInteger(t.Volume6, MassSums.VolumeBits);
                sums[MassSums.MomentX24] += ToInteger(t.MomentX24, MassSums.MomentBits);
                sums[MassSums.MomentY24] += ToInteger(t.MomentY24, MassSums.MomentBits);
                sums[MassSums.MomentZ24] += ToInteger(t.MomentZ24, MassSums.MomentBits);
            }
        return sums;
    }

    /// <summary>value × 2^places to the nearest integer, ties to even, from the float's mantissa and exponent.</summary>
    static BigInteger ToInteger(double value, int places)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent == 0 ? 0 : 1L << 52);
        var shift = Math.Max(exponent, 1) - 1075 + places;
        BigInteger magnitude;
        if (shift >= 0)
            magnitude = mantissa << shift;
        else if (shift < -60)
            magnitude = 0;
        else
        {
            magnitude = mantissa >> -shift;
            var rest = mantissa - (magnitude << -shift);
            var half = BigInteger.One << (-shift - 1);
            if (rest > half || (rest == half && !magnitude.IsEven))
                magnitude++;
        }
        return bits < 0 ? -magnitude : magnitude;
    }
}
