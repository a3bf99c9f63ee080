using System.Numerics;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Shape;

namespace Pricing.Tests.Geometry.Shape;

sealed class OrientedBoxTests
{
    static List<Point3[]> Turned(List<Point3[]> mesh, Random random)
    {
        var frame = Frame.WithUp(new(random.NextDouble() - 0.5, random.NextDouble() - 0.5, random.NextDouble() - 0.5));
        return Shapes.Map(mesh, frame.Place);
    }

    [Test]
    public void A_turned_box_is_found_again()
    {
        var random = Made.Random();
        for (var round = 0; round < 10; round++)
        {
            var box = OrientedBox.Of(ConvexHull.Of(Shapes.Solid(Turned(Shapes.Box(10, 40, 25), random)))!);
            Assert.That(new[] { box.ExtentsMm.X, box.ExtentsMm.Y, box.ExtentsMm.Z }, Is.EqualTo(new[] { 40.0, 25.0, 10.0 }).Within(1e-4));
        }
    }

    [Test]
    public void It_holds_every_vertex_and_is_never_larger_than_the_box_along_the_axes()
    {
        foreach (var (name, mesh) in Made.Parts().Where(part => part.Mesh.Count < 4_000))
        {
            var solid = Shapes.Solid(mesh);
            if (ConvexHull.Of(solid) is not { } hull)
                continue;
            var box = OrientedBox.Of(hull);
            var points = Made.Points(solid).Select(p => new Point3(p.X, p.Y, p.Z)).ToArray();
            double Extent(Func<Point3, double> along) => points.Max(along) - points.Min(along);
            Assert.That(box.VolumeMm3, Is.LessThanOrEqualTo(Extent(p => p.X) * Extent(p => p.Y) * Extent(p => p.Z)), name);
            Point3[] placed = [.. hull.Vertices.Select(box.Axes.Place)];
            double[] extents = [placed.Max(p => p.X) - placed.Min(p => p.X), placed.Max(p => p.Y) - placed.Min(p => p.Y), placed.Max(p => p.Z) - placed.Min(p => p.Z)];
            Assert.That(extents, Is.EqualTo(new[] { box.ExtentsMm.X, box.ExtentsMm.Y, box.ExtentsMm.Z }).Within(1e-9 * (1 + extents[0])), name);
            Assert.That(box.ExtentsMm.X >= box.ExtentsMm.Y && box.ExtentsMm.Y >= box.ExtentsMm.Z, name);
            Assert.That(box.Axes.Z.X, Is.EqualTo(box.Axes.X.Y * box.Axes.Y.Z - box.Axes.X.Z * box.Axes.Y.Y).Within(1e-12), $"{name}: right-handed");
        }
    }

    [Test]
    public void No_face_and_no_direction_in_its_plane_gives_a_smaller_box()
    {
        var random = Made.Random();
        var hull = ConvexHull.Of(Enumerable.Range(0, 20).Select(_ => Made.Between(random, 0, 10)))!;
        var best = OrientedBox.Of(hull).VolumeMm3;
        for (var f = 0; f < hull.Faces; f++)
        {
            var face = hull.Face(f);
            Vector3 a = hull.Points[face[0]], b = hull.Points[face[1]], c = hull.Points[face[2]];
            var n = Vector3.Normalize(Vector3.Cross(b - a, c - a));
            var u = Vector3.Normalize(b - a);
            var v = Vector3.Cross(n, u);
            for (var degree = 0; degree < 90; degree++)
            {
                var (sin, cos) = MathF.SinCos(degree * MathF.PI / 180);
                var volume = 1.0;
                foreach (var axis in new[] { n, cos * u + sin * v, cos * v - sin * u })
                    volume *= hull.Points.Max(p => Vector3.Dot(axis, p)) - hull.Points.Min(p => Vector3.Dot(axis, p));
                Assert.That(best, Is.LessThanOrEqualTo(volume * 1.0001));
            }
        }
    }

    [Test]
    public void Order_changes_no_bit()
    {
        var random = Made.Random();
        var mesh = Turned(Shapes.Potato(random), random);
        var first = OrientedBox.Of(ConvexHull.Of(Shapes.Solid(mesh))!);
        Assert.That(OrientedBox.Of(ConvexHull.Of(Shapes.Solid(Made.Stirred(mesh, random)))!), Is.EqualTo(first));
    }
}
