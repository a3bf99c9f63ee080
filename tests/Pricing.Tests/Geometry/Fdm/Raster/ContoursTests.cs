using NUnit.Framework;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Fdm.Raster;

namespace Pricing.Tests.Geometry.Fdm.Raster;

[TestFixture]
public sealed class ContoursTests
{
    static readonly FdmProfile Profile = FdmProfile.Standard with { FillAngleDegrees = 0 };
    static readonly Beads Beads = Beads.Of(Profile, firstLayer: false);
    static readonly RasterPlan Plan = new(Profile, Beads, new(-50, -50, 50, 50));

    static Segment[] Square(float side, float atX = 0, bool hole = false)
    {
        (float X, float Y)[] p = [(atX, 0), (atX + side, 0), (atX + side, side), (atX, side)];
        if (hole)
            Array.Reverse(p);
        return [.. p.Select((a, i) => new Segment { X0 = a.X, Y0 = a.Y, X1 = p[(i + 1) % 4].X, Y1 = p[(i + 1) % 4].Y })];
    }

    static ContourSums Sum(params Segment[][] loops)
    {
        var segments = loops.SelectMany(l => l).ToArray();
        return new Contours(Plan, Profile, Beads).Sum(segments, new bool[segments.Length]);
    }

    [Test]
    public void A_square_with_a_hole_has_both_lengths_and_counts()
    {
        var sums = Sum(Square(20), Square(5, 3, hole: true));
        Assert.Multiple(() =>
        {
            Assert.That(sums.LengthMm, Is.EqualTo(100).Within(1e-4));
            Assert.That(sums.OuterMm, Is.EqualTo(80).Within(1e-4));
            Assert.That((sums.Outer, sums.Holes, sums.Inconsistent), Is.EqualTo((1, 1, false)));
            // The hole's walls lie outside it: 20 + 2π·0.225 mm is short enough to be printed slowly; the outer 80 mm are not.
            Assert.That(sums.SmallOuterMm, Is.EqualTo(20 + 2 * Math.PI * 0.225).Within(1e-3));
        });
    }

    [Test]
    public void Square_corners_cost_what_a_planner_loses_there()
    {
        var sums = Sum(Square(20));
        // Each corner: from 30 mm/s down to 8 (one axis stops, the other starts: a change of 30 per axis, of which 8 at once) and up again.
        var corner = 8.0;
        var loss = 2 * (30 - corner) / 800 - (30 * 30 - corner * corner) / 800 / 30;
        Assert.That(sums.OuterLossS, Is.EqualTo(4 * loss).Within(1e-6));
    }

    [Test]
    public void Order_and_starting_piece_change_no_bit()
    {
        const int seed = 11;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        // Two squares that touch at a corner, so one point has four ends; and an open chain.
        var touching = new[] { Square(10), [.. Square(10, 10).Select(s => s with { Y0 = s.Y0 + 10, Y1 = s.Y1 + 10 })], Square(7, 30)[..3] };
        var expected = Sum(touching);
        var segments = touching.SelectMany(l => l).ToArray();
        for (var n = 0; n < 20; n++)
        {
            random.Shuffle(segments);
            Assert.That(Sum(segments), Is.EqualTo(expected));
        }
        Assert.That(expected.Outer, Is.EqualTo(3));
    }

    [Test]
    public void An_inside_out_layer_counts_the_same_way()
    {
        var turned = Sum([.. Square(20).Concat(Square(5, 3, hole: true)).Select(s => new Segment { X0 = s.X1, Y0 = s.Y1, X1 = s.X0, Y1 = s.Y0 })]);
        Assert.That((turned.Outer, turned.Holes, turned.OuterMm), Is.EqualTo((1, 1, 80.0)));
    }

    [Test]
    public void A_piece_that_points_the_wrong_way_is_noticed()
    {
        var square = Square(20);
        (square[1].X0, square[1].Y0, square[1].X1, square[1].Y1) = (square[1].X1, square[1].Y1, square[1].X0, square[1].Y0);
        var sums = Sum(square);
        Assert.That((sums.Inconsistent, sums.LengthMm), Is.EqualTo((true, 80.0)));
    }

    [Test]
    public void Cracks_of_a_hundredth_are_closed()
    {
        var square = Square(20);
        square[1].X0 += 0.005f;
        Assert.That(Sum(square).Outer, Is.EqualTo(1));
    }
}
