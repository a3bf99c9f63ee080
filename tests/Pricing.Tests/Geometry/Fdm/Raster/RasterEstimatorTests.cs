using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Fdm.Raster;

namespace Pricing.Tests.Geometry.Fdm.Raster;

[TestFixture]
public sealed class RasterEstimatorTests
{
    static FdmEstimate Estimate(float[] part, FdmProfile? profile = null, int threads = 1) =>
        RasterEstimator.Estimate(part, profile ?? FdmProfile.Standard, threads) ?? throw new AssertionException("no estimate");

    static double Filament(FdmEstimate estimate, string feature) => estimate.Features.Where(f => f.Feature == feature).Sum(f => f.FilamentMm);

    [Test]
    public void A_box_is_laid_as_worked_out_by_hand()
    {
        var box = Estimate(Parts.Box(40, 30, 20));
        const double filament = Math.PI / 4 * 1.75 * 1.75, h = 0.2;
        const double s = 0.45 - h * (1 - Math.PI / 4);
        // Walls follow the outline 0.225 mm and 0.225 + s inside it; infill begins a quarter of a line under them.
        double outer = 2 * (40 + 30) - 8 * 0.225, inner = 2 * (40 + 30) - 8 * (0.225 + s);
        var infillDepth = (0.45 - s) / 2 + 2 * s - 0.25 * s;
        var area = (40 - 2 * infillDepth) * (30 - 2 * infillDepth);
        Assert.Multiple(() =>
        {
            Assert.That(box.Layers, Is.EqualTo(100));
            Assert.That(Filament(box, "external_perimeter"), Is.EqualTo(100 * outer * s * h / filament).Within(0.5).Percent);
            Assert.That(Filament(box, "perimeter"), Is.EqualTo(100 * inner * s * h / filament).Within(0.5).Percent);
            Assert.That(Filament(box, "top_solid_infill"), Is.EqualTo(area * h / filament).Within(0.5).Percent);
            // Four bottom layers and three below the top one; the lowest of those bridges the sparse infill.
            Assert.That(Filament(box, "solid_infill"), Is.EqualTo(6 * area * h / filament).Within(2).Percent);
            Assert.That(Filament(box, "bridge_infill"), Is.EqualTo(area / 0.45 * 0.25 * Math.PI * 0.16 / filament).Within(2).Percent);
            // 92 sparse layers at 15 %, and joints of lines along the walls: between 15 % and 19 %.
            Assert.That(Filament(box, "internal_infill") * filament / (92 * area * h), Is.InRange(0.15, 0.19));
            Assert.That(box.SupportCm3, Is.Zero);
            Assert.That(box.FilamentG, Is.EqualTo(box.FilamentMm * filament / 1000 * 1.24).Within(1e-9));
        });
    }

    [Test]
    public void Walls_alone_take_what_a_planner_would_need()
    {
        // No infill and no skins: 100 layers of two walls, first layer at 20 mm/s, then 30 and 50 mm/s.
        var walls = Estimate(Parts.Box(100, 80, 20), FdmProfile.Standard with { InfillDensity = 0, TopSolidLayers = 0, BottomSolidLayers = 0 });
        var straight = 99 * ((360 - 8 * 0.225) / 30 + (360 - 8 * 0.632) / 50) + (360 - 8 * 0.2) / 20 + (360 - 8 * 0.6) / 20;
        // Each corner down to 8 mm/s and up again, at 800 mm/s²; a seam per wall.
        double Corner(double v) => 2 * (v - 8) / 800 - (v * v - 64) / 800 / v;
        var corners = 0.95 * (4 * Corner(30) + 0.02 + 4 * Corner(50) + 0.03);
        // 1.31 moves per layer over the section's box as the raster has it, 180 mm across the diagonal; retract and lift each time.
        var leg = 0.7 * 180 / Math.Sqrt(1.31);
        var travel = 1.31 * (Motion.LineS(leg, 150, 8, 1500) + 0.158 + 0.0934) + 0.05;
        Assert.That(walls.PrintTimeS, Is.EqualTo(straight + 100 * (corners + travel) + 2.1).Within(0.5).Percent);
    }

    [Test]
    public void Threads_order_and_starting_corners_change_no_bit()
    {
        const int seed = 5;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var part = Parts.Join(Parts.Bumpy(12, 40), Parts.Box(20, 10, 8, 4, -3, -2));
        var profile = FdmProfile.Standard with { Supports = true };
        var expected = Estimate(part, profile);
        foreach (var threads in new[] { 1, 2, 3 })
        {
            var other = Estimate(Parts.Shuffled(part, random), profile, threads);
            Assert.Multiple(() =>
            {
                Assert.That(other.Features, Is.EqualTo(expected.Features), $"{threads} threads");
                Assert.That(BitConverter.DoubleToInt64Bits(other.PrintTimeS), Is.EqualTo(BitConverter.DoubleToInt64Bits(expected.PrintTimeS)));
                Assert.That(BitConverter.DoubleToInt64Bits(other.FilamentMm), Is.EqualTo(BitConverter.DoubleToInt64Bits(expected.FilamentMm)));
            });
        }
    }

    [Test]
    public void An_inside_out_part_is_the_same_part()
    {
        var part = Parts.Bumpy(10, 30);
        var inverted = Estimate(Parts.Inverted(part));
        Assert.That(inverted.FilamentMm, Is.EqualTo(Estimate(part).FilamentMm).Within(1e-9).Percent);
    }

