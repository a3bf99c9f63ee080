using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// Whole facets of an ASCII STL in their common form. It reads what <see cref="AsciiStlDecoder"/> reads word by word and takes back nothing: at
/// anything unusual it stops before the facet, at the beginning of a line, and the decoder reads on.
/// </summary>
/// <remarks>
/// Between the numbers of a facet stands the same text in the whole file: keywords, blanks and line breaks. The first time it is read byte by byte
/// (<see cref="Glue"/>) and kept; from then on one compare of 64 bytes recognises it, whatever the indentation, the case and the line ends.
/// </remarks>
sealed unsafe class StlFacets
{
    readonly Glue _beforeFirstVertex = new(["outer", "loop", "vertex"], lineOf: -1);
    readonly Glue _beforeVertex = new(["vertex"], lineOf: -1);
    readonly Glue _beforeNextFacet = new(["endloop", "endfacet", "facet", "normal"], lineOf: 2);

    /// <summary>Reads facets off the bytes, which begin at the beginning of a line and outside a facet.</summary>
    /// <returns>Bytes taken, up to the beginning of a line outside a facet; lines is how many lines they hold.</returns>
    public int Read(TextPath path, ReadOnlySpan<byte> bytes, TileWriter writer, out long lines)
    {
        lines = 0;
        if (bytes.Length < TextPaths.ReadAhead)
            return 0;
        fixed (byte* text = bytes)
            return path switch
            {
                TextPath.Blocks256 => Read<TextBlock256>(text, bytes.Length, writer, out lines),
                _ => 0,
            };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int Read<TBlock>(byte* text, int length, TileWriter writer, out long lines) where TBlock : struct, ITextBlock<TBlock>
    {
        var last = text + length;
        var limit = last - TextPaths.ReadAhead; // up to here a position may be read from
        var tables = DecimalTables.Instance;
        var factor = Vector256.Create(writer.Factor);
        var taken = text;
        lines = 0;
        var at = text + FirstNumber(new(text, 64));
        if (at == text)
            return 0;
        while (true)
        {
            // The normal: any three words, as the parser skips them, on one line.
            for (var words = 3; words > 0;)
            {
                if (at > limit)
                    goto stop;
                var block = TBlock.Load(at);
                var blanks = block.Blanks;
                var ends = blanks & (~blanks << 1);
                var breaks = TextLine.Breaks(block);
                var end = 0UL;
                for (; words > 0 && ends != 0; words--, ends &= ends - 1)
                    end = ends;
                if (end == 0 || (breaks & (end ^ (end - 1)) >> 1) != 0)
                    goto stop; // a longer word, or a line break between the words
                at += ulong.TrailingZeroCount(end);
            }

            if (at > limit || !_beforeFirstVertex.Matches<TBlock>(at))
                goto stop;
            at += _beforeFirstVertex.Length;
            if (!Vertex<TBlock>(ref at, last, limit, tables, factor, out var a) || !_beforeVertex.Matches<TBlock>(at))
                goto stop;
            at += _beforeVertex.Length;
            var vertexBreaks = _beforeVertex.Breaks;
            if (!Vertex<TBlock>(ref at, last, limit, tables, factor, out var b) || !_beforeVertex.Matches<TBlock>(at))
                goto stop;
            at += _beforeVertex.Length;
            vertexBreaks += _beforeVertex.Breaks;
            if (!Vertex<TBlock>(ref at, last, limit, tables, factor, out var c) || !_beforeNextFacet.Matches<TBlock>(at))
                goto stop;

            writer.Add(a, b, c);
            lines += _beforeFirstVertex.Breaks + vertexBreaks + _beforeNextFacet.Breaks;
            taken = at + _beforeNextFacet.LineAt;
            at += _beforeNextFacet.Length;
        }
    stop:
        return (int)(taken - text);
    }

    /// <summary>Offset behind "facet normal" and a blank, at the beginning of a line; 0 when something else stands there.</summary>
    static int FirstNumber(ReadOnlySpan<byte> line)
    {
        var at = 0;
        foreach (var keyword in (ReadOnlySpan<string>)["facet", "normal"])
        {
            while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
                at++;
            if (at + keyword.Length >= line.Length || !Ascii.EqualsIgnoreCase(line.Slice(at, keyword.Length), keyword))
                return 0;
            at += keyword.Length;
            if (line[at] is not (byte)' ' and not (byte)'\t')
                return 0;
        }
        return at + 1;
    }

    /// <summary>Three numbers on one line from at, which moves behind them; afterwards at may be read from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool Vertex<TBlock>(ref byte* at, byte* last, byte* limit, DecimalTables tables, Vector256<double> factor, out Vector128<float> vertex)
        where TBlock : struct, ITextBlock<TBlock>
    {
        vertex = default;
        if (at > limit)
            return false;
        var block = TBlock.Load(at);
        var end = DecimalTriple.Read(at, block, block.Blanks, last, tables, out var numbers);
        if (end == 0 || (ulong.TrailingZeroCount(TextLine.Breaks(block)) < (ulong)end && end < 64))
            return false;
        at += end;
        vertex = Avx.ConvertToVector128Single(numbers * factor);
        return at <= limit;
    }

    /// <summary>The text between two numbers: keywords in any case, blanks between them and one after the last.</summary>
    /// <param name="keywords">In order.</param>
    /// <param name="lineOf">The keyword before which a line begins; −1: any line break will do, but there must be one, so that lines stay bounded.</param>
    sealed class Glue(string[] keywords, int lineOf)
    {
        const int Bytes = 64;

        readonly byte[] _text = Unknown();
        ulong _mask = ulong.MaxValue;

        public int Length { get; private set; }

        public int Breaks { get; private set; }

        /// <summary>Where the line of keyword lineOf begins.</summary>
        public int LineAt { get; private set; }

        /// <summary>The same text as last time, or another that may stand here.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches<TBlock>(byte* at) where TBlock : struct, ITextBlock<TBlock>
        {
            var known = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_text)); // pinned
            return (TBlock.Load(at).Differs(TBlock.Load(known)) & _mask) == 0 || Learn(at);
        }

        /// <summary>Reads the text byte by byte and, if it is as it must be, keeps it.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        public bool Learn(byte* at)
        {
            var text = new ReadOnlySpan<byte>(at, Bytes);
            var (i, breaks, lineAt) = (0, 0, -1);
            for (var k = 0; k < keywords.Length; k++)
            {
                for (; i < Bytes && text[i] <= ' '; i++)
                    if (text[i] is (byte)'\n' or (byte)'\r')
                    {
                        if (text[i] == '\r' && i + 1 < Bytes && text[i + 1] == '\n')
                            i++;
                        breaks++;
                        if (k == lineOf)
                            lineAt = i + 1;
                    }
                var keyword = keywords[k];
                if (i + keyword.Length >= Bytes || !Ascii.EqualsIgnoreCase(text.Slice(i, keyword.Length), keyword))
                    return false;
                i += keyword.Length;
                if (text[i] > ' ')
                    return false;
            }
            if (text[i] is (byte)'\n' or (byte)'\r' || breaks == 0 || (lineOf >= 0 && lineAt < 0))
                return false;
            (Length, Breaks, LineAt, _mask) = (i + 1, breaks, lineAt, ulong.MaxValue >> (Bytes - 1 - i));
            text.CopyTo(_text);
            return true;
        }

        /// <summary>Equal to no text that begins with a blank, as all of these do.</summary>
        static byte[] Unknown()
        {
            var text = GC.AllocateArray<byte>(Bytes, pinned: true);
            text.AsSpan().Fill((byte)'?');
            return text;
        }
    }
}
