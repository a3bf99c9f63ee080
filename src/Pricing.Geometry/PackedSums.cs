using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pricing.Geometry;

/// <summary>Writes sums into words, and of rows that are mostly zero only what is not.</summary>
sealed class SumsWriter
{
    long[] _words = new long[256];
    int _count;

    public void Clear() => _count = 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(long word)
    {
        if (_count == _words.Length)
            Array.Resize(ref _words, 2 * _count);
        _words[_count++] = word;
    }

    public void Add(Int128 sum)
    {
        Add((long)sum);
        Add((long)(sum >> 64));
    }

    public void Add(float first, float second) =>
        Add((long)BitConverter.SingleToInt32Bits(first) << 32 | BitConverter.SingleToUInt32Bits(second));

    /// <summary>The fields that a mask names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ReadOnlySpan<long> fields, ulong mask)
    {
        var count = BitOperations.PopCount(mask);
        if (_count + count > _words.Length)
            Array.Resize(ref _words, 2 * (_count + count));
        for (var words = _words.AsSpan(_count, count); mask != 0; mask &= mask - 1, words = words[1..])
            words[0] = fields[BitOperations.TrailingZeroCount(mask)];
        _count += count;
    }

    public long[] ToArray() => _words.AsSpan(0, _count).ToArray();

    public ReadOnlySpan<long> Words => _words.AsSpan(0, _count);
}

/// <summary>Reads what <see cref="SumsWriter"/> wrote, in its order.</summary>
ref struct SumsReader(ReadOnlySpan<long> words)
{
    readonly ReadOnlySpan<long> _words = words;
    int _at;

    public readonly bool IsAtEnd => _at == _words.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Next() => _words[_at++];

    public Int128 NextInt128()
    {
        var low = (ulong)Next();
        return new Int128((ulong)Next(), low);
    }

    public (float First, float Second) NextFloats()
    {
        var word = Next();
        return (BitConverter.Int32BitsToSingle((int)(word >> 32)), BitConverter.Int32BitsToSingle((int)word));
    }

    public void Skip(int words) => _at += words;

    /// <summary>Adds the next words to the fields that a mask names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddTo(Span<long> fields, ulong mask)
    {
        for (; mask != 0; mask &= mask - 1)
            fields[BitOperations.TrailingZeroCount(mask)] += _words[_at++];
    }
}
