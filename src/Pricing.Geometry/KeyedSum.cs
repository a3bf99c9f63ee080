using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Pricing.Geometry;

/// <summary>
/// A keyed 128-bit hash for bytes that stay in this process: NH (Black, Halevi, Krawczyk, Krovetz, Rogaway: UMAC, CRYPTO 1999) with 64-bit words,
/// Σ (m₂ᵢ + k₂ᵢ)·(m₂ᵢ₊₁ + k₂ᵢ₊₁) mod 2¹²⁸. Whoever does not know the key finds two messages with one hash with a chance of 2⁻⁶⁴, whatever
/// messages are chosen; differences of hashes are as hard to hit, so a constant may be added to tell contexts apart.
/// </summary>
/// <remarks>One multiplication per 16 bytes. The key is as long as the longest message.</remarks>
sealed partial class KeyedSum
{
    readonly ulong[] _key;

    /// <param name="bytesMax">Longest message.</param>
    /// <param name="random">Key material; random, never told to anybody. Null: from the operating system.</param>
    public KeyedSum(int bytesMax, ReadOnlySpan<byte> random = default)
    {
        // A pair for the length, and one that the last bytes are padded to.
        _key = new ulong[(bytesMax + 15) / 16 * 2 + 4];
        if (random.IsEmpty)
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(_key.AsSpan()));
        else
            for (var i = 0; i < _key.Length; i++)
                _key[i] = BinaryPrimitives.ReadUInt64LittleEndian(random[(8 * i)..]);
    }

    /// <summary>The hash of a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe UInt128 Of(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, (_key.Length - 4) * 8, nameof(bytes));
        // Two chains of additions, so that they overlap.
        ulong low0 = 0, high0 = 0, low1 = 0, high1 = 0;
        fixed (byte* start = bytes)
        fixed (ulong* keys = _key)
        {
            // The length is the first pair.
            Add((ulong)bytes.Length + keys[0], keys[1], ref low0, ref high0);
            var m = start;
            var k = keys + 2;
            var left = bytes.Length;
            for (; left >= 32; left -= 32, m += 32, k += 4)
            {
                Add(Word(m) + k[0], Word(m + 8) + k[1], ref low0, ref high0);
                Add(Word(m + 16) + k[2], Word(m + 24) + k[3], ref low1, ref high1);
            }
            if (left >= 16)
            {
                Add(Word(m) + k[0], Word(m + 8) + k[1], ref low0, ref high0);
                left -= 16;
                m += 16;
                k += 2;
            }
            if (left > 0)
            {
                var last = stackalloc byte[16];
                new Span<byte>(last, 16).Clear();
                new ReadOnlySpan<byte>(m, left).CopyTo(new Span<byte>(last, 16));
                Add(Word(last) + k[0], Word(last + 8) + k[1], ref low0, ref high0);
            }
        }
        return new UInt128(high0, low0) + new UInt128(high1, low1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(ulong a, ulong b, ref ulong low, ref ulong high)
    {
        high += Math.BigMul(a, b, out var product);
        low += product;
        high += low < product ? 1ul : 0ul;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static unsafe ulong Word(byte* p)
    {
        var word = Unsafe.ReadUnaligned<ulong>(p);
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }
}
