using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Rays;

namespace Pricing.Tests.Geometry.Rays;

/// <summary>The tree answers what asking every triangle answers.</summary>
[TestFixture]
public sealed class BvhTests
{
    [Test]
    public void Nearest_hits_are_those_of_all_triangles_in_any_order()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 8; round++)
        {
            // One triangle, a leaf, and more than three levels.
            var shape = round switch { 0 => Shapes.Soup(random, 1, 10), 1 => Shapes.Soup(random, 8, 10), 2 => Shapes.Soup(random, 9, 10), < 5 => Shapes.Soup(random, 700, 10), _ => Shapes.Potato(random) };
            var mesh = Shapes.Solid(shape);
            var other = Shapes.Solid(Shapes.Shuffled(shape, random));
            Bvh tree = new(mesh), otherTree = new(other);
            var hits = 0;
            for (var ray = 0; ray < 400; ray++)
            {
                double R() => random.NextDouble() * 2 - 1;
                var origin = new Point3(R() * 10, R() * 10, R() * 10);
                // Along the axes too, where slabs divide by zero, and from corners.
                var direction = (ray % 4) switch { 0 => new Point3(0, 0, 1), 1 => new Point3(-1, 0, 0), _ => Unit(R(), R(), R()) };
                if (ray % 5 == 0)
                    origin = shape[random.Next(shape.Count)][0];
                var expected = Bvh.Reference(mesh, origin, direction, ray % 2 == 0);
                Assert.That(tree.Nearest(origin, direction, ray % 2 == 0), Is.EqualTo(expected));
                if (round >= 5)
                    Assert.That(otherTree.Nearest(origin, direction, ray % 2 == 0), Is.EqualTo(expected));
                hits += double.IsFinite(expected) ? 1 : 0;
            }
            if (round >= 3)
                Assert.That(hits, Is.GreaterThan(50));
        }

        static Point3 Unit(double x, double y, double z)
        {
            var l = Math.Sqrt(x * x + y * y + z * z);
            return new(x / l, y / l, z / l);
        }
    }

    [Test]
    public void Rays_through_edges_and_corners_do_not_slip_through()
    {
        var tree = new Bvh(Shapes.Solid(Shapes.Box(10, 10, 10)));
        // The diagonal of a face is an edge.
        for (var i = 1; i < 10; i++)
            Assert.That(tree.Nearest(new(i, i, 5), new(0, 0, 1), fromInside: true), Is.EqualTo(5).Within(1e-9));
        Assert.That(tree.Nearest(new(5, 5, -3), new(0, 0, 1), fromInside: false), Is.EqualTo(3).Within(1e-9));
        Assert.That(tree.Nearest(new(5, 5, -3), new(0, 0, 1), fromInside: true), Is.EqualTo(13).Within(1e-9));
        Assert.That(tree.Nearest(new(5, 5, -3), new(0, 0, -1), fromInside: false), Is.EqualTo(double.PositiveInfinity));
    }
}
