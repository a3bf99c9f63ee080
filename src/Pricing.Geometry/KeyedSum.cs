using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Pricing.Geometry;

/// <summary>
/// A keyed 128-bit hash for bytes that stay in this process: NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, CRYPTO 1999) with 32-bit words,
/// Σ (m₂ᵢ + k₂ᵢ)·(m₂ᵢ₊₁ + k₂ᵢ₊₁) mod 2⁶⁴, once with the key and once with the key shifted by a pair. Whoever does not know the key finds two
/// messages with one hash with a chance of 2⁻⁶⁴, whatever messages are chosen; differences of hashes are as hard to hit, so a constant may be
/// added to tell contexts apart.
/// </summary>
/// <remarks>Two multiplications per 8 bytes, four of them side by side. The key is as long as the longest message.</remarks>
sealed partial class KeyedSum
{
    /// <summary>Words of the second sum's shift, of the length, and of what the last bytes are padded to.</summary>
    const int Shift = 2, LengthWords = 2, BlockWords = 8;

    readonly int _bytesMax;
    readonly uint[] _key;

    /// <param name="bytesMax">Longest message.</param>
    /// <param name="random">Key material; random, never told to anybody. Empty: from the operating system.</param>
    public KeyedSum(int bytesMax, ReadOnlySpan<byte> random = default)
    {
        _bytesMax = bytesMax;
        _key = new uint[LengthWords + bytesMax / 4 + BlockWords + Shift];
        if (random.IsEmpty)
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_key.AsSpan()));
        else
            for (var i = 0; i < _key.Length; i++)
                _key[i] = BinaryPrimitives.ReadUInt32LittleEndian(random[(4 * i)..]);
    }

    /// <summary>The hash of a message. The two halves are sums of their own: contexts are added half by half.</summary>
    public unsafe UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, _bytesMax, nameof(bytes));
        fixed (byte* start = bytes)
        fixed (uint* key = _key)
        {
            // The length is the first pair, so that a zero more is another message.
            var first = Pair((uint)bytes.Length, 0, key);
            var second = Pair((uint)bytes.Length, 0, key + Shift);
            var k = key + LengthWords;
            var whole = bytes.Length / (4 * BlockWords) * BlockWords;
            if (Avx2.IsSupported && BitConverter.IsLittleEndian)
                Blocks(start, k, whole, ref first, ref second);
            else
                Pairs(start, k, whole, ref first, ref second);
            if (4 * whole < bytes.Length)
            {
                var last = stackalloc byte[4 * BlockWords];
                new Span<byte>(last, 4 * BlockWords).Clear();
                bytes[(4 * whole)..].CopyTo(new Span<byte>(last, 4 * BlockWords));
                Pairs(last, k + whole, BlockWords, ref first, ref second);
            }
            return new UInt128(second, first);
        }
    }

    /// <summary>Adds a context's hash to a message's.</summary>
    public static UInt128 Plus(UInt128 hash, UInt128 context) =>
        new((ulong)(hash >> 64) + (ulong)(context >> 64), (ulong)hash + (ulong)context);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Blocks(byte* m, uint* k, int words, ref ulong first, ref ulong second)
    {
        var sum1 = Vector256<ulong>.Zero;
        var sum2 = Vector256<ulong>.Zero;
        for (var i = 0; i < words; i += BlockWords)
        {
            var message = Vector256.Load((uint*)m + i);
            var a = message + Vector256.Load(k + i);
            var b = message + Vector256.Load(k + i + Shift);
            // Even words times their odd neighbours.
            sum1 += Avx2.Multiply(a, Avx2.ShiftRightLogical(a.AsUInt64(), 32).AsUInt32());
            sum2 += Avx2.Multiply(b, Avx2.ShiftRightLogical(b.AsUInt64(), 32).AsUInt32());
        }
        first += Vector256.Sum(sum1);
        second += Vector256.Sum(sum2);
    }

    static unsafe void Pairs(byte* m, uint* k, int words, ref ulong first, ref ulong second)
    {
        for (var i = 0; i < words; i += 2, m += 8)
        {
            uint even = Word(m), odd = Word(m + 4);
            first += Pair(even, odd, k + i);
            second += Pair(even, odd, k + i + Shift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe ulong Pair(uint even, uint odd, uint* k) => (ulong)(even + k[0]) * (odd + k[1]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe uint Word(byte* p)
    {
        var word = Unsafe.ReadUnaligned<uint>(p);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }
}
