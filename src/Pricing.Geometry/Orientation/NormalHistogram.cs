using Pricing.Geometry.Mass;

namespace Pricing.Geometry.Orientation;

/// <summary>
/// Where a part's surface faces: per direction bin the area, the summed normals, the first moments and the second moment along the normal.
/// What a direction of build costs in overhang follows from some thousand bins instead of some million triangles.
/// </summary>
/// <remarks>
/// Bins are cells of a 61 × 61 octahedral map: an odd number puts the axes of the file in the middle of a cell, and with 61 the usual slopes
/// (15°, 30°, 45°, 60°, 75°) and (1,1,1) keep off the borders too. All sums are 64-bit integers of float32 terms rounded one by one, so they depend
/// on no order; rows are made as bins are met, so a part of few directions touches few cache lines.
/// </remarks>
sealed partial class NormalHistogram
{
    /// <summary>Cells along each side of the map.</summary>
    public const int Side = 61;
    public const int Bins = Side * Side;

    /// <summary>Fields of a row. Factors are left in: twice the area, twice the normal, six times ∫c dA, twice ∫(c·n̂)² dA.</summary>
    public const int Area2 = 0, Normal2 = 1, Moment6 = 4, Square2 = 7, Fields = 8;

    /// <summary>Binary places kept of mm², of mm³, of mm⁴.</summary>
    /// <remarks>Within <see cref="Limits.Orientation"/> no total reaches 2⁶³; partial sums may wrap, which is harmless.</remarks>
    public const int AreaBits = 28, MomentBits = 20, SquareBits = 10;

    /// <summary>Rows made at first and at least; a tile needs up to 512 new ones.</summary>
    const int RowsAtFirst = 1024;

    // Number of the row of each bin, 0 where there is none yet; row 0 stays empty.
    readonly ushort[] _rowOf = new ushort[Bins];
    ushort[] _binOf = new ushort[RowsAtFirst];
    long[] _rows;
    int _start;
    int _used = 1;

    public NormalHistogram() => _rows = Allocate(RowsAtFirst, out _start);

    /// <summary>Rows in use.</summary>
    public int Count => _used - 1;

    /// <summary>A bin's sums; zeros where nothing faces that way.</summary>
    public ReadOnlySpan<long> Row(int bin) => Row(_rows, _rowOf[bin]);

    /// <summary>Adds another worker's sums.</summary>
    public void Add(NormalHistogram other)
    {
        Reserve(other.Count);
        for (var r = 1; r < other._used; r++)
        {
            var from = other.Row(other._rows, r);
            var to = _rows.AsSpan(_start + Fields * RowOf(other._binOf[r]), Fields);
            for (var f = 0; f < Fields; f++)
                to[f] += from[f];
        }
    }

    /// <summary>Empties it, and keeps its room.</summary>
    public void Clear()
    {
        for (var r = 1; r < _used; r++)
            _rowOf[_binOf[r]] = 0;
        _rows.AsSpan(_start, Fields * _used).Clear();
        _used = 1;
    }

    public void WriteTo(SumsWriter writer)
    {
        writer.Add((long)Count);
        for (var r = 1; r < _used; r++)
        {
            writer.Add((long)_binOf[r]);
            writer.Add(Row(_rows, r), (1UL << Fields) - 1);
        }
    }

    /// <summary>Adds sums that were written.</summary>
    public void Add(ref SumsReader written)
    {
        var rows = (int)written.Next();
        Reserve(rows);
        for (var r = 0; r < rows; r++)
            written.AddTo(_rows.AsSpan(_start + Fields * RowOf((int)written.Next()), Fields), (1UL << Fields) - 1);
    }

    /// <summary>
    /// Whether the sums hold: totals that could exceed 64 bits belong to a part hundreds of metres in size. Judged by the exact sums of the
    /// mass kernel, so the answer depends on no order either.
    /// </summary>
    public static bool Holds(MassSums mass)
    {
        double area2 = mass.Value(MassSums.Area2), reach = mass.Box.Reach;
        return area2 < Limits.Orientation.Area2Mm2Max && 3 * area2 * reach < Limits.Orientation.Moment6Mm3Max
            && 3 * area2 * reach * reach < Limits.Orientation.Square2Mm4Max;
    }

    ReadOnlySpan<long> Row(long[] rows, int row) => rows.AsSpan(_start + Fields * row, Fields);

    int RowOf(int bin)
    {
        if (_rowOf[bin] is var row and not 0)
            return row;
        _binOf[_used] = (ushort)bin;
        _rowOf[bin] = (ushort)_used;
        return _used++;
    }

    /// <summary>Makes room for so many further rows.</summary>
    void Reserve(int rows)
    {
        var needed = Math.Min(_used + rows, Bins + 1);
        if (needed <= _binOf.Length)
            return;
        var capacity = Math.Min(Math.Max(needed, 2 * _binOf.Length), Bins + 1);
        var larger = Allocate(capacity, out var start);
        _rows.AsSpan(_start, Fields * _used).CopyTo(larger.AsSpan(start));
        Array.Resize(ref _binOf, capacity);
        _rows = larger;
        _start = start;
    }

    // A row is one cache line, and starts at one.
    static unsafe long[] Allocate(int rows, out int start)
    {
        var array = GC.AllocateArray<long>(Fields * (rows + 1), pinned: true);
        fixed (long* at = array)
            start = (int)((64 - (nint)at % 64) % 64 / sizeof(long));
        return array;
    }
}
