using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Which cells of a layer lie inside the part: pieces step the winding number where they cross a row of cell centres; inside is where it is not
/// zero (shells unite), or odd where neighbours disagree about the inside. A row that does not return to zero (a hole in the mesh) takes the
/// nearest good row's answer.
/// </summary>
sealed unsafe class Interior : IDisposable
{
    /// <summary>A piece bounds the part when one side of it is outside; sides are looked at this far off, near the slicer's closing radius.</summary>
    const double SideMm = 0.04;

    readonly RasterPlan _plan;
    readonly short* _steps;
    readonly byte* _stepped;
    readonly int[] _rowSum;
    readonly bool[] _rowUsed;
    int[] _bucketStart = [];
    int[] _bucket = [];

    public Interior(RasterPlan plan)
    {
        _plan = plan;
        _steps = (short*)NativeMemory.AllocZeroed((nuint)plan.Cells, sizeof(short));
        _stepped = (byte*)NativeMemory.AllocZeroed((nuint)(plan.Blocks * plan.Rows));
        Mask = (uint*)NativeMemory.AllocZeroed((nuint)(plan.Blocks * plan.Rows), sizeof(uint));
        _rowSum = new int[plan.Rows];
        _rowUsed = new bool[plan.Rows];
    }

    /// <summary>Bit i of a block: its cell i is inside. Rows outside First…End are empty.</summary>
    public uint* Mask { get; }
    public int FirstRow { get; private set; }
    public int EndRow { get; private set; }

    /// <summary>Somewhere shells overlap.</summary>
    public bool Overlaps { get; private set; }

    /// <summary>Fills <see cref="Mask"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(ReadOnlySpan<Segment> segments, bool parity)
    {
        var plan = _plan;
        var perCell = 1 / plan.CellMm;
        new Span<uint>(Mask + FirstRow * plan.Blocks, Math.Max(0, EndRow - FirstRow) * plan.Blocks).Clear();
        int first = plan.Rows, end = 0;
        foreach (ref readonly var s in segments)
        {
            var (low, high) = s.Y0 < s.Y1 ? (s.Y0, s.Y1) : (s.Y1, s.Y0);
            var j0 = Math.Max(0, (int)Math.Ceiling((low - plan.OriginY) * perCell - 0.5));
            var j1 = Math.Min(plan.Rows - 1, (int)Math.Ceiling((high - plan.OriginY) * perCell - 0.5) - 1);
            if (j0 > j1)
                continue;
            first = Math.Min(first, j0);
            end = Math.Max(end, j1 + 1);
            var step = s.Y0 < s.Y1 ? 1 : -1;
            var slope = ((double)s.X1 - s.X0) / ((double)s.Y1 - s.Y0);
            for (var j = j0; j <= j1; j++)
            {
                var x = s.X0 + (plan.OriginY + (j + 0.5) * plan.CellMm - s.Y0) * slope;
                var i = Math.Clamp((int)Math.Ceiling((x - plan.OriginX) * perCell - 0.5), 0, plan.Columns - 1);
                _steps[j * plan.Columns + i] += (short)step;
                _stepped[j * plan.Blocks + (i >> 5)] = 1;
            }
        }
        FirstRow = Math.Min(first, end);
        EndRow = end;
        Overlaps = false;
        var bad = false;
        for (var j = FirstRow; j < EndRow; j++)
        {
            var winding = 0;
            var used = false;
            for (var b = 0; b < plan.Blocks; b++)
            {
                uint mask;
                if (_stepped[j * plan.Blocks + b] == 0)
                    mask = (parity ? winding & 1 : winding) != 0 ? uint.MaxValue : 0;
                else
                {
                    _stepped[j * plan.Blocks + b] = 0;
                    used = true;
                    mask = 0;
                    var steps = _steps + j * plan.Columns + b * 32;
                    for (var i = 0; i < 32; i++)
                    {
                        winding += steps[i];
                        steps[i] = 0;
                        Overlaps |= winding is > 1 or < -1;
                        if ((parity ? winding & 1 : winding) != 0)
                            mask |= 1u << i;
                    }
                }
                Mask[j * plan.Blocks + b] = mask;
            }
            _rowUsed[j] = used;
            _rowSum[j] = parity ? winding & 1 : winding;
            bad |= _rowSum[j] != 0;
        }
        if (bad)
            CopyGoodRows();
    }

