using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// The lattice all three fields of a part share: the part's box in its frame, cut into whole cells along each axis. Box-shaped parts fill
/// their cells exactly, so that flat outer walls cost no accuracy.
/// </summary>
sealed class DexelGrid
{
    /// <summary>Cells along the longest side, and the range of the pitch, when the caller asks for none: 0.5 mm from 256 mm on, 0.1 mm below 51 mm.</summary>
    const double CellsWanted = 512, FinestMm = 0.1, CoarsestMm = 0.5;

    /// <summary>Heights are whole numbers below 2²⁸.</summary>
    public const int HeightBits = 28;

    DexelGrid(Frame frame, double[] min, double[] extents, double pitchMm)
    {
        Rows = [frame.X, frame.Y, frame.Z];
        Min = min;
        ExtentsMm = extents;
        PitchMm = pitchMm;
        Cells = new int[3];
        CellMm = new double[3];
        for (var a = 0; a < 3; a++)
        {
            // Rounding must not add a cell to a side that is a whole number of cells.
            Cells[a] = (int)Math.Max(1, Math.Ceiling(extents[a] / pitchMm - 1e-6));
            CellMm[a] = Math.Max(extents[a] / Cells[a], 1e-9);
        }
        var longest = Math.Max(extents[0], Math.Max(extents[1], extents[2]));
        QuantaPerMm = 1 << 20;
        while (longest * QuantaPerMm >= (1 << HeightBits) - 2)
            QuantaPerMm /= 2;
    }

    /// <summary>The frame's rows, by axis.</summary>
    public Point3[] Rows { get; }

    /// <summary>The box's lowest corner and sides in the frame, mm.</summary>
    public double[] Min { get; }
    public double[] ExtentsMm { get; }

    /// <summary>Upper bound of every cell side, mm.</summary>
    public double PitchMm { get; }

    /// <summary>Number and size of the cells along each axis.</summary>
    public int[] Cells { get; }
    public double[] CellMm { get; }

    /// <summary>A power of two: heights above the box's floor are counted in its inverse.</summary>
    public double QuantaPerMm { get; }

    /// <summary>No extent along an axis: nothing to measure.</summary>
    public bool IsFlat => !(ExtentsMm[0] > 0 && ExtentsMm[1] > 0 && ExtentsMm[2] > 0);

    public int Columns(int axis) => Cells[(axis + 1) % 3] * Cells[(axis + 2) % 3];

    /// <summary>The grid for the pitch asked for, or for the part's size; the same grid with larger cells where it would have too many columns.</summary>
    public static DexelGrid Of(SolidMesh mesh, Frame frame, double? pitchMm, int threads)
    {
        var (min, extents) = Box(mesh, frame, threads);
        var longest = Math.Max(extents[0], Math.Max(extents[1], extents[2]));
        return Of(frame, min, extents, pitchMm ?? Math.Clamp(longest / CellsWanted, FinestMm, CoarsestMm));
    }

    /// <summary>Cells half as large again.</summary>
    public DexelGrid Coarser() => Of(new(Rows[0], Rows[1], Rows[2]), Min, ExtentsMm, PitchMm * 1.5);

    static DexelGrid Of(Frame frame, double[] min, double[] extents, double pitchMm)
    {
        for (var a = 0; a < 3; a++)
        {
            pitchMm = Math.Max(pitchMm, extents[a] / Limits.Dexel.ColumnsMax);
            pitchMm = Math.Max(pitchMm, Math.Sqrt(extents[a] * extents[(a + 1) % 3] / Limits.Dexel.ColumnsMax));
        }
        // Ends: from the root above on, a side of at least one cell only loses cells.
        for (; ; pitchMm *= 1.01)
        {
            var grid = new DexelGrid(frame, min, extents, pitchMm);
            if (Math.Max(Fields(grid, 0), Math.Max(Fields(grid, 1), Fields(grid, 2))) <= Limits.Dexel.ColumnsMax)
                return grid;
        }

        static long Fields(DexelGrid grid, int axis) => (long)grid.Cells[(axis + 1) % 3] * grid.Cells[(axis + 2) % 3];
    }

    /// <summary>Of the vertices that triangles use: a repair leaves others behind.</summary>
    static (double[] Min, double[] Extents) Box(SolidMesh mesh, Frame frame, int threads)
    {
        var used = new bool[mesh.Vertices];
        foreach (var v in mesh.Corners)
            used[v] = true;
        double[] min = [double.MaxValue, double.MaxValue, double.MaxValue], max = [double.MinValue, double.MinValue, double.MinValue];
        var gate = new object();
        Bands.Run(threads, mesh.Vertices, (from, to) =>
        {
            double minX = double.MaxValue, minY = minX, minZ = minX, maxX = double.MinValue, maxY = maxX, maxZ = maxX;
            for (var v = from; v < to; v++)
            {
                if (!used[v])
                    continue;
                var p = frame.Place(new(mesh.Coordinates[3 * v], mesh.Coordinates[3 * v + 1], mesh.Coordinates[3 * v + 2]));
                (minX, maxX) = (Math.Min(minX, p.X), Math.Max(maxX, p.X));
                (minY, maxY) = (Math.Min(minY, p.Y), Math.Max(maxY, p.Y));
                (minZ, maxZ) = (Math.Min(minZ, p.Z), Math.Max(maxZ, p.Z));
            }
            lock (gate)
            {
                (min[0], max[0]) = (Math.Min(min[0], minX), Math.Max(max[0], maxX));
                (min[1], max[1]) = (Math.Min(min[1], minY), Math.Max(max[1], maxY));
                (min[2], max[2]) = (Math.Min(min[2], minZ), Math.Max(max[2], maxZ));
            }
        });
        return (min, [max[0] - min[0], max[1] - min[1], max[2] - min[2]]);
    }
}