    [Test]
    public void Overlapping_shells_unite()
    {
        var two = Estimate(Parts.Join(Parts.Box(20, 20, 10), Parts.Box(20, 20, 10, 12)));
        var one = Estimate(Parts.Box(32, 20, 10));
        Assert.Multiple(() =>
        {
            Assert.That(two.FilamentMm, Is.EqualTo(one.FilamentMm).Within(0.5).Percent);
            Assert.That(two.PrintTimeS, Is.EqualTo(one.PrintTimeS).Within(1).Percent);
        });
    }

    [Test]
    public void A_plane_that_holds_a_face_shows_the_section_below_it()
    {
        // A step at 2.1 mm, where a plane lies. A hair above, the plane is in the lower box too; a hair below, it is in the upper one.
        float[] Stepped(double z) => Parts.Join(Parts.Box(30, 30, z), Parts.Box(10, 30, 6));
        double at = Estimate(Stepped(2.1)).FilamentMm, above = Estimate(Stepped(2.11)).FilamentMm, below = Estimate(Stepped(2.09)).FilamentMm;
        Assert.Multiple(() =>
        {
            Assert.That(at, Is.EqualTo(above).Within(0.01).Percent);
            Assert.That(at, Is.GreaterThan(1.005 * below));
        });
    }

    [Test]
    public void A_table_top_needs_support_and_a_bridge_does_not()
    {
        var profile = FdmProfile.Standard with { Supports = true };
        // A T: a plate of 30 × 30 mm on a post of 10 × 10, 10 mm up.
        var table = Estimate(Parts.Join(Parts.Box(10, 10, 10.05, 10, 10), Parts.Box(30, 30, 3, 0, 0, 10)), profile);
        // A gate: a beam over two posts 10 mm apart.
        var gate = Estimate(Parts.Join(Parts.Box(10, 10, 10.05), Parts.Box(10, 10, 10.05, 20), Parts.Box(30, 10, 3, 0, 0, 10)), profile);
        Assert.Multiple(() =>
        {
            // Some 1,100 mm² of columns (800, grown by the margin, on the grid) 9.6 mm high at an eighth of their volume: 1.3 cm³; 0.25 for the foot, 0.25 on top.
            Assert.That(table.SupportCm3, Is.InRange(1.5, 2.1));
            Assert.That(Filament(table, "support_material_interface"), Is.GreaterThan(0));
            Assert.That(gate.SupportCm3, Is.LessThan(0.25 * table.SupportCm3));
            Assert.That(Estimate(Parts.Box(20, 20, 10), profile).SupportCm3, Is.Zero);
        });
    }

    [Test]
    public void A_skirt_and_a_brim_add_their_loops()
    {
        var plain = Estimate(Parts.Box(40, 30, 10));
        var skirted = Estimate(Parts.Box(40, 30, 10), FdmProfile.Standard with { SkirtLoops = 2, SkirtDistanceMm = 5 });
        var section = Math.PI / 4 * 1.75 * 1.75;
        var spacing = 0.42 - 0.2 * (1 - Math.PI / 4);
        var loops = 2 * 140 + 2 * Math.PI * (5 + 0.5 * spacing) + 2 * Math.PI * (5 + 1.5 * spacing);
        Assert.That(skirted.FilamentMm - plain.FilamentMm, Is.EqualTo(loops * spacing * 0.2 / section).Within(0.1).Percent);
        Assert.That(Estimate(Parts.Box(40, 30, 10), FdmProfile.Standard with { BrimWidthMm = 4 }).FilamentMm, Is.GreaterThan(plain.FilamentMm));
    }

    [Test]
    public void A_large_part_gets_larger_cells_and_nearly_the_same_answer()
    {
        var profile = FdmProfile.Standard with { FillAngleDegrees = 0 };
        var box = new PlanBox(0, 0, 900, 900);
        var plan = new RasterPlan(profile, Beads.Of(profile, false), box);
        Assert.Multiple(() =>
        {
            Assert.That(plan.Cells, Is.LessThanOrEqualTo(1 << 20));
            Assert.That(plan.CellMm, Is.GreaterThan(0.8));
        });
        var flat = Estimate(Parts.Box(900, 900, 2), profile);
        var solid = 900 * 900 * 2 / (Math.PI / 4 * 1.75 * 1.75);
        Assert.That(flat.FilamentMm / solid, Is.InRange(0.8, 1.05));
    }

    [Test]
    public void A_measurement_that_asks_for_it_carries_the_slicer_grade_estimate()
    {
        var part = Parts.Bumpy(12, 24);
        var file = new byte[84 + part.Length / 9 * 50];
        BitConverter.TryWriteBytes(file.AsSpan(80), part.Length / 9);
        for (var t = 0; t < part.Length / 9; t++)
            for (var i = 0; i < 9; i++)
                BitConverter.TryWriteBytes(file.AsSpan(84 + 50 * t + 12 + 4 * i), part[9 * t + i]);
        var sums = PartMeasurer.Measure(file, new MeasureOptions { FdmTier = 1 }, "part.stl").Fdm!;
        var raster = PartMeasurer.Measure(file, new MeasureOptions { FdmTier = 2, Threads = 2 }, "part.stl").Fdm!;
        Assert.Multiple(() =>
        {
            Assert.That((sums.Tier, raster.Tier), Is.EqualTo((1, 2)));
            Assert.That(raster.Features, Is.EqualTo(Estimate(part).Features));
            Assert.That(raster.FilamentMm, Is.EqualTo(sums.FilamentMm).Within(15).Percent);
        });
    }

    [Test]
    public void What_has_no_height_has_no_estimate()
    {
        Assert.That(RasterEstimator.Estimate([0, 0, 0, 1, 0, 0, 0, 1, 0], FdmProfile.Standard), Is.Null);
        Assert.That(RasterEstimator.Estimate([], FdmProfile.Standard), Is.Null);
    }
}
