using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Fdm.Raster;

/// <summary>A run of cells of one row: begin, end (exclusive).</summary>
readonly record struct Run(int Begin, int End);

/// <summary>A region of a layer as bits, row by row, and what can be counted on bits: runs, connected pieces.</summary>
sealed unsafe class BitRows
{
    readonly uint[] _bits;
    readonly int[] _parents;
    int _labels;
    List<(Run Run, int Label)> _before = [];
    List<(Run Run, int Label)> _current = [];

    public BitRows(int rows, int columns)
    {
        Rows = rows;
        Blocks = (columns + 31) / 32;
        _bits = new uint[rows * Blocks];
        // Runs are at least one cell and one gap.
        _parents = new int[rows * (Blocks * 16 + 1)];
    }

    public int Rows { get; }
    public int Blocks { get; }
    public int FirstRow { get; private set; }
    public int EndRow { get; private set; }

    public ReadOnlySpan<uint> Row(int row) => _bits.AsSpan(row * Blocks, Blocks);

    public bool At(int row, int column) => (_bits[row * Blocks + (column >> 5)] >> (column & 31) & 1) != 0;

    public void Clear()
    {
        if (EndRow > FirstRow)
            Array.Clear(_bits, FirstRow * Blocks, (EndRow - FirstRow) * Blocks);
        FirstRow = EndRow = 0;
    }

    /// <summary>Cells of a plane above a threshold; answers the sum of the plane's values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public long Take(byte* plane, LayerRaster layer, RasterPlan plan, byte flag, int threshold)
    {
        Clear();
        var limit = Vector256.Create((byte)threshold);
        long sum = 0;
        int first = Rows, end = 0;
        for (var j = layer.FirstRow; j < layer.EndRow; j++)
        {
            var total = Vector256<ushort>.Zero;
            var any = false;
            for (var b = layer.RowBegin[j]; b < layer.RowEnd[j]; b++)
            {
                if ((layer.Flags[j * plan.Blocks + b] & flag) == 0)
                    continue;
                var v = Vector256.Load(plane + j * plan.Columns + b * RasterPlan.Block);
                // At most 1024 blocks of two cells of 32 each: no overflow of 16 bits.
                var (low, high) = Vector256.Widen(v);
                total += low + high;
                var bits = Vector256.GreaterThan(v, limit).ExtractMostSignificantBits();
                _bits[j * Blocks + b] = bits;
                any |= bits != 0;
            }
            var (wide0, wide1) = Vector256.Widen(total);
            sum += Vector256.Sum(wide0 + wide1);
            if (any)
            {
                first = Math.Min(first, j);
                end = j + 1;
            }
        }
        FirstRow = Math.Min(first, end);
        EndRow = end;
        return sum;
    }

    /// <summary>Copies masks as they are.</summary>
    public void Take(uint* masks, int first, int end)
    {
        Clear();
        FirstRow = first;
        EndRow = end;
        new ReadOnlySpan<uint>(masks + first * Blocks, (end - first) * Blocks).CopyTo(_bits.AsSpan(first * Blocks));
    }

    /// <summary>Rows become columns. (32 × 32 bits at a time: Warren, Hacker's Delight 7-3.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TakeTransposed(BitRows other)
    {
        Clear();
        Span<uint> tile = stackalloc uint[32];
        int first = Rows, end = 0;
        for (var row = other.FirstRow & ~31; row < other.EndRow; row += 32)
        {
            for (var b = 0; b < other.Blocks; b++)
            {
                uint any = 0;
                for (var i = 0; i < 32; i++)
                {
                    // The transposition below reverses both orders, which cancels when rows are read upside down and written so.
                    var word = row + 31 - i < other.Rows ? other._bits[(row + 31 - i) * other.Blocks + b] : 0;
                    tile[i] = word;
                    any |= word;
                }
                if (any == 0)
                    continue;
                var mask = 0x0000FFFFu;
                for (var j = 16; j != 0; j >>= 1, mask ^= mask << j)
                {
                    for (var k = 0; k < 32; k = (k + j + 1) & ~j)
                    {
                        var t = (tile[k] ^ (tile[k + j] >> j)) & mask;
                        tile[k] ^= t;
                        tile[k + j] ^= t << j;
                    }
                }
                for (var i = 0; i < 32 && b * 32 + i < Rows; i++)
                {
                    var word = tile[31 - i];
                    if (word == 0)
                        continue;
                    _bits[(b * 32 + i) * Blocks + (row >> 5)] = word;
                    first = Math.Min(first, b * 32 + i);
                    end = Math.Max(end, b * 32 + i + 1);
                }
            }
        }
        FirstRow = Math.Min(first, end);
        EndRow = end;
    }