    void CopyGoodRows()
    {
        for (var j = FirstRow; j < EndRow; j++)
        {
            if (_rowSum[j] == 0)
                continue;
            int below = j - 1, above = j + 1;
            while (below >= FirstRow && _rowSum[below] != 0)
                below--;
            while (above < EndRow && _rowSum[above] != 0)
                above++;
            var source = below < FirstRow ? above : above >= EndRow || j - below <= above - j ? below : above;
            var row = new Span<uint>(Mask + j * _plan.Blocks, _plan.Blocks);
            if (source >= FirstRow && source < EndRow)
                new Span<uint>(Mask + source * _plan.Blocks, _plan.Blocks).CopyTo(row);
            else
                row.Clear();
        }
    }

    /// <summary>Marks the pieces that have the part on both sides: where shells overlap they are not its surface.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void DropInner(ReadOnlySpan<Segment> segments, Span<bool> dropped)
    {
        // Pieces by the rows they reach, so that a ray along x asks few of them.
        var plan = _plan;
        var rows = plan.Rows;
        if (_bucketStart.Length < rows + 1)
            _bucketStart = new int[rows + 1];
        Array.Clear(_bucketStart);
        foreach (ref readonly var s in segments)
            for (int j = Row(Math.Min(s.Y0, s.Y1)), last = Row(Math.Max(s.Y0, s.Y1)); j <= last; j++)
                _bucketStart[j + 1]++;
        for (var j = 0; j < rows; j++)
            _bucketStart[j + 1] += _bucketStart[j];
        if (_bucket.Length < _bucketStart[rows])
            _bucket = new int[_bucketStart[rows] * 2];
        var total = _bucketStart[rows];
        for (var i = segments.Length - 1; i >= 0; i--)
        {
            ref readonly var s = ref segments[i];
            for (int j = Row(Math.Min(s.Y0, s.Y1)), last = Row(Math.Max(s.Y0, s.Y1)); j <= last; j++)
                _bucket[--_bucketStart[j + 1]] = i;
        }
        // Filled from their ends, entry j + 1 now says where row j begins.
        Array.Copy(_bucketStart, 1, _bucketStart, 0, rows);
        _bucketStart[rows] = total;

        for (var i = 0; i < segments.Length; i++)
        {
            ref readonly var s = ref segments[i];
            double dx = (double)s.X1 - s.X0, dy = (double)s.Y1 - s.Y0;
            var length = Math.Sqrt(dx * dx + dy * dy);
            var offX = -dy / length * SideMm;
            var offY = dx / length * SideMm;
            // A hair off the middle, so that a ray does not run along a neighbour.
            double midX = 0.5 * ((double)s.X0 + s.X1), midY = 0.5 * ((double)s.Y0 + s.Y1) + 1e-5;
            dropped[i] = Winding(segments, midX + offX, midY + offY) != 0 == (Winding(segments, midX - offX, midY - offY) != 0);
        }
    }

    int Row(double y) => Math.Clamp((int)Math.Floor((y - _plan.OriginY) / _plan.CellMm), 0, _plan.Rows - 1);

    int Winding(ReadOnlySpan<Segment> segments, double x, double y)
    {
        var j = Row(y);
        var winding = 0;
        for (var b = _bucketStart[j]; b < _bucketStart[j + 1]; b++)
        {
            ref readonly var s = ref segments[_bucket[b]];
            if (s.Y0 <= y == s.Y1 <= y)
                continue;
            if (s.X0 + (y - s.Y0) * ((double)s.X1 - s.X0) / ((double)s.Y1 - s.Y0) < x)
                winding += s.Y0 < s.Y1 ? 1 : -1;
        }
        return winding;
    }

    public void Dispose()
    {
        NativeMemory.Free(_steps);
        NativeMemory.Free(_stepped);
        NativeMemory.Free(Mask);
    }
}
