using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Mesh;

/// <summary>Four whole numbers of up to eight digits, without sign, at known places of a line.</summary>
static unsafe class IndexQuad
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    const ulong Zeros = 0x3030_3030_3030_3030;

    /// <summary>
    /// Bits behind the digits of the words that begin at the given bits: a sum carries from each start through its run of digits to the byte
    /// behind it. A start that is no digit is answered itself. The last run must end inside the block.
    /// </summary>
    [MethodImpl(Inline)]
    public static ulong Ends(ulong starts, ulong digits) => (starts + digits) & ~digits;

    /// <summary>The number of up to eight digits at a word: digits 0–9, the last in the highest byte, zeros before the first.</summary>
    [MethodImpl(Inline)]
    public static ulong Digits(byte* word, ulong length) => (*(ulong*)word ^ Zeros) << (int)((8 - length) << 3);

    /// <summary>The same for a word whose length is not known. The length is 0 when there is no digit, 8 when there may be more.</summary>
    [MethodImpl(Inline)]
    public static ulong Digits(byte* word, out ulong length)
    {
        var digits = *(ulong*)word ^ Zeros;
        // The lowest byte above 9 gets its high bit: the bytes below it, all digits, carry nothing into it.
        var others = ((digits + 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
        length = ulong.TrailingZeroCount(others) >> 3;
        return Digits(word, length);
    }

    /// <summary>The numbers of four such words; a word of no length is answered wrongly, and the caller has looked.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> Values(ulong a, ulong b, ulong c, ulong d)
    {
        // Digits → pairs → fours → high four (in the lower half) × 10,000 + low four.
        var pairs = Avx2.MultiplyAddAdjacent(Vector256.Create(a, b, c, d).AsByte(), Vector256.Create((short)0x010A).AsSByte());
        var fours = Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(0x0001_0064).AsInt16()).AsUInt64();
        var eights = Avx2.Multiply(fours.AsUInt32(), Vector256.Create(10_000u)) + (fours >>> 32);
        return Avx2.PermuteVar8x32(eights.AsInt32(), Vector256.Create(0, 2, 4, 6, 0, 0, 0, 0)).GetLower();
    }
}
