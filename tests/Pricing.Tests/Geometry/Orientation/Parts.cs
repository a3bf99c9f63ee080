using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry.Orientation;

/// <summary>Parts with an obvious way to lie, and a plain measurement of the support under them.</summary>
static class Parts
{
    /// <summary>A board on four legs.</summary>
    public static List<Point3[]> Table() =>
    [
        .. Shapes.Box(40, 40, 4, new(0, 0, 30)),
        .. Shapes.Box(4, 4, 30), .. Shapes.Box(4, 4, 30, new(36, 0, 0)), .. Shapes.Box(4, 4, 30, new(0, 36, 0)), .. Shapes.Box(4, 4, 30, new(36, 36, 0)),
    ];

    /// <summary>The letter T, standing: a bar on a stem, as deep as the stem is wide.</summary>
    public static List<Point3[]> LetterT() => [.. Shapes.Box(50, 10, 10, new(-25, 0, 40)), .. Shapes.Box(10, 10, 40, new(-5, 0, 0))];

    /// <summary>A ring of the given radii around z.</summary>
    public static List<Point3[]> Torus(double ring, double tube, int around, int across)
    {
        Point3 P(int i, int j)
        {
            var (su, cu) = Math.SinCos(2 * Math.PI * (i % around) / around);
            var (sv, cv) = Math.SinCos(2 * Math.PI * (j % across) / across);
            return new((ring + tube * cv) * cu, (ring + tube * cv) * su, tube * sv);
        }
        List<Point3[]> mesh = [];
        for (var i = 0; i < around; i++)
            for (var j = 0; j < across; j++)
            {
                mesh.Add([P(i, j), P(i + 1, j), P(i + 1, j + 1)]);
                mesh.Add([P(i, j), P(i + 1, j + 1), P(i, j + 1)]);
            }
        return mesh;
    }

    public static Point3 Direction(Random random)
    {
        while (true)
        {
            double x = 2 * random.NextDouble() - 1, y = 2 * random.NextDouble() - 1, z = 2 * random.NextDouble() - 1, l = x * x + y * y + z * z;
            if (l is > 0.01 and < 1)
                return new(x / Math.Sqrt(l), y / Math.Sqrt(l), z / Math.Sqrt(l));
        }
    }

    /// <summary>All corners: a hull and then some, which changes no extreme.</summary>
    public static Point3[] Corners(List<Point3[]> mesh) => [.. mesh.SelectMany(t => t).Select(p => new Point3((float)p.X, (float)p.Y, (float)p.Z)).Distinct()];

    public static TileSums Sum(InstructionSet set, IEnumerable<TriangleTile> tiles)
    {
        var sums = new TileSums();
        var kernels = TileKernels.For(set);
        foreach (var tile in tiles)
            kernels.Add(tile, new LayerGrid(0.2), default, sums);
        return sums;
    }

    public static OrientationFacts Search(List<Point3[]> mesh, InstructionSet? set = null, Func<Frame, SupportEstimate>? check = null, IReadOnlyList<Point3>? hull = null)
    {
        var sums = Sum(set ?? InstructionSets.Current, Shapes.Tiles(mesh));
        return OrientationSearch.Of(sums.Normals, sums.Mass, false, hull ?? Corners(mesh), check ?? (frame => Columns(mesh, frame)), set ?? InstructionSets.Current)!;
    }

    /// <summary>
    /// Support by columns 1 mm apart: below each face steeper than 45° downwards, to the part or the bed beneath. Triangles are asked one by one.
    /// </summary>
    public static SupportEstimate Columns(List<Point3[]> mesh, Frame frame)
    {
        var placed = mesh.ConvertAll(t => Array.ConvertAll(t, frame.Place));
        var all = placed.SelectMany(t => t).ToArray();
        double bed = all.Min(p => p.Z), support = 0, contact = 0;
        // Off the corners of anything that was made on whole millimetres.
        for (var x = all.Min(p => p.X) + 0.4871; x < all.Max(p => p.X); x++)
            for (var y = all.Min(p => p.Y) + 0.5127; y < all.Max(p => p.Y); y++)
            {
                var hits = new List<(double Z, double Nz, bool Steep)>();
                foreach (var t in placed)
                {
                    double ux = t[1].X - t[0].X, uy = t[1].Y - t[0].Y, uz = t[1].Z - t[0].Z, vx = t[2].X - t[0].X, vy = t[2].Y - t[0].Y, vz = t[2].Z - t[0].Z;
                    double nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
                    double px = x - t[0].X, py = y - t[0].Y;
                    double s = (px * vy - py * vx) / nz, r = (ux * py - uy * px) / nz;
                    if (Math.Abs(nz) > 1e-9 && s > 0 && r > 0 && s + r < 1)
                        hits.Add((t[0].Z + s * uz + r * vz, nz, nz < 0 && 2 * nz * nz > (nx * nx + ny * ny + nz * nz) * (1 + 1e-6)));
                }
                hits.Sort();
                var top = bed;
                var depth = 0;
                foreach (var (z, nz, steep) in hits)
                {
                    if (depth == 0 && steep && z > top + 1e-6)
                    {
                        support += z - top;
                        contact++;
                    }
                    depth += nz < 0 ? 1 : -1;
                    top = z;
                }
            }
        return new(support, contact);
    }
}
