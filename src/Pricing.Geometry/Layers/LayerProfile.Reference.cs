using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Layers;

/// <summary>The plain twin: real segments and real clipped polygons, summed in doubles.</summary>
static partial class LayerProfile
{
    /// <summary>Section area, perimeter and the projected area of upward and downward faces below, at one plane.</summary>
    public readonly record struct ReferenceRow(double Area, double Perimeter, double UpBelow, double DownBelow);

    public static SortedDictionary<int, ReferenceRow> Reference(IEnumerable<TriangleTile> tiles, LayerGrid grid)
    {
        List<(Point3 A, Point3 B, Point3 C)> triangles = [];
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
                triangles.Add((new(tile.Ax[i], tile.Ay[i], tile.Az[i]), new(tile.Bx[i], tile.By[i], tile.Bz[i]), new(tile.Cx[i], tile.Cy[i], tile.Cz[i])));
        SortedDictionary<int, ReferenceRow> rows = [];
        if (triangles.Count == 0)
            return rows;
        var low = triangles.Min(t => grid.First(Math.Min(t.A.Z, Math.Min(t.B.Z, t.C.Z))));
        var high = triangles.Max(t => grid.First(Math.Max(t.A.Z, Math.Max(t.B.Z, t.C.Z))));
        for (var k = low; k < high; k++)
        {
            ReferenceRow row = default;
            foreach (var (a, b, c) in triangles)
                row = Add(row, [a, b, c], k, grid);
            rows[k] = row;
        }
        return rows;
    }

    static ReferenceRow Add(ReferenceRow row, Point3[] corners, int k, LayerGrid grid)
    {
        var z = grid.PlaneMm(k);
        Point3? enters = null, leaves = null;
        List<Point3> below = [];
        for (var i = 0; i < 3; i++)
        {
            Point3 p = corners[i], q = corners[(i + 1) % 3];
            bool pBelow = grid.First(p.Z) <= k, qBelow = grid.First(q.Z) <= k;
            if (pBelow)
                below.Add(p);
            if (pBelow == qBelow)
                continue;
            var t = (z - p.Z) / (q.Z - p.Z);
            var cut = new Point3(p.X + t * (q.X - p.X), p.Y + t * (q.Y - p.Y), z);
            below.Add(cut);
            // The segment runs from the falling edge to the rising one: the interior is then on its left.
            if (qBelow)
                enters = cut;
            else
                leaves = cut;
        }
        if (enters is { } from && leaves is { } to)
            row = row with
            {
                Area = row.Area + 0.5 * (from.X * to.Y - to.X * from.Y),
                Perimeter = row.Perimeter + Math.Sqrt((to.X - from.X) * (to.X - from.X) + (to.Y - from.Y) * (to.Y - from.Y)),
            };
        double projected = 0;
        for (var i = 0; i < below.Count; i++)
        {
            Point3 p = below[i], q = below[(i + 1) % below.Count];
            projected += 0.5 * (p.X * q.Y - q.X * p.Y);
        }
        return projected > 0 ? row with { UpBelow = row.UpBelow + projected } : row with { DownBelow = row.DownBelow - projected };
    }
}
