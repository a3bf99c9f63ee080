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

/// <summary>The first half alone, for lines that end in it; the other half answers nothing.</summary>
readonly unsafe struct TextBlock32(Vector256<byte> bytes) : ITextBlock<TextBlock32>
{
    const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    readonly Vector256<byte> _bytes = bytes;

    [MethodImpl(Inline)] public static TextBlock32 Load(byte* text) => new(Vector256.Load(text));

    public ulong Blanks { [MethodImpl(Inline)] get => UpTo(_bytes, (byte)' '); }

    public ulong Digits { [MethodImpl(Inline)] get => UpTo(_bytes - Vector256.Create((byte)'0'), 9); }

    [MethodImpl(Inline)] public ulong Matches(byte value) => Vector256.Equals(_bytes, Vector256.Create(value)).ExtractMostSignificantBits();

    [MethodImpl(Inline)]
    public ulong MatchesLetter(byte lower) => Vector256.Equals(_bytes | Vector256.Create((byte)0x20), Vector256.Create(lower)).ExtractMostSignificantBits();

    [MethodImpl(Inline)] public ulong Differs(TextBlock32 other) => ~Vector256.Equals(_bytes, other._bytes).ExtractMostSignificantBits();

    [MethodImpl(Inline)] static ulong UpTo(Vector256<byte> bytes, byte limit) => Vector256.Equals(Avx2.Min(bytes, Vector256.Create(limit)), bytes).ExtractMostSignificantBits();
}

/// <summary>Which block the text kernels run on, if any: without one, the plain parsers read every line.</summary>
enum TextPath
{
    Plain,
    Blocks256,
}

static class TextPaths
{
    /// <summary>Bytes past a position that the kernels may read: a block from the last of a line's two blocks, and 16 for a number at its end.</summary>
    public const int ReadAhead = 160;

    /// <summary>
    /// AVX2 registers also where there are wider ones: text is read at any offset, so a load of 64 bytes nearly always crosses a line of the
    /// cache, and masks come back from it more slowly. One AVX-512 register took 1.5 times as long on ASCII STL and OFF, 1.14 on OBJ (Zen 4, in turn).
    /// </summary>
    public static TextPath For(InstructionSet set) => set != InstructionSet.Portable && Avx2.IsSupported ? TextPath.Blocks256 : TextPath.Plain;
}