    /// <summary>The runs of a row, in order; bits flipped when <paramref name="gaps"/> are asked for.</summary>
    public void Runs(int row, bool gaps, List<Run> runs)
    {
        runs.Clear();
        var flip = gaps ? uint.MaxValue : 0;
        var begin = -1;
        var words = row >= FirstRow && row < EndRow ? Row(row) : default;
        for (var b = 0; b < Blocks; b++)
        {
            var word = (words.Length == 0 ? 0 : words[b]) ^ flip;
            if (begin < 0 ? word == 0 : word == uint.MaxValue)
                continue;
            var at = 0;
            while (at < 32)
            {
                var rest = begin < 0 ? word >> at : ~word >> at;
                if (rest == 0)
                    break;
                at += BitOperations.TrailingZeroCount(rest);
                if (begin < 0)
                    begin = b * 32 + at;
                else
                {
                    runs.Add(new(begin, b * 32 + at));
                    begin = -1;
                }
            }
        }
        if (begin >= 0)
            runs.Add(new(begin, Blocks * 32));
    }

    /// <summary>Connected pieces of the region, or of what surrounds it: runs that share a column with a run of the row before hang together.</summary>
    public int Pieces(bool gaps, List<Run> runs)
    {
        _labels = 0;
        var pieces = 0;
        _before.Clear();
        var first = gaps ? Math.Max(0, FirstRow - 1) : FirstRow;
        var end = gaps ? Math.Min(Rows, EndRow + 1) : EndRow;
        for (var j = first; j < end; j++)
        {
            Runs(j, gaps, runs);
            _current.Clear();
            var from = 0;
            foreach (var run in runs)
            {
                var label = -1;
                while (from < _before.Count && _before[from].Run.End <= run.Begin)
                    from++;
                for (var p = from; p < _before.Count && _before[p].Run.Begin < run.End; p++)
                {
                    var root = Find(_before[p].Label);
                    if (label < 0)
                        label = root;
                    else if (Find(label) is var mine && mine != root)
                    {
                        _parents[mine] = root;
                        pieces--;
                    }
                }
                if (label < 0)
                {
                    label = _labels;
                    _parents[_labels++] = label;
                    pieces++;
                }
                _current.Add((run, label));
            }
            (_before, _current) = (_current, _before);
        }
        return pieces;
    }

    int Find(int label)
    {
        while (_parents[label] != label)
            label = _parents[label] = _parents[_parents[label]];
        return label;
    }

    /// <summary>Ends of runs along rows plus along columns, halved: by Crofton's formula π/2 · cell of the perimeter each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int RunsBothWays()
    {
        var runs = 0;
        for (var j = FirstRow; j < EndRow; j++)
        {
            uint carry = 0;
            for (var b = 0; b < Blocks; b++)
            {
                var word = _bits[j * Blocks + b];
                if (word != 0)
                {
                    runs += BitOperations.PopCount(word & ~(word << 1 | carry));
                    runs += BitOperations.PopCount(j > FirstRow ? word & ~_bits[(j - 1) * Blocks + b] : word);
                }
                carry = word >> 31;
            }
        }
        return runs;
    }
}
