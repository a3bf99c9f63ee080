namespace Pricing.Geometry.Layers;

/// <summary>The profile in mm and mm², read from the integer rows once all triangles are in.</summary>
sealed class LayerTable
{
    /// <summary>Height of each plane above z = 0, mm.</summary>
    public required double[] PlaneMm { get; init; }
    public required double[] AreaMm2 { get; init; }
    public required double[] PerimeterMm { get; init; }

    /// <summary>Perimeter of walls that hang in the air.</summary>
    public required double[] OverhangMm { get; init; }

    /// <summary>Projected area of upward and downward faces of each class of slope below the plane; one entry more: all of it.</summary>
    public required double[] UpSkinMm2 { get; init; }
    public required double[] UpFlatMm2 { get; init; }
    public required double[] DownSkinMm2 { get; init; }
    public required double[] DownFlatMm2 { get; init; }

    public int Count => PlaneMm.Length;

    /// <param name="rows">The sums, closed.</param>
    /// <param name="grid">Their planes.</param>
    /// <param name="minZMm">Lowest and highest point of the part; planes outside are left out.</param>
    /// <param name="maxZMm">See <paramref name="minZMm"/>.</param>
    /// <param name="inverted">The mesh is inside out: areas change sign, up and down change places.</param>
    public static LayerTable Read(LayerRows rows, LayerGrid grid, double minZMm, double maxZMm, bool inverted)
    {
        var low = grid.First(minZMm);
        var high = grid.First(maxZMm);
        var n = high - low;
        var table = new LayerTable
        {
            PlaneMm = new double[n],
            AreaMm2 = new double[n],
            PerimeterMm = new double[n],
            OverhangMm = new double[n],
            UpSkinMm2 = new double[n + 1],
            UpFlatMm2 = new double[n + 1],
            DownSkinMm2 = new double[n + 1],
            DownFlatMm2 = new double[n + 1],
        };
        double[][] classes = inverted
            ? [table.DownSkinMm2, table.DownFlatMm2, table.UpSkinMm2, table.UpFlatMm2]
            : [table.UpSkinMm2, table.UpFlatMm2, table.DownSkinMm2, table.DownFlatMm2];
        Span<long> whole = stackalloc long[LayerRows.Classes];
        const double Unit = 1.0 / (1L << LayerRows.Bits);
        for (var i = 0; i <= n; i++)
        {
            var row = rows.Row(low + i);
            for (var c = 0; c < LayerRows.Classes; c++)
            {
                // Faces whose highest point is below this plane count whole from here on.
                whole[c] += rows.WholeRow(low + i)[c];
                classes[c][i] = (whole[c] + row[LayerRows.Below + c]) * Unit;
            }
            if (i == n)
                break;
            table.PlaneMm[i] = grid.PlaneMm(low + i);
            table.AreaMm2[i] = (inverted ? -row[LayerRows.Area] : row[LayerRows.Area]) * Unit;
            table.PerimeterMm[i] = row[LayerRows.Perimeter] * Unit;
            table.OverhangMm[i] = row[inverted ? LayerRows.OverhangInverted : LayerRows.Overhang] * Unit;
        }
        return table;
    }
}
