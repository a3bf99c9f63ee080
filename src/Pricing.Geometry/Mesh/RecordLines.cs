using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// The common lines of OFF and text PLY: a point's three numbers with or without more words after them, and "3 a b c", a triangle by indices
/// from 0. At any other line it stops, at that line's beginning, and the decoder reads on.
/// </summary>
static unsafe class RecordLines
{
    /// <summary>Reads points off the bytes, which begin at the beginning of a line; answers how many, a line each.</summary>
    /// <param name="path">Width of the blocks.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="points">Points to read at most.</param>
    /// <param name="words">Words a line must have.</param>
    /// <param name="vertices">Takes the points.</param>
    /// <param name="factor">Scale, as the writer has it.</param>
    /// <param name="taken">Bytes taken, up to the beginning of a line.</param>
    public static long Points(TextPath path, ReadOnlySpan<byte> bytes, long points, int words, VertexStore vertices, double factor, out int taken)
    {
        taken = 0;
        if (bytes.Length < TextPaths.ReadAhead)
            return 0;
        fixed (byte* text = bytes)
            return path switch
            {
                TextPath.Blocks256 => Points<TextBlock256>(text, bytes.Length, points, words, vertices, factor, out taken),
                _ => 0,
            };
    }

    /// <summary>Reads triangles likewise, until one does not begin with 3 or names a vertex that is not there.</summary>
    public static long Triangles(TextPath path, ReadOnlySpan<byte> bytes, long triangles, VertexStore vertices, TileWriter writer, out int taken)
    {
        taken = 0;
        if (bytes.Length < TextPaths.ReadAhead)
            return 0;
        fixed (byte* text = bytes)
            return path switch
            {
                TextPath.Blocks256 => Triangles<TextBlock256>(text, bytes.Length, triangles, vertices, writer, out taken),
                _ => 0,
            };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static long Points<TBlock>(byte* text, int length, long points, int words, VertexStore vertices, double factor, out int taken)
        where TBlock : struct, ITextBlock<TBlock>
    {
        var last = text + length;
        var limit = last - TextPaths.ReadAhead; // up to here a line may be read from
        var tables = DecimalTables.Instance;
        var factors = Vector256.Create(factor);
        var at = text;
        var read = 0L;
        for (; read < points && at <= limit; read++)
        {
            var block = TBlock.Load(at);
            var end = DecimalTriple.Read(at, block, block.Blanks, last, tables, out var numbers);
            var lineBreak = BitOperations.TrailingZeroCount(TextLine.Breaks(block));
            if (lineBreak == 64)
                lineBreak = TextLine.FarBreak(at, last - 1);
            if (end == 0 || lineBreak < end || (words > 3 && !HasWords<TBlock>(at, lineBreak, words, last)))
                break;
            vertices.Add(Avx.ConvertToVector128Single(numbers * factors));
            at += TextLine.After(at, lineBreak);
        }
        taken = (int)(at - text);
        return read;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static long Triangles<TBlock>(byte* text, int length, long triangles, VertexStore vertices, TileWriter writer, out int taken)
        where TBlock : struct, ITextBlock<TBlock>
    {
        var last = text + length;
        var limit = last - TextPaths.ReadAhead; // up to here a line may be read from
        var at = text;
        var read = 0L;
        for (; read < triangles && at <= limit; read++)
        {
            var block = TBlock.Load(at);
            var blanks = block.Blanks;
            var lineBreak = BitOperations.TrailingZeroCount(TextLine.Breaks(block));
            var starts = ~blanks & ((blanks << 1) | 1);
            if (lineBreak < 64)
                starts &= (1UL << lineBreak) - 1;
            else if ((lineBreak = TextLine.FarBreak(at, last - 1)) < 0)
                break;
            starts = FirstFour(starts);
            var ends = IndexQuad.Ends(starts, block.Digits);
            if (BitOperations.PopCount(starts) < 4 || BitOperations.PopCount(ends) < 4 || (ends & (starts | ~blanks)) != 0 || *(ushort*)(at + BitOperations.TrailingZeroCount(starts)) is not ('3' | ' ' << 8))
                break; // fewer than "3 a b c", or one of them is not digits alone, or another polygon
            starts &= starts - 1;
            ends &= ends - 1;
            var digitsAbove1 = 0UL;
            var a = Index(at, ref starts, ref ends, ref digitsAbove1);
            var b = Index(at, ref starts, ref ends, ref digitsAbove1);
            var c = Index(at, ref starts, ref ends, ref digitsAbove1);
            var indices = IndexQuad.Values(a, b, c, a).AsUInt32();
            if (digitsAbove1 >= 8 || !Vector128.LessThanAll(indices, Vector128.Create((uint)vertices.Count)))
                break;
            writer.Add(vertices.Corner(indices.GetElement(0)), vertices.Corner(indices.GetElement(1)), vertices.Corner(indices.GetElement(2)));
            at += TextLine.After(at, lineBreak);
        }
        taken = (int)(at - text);
        return read;
    }

    /// <summary>The lowest four bits; what a face's line says after its indices is not read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong FirstFour(ulong starts)
    {
        var rest = starts;
        rest &= rest - 1;
        rest &= rest - 1;
        rest &= rest - 1;
        return starts & ~(rest & (rest - 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Index(byte* line, ref ulong starts, ref ulong ends, ref ulong digitsAbove1)
    {
        var from = ulong.TrailingZeroCount(starts);
        var length = ulong.TrailingZeroCount(ends) - from;
        starts &= starts - 1;
        ends &= ends - 1;
        digitsAbove1 |= length - 1; // below 8 only if each of them is
        return IndexQuad.Digits(line + from, length);
    }

    /// <summary>Whether the line has so many words; false also when its last block is not here yet.</summary>
    static bool HasWords<TBlock>(byte* line, int lineBreak, int words, byte* last) where TBlock : struct, ITextBlock<TBlock>
    {
        var before = 1UL; // the line begins after a break
        for (var at = 0; at < lineBreak && words > 0; at += 64)
        {
            if (line + at + 64 > last)
                return false;
            var blanks = TBlock.Load(line + at).Blanks;
            var starts = ~blanks & ((blanks << 1) | before);
            before = blanks >> 63;
            words -= BitOperations.PopCount(lineBreak - at < 64 ? starts & ((1UL << (lineBreak - at)) - 1) : starts);
        }
        return words <= 0;
    }
}
