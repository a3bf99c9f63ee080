using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pricing.Geometry.Topology;

/// <summary>What the sum over triangles counts too much where shells overlap: the integral of the winding number less the volume of the union.</summary>
/// <param name="Mm3">Estimate of it; negative where shells of opposite sense overlap outside of others.</param>
/// <param name="DoubtMm3">How far it may be off: the spread between four quarters of the columns, which may agree by chance (so at least a
/// thousandth), and what could hide between columns.</param>
readonly record struct OverlapExcess(double Mm3, double DoubtMm3);

/// <summary>
/// Measures overlaps along upright columns: each is cut by the triangles above and below it, exactly sided so that a closed mesh always comes
/// out even, and the lengths where the winding number is not what a union has are summed.
/// </summary>
static class UnionColumns
{
    /// <summary>Fixed point of the sums, in mm and mm³.</summary>
    const double Unit = 1L << 32;

    struct Cut
    {
        public int Column;
        public int Step;
        public double Z;
    }

    /// <param name="mesh">Closed.</param>
    /// <param name="area">Box in plan outside of which nothing overlaps.</param>
    /// <param name="inverted">The mesh is inside out.</param>
    /// <param name="crossings">For each pair of triangles that cross, the boxes of both.</param>
    /// <returns>Null when even the coarsest grid would take more than <c>Limits.Topology.ColumnTestsMax</c>.</returns>
    public static OverlapExcess? Measure(SolidMesh mesh, in LaneBox area, bool inverted, IEnumerable<(LaneBox First, LaneBox Second)> crossings)
    {
        double minX = area.Min[0], minY = area.Min[1], sizeX = (double)area.Max[0] - minX, sizeY = (double)area.Max[1] - minY;
        if (!(sizeX > 0) || !(sizeY > 0))
            return new(0, 0);
        var grid = new Grid(minX, minY, sizeX, sizeY, 0);
        for (var side = Limits.Topology.ColumnsPerSideMax; ; side /= 2)
        {
            if (side < Limits.Topology.ColumnsPerSideMin)
                return null;
            grid = new(minX, minY, sizeX, sizeY, side);
            long tests = 0;
            for (var t = 0; t < mesh.Triangles && tests <= Limits.Topology.ColumnTestsMax; t++)
                tests += grid.CellsOf(mesh.BoxOf(t)).Count;
            if (tests <= Limits.Topology.ColumnTestsMax)
                break;
        }
        List<Cut> cuts = [];
        for (var t = 0; t < mesh.Triangles; t++)
            AddCuts(mesh, t, grid, grid.CellsOf(mesh.BoxOf(t)), cuts);
        Span<long> sums = stackalloc long[4];
        Sum(cuts, grid.Side, inverted ? -1 : 1, sums);
        // Each quarter of the columns stands for the whole.
        var columnMm2 = grid.StepX * grid.StepY;
        double Volume(long sum) => sum / Unit * columnMm2;
        var quarters = (Min: 4 * Volume(Math.Min(Math.Min(sums[0], sums[1]), Math.Min(sums[2], sums[3]))),
            Max: 4 * Volume(Math.Max(Math.Max(sums[0], sums[1]), Math.Max(sums[2], sums[3]))));
        var hidden = Hidden(crossings, grid);
        var excess = Volume(sums[0] + sums[1] + sums[2] + sums[3]);
        return new(excess, Math.Max(quarters.Max - quarters.Min, 1e-3 * Math.Abs(excess)) + hidden);
    }

    /// <summary>What crossing pairs could hide between columns: the room each pair's boxes share, no wider than a cell.</summary>
    static double Hidden(IEnumerable<(LaneBox First, LaneBox Second)> crossings, Grid grid)
    {
        Int128 sum = 0;
        foreach (var (a, b) in crossings)
            sum += (Int128)Math.Round(Math.Min(Shared(a, b, 0), grid.StepX) * Math.Min(Shared(a, b, 1), grid.StepY) * Shared(a, b, 2) * Unit);
        return (double)sum / Unit;

        static double Shared(in LaneBox a, in LaneBox b, int axis) =>
            Math.Max(0, (double)Math.Min(a.Max[axis], b.Max[axis]) - Math.Max(a.Min[axis], b.Min[axis]));
    }

