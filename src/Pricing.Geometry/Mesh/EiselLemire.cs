using System.Numerics;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// The double nearest to w·10^q for any 64-bit w, by one or two 64-bit products with a 128-bit power of five (D. Lemire, "Number parsing at a
/// gigabyte per second", 2021; N. Mushtak and D. Lemire, "Fast number parsing without fallback", 2022: no case is left open).
/// </summary>
static class EiselLemire
{
    /// <summary>Below, everything is zero; above, infinite.</summary>
    public const int LowestPower = -342, HighestPower = 308;

    const int MantissaBits = 52;
    const int InfinitePower = 0x7FF;
    const int LastRoundedUp = -27;

    /// <summary>The highest 128 bits of 5^q, the first of them set: in pairs of a high and a low half.</summary>
    static readonly ulong[] Fives = BuildFives();

    public static double ToDouble(ulong w, int q)
    {
        if (w == 0 || q < LowestPower)
            return 0;
        if (q > HighestPower)
            return double.PositiveInfinity;
        var zeros = BitOperations.LeadingZeroCount(w);
        w <<= zeros;
        var at = 2 * (q - LowestPower);
        var high = Math.BigMul(w, Fives[at], out var low);
        // The bits below the 55 that matter are all ones: what the low half adds may carry into them.
        const ulong Below = ulong.MaxValue >> (MantissaBits + 3);
        if ((high & Below) == Below)
        {
            var more = Math.BigMul(w, Fives[at + 1], out _);
            low += more;
            if (more > low)
                high++;
        }
        var upperBit = (int)(high >> 63);
        var shift = upperBit + 64 - MantissaBits - 3;
        var mantissa = high >> shift;
        // ⌊q·log2 10⌋ in 16 binary places, exact over the range of q.
        var power = ((152170 + 65536) * q >> 16) + 63 + upperBit - zeros + 1023;
        if (power <= 0)
        {
            if (1 - power >= 64)
                return 0;
            mantissa >>= 1 - power;
            mantissa += mantissa & 1;
            // Rounding up into the first normal number carries into its exponent by itself.
            return BitConverter.UInt64BitsToDouble(mantissa >> 1);
        }
        // A tie is only possible where 5^q or its inverse fits the product: to even then, not up.
        if (low <= 1 && q is >= -4 and <= 23 && (mantissa & 3) == 1 && mantissa << shift == high)
            mantissa &= ~1UL;
        mantissa += mantissa & 1;
        mantissa >>= 1;
        if (mantissa >= 2UL << MantissaBits)
        {
            mantissa = 1UL << MantissaBits;
            power++;
        }
        return power >= InfinitePower ? double.PositiveInfinity
            : BitConverter.UInt64BitsToDouble((mantissa & ~(1UL << MantissaBits)) | ((ulong)power << MantissaBits));
    }

    static ulong[] BuildFives()
    {
        var fives = new ulong[2 * (HighestPower - LowestPower + 1)];
        var power = BigInteger.One;
        for (var q = 0; q <= HighestPower; q++, power *= 5)
            Put(q, power);
        power = 5;
        // Down to 5⁻²⁷, where a product can be a tie, rounded up at the last of the 128 bits; below, where none can, cut off.
        for (var q = -1; q >= LowestPower; q--, power *= 5)
            Put(q, (BigInteger.One << ((int)power.GetBitLength() + (q >= LastRoundedUp ? 127 : 255))) / power + 1);
        return fives;

        void Put(int q, BigInteger value)
        {
            var excess = (int)value.GetBitLength() - 128;
            value = excess > 0 ? value >> excess : value << -excess;
            fives[2 * (q - LowestPower)] = (ulong)(value >> 64);
            fives[2 * (q - LowestPower) + 1] = (ulong)(value & ulong.MaxValue);
        }
    }
}
