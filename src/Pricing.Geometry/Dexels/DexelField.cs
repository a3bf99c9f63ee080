using Pricing.Geometry.Lanes;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// The solid along one axis: for each column the stretches of material, as entry and exit crossings in turn. Where shells overlap they are one
/// (winding number above zero); cavities are shells of the opposite sense.
/// </summary>
/// <remarks>
/// 1. <see cref="ColumnSnap"/> makes the vertices whole numbers. 2. <see cref="TriangleRaster"/> finds crossings, each thread its own triangles,
/// sorted into bands of rows. 3. Band by band, columns are counted, sorted and united. Nothing depends on the order of triangles: columns are
/// sorted by all bits of a crossing.
/// </remarks>
sealed class DexelField
{
    /// <summary>Surfaces this close touch: shells that share a slanted face differ by what snapping moves. No printer makes a wall this thin.</summary>
    const double ContactMm = 0.005;

    readonly int[] _starts;
    readonly int[] _ends;
    readonly ulong[] _crossings;

    DexelField(DexelGrid grid, int axis, int[] starts, int[] ends, ulong[] crossings, int openColumns, long active)
    {
        Grid = grid;
        Axis = axis;
        _starts = starts;
        _ends = ends;
        _crossings = crossings;
        OpenColumns = openColumns;
        ActiveTriangles = active;
    }

    public DexelGrid Grid { get; }

    /// <summary>Along which the columns run: 0, 1, 2 for x, y, z of the frame.</summary>
    public int Axis { get; }

    /// <summary>Cells along the axis after <see cref="Axis"/>, and the one after that (cyclically).</summary>
    public int Width => Grid.Cells[(Axis + 1) % 3];
    public int Height => Grid.Cells[(Axis + 2) % 3];

    public double CellMm2 => Grid.CellMm[(Axis + 1) % 3] * Grid.CellMm[(Axis + 2) % 3];

    /// <summary>Crossings found, those inside other shells included.</summary>
    public int Crossings => _crossings.Length;

    /// <summary>Columns that enter and leave unequally often, because the mesh is open there: they count as empty.</summary>
    public int OpenColumns { get; }

    /// <summary>Triangles whose box holds the centre of a cell.</summary>
    public long ActiveTriangles { get; }

    /// <summary>Entry, exit, entry, exit, … with rising heights. Column = row × <see cref="Width"/> + cell.</summary>
    public ReadOnlySpan<ulong> Column(int column) => _crossings.AsSpan(_starts[column], _ends[column] - _starts[column]);

    /// <summary>Null when there are more crossings than <c>Limits.Dexel.CrossingsMax</c>.</summary>
    public static DexelField? Build(SolidMesh mesh, DexelGrid grid, int axis, InstructionSet set, int threads)
    {
        var height = grid.Cells[(axis + 2) % 3];
        var rowsPerBand = (height + Limits.Dexel.BandsMax - 1) / Limits.Dexel.BandsMax;
        var bands = (height + rowsPerBand - 1) / rowsPerBand;
        var sinks = Find(mesh, grid, axis, set, threads, rowsPerBand, bands);
        if (sinks is null)
            return null;
        var columns = grid.Columns(axis);
        var bandColumns = rowsPerBand * grid.Cells[(axis + 1) % 3];
        var starts = new int[columns];
        var ends = new int[columns];
        var open = 0;
        Bands.Run(threads, bands, (from, to) =>
        {
            for (var band = from; band < to; band++)
                Interlocked.Add(ref open, Count(sinks, band, band * bandColumns, Math.Min(columns, (band + 1) * bandColumns), ends));
        });
        // An open column keeps its -1, which tells the scatter to drop what was found there.
        var total = 0;
        for (var column = 0; column < columns; column++)
        {
            starts[column] = total;
            if (ends[column] < 0)
                continue;
            total += ends[column];
            ends[column] = starts[column];
        }
        var crossings = new ulong[total];
        var contact = (int)(ContactMm * grid.QuantaPerMm);
        Bands.Run(threads, bands, (from, to) =>
        {
            for (var band = from; band < to; band++)
                Settle(sinks, band, band * bandColumns, Math.Min(columns, (band + 1) * bandColumns), starts, ends, crossings, contact);
        });
        return new(grid, axis, starts, ends, crossings, open, sinks.Sum(sink => sink.Active));
    }

