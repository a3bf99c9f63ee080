using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Dexels;
using Pricing.Geometry.Lanes;

namespace Pricing.Tests.Geometry.Dexels;

/// <summary>Walls and gaps of known width.</summary>
[TestFixture]
public sealed class WidthTests
{
    static DexelFacts Facts(IEnumerable<Point3[]> shape, Frame? frame = null, double pitchMm = 0.25) =>
        DexelAnalysis.Of(Shapes.Solid(shape), frame ?? Frame.AsIs, new() { PitchMm = pitchMm }, 1)!;

    static double Below(WidthFacts facts, double thresholdMm) => facts.Below.Single(b => b.ThresholdMm == thresholdMm).AreaMm2;

    static Frame[] Frames()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        return [Frame.AsIs, Turned.Hanging, Frame.WithUp(new(1, 0, 1)), Frame.WithUp(new(1, 1, 1)), Turned.AnyFrame(random), Turned.AnyFrame(random)];
    }

    [Test]
    public void A_plate_is_as_thick_as_it_is_however_it_lies()
    {
        foreach (var frame in Frames())
        {
            var walls = Facts(Shapes.Box(30, 20, 1.2), frame).Walls;
            Assert.That(walls.SmallestMm, Is.EqualTo(1.2).Within(0.011));
            // Less a strip along the rims, where tilted columns leave through them.
            Assert.That(Below(walls, 1.5), Is.EqualTo(2 * 30 * 20).Within(frame == Frame.AsIs ? 0.1 : 12).Percent);
            Assert.That(Below(walls, 1), Is.LessThan(1));
            Assert.That(walls.RaysCast, Is.GreaterThan(100));
            Assert.That(walls.RaysConfirmed, Is.EqualTo(walls.RaysCast).Within(2).Percent);
        }
    }

    [Test]
    public void A_wall_at_a_threshold_is_not_below_it()
    {
        var walls = Facts(Shapes.Box(30, 20, 1, new(0.1, 0.2, 0.3))).Walls;
        Assert.That(walls.SmallestMm, Is.EqualTo(1.0));
        Assert.That(Below(walls, 1), Is.Zero);
        Assert.That(Below(walls, 1.5), Is.EqualTo(1200).Within(0.1).Percent);
        Assert.That(walls.AreaByWidthMm2[5], Is.EqualTo(1200).Within(0.1).Percent);
    }

    /// <summary>A wedge of 40° runs out to nothing, which is an edge; one of 20° is a blade.</summary>
    [Test]
    public void A_blade_is_thin_and_a_wedge_is_not()
    {
        var wedge = Facts(Turned.Extrude([(-7.28, 0), (7.28, 0), (0, 20)], 20)).Walls;
        Assert.That(Below(wedge, 2), Is.Zero);
        var blade = Facts(Turned.Extrude([(-3.53, 0), (3.53, 0), (0, 20)], 20), pitchMm: 0.1).Walls;
        // Up to a width w both sides are w / (2 tan 10°) high.
        Assert.That(Below(blade, 1), Is.EqualTo(2 * 20 * 1 / (2 * 0.17633)).Within(5).Percent);
    }

    [Test]
    public void A_block_has_no_thin_walls_at_its_edges_however_it_lies()
    {
        foreach (var frame in Frames())
        {
            var walls = Facts(Shapes.Box(20, 20, 20), frame).Walls;
            Assert.That(Below(walls, 2), Is.Zero);
            Assert.That(walls.SmallestMm ?? 20, Is.EqualTo(20).Within(0.02));
        }
    }

    [Test]
    public void A_tubes_wall_is_the_difference_of_its_radii()
    {
        foreach (var frame in Frames())
        {
            var walls = Facts(Turned.Lathe([(8.8, 0), (10, 0), (10, 20), (8.8, 20)], 256), frame).Walls;
            Assert.That(walls.SmallestMm, Is.EqualTo(1.2).Within(0.05));
            Assert.That(Below(walls, 1.5), Is.EqualTo(2 * Math.PI * 18.8 * 20).Within(12).Percent);
        }
    }

    [Test]
    public void A_shells_wall_and_a_rods_are_found()
    {
        var shell = Facts(Shapes.Sphere(6).Concat(Shapes.Inverted(Shapes.Sphere(6, 8.5)))).Walls;
        Assert.That(shell.SmallestMm, Is.EqualTo(1.5).Within(0.06));
        // A wire: not 1.6 × cos 45°.
        var rod = Facts(Turned.Lathe([(0, 0), (0.8, 0), (0.8, 20), (0, 20)]), Frame.WithUp(new(1, 0, 1)), 0.1).Walls;
        Assert.That(rod.SmallestMm, Is.EqualTo(1.6).Within(0.08));
    }

    [Test]
    public void A_gap_between_plates_is_found_and_the_plates_are_not_thin()
    {
        foreach (var frame in Frames())
        {
            var facts = Facts(Shapes.Box(30, 20, 5).Concat(Shapes.Box(30, 20, 5, new(0, 0, 5.4))), frame);
            Assert.That(facts.Gaps.SmallestMm, Is.EqualTo(0.4).Within(0.011));
            Assert.That(Below(facts.Gaps, 0.5), Is.EqualTo(2 * 30 * 20).Within(8).Percent);
            Assert.That(Below(facts.Gaps, 0.3), Is.LessThan(0.5));
            Assert.That(Below(facts.Walls, 2), Is.Zero);
            Assert.That(facts.Walls.SmallestMm, Is.EqualTo(5).Within(0.02));
        }
    }

    [Test]
    public void A_slots_width_is_its_gap()
    {
        // Walls 6 mm, slot 0.7 mm wide and 10 deep.
        var shape = Shapes.Box(12.7, 20, 4).Concat(Shapes.Box(6, 20, 14)).Concat(Shapes.Box(6, 20, 14, new(6.7, 0, 0)));
        var facts = Facts(shape);
        Assert.That(facts.Gaps.SmallestMm, Is.EqualTo(0.7).Within(0.011));
        Assert.That(Below(facts.Gaps, 0.8), Is.EqualTo(2 * 20 * 10).Within(5).Percent);
    }

    /// <summary>Two columns of a field cross a thin fin, but only where it is.</summary>
    [Test]
    public void The_smallest_wall_needs_its_backing()
    {
        var shape = Shapes.Solid(Shapes.Box(20, 20, 5).Concat(Shapes.Box(0.4, 2, 3, new(10, 10, 4))));
        double? Smallest(double backing) => DexelAnalysis.Of(shape, Frame.AsIs, new() { PitchMm = 0.1, BackingMm2 = backing }, 1)!.Walls.SmallestMm;
        Assert.That(Smallest(1), Is.EqualTo(0.4).Within(0.011));
        Assert.That(Smallest(50), Is.EqualTo(5).Within(0.011));
    }

    [Test]
    public void The_walk_sums_what_its_twin_lists()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 5; round++)
        {
            var mesh = Shapes.Solid(Shapes.Potato(random, 2).Concat(Shapes.Inverted(Shapes.Potato(random, 2, 7))).Concat(Shapes.Map(Shapes.Potato(random, 1), p => p with { X = p.X + 15 })));
            var grid = DexelGrid.Of(mesh, Turned.AnyFrame(random), 0.5, 1);
            DexelField[] fields = [.. Enumerable.Range(0, 3).Select(axis => DexelField.Build(mesh, grid, axis, InstructionSets.Current, 1)!)];
            var walk = new SurfaceWalk(fields);
            walk.Run(2);
            var expected = SurfaceWalk.Reference(fields).Select(p => (p.Axis, Weight: (long)Math.Round(SurfaceWalk.WeightSteps / Math.Abs(Crossing.Normal(p.Crossing).Z)), p.WallMm, p.GapMm, p.Directions)).ToArray();
            for (var axis = 0; axis < 3; axis++)
            {
                var own = expected.Where(p => p.Axis == axis).ToArray();
                for (var set = 0; set < 64; set++)
                    Assert.That(walk.ByDirections[axis][set], Is.EqualTo(own.Where(p => p.Directions == set).Sum(p => p.Weight)));
                Assert.That(walk.Walls.Unopposed[axis], Is.EqualTo(own.Where(p => double.IsNaN(p.WallMm)).Sum(p => p.Weight)));
                Assert.That(walk.Gaps.Unopposed[axis], Is.EqualTo(own.Where(p => double.IsNaN(p.GapMm)).Sum(p => p.Weight)));
                // Widths may differ in the last bit: the order of a sum of two.
                var wide = own.Where(p => p.WallMm > 5).Sum(p => p.Weight);
                Assert.That(walk.Walls.Area[axis].Skip(500).Sum(), Is.EqualTo(wide).Within(2 * WidthTests.OneWeight));
            }
        }
    }

    const long OneWeight = 120_000;
}
