using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Topology;

sealed class SelfIntersectionsTests
{
    static Point3 Float(Point3 p) => new((float)p.X, (float)p.Y, (float)p.Z);

    /// <summary>The triangles as they are, unrepaired.</summary>
    static SolidMesh Raw(List<Point3[]> mesh)
    {
        var welded = new WeldedMesh();
        foreach (var tile in Shapes.Tiles(mesh))
            welded.Add(tile);
        return SolidMesh.Of(welded.Corners, welded.Vertices, isInverted: false);
    }

    [Test]
    public void Signs_are_those_of_whole_numbers_for_points_nearly_or_wholly_in_one_plane()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var zeros = 0;
        for (var round = 0; round < 20_000; round++)
        {
            // A slanted plane through grid points; now and then one coordinate moves by one step of its float, or all are tiny.
            var scale = round % 5 == 0 ? 1e-30f : 1;
            float G() => random.Next(-40, 41) * 0.37f * scale;
            float x, y;
            Point3 P() => new(x = G(), y = G(), round % 2 == 0 ? x + y : G());
            Point3[] p = [P(), P(), P(), P()];
            if (round % 3 == 0)
                p[3] = p[3] with { Z = MathF.BitIncrement((float)p[3].Z) };
            var side = ExactSigns.Side(p[0], p[1], p[2], p[3]);
            var expected = WholeSide(p);
            Assert.That(side, Is.EqualTo(expected), $"round {round}");
            zeros += expected == 0 ? 1 : 0;
            Assert.That(ExactSigns.Side(p[1], p[0], p[2], p[3]), Is.EqualTo(-expected));
        }
        Assert.That(zeros, Is.GreaterThan(100));

        static int WholeSide(Point3[] p)
        {
            System.Numerics.BigInteger W(double v) => (System.Numerics.BigInteger)Math.ScaleB(v, 149);
            var (ax, ay, az) = (W(p[1].X) - W(p[0].X), W(p[1].Y) - W(p[0].Y), W(p[1].Z) - W(p[0].Z));
            var (bx, by, bz) = (W(p[2].X) - W(p[0].X), W(p[2].Y) - W(p[0].Y), W(p[2].Z) - W(p[0].Z));
            var (cx, cy, cz) = (W(p[3].X) - W(p[0].X), W(p[3].Y) - W(p[0].Y), W(p[3].Z) - W(p[0].Z));
            return ((ay * bz - az * by) * cx + (az * bx - ax * bz) * cy + (ax * by - ay * bx) * cz).Sign;
        }
    }

    [Test]
    public void Counts_are_those_of_the_reference_twin_in_any_order_and_from_any_corner()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var most = 0L;
        for (var round = 0; round < 40; round++)
        {
            // Coarse coordinates: edges lie in planes, corners on edges, triangles in one plane facing either way.
            var coarse = round % 2 == 0;
            var mesh = Shapes.Map(Shapes.Soup(random, random.Next(2, 90), 3),
                p => coarse ? new(Math.Round(p.X), Math.Round(p.Y), Math.Round(p.Z)) : Float(p));
            if (round % 4 == 1)
                mesh = [.. Shapes.Sphere(2, 3), .. Shapes.Sphere(2, 3, new(random.NextDouble() * 4, 0, 0)), .. mesh.Take(5)];
            var found = SelfIntersections.Count(Raw(mesh));
            Assert.That(found.Pairs, Is.EqualTo(SelfIntersections.Reference(Raw(mesh))), $"round {round}");
            most = Math.Max(most, found.Pairs);
            var turned = Shapes.Shuffled(mesh, random).Select(t => random.Next(3) switch { 0 => t, 1 => [t[1], t[2], t[0]], _ => new[] { t[2], t[0], t[1] } }).ToList();
            var again = SelfIntersections.Count(Raw(turned));
            Assert.That((again.Pairs, again.IsCounted, again.IsAtLeast), Is.EqualTo((found.Pairs, true, false)), $"round {round}, shuffled");
            Assert.That(again.First, Is.EqualTo(found.First), $"round {round}, shuffled");
        }
        Assert.That(most, Is.GreaterThan(100));
    }

    [Test]
    public void Sound_and_touching_surfaces_do_not_cross()
    {
        foreach (var mesh in new[]
        {
            Shapes.Sphere(4), Shapes.Potato(new(3)), Shapes.Box(1, 2, 3), [.. Shapes.Box(1, 1, 1), .. Shapes.Box(1, 1, 1, new(0.3, 0.2, 1))],
            [.. Shapes.Box(1, 1, 1), .. Shapes.Box(1, 1, 1, new(1, 1, 0))], [.. Shapes.Box(3, 3, 3), .. Shapes.Inverted(Shapes.Box(1, 1, 1, new(1, 1, 1)))],
        })
            Assert.That(SelfIntersections.Count(Raw(mesh)), Is.EqualTo(new SelfIntersections(0, false, true, [])).Using<SelfIntersections>((a, b) => a.Pairs == b.Pairs && a.IsCounted == b.IsCounted));
    }

    [Test]
    public void A_box_pushed_through_another_crosses_where_they_meet()
    {
        var found = SelfIntersections.Count(Raw([.. Shapes.Box(10, 10, 10), .. Shapes.Box(4, 4, 30, new(3.1, 3.2, -10))]));
        Assert.That(found.Pairs, Is.GreaterThanOrEqualTo(16));
        Assert.That(found.First, Has.All.Matches<Point3>(p => Math.Abs(p.X - 5) <= 5 && Math.Abs(p.Y - 5) <= 5));
        // The same box with its faces split the other way lies in the same planes and faces the same way.
        var twice = Shapes.Map(Shapes.Box(2, 2, 2), p => new(2 - p.Y, p.X, p.Z));
        Assert.That(SelfIntersections.Count(Raw([.. Shapes.Box(2, 2, 2), .. twice])).Pairs, Is.GreaterThan(0));
    }

    [Test]
    public void Counting_stops_at_its_limit_and_says_so()
    {
        // Two fans of 400 sheets each that all cross.
        List<Point3[]> mesh = [];
        for (var i = 0; i < 400; i++)
        {
            var at = i / 400.0;
            mesh.Add([new(at, -1, -1), new(at, 1, -1), new(at, 0, 2)]);
            mesh.Add([new(-1, -0.5, at * 0.5), new(2, -0.5, at * 0.5), new(0.5, 3, at * 0.5)]);
        }
        var found = SelfIntersections.Count(Raw(mesh));
        Assert.That((found.Pairs, found.IsAtLeast), Is.EqualTo(((long)Limits.Topology.CrossingPairsMax, true)));
        var again = SelfIntersections.Count(Raw(Shapes.Shuffled(mesh, new(4))));
        Assert.That(again.First, Is.EqualTo(found.First));
    }
}