    /// <summary>Where columns cut a triangle. The step is what the winding number rises by on the way up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddCuts(SolidMesh mesh, int triangle, in Grid grid, in Cells cells, List<Cut> cuts)
    {
        if (cells.Count == 0)
            return;
        // From the lowest corner on: rounding must not depend on where the file begins.
        var lowest = mesh.LowestCorner(triangle);
        var a = mesh.Vertex(mesh.Corners[3 * triangle + lowest]);
        var b = mesh.Vertex(mesh.Corners[3 * triangle + (lowest + 1) % 3]);
        var c = mesh.Vertex(mesh.Corners[3 * triangle + (lowest + 2) % 3]);
        double ux = b.X - a.X, uy = b.Y - a.Y, uz = b.Z - a.Z, vx = c.X - a.X, vy = c.Y - a.Y, vz = c.Z - a.Z;
        var nz = ux * vy - uy * vx;
        if (nz == 0)
            return;
        double slopeX = (uy * vz - uz * vy) / -nz, slopeY = (uz * vx - ux * vz) / -nz;
        double low = Math.Min(a.Z, Math.Min(b.Z, c.Z)), high = Math.Max(a.Z, Math.Max(b.Z, c.Z));
        for (var j = cells.FromY; j < cells.ToY; j++)
            for (var i = cells.FromX; i < cells.ToX; i++)
            {
                var (x, y) = grid.At(i, j);
                var around = Crossing(a, b, x, y) + Crossing(b, c, x, y) + Crossing(c, a, x, y);
                if (around == 0)
                    continue;
                var z = a.Z + ((x - a.X) * slopeX + (y - a.Y) * slopeY);
                cuts.Add(new() { Column = j * grid.Side + i, Step = -around, Z = Math.Clamp(z, low, high) });
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Crossing(in Point3 from, in Point3 to, double x, double y)
    {
        var up = from.Y <= y;
        if (up == to.Y <= y)
            return 0;
        var turn = ExactSigns.Turn(from.X, from.Y, to.X, to.Y, x, y);
        return up ? turn > 0 ? 1 : 0 : turn < 0 ? -1 : 0;
    }

    static void Sum(List<Cut> cuts, int side, int sense, Span<long> sums)
    {
        // Into columns by counting; the few cuts of each are then ordered upwards. Cuts at one height have nothing between them.
        var start = new int[side * side + 1];
        foreach (ref readonly var cut in CollectionsMarshal.AsSpan(cuts))
            start[cut.Column + 1]++;
        for (var c = 0; c < side * side; c++)
            start[c + 1] += start[c];
        var next = start.ToArray();
        var z = new double[cuts.Count];
        var step = new int[cuts.Count];
        foreach (ref readonly var cut in CollectionsMarshal.AsSpan(cuts))
        {
            z[next[cut.Column]] = cut.Z;
            step[next[cut.Column]++] = cut.Step;
        }
        for (var c = 0; c < side * side; c++)
        {
            var (from, to) = (start[c], start[c + 1]);
            Array.Sort(z, step, from, to - from);
            var winding = 0;
            for (var k = from; k + 1 < to; k++)
            {
                winding += step[k];
                var excess = sense * winding - (winding != 0 ? 1 : 0);
                if (excess != 0)
                    sums[(c / side & 1) * 2 + (c & 1)] += (long)Math.Round(excess * (z[k + 1] - z[k]) * Unit);
            }
        }
    }

    /// <summary>A range of cells.</summary>
    readonly record struct Cells(int FromX, int ToX, int FromY, int ToY)
    {
        public long Count => (long)Math.Max(0, ToX - FromX) * Math.Max(0, ToY - FromY);
    }

    /// <summary>One column somewhere in each cell, by a fixed hash: what lies along the axes must not meet all columns or none.</summary>
    readonly record struct Grid(double MinX, double MinY, double SizeX, double SizeY, int Side)
    {
        public double StepX => SizeX / Side;

        public double StepY => SizeY / Side;

        public (double X, double Y) At(int i, int j)
        {
            var h = (uint)i * 0x9E3779B1u ^ (uint)j * 0x85EBCA77u;
            h = (h ^ h >> 15) * 0xC2B2AE3Du;
            h = (h ^ h >> 13) * 0x27D4EB2Fu;
            h ^= h >> 16;
            return (MinX + (i + ((h & 0xFFFF) + 0.5) / 0x10000) * StepX, MinY + (j + ((h >> 16) + 0.5) / 0x10000) * StepY);
        }

        public Cells CellsOf(in LaneBox box) => new(First(box.Min[0] - MinX, StepX), Last(box.Max[0] - MinX, StepX),
            First(box.Min[1] - MinY, StepY), Last(box.Max[1] - MinY, StepY));

        int First(double from, double step) => (int)Math.Clamp(Math.Floor(from / step), 0, Side);

        int Last(double to, double step) => (int)Math.Clamp(Math.Floor(to / step) + 1, 0, Side);
    }
}
