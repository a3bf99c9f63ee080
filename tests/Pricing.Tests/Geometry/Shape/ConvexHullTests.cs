using System.Numerics;
using NUnit.Framework;
using Pricing.Geometry.Shape;

namespace Pricing.Tests.Geometry.Shape;

sealed class ConvexHullTests
{
    static IEnumerable<(string Name, Vector3[] Points)> Small(Random random)
    {
        Vector3 Grid(int n) => new(random.Next(n), random.Next(n), random.Next(n));
        for (var round = 0; round < 12; round++)
        {
            yield return ("random", [.. Enumerable.Range(0, 16).Select(_ => Made.Between(random, -5, 5))]);
            yield return ("grid with repeats", [.. Enumerable.Range(0, 18).Select(_ => Grid(3))]);
            yield return ("tilted grid", [.. Enumerable.Range(0, 16).Select(_ => Grid(3)).Select(p => new Vector3(p.X + p.Y, p.Y - p.X + p.Z, p.Z + p.X))]);
            yield return ("on one line and a point or two", [.. Enumerable.Range(0, 8).Select(i => new Vector3(i, 2 * i, 3 * i)), Grid(9), Grid(9)]);
        }
        yield return ("two circles", [.. Shapes.Sphere(1).SelectMany(t => t).Select(p => new Vector3((float)p.X, (float)p.Y, (float)p.Z)).Where(p => p.Z == 0 || p.X == 0)]);
        yield return ("sphere", [.. Shapes.Sphere(1).SelectMany(t => t).Select(p => new Vector3((float)p.X, (float)p.Y, (float)p.Z))]);
    }

    [Test]
    public void Has_the_vertices_and_faces_that_looking_at_every_plane_finds()
    {
        var random = Made.Random();
        var compared = 0;
        foreach (var (name, points) in Small(random))
        {
            var (vertices, faces) = ConvexHull.Reference(points);
            var hull = ConvexHull.Of(points);
            if (faces.Length == 0)
            {
                Assert.That(hull, Is.Null, name);
                continue;
            }
            compared++;
            Assert.That(hull!.Points, Is.EqualTo(vertices), name);
            string[] found = [.. Enumerable.Range(0, hull.Faces).Select(f => string.Join(' ', hull.Face(f).ToArray().Order())).Order()];
            Assert.That(found, Is.EquivalentTo(faces.Select(face => string.Join(' ', face))), name);
        }
        Assert.That(compared, Is.GreaterThan(25));
    }

    [Test]
    public void No_vertex_of_a_part_is_outside_and_the_hull_of_the_hull_is_the_hull()
    {
        var seen = 0;
        foreach (var (name, mesh) in Made.Parts().Where(part => part.Mesh.Count < 30_000))
        {
            var solid = Shapes.Solid(mesh);
            if (ConvexHull.Of(solid) is not { } hull)
                continue;
            seen++;
            AssertConvex(hull, name);
            var points = Made.Points(solid);
            HashSet<Vector3> own = [.. points];
            Assert.That(hull.Points, Is.All.Matches<Vector3>(own.Contains), name);
            // All points against a few faces, a few points against all faces.
            for (var f = 0; f < hull.Faces; f += 1 + hull.Faces / 40)
                AssertNoneAbove(hull, f, points, name);
            Vector3[] some = [.. points.Where((_, i) => i % (1 + points.Length / 40) == 0)];
            for (var f = 0; f < hull.Faces; f++)
                AssertNoneAbove(hull, f, some, name);
            var again = ConvexHull.Of(hull.Points)!;
            Assert.That((again.Points, again.VolumeMm3, again.AreaMm2, again.Faces), Is.EqualTo((hull.Points, hull.VolumeMm3, hull.AreaMm2, hull.Faces)), name);
        }
        TestContext.Out.WriteLine($"{seen} parts");
        Assert.That(seen, Is.GreaterThan(3));
    }

    static void AssertNoneAbove(ConvexHull hull, int face, Vector3[] points, string name)
    {
        var f = hull.Face(face);
        Vector3 a = hull.Points[f[0]], b = hull.Points[f[1]], c = hull.Points[f[2]];
        foreach (var p in points)
            if (PlaneSide.Of(a, b, c, p) > 0)
                Assert.Fail($"{name}: {p} lies outside face {face}");
    }

