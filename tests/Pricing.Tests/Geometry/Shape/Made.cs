using System.Numerics;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Shape;

/// <summary>Meshes and points for the tests of this folder.</summary>
static class Made
{
    public static Random Random()
    {
        var seed = System.Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return new(seed);
    }

    /// <summary>The places that triangles use: a repair may have left others.</summary>
    public static Vector3[] Points(SolidMesh mesh)
    {
        var all = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates).ToArray();
        return [.. mesh.Corners.Distinct().Select(v => all[v])];
    }

    public static Vector3 Between(Random random, double low, double high)
    {
        float R() => (float)(low + (high - low) * random.NextDouble());
        return new(R(), R(), R());
    }

    /// <summary>Other triangle order, other start corners, so other vertex numbers too.</summary>
    public static List<Point3[]> Stirred(List<Point3[]> mesh, Random random) =>
        [.. Shapes.Shuffled(mesh, random).Select(t => random.Next(3) switch { 0 => t, 1 => new[] { t[1], t[2], t[0] }, _ => [t[2], t[0], t[1]] })];

    /// <summary>A prism standing on z = 0. The circle is the library's own: no libm.</summary>
    public static List<Point3[]> Cylinder(int sides, double radius, double height)
    {
        List<Point3[]> mesh = [];
        Point3 At(int i, double z) => UnitCircle.At(i % sides, sides) is var (cos, sin) ? new(radius * cos, radius * sin, z) : default;
        Point3 bottom = new(0, 0, 0), top = new(0, 0, height);
        for (var i = 0; i < sides; i++)
        {
            Point3 a = At(i, 0), b = At(i + 1, 0), c = At(i + 1, height), d = At(i, height);
            mesh.AddRange([[a, b, c], [a, c, d], [bottom, b, a], [top, d, c]]);
        }
        return mesh;
    }

    /// <summary>The models of the corpus where there is one, and always some of our own.</summary>
    public static IEnumerable<(string Name, List<Point3[]> Mesh)> Parts()
    {
        yield return ("box", Shapes.Box(20, 30, 10));
        yield return ("potato", Shapes.Potato(new(3)));
        yield return ("cylinder", Cylinder(48, 10, 30));
        yield return ("soup", Shapes.Soup(new(4), 300, 50));
        foreach (var file in Corpus.Files("models").Where(file => new FileInfo(file).Length < 4 << 20))
            if (Read(file) is { Count: > 0 } mesh)
                yield return (Path.GetFileName(file), mesh);
    }

    static List<Point3[]>? Read(string file)
    {
        var soup = new TriangleSoup();
        try
        {
            var decoder = MeshDecoder.Open(new FileInfo(file).Length, Path.GetFileName(file), LengthUnit.Millimetre, 1, new TileWriter(soup, new()));
            decoder.Push(File.ReadAllBytes(file));
            decoder.Finish();
        }
        catch (MeshFormatException)
        {
            // Files of other formats lie among them.
            return null;
        }
        var c = soup.Coordinates.ToArray();
        return [.. c.Chunk(9).Select(t => new Point3[] { new(t[0], t[1], t[2]), new(t[3], t[4], t[5]), new(t[6], t[7], t[8]) })];
    }
}
