using System.Runtime.InteropServices;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// The bytes of one layer: distances, and the regions made of them. Blocks (32 cells) that no flag names hold the empty value, so kernels may read
/// neighbours without asking; whoever clears a flag restores the empty value.
/// </summary>
sealed unsafe class LayerRaster : IDisposable
{
    /// <summary>Flags of a block.</summary>
    public const byte Present = 1, HasTop = 2, HasBottom = 4, HasSolid = 8, HasSparse = 16;

    /// <summary>Bytes before and after each plane that vector loads may touch.</summary>
    const int Guard = 128;

    readonly void* _memory;
    readonly RasterPlan _plan;

    public LayerRaster(RasterPlan plan)
    {
        _plan = plan;
        var plane = (nuint)(plan.Cells + 2 * Guard);
        var flags = (nuint)(plan.Blocks * plan.Rows);
        _memory = NativeMemory.AlignedAlloc(8 * plane + flags, 64);
        var at = (byte*)_memory;
        byte* Plane(byte empty)
        {
            var begin = at;
            NativeMemory.Fill(begin, plane, empty);
            at += plane;
            return begin + Guard;
        }
        const byte outside = unchecked((byte)-127);
        Sd = (sbyte*)Plane(outside);
        Inner = (sbyte*)Plane(outside);
        UnderTop = (sbyte*)Plane(outside);
        OverBottom = (sbyte*)Plane(outside);
        Top = Plane(0);
        Bottom = Plane(0);
        Solid = Plane(0);
        Sparse = Plane(0);
        Flags = at;
        NativeMemory.Clear(Flags, flags);
        RowBegin = new int[plan.Rows];
        RowEnd = new int[plan.Rows];
    }

    /// <summary>Index of the layer held; −1: none.</summary>
    public int Layer { get; set; } = -1;

    /// <summary>Signed distance to the contour, quanta.</summary>
    public sbyte* Sd { get; }

    /// <summary>As <see cref="Sd"/>, but without cores too thin for infill.</summary>
    public sbyte* Inner { get; }

    /// <summary>Distance field of what a top face of this layer leaves free in the layers below it; likewise a bottom face above it.</summary>
    public sbyte* UnderTop { get; }
    public sbyte* OverBottom { get; }

    /// <summary>Coverage of regions, 0…Levels.</summary>
    public byte* Top { get; }
    public byte* Bottom { get; }
    public byte* Solid { get; }
    public byte* Sparse { get; }

    /// <summary>One per block.</summary>
    public byte* Flags { get; }

    /// <summary>Blocks of a row that may be present: from, to (exclusive).</summary>
    public int[] RowBegin { get; }
    public int[] RowEnd { get; }
    public int FirstRow { get; set; }
    public int EndRow { get; set; }

    /// <summary>Empties all blocks that are present.</summary>
    public void Clear()
    {
        for (var j = 0; j < _plan.Rows; j++)
        {
            for (var b = RowBegin[j]; b < RowEnd[j]; b++)
            {
                var flags = Flags[j * _plan.Blocks + b];
                if (flags == 0)
                    continue;
                var at = (nuint)(j * _plan.Columns + b * RasterPlan.Block);
                Fill(Sd + at, -127);
                Fill(Inner + at, -127);
                Fill(UnderTop + at, -127);
                Fill(OverBottom + at, -127);
                if ((flags & HasTop) != 0)
                    Fill((sbyte*)Top + at, 0);
                if ((flags & HasBottom) != 0)
                    Fill((sbyte*)Bottom + at, 0);
                if ((flags & HasSolid) != 0)
                    Fill((sbyte*)Solid + at, 0);
                if ((flags & HasSparse) != 0)
                    Fill((sbyte*)Sparse + at, 0);
                Flags[j * _plan.Blocks + b] = 0;
            }
            RowBegin[j] = RowEnd[j] = 0;
        }
        FirstRow = EndRow = 0;
        Layer = -1;
    }

    static void Fill(sbyte* at, sbyte value) => NativeMemory.Fill(at, RasterPlan.Block, (byte)value);

    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