    /// <summary>Each edge is between two faces, flat faces, Euler's count.</summary>
    static void AssertConvex(ConvexHull hull, string name)
    {
        HashSet<(int, int)> walks = [];
        for (var i = 0; i < hull.Faces; i++)
        {
            var f = hull.Face(i);
            for (var k = 0; k < f.Length; k++)
            {
                Assert.That(walks.Add((f[k], f[(k + 1) % f.Length])), Is.True, name);
                Assert.That(PlaneSide.Of(hull.Points[f[0]], hull.Points[f[1]], hull.Points[f[2]], hull.Points[f[k]]), Is.Zero, name);
            }
        }
        Assert.That(walks.All(walk => walks.Contains((walk.Item2, walk.Item1))), Is.True, name);
        Assert.That(hull.Vertices.Count - walks.Count / 2 + hull.Faces, Is.EqualTo(2), name);
    }

    [Test]
    public void Order_of_triangles_and_vertices_changes_no_bit()
    {
        var random = Made.Random();
        foreach (var mesh in new[] { Shapes.Potato(random, 4), Shapes.Soup(random, 4_000, 80), Shapes.Box(3, 4, 5), Made.Cylinder(90, 7, 12) })
        {
            var first = ConvexHull.Of(Shapes.Solid(mesh))!;
            for (var round = 0; round < 3; round++)
            {
                var other = ConvexHull.Of(Shapes.Solid(Made.Stirred(mesh, random)))!;
                Assert.That((other.VolumeMm3, other.AreaMm2), Is.EqualTo((first.VolumeMm3, first.AreaMm2)));
                Assert.That(other.Points, Is.EqualTo(first.Points));
                Assert.That(Enumerable.Range(0, other.Faces).Select(f => other.Face(f).ToArray()), Is.EqualTo(Enumerable.Range(0, first.Faces).Select(f => first.Face(f).ToArray())));
            }
        }
    }

    [Test]
    public void Analytic_solids()
    {
        var box = ConvexHull.Of(Shapes.Solid(Shapes.Box(20, 30, 10)))!;
        Assert.That((box.Vertices.Count, box.Faces, box.VolumeMm3, box.AreaMm2), Is.EqualTo((8, 6, 6000.0, 2200.0)));
        var cylinder = ConvexHull.Of(Shapes.Solid(Made.Cylinder(64, 10, 30)))!;
        Assert.That(cylinder.Vertices, Has.Count.EqualTo(128));
        Assert.That(cylinder.VolumeMm3, Is.EqualTo(0.5 * 64 * 100 * Math.Sin(Math.Tau / 64) * 30).Within(1e-5).Percent);
        var sphere = ConvexHull.Of(Shapes.Solid(Shapes.Sphere(5)))!;
        Assert.That(sphere.VolumeMm3, Is.EqualTo(4000 * Math.PI / 3).Within(0.2).Percent);
        // A cube of 9 × 9 × 9 points has eight corners.
        var grid = ConvexHull.Of(Enumerable.Range(0, 729).Select(i => new Vector3(i % 9, i / 9 % 9, i / 81)))!;
        Assert.That((grid.Vertices.Count, grid.Faces, grid.VolumeMm3), Is.EqualTo((8, 6, 512.0)));
    }

    [Test]
    public void What_lies_in_a_plane_or_less_has_no_hull()
    {
        Assert.That(ConvexHull.Of([]), Is.Null);
        Assert.That(ConvexHull.Of(Enumerable.Repeat(new Vector3(1, 2, 3), 9)), Is.Null);
        Assert.That(ConvexHull.Of(Enumerable.Range(0, 50).Select(i => new Vector3(i, i, -i))), Is.Null);
        Assert.That(ConvexHull.Of(Enumerable.Range(0, 64).Select(i => new Vector3(i % 8, i / 8, i / 8))), Is.Null);
    }

    [Test]
    public void A_huge_hull_leaves_out_only_what_hardly_matters_and_work_has_an_end()
    {
        var points = HullCandidates.Sorted([.. Shapes.Sphere(5).SelectMany(t => t).Select(p => new Vector3((float)p.X, (float)p.Y, (float)p.Z))]);
        var exact = HullBuilder.Build(points, int.MaxValue, long.MaxValue)!;
        var coarse = HullBuilder.Build(points, 100, long.MaxValue)!;
        Assert.That(exact.Triangles, Has.Length.GreaterThan(8_000));
        Assert.That((exact.LeftOutMm, coarse.LeftOutMm > 0), Is.EqualTo((0.0, true)));
        Assert.That(coarse.Triangles.Max(t => points.Max(p => (t.Nx * (p.X - t.Ax) + t.Ny * (p.Y - t.Ay) + t.Nz * (p.Z - t.Az)) / Math.Sqrt(t.Nx * t.Nx + t.Ny * t.Ny + t.Nz * t.Nz))),
            Is.LessThanOrEqualTo(coarse.LeftOutMm));
        Assert.That(HullBuilder.Build(points, int.MaxValue, 1_000), Is.Null);
    }
}
