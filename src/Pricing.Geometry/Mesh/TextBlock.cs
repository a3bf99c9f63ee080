using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// 64 bytes of text in registers, asked where certain bytes are: bit i of an answer is byte i of the block. A kernel generic over the block
/// is compiled once per width and never asks which it runs at.
/// </summary>
unsafe interface ITextBlock<TSelf> where TSelf : struct, ITextBlock<TSelf>
{
    /// <summary>Reads 64 bytes: the caller vouches for all of them.</summary>
    static abstract TSelf Load(byte* text);

    /// <summary>Bytes up to a space, which is what <see cref="Words"/> cuts at.</summary>
    ulong Blanks { get; }

    ulong Matches(byte value);

    /// <summary>The letter in either case.</summary>
    ulong MatchesLetter(byte lower);

    /// <summary>The digits 0–9.</summary>
    ulong Digits { get; }

    /// <summary>Bytes that differ from another block's.</summary>
    ulong Differs(TSelf other);
}

/// <summary>One AVX-512 register, and its mask registers.</summary>
readonly unsafe struct TextBlock512(Vector512<byte> bytes) : ITextBlock<TextBlock512>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector512<byte> _bytes = bytes;

    [MethodImpl(Inline)] public static TextBlock512 Load(byte* text) => new(Vector512.Load(text));

    public ulong Blanks { [MethodImpl(Inline)] get => Avx512BW.CompareLessThanOrEqual(_bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits(); }

    [MethodImpl(Inline)] public ulong Matches(byte value) => Vector512.Equals(_bytes, Vector512.Create(value)).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public ulong MatchesLetter(byte lower) => Vector512.Equals(_bytes | Vector512.Create((byte)0x20), Vector512.Create(lower)).ExtractMostSignificantBits();

    public ulong Digits
    {
        [MethodImpl(Inline)]
        get => Avx512BW.CompareLessThanOrEqual(_bytes - Vector512.Create((byte)'0'), Vector512.Create((byte)9)).ExtractMostSignificantBits();
    }

    [MethodImpl(Inline)] public ulong Differs(TextBlock512 other) => ~Vector512.Equals(_bytes, other._bytes).ExtractMostSignificantBits();
}

/// <summary>Two AVX2 registers.</summary>
readonly unsafe struct TextBlock256(Vector256<byte> low, Vector256<byte> high) : ITextBlock<TextBlock256>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector256<byte> _low = low;
    readonly Vector256<byte> _high = high;

    [MethodImpl(Inline)] public static TextBlock256 Load(byte* text) => new(Vector256.Load(text), Vector256.Load(text + 32));

    public ulong Blanks { [MethodImpl(Inline)] get => Bits(UpTo(_low, (byte)' '), UpTo(_high, (byte)' ')); }

    public ulong Digits { [MethodImpl(Inline)] get => Bits(UpTo(_low - Vector256.Create((byte)'0'), 9), UpTo(_high - Vector256.Create((byte)'0'), 9)); }

    [MethodImpl(Inline)] public ulong Matches(byte value) => Bits(Vector256.Equals(_low, Vector256.Create(value)), Vector256.Equals(_high, Vector256.Create(value)));

    [MethodImpl(Inline)]
    public ulong MatchesLetter(byte lower) => Bits(
        Vector256.Equals(_low | Vector256.Create((byte)0x20), Vector256.Create(lower)), Vector256.Equals(_high | Vector256.Create((byte)0x20), Vector256.Create(lower)));

    [MethodImpl(Inline)] public ulong Differs(TextBlock256 other) => ~Bits(Vector256.Equals(_low, other._low), Vector256.Equals(_high, other._high));

    /// <summary>AVX2 has no unsigned compare: a byte is at most the limit when the smaller of both is the byte.</summary>
    [MethodImpl(Inline)] static Vector256<byte> UpTo(Vector256<byte> bytes, byte limit) => Vector256.Equals(Avx2.Min(bytes, Vector256.Create(limit)), bytes);

    [MethodImpl(Inline)] static ulong Bits(Vector256<byte> low, Vector256<byte> high) => low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);
}

/// <summary>Which block the text kernels run on, if any: without one, the plain parsers read every line.</summary>
enum TextPath
{
    Plain,
    Blocks256,
    Blocks512,
}

static class TextPaths
{
    /// <summary>Bytes past a position that the kernels may read: a block from the last of a line's two blocks, and 16 for a number at its end.</summary>
    public const int ReadAhead = 160;

    public static TextPath For(InstructionSet set) => set switch
    {
        InstructionSet.Avx512 when Avx512BW.IsSupported && Avx2.IsSupported => TextPath.Blocks512,
        InstructionSet.Avx512 or InstructionSet.Avx2 when Avx2.IsSupported => TextPath.Blocks256,
        _ => TextPath.Plain,
    };
}