    static List<CrossingSink>? Find(SolidMesh mesh, DexelGrid grid, int axis, InstructionSet set, int threads, int rowsPerBand, int bands)
    {
        var snapped = ColumnSnap.Of(mesh, grid, axis, set, threads);
        var sinks = new List<CrossingSink>();
        var free = new Stack<CrossingSink>();
        var found = 0L;
        // A sink serves one part of the triangles at a time; there are as many as threads.
        Bands.Run(threads, mesh.Triangles, (from, to) =>
        {
            CrossingSink? sink;
            lock (free)
                if (!free.TryPop(out sink))
                    sinks.Add(sink = new(rowsPerBand, bands));
            var before = sink.Count;
            TriangleRaster.Run(mesh, grid, axis, snapped, set, from, to, sink, IsEnough);
            IsEnough();
            lock (free)
                free.Push(sink);

            bool IsEnough()
            {
                var now = sink.Count;
                var all = Interlocked.Add(ref found, now - before);
                before = now;
                return all > Limits.Dexel.CrossingsMax;
            }
        });
        return found > Limits.Dexel.CrossingsMax ? null : sinks;
    }

    /// <summary>Crossings of each column of a band, or -1 where they do not pair up.</summary>
    static int Count(List<CrossingSink> sinks, int band, int first, int end, int[] counts)
    {
        var net = new int[end - first];
        foreach (var sink in sinks)
            foreach (var piece in sink.Lists[band].Pieces())
                foreach (var found in piece)
                {
                    counts[found.Column]++;
                    net[found.Column - first] += Crossing.IsExit(found.Crossing) ? -1 : 1;
                }
        var open = 0;
        for (var column = first; column < end; column++)
            if (net[column - first] != 0)
            {
                counts[column] = -1;
                open++;
            }
        return open;
    }

    /// <summary>Puts a band's crossings into their columns, sorts each and unites its shells. Ends rise from the starts as columns fill.</summary>
    static void Settle(List<CrossingSink> sinks, int band, int first, int end, int[] starts, int[] ends, ulong[] crossings, int contact)
    {
        foreach (var sink in sinks)
            foreach (var piece in sink.Lists[band].Pieces())
                foreach (var found in piece)
                    if (ends[found.Column] >= 0)
                        crossings[ends[found.Column]++] = found.Crossing;
        for (var column = first; column < end; column++)
        {
            if (ends[column] < 0)
            {
                ends[column] = starts[column];
                continue;
            }
            var count = ends[column] - starts[column];
            if (count == 0)
                continue;
            var own = crossings.AsSpan(starts[column], count);
            if (count == 2)
            {
                if (own[0] > own[1])
                    (own[0], own[1]) = (own[1], own[0]);
            }
            else
                own.Sort();
            ends[column] = starts[column] + Unite(own, contact);
        }
    }

    /// <summary>Keeps the crossings where the winding number leaves zero upwards or comes back to it; thinner stretches than a contact are dropped.</summary>
    /// <param name="column">Sorted; its front holds the answer.</param>
    /// <param name="contact">Gaps up to this many quanta are closed, stretches of material up to it dropped.</param>
    /// <returns>How many are left.</returns>
    internal static int Unite(Span<ulong> column, int contact)
    {
        int kept = 0, winding = 0;
        ulong entry = 0;
        foreach (var crossing in column)
        {
            if (!Crossing.IsExit(crossing))
            {
                if (++winding != 1)
                    continue;
                entry = crossing;
                if (kept > 0 && Crossing.Height(crossing) - Crossing.Height(column[kept - 1]) <= contact)
                    entry = column[kept -= 2];
            }
            else if (--winding == 0 && Crossing.Height(crossing) - Crossing.Height(entry) > contact)
            {
                column[kept++] = entry;
                column[kept++] = crossing;
            }
        }
        return kept;
    }
}
