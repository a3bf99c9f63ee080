using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry;

/// <summary>Models the tests make themselves: lists of triangles, three points each.</summary>
static class Shapes
{
    public static List<Point3[]> Box(double dx, double dy, double dz, Point3 at = default)
    {
        Point3 P(int i) => new(at.X + (i & 1) * dx, at.Y + ((i >> 1) & 1) * dy, at.Z + ((i >> 2) & 1) * dz);
        int[][] quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
        List<Point3[]> mesh = [];
        foreach (var q in quads)
        {
            mesh.Add([P(q[0]), P(q[1]), P(q[2])]);
            mesh.Add([P(q[0]), P(q[2]), P(q[3])]);
        }
        return mesh;
    }

    /// <summary>The mesh as the analyses see it: welded and repaired, not turned.</summary>
    public static SolidMesh Solid(IEnumerable<Point3[]> mesh)
    {
        var welded = new WeldedMesh();
        var writer = new TileWriter(new Welder(welded), new());
        foreach (var t in mesh)
            writer.Add((float)t[0].X, (float)t[0].Y, (float)t[0].Z, (float)t[1].X, (float)t[1].Y, (float)t[1].Z, (float)t[2].X, (float)t[2].Y, (float)t[2].Z);
        writer.Complete();
        return SolidMesh.Of(MeshRepair.Of(welded).Corners, welded.Vertices, isInverted: false);
    }

    sealed class Welder(WeldedMesh mesh) : ITileConsumer
    {
        public TriangleTile Accept(TriangleTile tile)
        {
            mesh.Add(tile);
            return tile;
        }
    }

    /// <summary>Square base of the given side on z = 0, apex above its middle.</summary>
    public static List<Point3[]> Pyramid(double side, double height)
    {
        double s = side / 2;
        Point3 a = new(-s, -s, 0), b = new(s, -s, 0), c = new(s, s, 0), d = new(-s, s, 0), top = new(0, 0, height);
        return [[a, c, b], [a, d, c], [a, b, top], [b, c, top], [c, d, top], [d, a, top]];
    }

    /// <summary>An octahedron subdivided and blown up to a sphere. Only roots, so the floats are the same on every platform.</summary>
    public static List<Point3[]> Sphere(int levels, double radius = 10, Point3 at = default)
    {
        Point3[] v = [new(1, 0, 0), new(-1, 0, 0), new(0, 1, 0), new(0, -1, 0), new(0, 0, 1), new(0, 0, -1)];
        List<Point3[]> mesh =
        [
            [v[0], v[2], v[4]], [v[2], v[1], v[4]], [v[1], v[3], v[4]], [v[3], v[0], v[4]],
            [v[2], v[0], v[5]], [v[1], v[2], v[5]], [v[3], v[1], v[5]], [v[0], v[3], v[5]],
        ];
        for (var i = 0; i < levels; i++)
            mesh = [.. mesh.SelectMany(t =>
            {
                Point3 p = Middle(t[0], t[1]), q = Middle(t[1], t[2]), r = Middle(t[2], t[0]);
                return new Point3[][] { [t[0], p, r], [p, t[1], q], [r, q, t[2]], [p, q, r] };
            })];
        return Map(mesh, p => new(at.X + radius * p.X, at.Y + radius * p.Y, at.Z + radius * p.Z));

        static Point3 Middle(Point3 a, Point3 b)
        {
            double x = a.X + b.X, y = a.Y + b.Y, z = a.Z + b.Z, l = Math.Sqrt(x * x + y * y + z * z);
            return new(x / l, y / l, z / l);
        }
    }

    /// <summary>A sphere whose corners are pushed about at random: closed, oriented, with slopes of all kinds.</summary>
    public static List<Point3[]> Potato(Random random, int levels = 3, double radius = 10)
    {
        Dictionary<Point3, Point3> moved = [];
        return Map(Sphere(levels, radius), p =>
        {
            if (!moved.TryGetValue(p, out var q))
                moved[p] = q = new(p.X * (0.8 + 0.4 * random.NextDouble()), p.Y * (0.8 + 0.4 * random.NextDouble()), p.Z * (0.8 + 0.4 * random.NextDouble()));
            return q;
        });
    }

    /// <summary>Triangles that have nothing to do with one another.</summary>
    public static List<Point3[]> Soup(Random random, int count, double reach)
    {
        double R() => (random.NextDouble() * 2 - 1) * reach;
        return [.. Enumerable.Range(0, count).Select(_ => new Point3[] { new(R(), R(), R()), new(R(), R(), R()), new(R(), R(), R()) })];
    }

