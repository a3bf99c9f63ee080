using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// Three decimals of one line at once, with the doubles that <see cref="TextNumber"/> gives, bit for bit.
/// </summary>
/// <remarks>
/// 1. Bit masks of the block give where each number begins, where its mantissa, its dot and its exponent are. 2. A shuffle per number drops the
/// dot and moves up to 15 digits to the right of 16 bytes; three multiply-adds make them integers below 10^15, exact in a double. 3. A division
/// by a power of ten up to 10^22, exact too, rounds once (W. D. Clinger, "How to read floating point numbers accurately", PLDI 1990).
/// A byte that is no digit, more digits, another power, an exponent not written as sign and two digits, or a double exactly between two floats
/// (where <see cref="TextNumber"/> looks at the text again): the three numbers are read by <see cref="TextNumber"/>.
/// </remarks>
static unsafe class DecimalTriple
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>A longer word is left to the line parser, which bounds lines.</summary>
    const int WordBytes = 64;

    /// <param name="text">The block's first byte; 80 bytes are readable.</param>
    /// <param name="block">The 64 bytes at text.</param>
    /// <param name="blanks">Its blanks; a keyword before the numbers is made blank by the caller.</param>
    /// <param name="last">End of what may be read.</param>
    /// <param name="tables">The instance, in a local.</param>
    /// <param name="numbers">The three numbers, and zero.</param>
    /// <returns>Where the third number ends; 0 when there are not three good numbers here. Line breaks before it are the caller's to refuse.</returns>
    [MethodImpl(Inline)]
    public static int Read<TBlock>(byte* text, TBlock block, ulong blanks, byte* last, DecimalTables tables, out Vector256<double> numbers)
        where TBlock : struct, ITextBlock<TBlock>
    {
        var starts = ~blanks & ((blanks << 1) | 1);
        var ends = blanks & (~blanks << 1);
        var s0 = Lowest(starts);
        starts &= starts - 1;
        var s1 = Lowest(starts);
        starts &= starts - 1;
        var s2 = Lowest(starts);
        var e0 = Lowest(ends);
        ends &= ends - 1;
        var e1 = Lowest(ends);
        ends &= ends - 1;
        var e2 = Lowest(ends);
        if (e2 == 64)
            return ReadWords(text, ~blanks, last, out numbers);

        // From here on: g is 1 for a minus sign, f the first digit or dot, m the end of the mantissa, n its length, k the place of the dot or n.
        var minuses = block.Matches((byte)'-');
        var mantissaEnds = block.MatchesLetter((byte)'e') | blanks;
        var dots = block.Matches((byte)'.') | mantissaEnds;
        var g0 = (minuses >> (int)s0) & 1;
        var g1 = (minuses >> (int)s1) & 1;
        var g2 = (minuses >> (int)s2) & 1;
        var f0 = s0 + g0;
        var f1 = s1 + g1;
        var f2 = s2 + g2;
        var n0 = Lowest(mantissaEnds >> (int)f0);
        var n1 = Lowest(mantissaEnds >> (int)f1);
        var n2 = Lowest(mantissaEnds >> (int)f2);
        if ((n0 | n1 | n2) >= DecimalTables.Row)
            return ReadWords(text, ~blanks, last, out numbers);
        var t0 = n0 * DecimalTables.Row + Lowest(dots >> (int)f0);
        var t1 = n1 * DecimalTables.Row + Lowest(dots >> (int)f1);
        var t2 = n2 * DecimalTables.Row + Lowest(dots >> (int)f2);
        var p0 = (ulong)tables.Places[t0];
        var p1 = (ulong)tables.Places[t1];
        var p2 = (ulong)tables.Places[t2];
        var m0 = f0 + n0;
        var m1 = f1 + n1;
        var m2 = f2 + n2;
        if (((m0 ^ e0) | (m1 ^ e1) | (m2 ^ e2)) != 0)
        {
            p0 -= Exponent(text, m0, e0);
            p1 -= Exponent(text, m1, e1);
            p2 -= Exponent(text, m2, e2);
        }
        if (p0 > DecimalTables.ExactPower || p1 > DecimalTables.ExactPower || p2 > DecimalTables.ExactPower)
            return ReadWords(text, ~blanks, last, out numbers);

        // 16 bytes from each mantissa's first digit; the shuffle zeroes all but its digits. Numbers 0 and 1 share a register.
        var v01 = Vector256.Create(Vector128.Load(text + f0), Vector128.Load(text + f1)) - Vector256.Create((byte)'0');
        v01 = Avx2.Shuffle(v01, Vector256.Create(Vector128.Load(tables.Shuffles + 16 * t0), Vector128.Load(tables.Shuffles + 16 * t1)));
        var v2 = Ssse3.Shuffle(Vector128.Load(text + f2) - Vector128.Create((byte)'0'), Vector128.Load(tables.Shuffles + 16 * t2)).ToVector256();
        var wrong = Avx2.SubtractSaturate(v01, Vector256.Create((byte)9)) | Avx2.SubtractSaturate(v2, Vector256.Create((byte)9));

        // 16 digits → 8 pairs → 4 fours; four 16-bit fours of two numbers per lane → 2 eights each, the higher eight in the lower half.
        var tens = Vector256.Create((short)0x010A).AsSByte();
        var hundreds = Vector256.Create(0x0001_0064).AsInt16();
        var fours = Avx2.PackUnsignedSaturate(
            Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(v01, tens), hundreds), Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(v2, tens), hundreds));
        var eights = Avx2.MultiplyAddAdjacent(fours.AsInt16(), Vector256.Create(0x0001_2710).AsInt16()).AsUInt64();
        var mantissas = Avx2.Multiply(eights.AsUInt32(), Vector256.Create(100_000_000u)) + (eights >>> 32); // order: 0, 2, 1, nothing

        // Below 2^52 an integer under the exponent of 2^52 is that double plus 2^52. The sign of a number is that of its divisor.
        const ulong TwoTo52 = 0x4330_0000_0000_0000;
        var value = (mantissas | Vector256.Create(TwoTo52)).AsDouble() - Vector256.Create(TwoTo52).AsDouble();
        value /= Vector256.Create(tables.Powers[2 * p0 + g0], tables.Powers[2 * p2 + g2], tables.Powers[2 * p1 + g1], 1);

        var betweenFloats = Vector256.Equals(value.AsUInt64() & Vector256.Create((ulong)TextNumber.BelowFloat), Vector256.Create((ulong)TextNumber.Halfway));
        if ((wrong.AsUInt64() | betweenFloats) != Vector256<ulong>.Zero)
            return ReadWords(text, ~blanks, last, out numbers);
        numbers = Avx2.Permute4x64(value, 0b11_01_10_00);
        return (int)e2;
    }

    [MethodImpl(Inline)] static ulong Lowest(ulong bits) => ulong.TrailingZeroCount(bits);

    /// <summary>The exponent between e and the end of the word: none, or "e", a sign and two digits; for anything else a number out of any range.</summary>
    [MethodImpl(Inline)]
    static ulong Exponent(byte* text, ulong e, ulong end)
    {
        if (e == end)
            return 0;
        var word = *(uint*)(text + e);
        var sign = ((word >> 8) & 0xFF) - '+';
        var tens = ((word >> 16) & 0xFF) - '0';
        var ones = (word >> 24) - '0';
        if (end - e != 4 || (sign & ~2u) != 0 || tens > 9 || ones > 9)
            return 2 * DecimalTables.NotThisWay;
        ulong value = tens * 10 + ones;
        return sign == 0 ? value : 0 - value;
    }

    /// <summary>The same three numbers word by word, from the first byte that belongs to one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int ReadWords(byte* text, ulong inWords, byte* last, out Vector256<double> numbers)
    {
        numbers = default;
        if (inWords == 0)
            return 0;
        var at = text + Lowest(inWords);
        var values = stackalloc double[4];
        values[3] = 0;
        for (var i = 0; i < 3; i++)
        {
            while (at < last && *at is <= (byte)' ' and not (byte)'\n' and not (byte)'\r')
                at++;
            var from = at;
            while (at < last && *at > ' ' && at - from <= WordBytes)
                at++;
            if (at == last || *at > ' ' || !TextNumber.TryParse(new ReadOnlySpan<byte>(from, (int)(at - from)), out values[i]))
                return 0;
        }
        numbers = Vector256.Load(values);
        return (int)(at - text);
    }
}
