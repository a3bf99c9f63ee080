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
    /// The eight bytes at a word as digits 0–9, shifted so that the last digit is in the highest byte and zeros come before the first.
    /// The length is that of the run of digits: 0 when there is none, 8 when there may be more.
    /// </summary>
    [MethodImpl(Inline)]
    public static ulong Digits(byte* word, out int length)
    {
        var digits = *(ulong*)word ^ Zeros;
        // The lowest byte above 9 gets its high bit: the bytes below it, all digits, carry nothing into it.
        var others = ((digits + 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
        length = (int)ulong.TrailingZeroCount(others) >> 3;
        return digits << ((8 - length) << 3);
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