    public static List<Point3[]> Map(List<Point3[]> mesh, Func<Point3, Point3> map) => [.. mesh.Select(t => t.Select(map).ToArray())];

    public static List<Point3[]> Inverted(List<Point3[]> mesh) => [.. mesh.Select(t => new[] { t[0], t[2], t[1] })];

    public static List<Point3[]> Shuffled(List<Point3[]> mesh, Random random)
    {
        var order = mesh.ToArray();
        random.Shuffle(order);
        return [.. order];
    }

    public static List<TriangleTile> Tiles(IEnumerable<Point3[]> mesh)
    {
        var collector = new Collector();
        var writer = new TileWriter(collector, new TriangleTile());
        foreach (var t in mesh)
            writer.Add((float)t[0].X, (float)t[0].Y, (float)t[0].Z, (float)t[1].X, (float)t[1].Y, (float)t[1].Z, (float)t[2].X, (float)t[2].Y, (float)t[2].Z);
        writer.Complete();
        return collector.Tiles;
    }

    public static byte[] BinaryStl(List<Point3[]> mesh)
    {
        var bytes = new byte[84 + 50 * mesh.Count];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(80), (uint)mesh.Count);
        for (var i = 0; i < mesh.Count; i++)
            for (var c = 0; c < 3; c++)
            {
                var at = bytes.AsSpan(84 + 50 * i + 12 + 12 * c);
                BinaryPrimitives.WriteSingleLittleEndian(at, (float)mesh[i][c].X);
                BinaryPrimitives.WriteSingleLittleEndian(at[4..], (float)mesh[i][c].Y);
                BinaryPrimitives.WriteSingleLittleEndian(at[8..], (float)mesh[i][c].Z);
            }
        return bytes;
    }

    public static byte[] AsciiStl(List<Point3[]> mesh)
    {
        var text = new StringBuilder("solid made\n");
        foreach (var t in mesh)
        {
            text.Append("facet normal 0 0 0\nouter loop\n");
            foreach (var p in t)
                text.Append(CultureInfo.InvariantCulture, $"vertex {(float)p.X:R} {(float)p.Y:R} {(float)p.Z:R}\n");
            text.Append("endloop\nendfacet\n");
        }
        return Encoding.ASCII.GetBytes(text.Append("endsolid made\n").ToString());
    }

    public static byte[] Obj(List<Point3[]> mesh)
    {
        Dictionary<(float, float, float), int> numbers = [];
        var vertices = new StringBuilder();
        var faces = new StringBuilder();
        foreach (var t in mesh)
        {
            faces.Append('f');
            foreach (var p in t)
            {
                var key = ((float)p.X, (float)p.Y, (float)p.Z);
                if (!numbers.TryGetValue(key, out var n))
                {
                    numbers[key] = n = numbers.Count + 1;
                    vertices.Append(CultureInfo.InvariantCulture, $"v {key.Item1:R} {key.Item2:R} {key.Item3:R}\n");
                }
                faces.Append(CultureInfo.InvariantCulture, $" {n}");
            }
            faces.Append('\n');
        }
        return Encoding.ASCII.GetBytes(vertices.ToString() + faces);
    }

    public static PartMeasurement Measure(List<Point3[]> mesh, int threads = 1) => Measure(BinaryStl(mesh), "made.stl", threads, InstructionSets.Current);

    public static PartMeasurement Measure(byte[] file, string name, int threads, InstructionSet set, Func<int>? chunk = null)
    {
        using var measurer = new PartMeasurer(new MeasureOptions { Threads = threads }, file.Length, name, set);
        for (var at = 0; at < file.Length;)
        {
            var take = Math.Min(file.Length - at, chunk?.Invoke() ?? 64 << 10);
            measurer.Push(file.AsSpan(at, take));
            at += take;
        }
        return measurer.Finish();
    }

    /// <summary>The paths this CPU has; the portable one always.</summary>
    public static InstructionSet[] Paths => [.. Enum.GetValues<InstructionSet>().Where(InstructionSets.IsSupported)];

    sealed class Collector : ITileConsumer
    {
        public List<TriangleTile> Tiles { get; } = [];

        public TriangleTile Accept(TriangleTile tile)
        {
            Tiles.Add(tile);
            return new();
        }
    }
}
