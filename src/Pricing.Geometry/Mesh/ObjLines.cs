using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// The common lines of an OBJ: "v x y z …", "f" with three or four corners "a", "a/b", "a//c" or "a/b/c", and lines that are passed over. It reads
/// what <see cref="ObjDecoder"/> reads word by word: at anything unusual (a backslash before the line's end, a negative or wrong index, blanks
/// before the keyword, a polygon) it stops at that line's beginning, and the decoder reads on.
/// </summary>
static unsafe class ObjLines
{
    /// <summary>Reads lines off the bytes, which begin at the beginning of a line.</summary>
    /// <returns>Bytes taken, up to the beginning of a line; lines is how many lines they hold.</returns>
    public static int Read(TextPath path, ReadOnlySpan<byte> bytes, VertexStore vertices, TileWriter writer, out long lines)
    {
        lines = 0;
        if (bytes.Length < TextPaths.ReadAhead)
            return 0;
        fixed (byte* text = bytes)
            return path switch
            {
                TextPath.Blocks256 => Read<TextBlock256>(text, bytes.Length, vertices, writer, out lines),
                _ => 0,
            };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static int Read<TBlock>(byte* text, int length, VertexStore vertices, TileWriter writer, out long lines) where TBlock : struct, ITextBlock<TBlock>
    {
        var last = text + length;
        var limit = last - TextPaths.ReadAhead; // up to here a line may be read from
        var tables = DecimalTables.Instance;
        var factor = Vector256.Create(writer.Factor);
        var at = text;
        var read = 0L;
        for (; at <= limit; read++)
        {
            if (*at == 'f' && at[1] <= ' ')
            {
                // Most faces end within half a block.
                var half = TextBlock32.Load(at);
                var breaks = TextLine.Breaks(half);
                if (breaks != 0)
                {
                    var end = BitOperations.TrailingZeroCount(breaks);
                    if (!Face(at, half, ref end, vertices, writer))
                        break;
                    at += TextLine.After(at, end);
                    continue;
                }
            }
            var block = TBlock.Load(at);
            var lineBreak = BitOperations.TrailingZeroCount(TextLine.Breaks(block));
            var isWord = at[1] <= ' ';
            if (*at == 'f' && isWord)
            {
                if (!Face(at, block, ref lineBreak, vertices, writer))
                    break;
            }
            else
            {
                if (lineBreak == 64 && (lineBreak = TextLine.FarBreak(at, last - 1)) < 0)
                    break;
                if (*at <= ' ' ? lineBreak > 0 : at[lineBreak - 1] == '\\')
                    break; // indented, or joined to the next line
                if (*at == 'v' && isWord)
                {
                    var end = DecimalTriple.Read(at, block, block.Blanks | 1, last, tables, out var numbers);
                    if (end == 0 || lineBreak < end)
                        break;
                    vertices.Add(Avx.ConvertToVector128Single(numbers * factor));
                }
            }
            at += TextLine.After(at, lineBreak);
        }
        lines = read;
        return (int)(at - text);
    }

    /// <summary>A face of three or four corners; answers where its line breaks. False: nothing was written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Face<TBlock>(byte* line, TBlock block, ref int lineBreak, VertexStore vertices, TileWriter writer) where TBlock : struct, ITextBlock<TBlock>
    {
        var blanks = block.Blanks | 1; // the keyword
        var starts = ~blanks & (blanks << 1);
        if (lineBreak == 64)
            return FarFace<TBlock>(line, blanks, starts, ref lineBreak, vertices, writer);
        starts &= (1UL << lineBreak) - 1;
        var corners = BitOperations.PopCount(starts);
        var ends = IndexQuad.Ends(starts, block.Digits);
        if ((uint)(corners - 3) > 1 || (ends & (starts | ~(blanks | block.Matches((byte)'/')))) != 0 || line[lineBreak - 1] == '\\')
            return false; // not three or four, or one is not digits up to a blank or a slash
        var digitsAbove1 = 0UL;
        var a = Corner(line, ref starts, ref ends, ref digitsAbove1);
        var b = Corner(line, ref starts, ref ends, ref digitsAbove1);
        var c = Corner(line, ref starts, ref ends, ref digitsAbove1);
        var d = corners == 4 ? Corner(line, ref starts, ref ends, ref digitsAbove1) : a;
        return digitsAbove1 < 8 && Write(IndexQuad.Values(a, b, c, d), corners, vertices, writer);
    }

    /// <summary>The digits of the next corner's vertex index; what follows a slash is not read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ulong Corner(byte* line, ref ulong starts, ref ulong ends, ref ulong digitsAbove1)
    {
        var from = ulong.TrailingZeroCount(starts);
        var length = ulong.TrailingZeroCount(ends) - from;
        starts &= starts - 1;
        ends &= ends - 1;
        digitsAbove1 |= length - 1; // below 8 only if each of them is
        return IndexQuad.Digits(line + from, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Write(Vector128<int> fromOne, int corners, VertexStore vertices, TileWriter writer)
    {
        var indices = (fromOne - Vector128<int>.One).AsUInt32();
        if (!Vector128.LessThanAll(indices, Vector128.Create((uint)vertices.Count)))
            return false;
        var first = vertices.Corner(indices.GetElement(0));
        var third = vertices.Corner(indices.GetElement(2));
        writer.Add(first, vertices.Corner(indices.GetElement(1)), third);
        if (corners == 4)
            writer.Add(first, third, vertices.Corner(indices.GetElement(3)));
        return true;
    }

    /// <summary>The same for a line that goes on into a second block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static bool FarFace<TBlock>(byte* line, ulong blanks, ulong starts, ref int lineBreak, VertexStore vertices, TileWriter writer)
        where TBlock : struct, ITextBlock<TBlock>
    {
        var second = TBlock.Load(line + 64);
        var breaks = TextLine.Breaks(second);
        if (breaks == 0)
            return false;
        var moreBlanks = second.Blanks;
        var moreStarts = ~moreBlanks & ((moreBlanks << 1) | (blanks >> 63)) & (breaks ^ (breaks - 1)) >> 1;
        lineBreak = 64 + BitOperations.TrailingZeroCount(breaks);
        var corners = BitOperations.PopCount(starts) + BitOperations.PopCount(moreStarts);
        if ((uint)(corners - 3) > 1 || line[lineBreak - 1] == '\\')
            return false;
        var words = stackalloc ulong[4];
        for (var i = 0; i < corners; i++)
        {
            var from = starts != 0 ? BitOperations.TrailingZeroCount(starts) : 64 + BitOperations.TrailingZeroCount(moreStarts);
            if (starts != 0)
                starts &= starts - 1;
            else
                moreStarts &= moreStarts - 1;
            words[i] = IndexQuad.Digits(line + from, out var length);
            if (length == 0 || line[from + (int)length] is > (byte)' ' and not (byte)'/')
                return false;
        }
        return Write(IndexQuad.Values(words[0], words[1], words[2], words[corners - 1]), corners, vertices, writer);
    }
}
