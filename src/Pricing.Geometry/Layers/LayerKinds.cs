using System.Runtime.InteropServices;

namespace Pricing.Geometry.Layers;

/// <summary>
/// What a face counts for besides section area and perimeter: one of the four classes of slope or none, times hanging walls, either way up, or
/// none. A kind is a row of masks, so that a crossing is added to all fields of its row at once, to most of them nothing.
/// </summary>
static unsafe class LayerKinds
{
    /// <summary>Added to the kind of a class, 0 for none.</summary>
    public const int Overhang = 1, OverhangInverted = 2;

    const int Hanging = 3, Kinds = Hanging * (LayerRows.Classes + 1);

    /// <summary>For each kind, for each field of a row: all bits or none. Lives as long as the process, on lines of the cache.</summary>
    public static readonly long* Masks = Build();

    /// <summary>For each set of eight lanes, their numbers, a byte each, lowest first.</summary>
    public static readonly ulong* LanesOf = BuildLanes();

    /// <summary>The kind of a face of a class that does not hang.</summary>
    public static int OfClass(int cls) => Hanging * (cls + 1);

    /// <summary>The class of slope, −1 for none.</summary>
    public static int ClassOf(int kind) => kind / Hanging - 1;

    /// <summary>The row field of hanging walls, 0 for none.</summary>
    public static int HangingOf(int kind) => kind % Hanging is > 0 and var side ? LayerRows.Overhang + side - 1 : 0;

    static long* Build()
    {
        const int Bytes = Kinds * LayerRows.Stride * sizeof(long);
        var masks = (long*)NativeMemory.AlignedAlloc(Bytes, 64);
        NativeMemory.Clear(masks, Bytes);
        for (var kind = 0; kind < Kinds; kind++)
        {
            var row = masks + kind * LayerRows.Stride;
            row[LayerRows.Area] = row[LayerRows.Perimeter] = -1;
            if (HangingOf(kind) is > 0 and var hanging)
                row[hanging] = -1;
            if (ClassOf(kind) is >= 0 and var cls)
                row[LayerRows.Below + cls] = -1;
        }
        return masks;
    }

    static ulong* BuildLanes()
    {
        var lanes = (ulong*)NativeMemory.AlignedAlloc(256 * sizeof(ulong), 64);
        for (var set = 0; set < 256; set++)
        {
            lanes[set] = 0;
            for (int lane = 0, at = 0; lane < 8; lane++)
                if ((set >> lane & 1) != 0)
                    lanes[set] |= (ulong)lane << 8 * at++;
        }
        return lanes;
    }
}
