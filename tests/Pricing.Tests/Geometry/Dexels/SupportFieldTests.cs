using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Dexels;
using Pricing.Geometry.Lanes;

namespace Pricing.Tests.Geometry.Dexels;

/// <summary>Supports of shapes whose supports are known.</summary>
[TestFixture]
public sealed class SupportFieldTests
{
    static SupportFacts Measure(IEnumerable<Point3[]> shape, Frame? frame = null, double pitchMm = 0.5) =>
        SupportField.Measure(Shapes.Solid(shape), frame ?? Frame.AsIs, pitchMm, 1)!;

    static IReadOnlyList<SupportFacts> All(IEnumerable<Point3[]> shape) =>
        DexelAnalysis.Of(Shapes.Solid(shape), Frame.AsIs, new() { PitchMm = 0.5 }, 1)!.Supports;

    static IEnumerable<Point3[]> Table() =>
        Shapes.Box(40, 30, 2, new(0, 0, 20))
            .Concat(Shapes.Box(4, 4, 21, new(2, 2, 0))).Concat(Shapes.Box(4, 4, 21, new(34, 2, 0)))
            .Concat(Shapes.Box(4, 4, 21, new(2, 24, 0))).Concat(Shapes.Box(4, 4, 21, new(34, 24, 0)));

    [Test]
    public void A_table_is_supported_under_its_top_beside_its_legs()
    {
        var facts = Measure(Table());
        Assert.Multiple(() =>
        {
            Assert.That(facts.SupportMm3, Is.EqualTo((40 * 30 - 64) * 20).Within(1e-6));
            Assert.That(facts.ContactMm2, Is.EqualTo(40 * 30 - 64).Within(1e-6));
            Assert.That(facts.FromBedMm3, Is.EqualTo(facts.SupportMm3));
            Assert.That(facts.FromBedContactMm2, Is.EqualTo(facts.ContactMm2));
            Assert.That(facts.OnPartMm2, Is.Zero);
            Assert.That(facts.BedMm2, Is.EqualTo(64).Within(1e-6));
            Assert.That(facts.HeightMm, Is.EqualTo(22).Within(1e-6));
        });
    }

    [Test]
    public void A_table_upside_down_needs_none()
    {
        var facts = Measure(Table(), Turned.Hanging);
        Assert.That((facts.SupportMm3, facts.ContactMm2), Is.EqualTo((0.0, 0.0)));
        Assert.That(facts.BedMm2, Is.EqualTo(1200).Within(1e-6));
    }

    [Test]
    public void Supports_that_stand_on_the_part_are_told_from_those_on_the_bed()
    {
        // A T on a plate that is wider on one side only: half of the right arm is over the plate.
        var shape = Shapes.Box(20, 10, 2).Concat(Shapes.Box(6, 10, 20, new(7, 0, 1))).Concat(Shapes.Box(30, 10, 4, new(-5, 0, 18)));
        var facts = Measure(shape);
        Assert.Multiple(() =>
        {
            Assert.That(facts.ContactMm2, Is.EqualTo(24 * 10).Within(1e-6));
            Assert.That(facts.OnPartMm2, Is.EqualTo(14 * 10).Within(1e-6));
            Assert.That(facts.FromBedContactMm2, Is.EqualTo(100).Within(1e-6));
            Assert.That(facts.FromBedMm3, Is.EqualTo(100 * 18).Within(1e-6));
            Assert.That(facts.SupportMm3, Is.EqualTo(100 * 18 + 140 * 16).Within(1e-6));
            Assert.That(facts.BedMm2, Is.EqualTo(200).Within(1e-6));
        });
    }

    [Test]
    public void A_face_at_45_degrees_carries_itself_by_the_45_degree_rule_and_not_by_the_60_degree_rule()
    {
        var facts = All(Turned.Extrude([(0, 0), (10, 0), (20, 10), (20, 12), (0, 12)], 10));
        Assert.That(facts.Select(f => f.AngleDegrees), Is.EqualTo(new[] { 30, 45, 60 }));
        Assert.That((facts[0].SupportMm3, facts[1].SupportMm3), Is.EqualTo((0.0, 0.0)));
        Assert.That(facts[2].SupportMm3, Is.EqualTo(10 * 10 / 2 * 10).Within(1e-3));
        Assert.That(facts[2].ContactMm2, Is.EqualTo(Math.Sqrt(200) * 10).Within(0.01));
    }

    [Test]
    public void A_sphere_needs_support_under_its_cap()
    {
        // Of the 45° rule: the cap below 45°, 2 π R² (1 − cos 45°), less what lies within 0.05 mm of the bed.
        var facts = Measure(Shapes.Sphere(6), pitchMm: 0.1);
        Assert.That(facts.ContactMm2, Is.EqualTo(2 * Math.PI * 100 * (1 - Math.Sqrt(0.5)) - 2 * Math.PI * 10 * 0.05).Within(1).Percent);
        // Under it: the cylinder of radius R sin 45° to the middle's height, less the ball's segment and what is above it.
        double r2 = 50, h = 10 * (1 - Math.Sqrt(0.5)), cap = Math.PI * h * h * (30 - h) / 3;
        Assert.That(facts.SupportMm3, Is.EqualTo(Math.PI * r2 * h - cap).Within(2).Percent);
    }

    [Test]
    public void The_figures_do_not_depend_on_order_threads_or_vector_width()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var shape = Shapes.Potato(random);
        var frame = Turned.AnyFrame(random);
        var expected = SupportField.Measure(Shapes.Solid(shape), frame, 0.25, 1, InstructionSet.Portable);
        foreach (var set in Shapes.Paths)
            foreach (var threads in new[] { 1, 3 })
                Assert.That(SupportField.Measure(Shapes.Solid(Shapes.Shuffled(shape, random)), frame, 0.25, threads, set), Is.EqualTo(expected));
    }

    [TestCase(0)]
    [TestCase(double.NaN)]
    [TestCase(1e9)]
    public void A_pitch_out_of_range_is_refused(double pitchMm) =>
        Assert.That(() => Measure(Shapes.Box(1, 1, 1), pitchMm: pitchMm), Throws.TypeOf<ArgumentOutOfRangeException>());
}
