using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry.Orientation;

sealed class HullReachTests
{
    [TestCase(1)]
    [TestCase(7)]
    [TestCase(1000)]
    public void Every_path_finds_the_extremes_to_the_bit(int vertices)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var hull = Enumerable.Range(0, vertices).Select(_ => new Point3(random.NextDouble() * 100 - 300, random.NextDouble(), random.NextDouble() * 9)).ToArray();
        var ups = Enumerable.Range(0, 10).Select(_ => Parts.Direction(random)).ToArray();
        foreach (var set in Shapes.Paths)
        {
            var reaches = new HullReach(hull, set).Along(ups);
            for (var i = 0; i < ups.Length; i++)
            {
                var products = hull.Select(p => p.X * ups[i].X + p.Y * ups[i].Y + p.Z * ups[i].Z).ToArray();
                Assert.That(reaches[i], Is.EqualTo((products.Min(), products.Max())), $"{set}, direction {i}");
            }
        }
    }

    [Test]
    public void Directions_are_unit_distinct_and_spread()
    {
        var all = Directions.Sphere;
        Assert.That(all, Has.Count.EqualTo(1026).And.Unique);
        Assert.That(all.Select(p => Directions.Dot(p, p)), Is.All.EqualTo(1).Within(1e-15));
        Assert.That(all[0], Is.EqualTo(Frame.AsIs.Z));
        var random = new Random(1);
        for (var i = 0; i < 500; i++)
        {
            var d = Parts.Direction(random);
            Assert.That(all.Max(p => Directions.Dot(p, d)), Is.GreaterThan(Math.Cos(7 * Math.PI / 180)));
        }
    }

    [TestCase(0)]
    [TestCase(0.3)]
    [TestCase(1.2)]
    [TestCase(2.9)]
    public void The_footprint_of_a_turned_box_is_the_box(double angle)
    {
        var (s, c) = Math.SinCos(angle);
        var hull = Parts.Corners(Shapes.Map(Shapes.Box(30, 20, 10), p => new(c * p.X - s * p.Y, s * p.X + c * p.Y, p.Z)));
        var footprint = Footprint.Of(hull, new(0, 0, 1));
        Assert.That(footprint.AreaMm2, Is.EqualTo(600).Within(1e-3));
        var placed = Array.ConvertAll(hull, footprint.Frame.Place);
        var sides = new[] { placed.Max(p => p.X) - placed.Min(p => p.X), placed.Max(p => p.Y) - placed.Min(p => p.Y) };
        Assert.That(sides.Order(), Is.EqualTo((double[])[20, 30]).Within(1e-5));
    }

    [Test]
    public void The_footprint_of_a_fine_round_part_is_the_square_around_it()
    {
        var hull = Parts.Corners(Shapes.Sphere(5));
        var expected = Footprint.Of(hull, new(0, 0, 1));
        Assert.That(expected.AreaMm2, Is.EqualTo(400).Within(0.5).Percent);
        new Random(3).Shuffle(hull);
        Assert.That(Footprint.Of(hull, new(0, 0, 1)), Is.EqualTo(expected));
    }
}
