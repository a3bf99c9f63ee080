using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>Looks up, for each triangle, what the fields say about places on it.</summary>
static unsafe class HeatMap
{
    /// <summary>Flattest face that still gets an overhang byte (cosine of 60°), as in <see cref="SupportField"/>.</summary>
    const double LeastCosine = 0.5;

    /// <summary>A place belongs to a crossing of its column no further than this from it, in cells.</summary>
    const double NearCells = 1.5;

    /// <summary>Places lie about this many cells apart.</summary>
    const double CellsBetweenPlaces = 2;

    /// <param name="mesh">The mesh.</param>
    /// <param name="fields">Of x, y, z.</param>
    /// <param name="threads">Threads to use.</param>
    public static DexelFindings Of(SolidMesh mesh, DexelField[] fields, int threads)
    {
        var length = mesh.FileTriangles[^1] + 1;
        var findings = new DexelFindings(new byte[length], new byte[length], new byte[length], new byte[length]);
        var visibility = new Visibility(fields);
        Bands.Run(threads, mesh.Triangles, (from, to) =>
        {
            fixed (float* coordinates = mesh.Coordinates)
                for (var t = from; t < to; t++)
                    Look(mesh, coordinates, t, fields, visibility, findings);
        });
        return findings;
    }

    static void Look(SolidMesh mesh, float* coordinates, int triangle, DexelField[] fields, Visibility visibility, DexelFindings findings)
    {
        int a = mesh.Corners[3 * triangle], b = mesh.Corners[3 * triangle + 1], c = mesh.Corners[3 * triangle + 2];
        Facet.Start(coordinates, ref a, ref b, ref c);
        var grid = fields[0].Grid;
        var p = Place(grid, coordinates + 3L * a);
        var e = Place(grid, coordinates + 3L * b) - p;
        var f = Place(grid, coordinates + 3L * c) - p;
        var normal = new Vector(e.Y * f.Z - e.Z * f.Y, e.Z * f.X - e.X * f.Z, e.X * f.Y - e.Y * f.X);
        var area2 = Math.Sqrt(normal.X * normal.X + normal.Y * normal.Y + normal.Z * normal.Z);
        if (area2 == 0)
            return;
        var file = mesh.FileTriangles[triangle];
        var down = -normal.Z / area2;
        var highest = p.Z + Math.Max(0, Math.Max(e.Z, f.Z));
        if (down > LeastCosine && highest > SupportField.BedMm)
            findings.Overhang[file] = (byte)(1 + Math.Round(254 * Math.Min(1, (down - LeastCosine) / (1 - LeastCosine))));

        var axis = Math.Abs(normal.X) >= Math.Abs(normal.Y) && Math.Abs(normal.X) >= Math.Abs(normal.Z) ? 0 : Math.Abs(normal.Y) >= Math.Abs(normal.Z) ? 1 : 2;
        var field = fields[axis];
        var isExit = normal[axis] > 0;
        var edge = Math.Sqrt(area2) / (CellsBetweenPlaces * grid.PitchMm);
        var places = (int)Math.Clamp(Math.Ceiling(edge), 1, Limits.Dexel.PlacesPerEdgeMax);
        double wall = double.PositiveInfinity, gap = double.PositiveInfinity;
        int looked = 0, hidden = 0;
        // The triangle cut into places² equal ones; their middles.
        for (var i = 0; i < places; i++)
            for (var j = 0; j < 2 * (places - i) - 1; j++)
            {
                var third = (j & 1) == 0 ? 1 / 3.0 : 2 / 3.0;
                double u = (i + third) / places, v = (j / 2 + third) / places;
                var at = new Vector(p.X + u * e.X + v * f.X, p.Y + u * e.Y + v * f.Y, p.Z + u * e.Z + v * f.Z);
                if (Find(field, at, isExit, out var column) is not (>= 0 and var index))
                    continue;
                var crossings = field.Column(column);
                var here = Crossing.Normal(crossings[index]);
                wall = Math.Min(wall, Width(field, crossings, index, here, isExit ? index - 1 : index + 1));
                gap = Math.Min(gap, Width(field, crossings, index, here, isExit ? index + 1 : index - 1));
                looked++;
                hidden += visibility.Of(field, column, index, crossings, here) == 0 ? 1 : 0;
            }
        findings.ThinWall[file] = Scale(wall);
        findings.NarrowGap[file] = Scale(gap);
        findings.Unreachable[file] = looked == 0 ? (byte)0 : (byte)Math.Round(255.0 * hidden / looked);
    }

    /// <summary>The crossing of a place's column that is nearest to it and faces the same way; -1 when none is near.</summary>
    static int Find(DexelField field, Vector at, bool isExit, out int column)
    {
        var grid = field.Grid;
        int first = (field.Axis + 1) % 3, second = (field.Axis + 2) % 3;
        var x = Math.Clamp((int)Math.Floor(at[first] / grid.CellMm[first]), 0, field.Width - 1);
        var y = Math.Clamp((int)Math.Floor(at[second] / grid.CellMm[second]), 0, field.Height - 1);
        column = y * field.Width + x;
        var crossings = field.Column(column);
        var best = -1;
        var nearest = NearCells * grid.PitchMm;
        for (var i = isExit ? 1 : 0; i < crossings.Length; i += 2)
        {
            var distance = Math.Abs(Crossing.Height(crossings[i]) / grid.QuantaPerMm - at[field.Axis]);
            if (distance < nearest)
                (best, nearest) = (i, distance);
        }
        return best;
    }

    static double Width(DexelField field, ReadOnlySpan<ulong> crossings, int index, Point3 normal, int opposite)
    {
        if (opposite < 0 || opposite >= crossings.Length)
            return double.PositiveInfinity;
        var width = SurfaceWalk.Width(field, crossings[Math.Min(index, opposite)], crossings[Math.Max(index, opposite)], normal, Crossing.Normal(crossings[opposite]));
        return double.IsNaN(width) ? double.PositiveInfinity : width;
    }

    static byte Scale(double widthMm) => WidthSums.Bin(widthMm) is var bin && bin < WidthSums.RayedMm * WidthSums.BinsPerMm
        ? (byte)Math.Max(1, Math.Round(255 * (1 - bin / (WidthSums.RayedMm * WidthSums.BinsPerMm))))
        : (byte)0;

    static Vector Place(DexelGrid grid, float* p) => new(
        Facet.Along(grid.Rows[0], p) - grid.Min[0], Facet.Along(grid.Rows[1], p) - grid.Min[1], Facet.Along(grid.Rows[2], p) - grid.Min[2]);

    readonly record struct Vector(double X, double Y, double Z)
    {
        public double this[int axis] => axis == 0 ? X : axis == 1 ? Y : Z;

        public static Vector operator -(Vector a, Vector b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);
    }
}
