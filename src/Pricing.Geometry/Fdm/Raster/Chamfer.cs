using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Distance of cells to seeds, in bytes that saturate: two sweeps over rows, each taking the least of the row before (aside, across) and of the row
/// itself, where steps of 1, 2, 4, 8 cells reach 15 cells: as far as a byte counts. (Borgefors 1986, with rows done 32 cells at a time.)
/// </summary>
sealed unsafe class Chamfer : IDisposable
{
    const int Guard = 64;

    readonly RasterPlan _plan;
    readonly byte* _memory;
    readonly byte* _row;
    readonly int _aside, _across;

    public Chamfer(RasterPlan plan, Depths depths)
    {
        _plan = plan;
        _aside = depths.StepAside;
        _across = depths.StepAcross;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)(plan.Cells + 2 * Guard), 64);
        NativeMemory.Fill(_memory, (nuint)(plan.Cells + 2 * Guard), 255);
        Distance = _memory + Guard;
        _row = (byte*)NativeMemory.AlignedAlloc((nuint)(plan.Columns + 2 * Guard), 64);
        NativeMemory.Fill(_row, (nuint)(plan.Columns + 2 * Guard), 255);
        Clean();
    }

    /// <summary>Distances; 255 where nothing was seeded.</summary>
    public byte* Distance { get; }

    /// <summary>Window that holds something else than 255.</summary>
    public int FirstRow { get; private set; }
    public int EndRow { get; private set; }
    public int FirstBlock { get; private set; }
    public int EndBlock { get; private set; }
    public bool Empty => EndRow <= FirstRow;

    /// <summary>Says that a block was given seeds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Seeded(int row, int block)
    {
        FirstRow = Math.Min(FirstRow, row);
        EndRow = Math.Max(EndRow, row + 1);
        FirstBlock = Math.Min(FirstBlock, block);
        EndBlock = Math.Max(EndBlock, block + 1);
    }

    /// <summary>Spreads the seeds; the window grows by what they can reach.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Spread()
    {
        if (Empty)
            return;
        var reach = 255 / _aside + 1;
        FirstRow = Math.Max(0, FirstRow - reach);
        EndRow = Math.Min(_plan.Rows, EndRow + reach);
        FirstBlock = Math.Max(0, FirstBlock - 1);
        EndBlock = Math.Min(_plan.Blocks, EndBlock + 1);
        var columns = _plan.Columns;
        for (var j = FirstRow; j < EndRow; j++)
            Sweep(Distance + j * columns, j > FirstRow ? Distance + (j - 1) * columns : null);
        for (var j = EndRow - 2; j >= FirstRow; j--)
            Sweep(Distance + j * columns, Distance + (j + 1) * columns);
    }

    /// <summary>One row from the row before it and from itself, in both directions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    void Sweep(byte* row, byte* before)
    {
        var aside = Vector256.Create((byte)_aside);
        var across = Vector256.Create((byte)_across);
        int from = FirstBlock * 32, to = EndBlock * 32;
        var work = _row + Guard;
        var least = Vector256<byte>.AllBitsSet;
        for (var i = from; i < to; i += 32)
        {
            var d = Vector256.Load(row + i);
            if (before != null)
            {
                var straight = Add(Vector256.Load(before + i), aside);
                // What lies beyond either end of a row in memory belongs to other rows.
                var left = i == 0 ? Beyond(before - 1, 0) : Vector256.Load(before + i - 1);
                var right = i + 32 == _plan.Columns ? Beyond(before + i + 1, 31) : Vector256.Load(before + i + 1);
                d = Vector256.Min(d, Vector256.Min(straight, Add(Vector256.Min(left, right), across)));
            }
            d.Store(work + i);
            least = Vector256.Min(least, d);
        }
        if (least != Vector256<byte>.AllBitsSet)
        {
            for (var cells = 1; cells <= 8 && cells * _aside < 255; cells *= 2)
            {
                var step = Vector256.Create((byte)(cells * _aside));
                // Downwards, so that what lies to the left is still as it was.
                for (var i = to - 32; i >= from; i -= 32)
                    Vector256.Min(Vector256.Load(work + i), Add(Vector256.Load(work + i - cells), step)).Store(work + i);
                for (var i = from; i < to; i += 32)
                    Vector256.Min(Vector256.Load(work + i), Add(Vector256.Load(work + i + cells), step)).Store(work + i);
            }
        }
        for (var i = from; i < to; i += 32)
        {
            Vector256.Load(work + i).Store(row + i);
            Vector256<byte>.AllBitsSet.Store(work + i);
        }
    }

    /// <summary>A vector one of whose cells does not exist: it counts as unreached.</summary>
    static Vector256<byte> Beyond(byte* cells, int missing) => Vector256.Load(cells).WithElement(missing, (byte)255);

    /// <summary>Sum that stops at 255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<byte> Add(Vector256<byte> a, Vector256<byte> b) => Vector256.AddSaturate(a, b);

    /// <summary>Back to no seeds.</summary>
    public void Clean()
    {
        for (var j = FirstRow; j < EndRow; j++)
            NativeMemory.Fill(Distance + j * _plan.Columns + FirstBlock * 32, (nuint)((EndBlock - FirstBlock) * 32), 255);
        FirstRow = _plan.Rows;
        EndRow = 0;
        FirstBlock = _plan.Blocks;
        EndBlock = 0;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        NativeMemory.AlignedFree(_row);
    }
}
