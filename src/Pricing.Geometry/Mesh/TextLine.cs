using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Mesh;

/// <summary>Where a line ends, for the text kernels: at LF, CR or CR LF, as <see cref="LineSplitter"/> cuts.</summary>
static unsafe class TextLine
{
    /// <summary>Longer lines are left to the line parser, which bounds them.</summary>
    const int Bytes = 512;

    /// <summary>Bits of the block's line breaks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Breaks<TBlock>(TBlock block) where TBlock : struct, ITextBlock<TBlock> => block.Matches((byte)'\n') | block.Matches((byte)'\r');

    /// <summary>Offset of the first line break of a line whose first block has none; −1 when it is too far or not here yet.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int FarBreak(byte* line, byte* last)
    {
        var rest = new ReadOnlySpan<byte>(line, (int)Math.Min(Bytes, last - line));
        return rest.IndexOfAny((byte)'\n', (byte)'\r');
    }

    /// <summary>Offset of the next line. The byte after the break is readable: an LF after a CR is known to be there or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int After(byte* line, int lineBreak) => lineBreak + (line[lineBreak] == '\r' && line[lineBreak + 1] == '\n' ? 2 : 1);
}
