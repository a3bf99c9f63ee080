using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Fdm;

/// <summary>Tier 1, the estimate from sums.</summary>
sealed class FdmEstimatorTests
{
    static FdmEstimate Estimate(List<Point3[]> mesh, FdmProfile? profile = null) =>
        PartMeasurer.Measure(Shapes.BinaryStl(mesh), new MeasureOptions { Fdm = profile ?? FdmProfile.Standard, FdmTier = 1 }).Fdm!;

    [TestCase(30, 150)]
    [TestCase(0.2, 1)]
    [TestCase(10.09, 50)]
    [TestCase(10.1, 51)]
    public void Layers_follow_the_slicers_rule(double height, int layers) =>
        Assert.That(Estimate(Shapes.Box(10, 10, height)).Layers, Is.EqualTo(layers));

    [Test]
    public void A_part_below_half_a_layer_has_no_estimate() =>
        Assert.That(Shapes.Measure(Shapes.Box(10, 10, 0.09)).Fdm, Is.Null);

    [Test]
    public void A_solid_fill_uses_about_the_parts_volume()
    {
        var solid = Estimate(Shapes.Box(30, 30, 30), FdmProfile.Standard with { InfillDensity = 1 });
        Assert.That(solid.FilamentCm3, Is.EqualTo(27).Within(4).Percent);
    }

    [Test]
    public void The_cube_of_the_slicers_manual_comes_out_near_what_the_slicer_says()
    {
        // PrusaSlicer 2.5 with the standard profile's numbers, a cube of 60 mm: see the corpus where it is present.
        var cube = Estimate(Shapes.Box(60, 60, 60));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cube.FilamentMm / 1000, Is.InRange(20, 30));
            Assert.That(cube.PrintTimeS / 3600, Is.InRange(3, 7));
            Assert.That(cube.FilamentG, Is.EqualTo(cube.FilamentCm3 * 1.24).Within(1e-9));
            Assert.That(cube.Features.Sum(f => f.FilamentMm), Is.EqualTo(cube.FilamentMm).Within(1e-6));
        }
    }

    [Test]
    public void More_infill_more_walls_and_slower_speeds_cost_more()
    {
        var standard = Estimate(Shapes.Sphere(4, 25));
        var dense = Estimate(Shapes.Sphere(4, 25), FdmProfile.Standard with { InfillDensity = 0.4 });
        var walls = Estimate(Shapes.Sphere(4, 25), FdmProfile.Standard with { Perimeters = 4 });
        var slow = Estimate(Shapes.Sphere(4, 25), FdmProfile.Standard with { InfillSpeedMmS = 40 });
        Assert.That(dense.FilamentMm, Is.GreaterThan(1.2 * standard.FilamentMm));
        Assert.That(walls.FilamentMm, Is.GreaterThan(1.1 * standard.FilamentMm));
        Assert.That(slow.PrintTimeS, Is.GreaterThan(1.05 * standard.PrintTimeS));
        Assert.That(slow.FilamentMm, Is.EqualTo(standard.FilamentMm));
    }

    [Test]
    public void A_small_layer_is_slowed_down_to_the_minimum_time()
    {
        var tower = Estimate(Shapes.Box(12, 12, 40));
        Assert.That(tower.PrintTimeS / tower.Layers, Is.InRange(9, 13));
        var hot = Estimate(Shapes.Box(12, 12, 40), FdmProfile.Standard with { MinLayerTimeS = 0 });
        Assert.That(hot.PrintTimeS, Is.LessThan(0.7 * tower.PrintTimeS));
    }

    [Test]
    public void Where_the_part_stands_does_not_matter_by_whole_layers()
    {
        var here = Estimate(Shapes.Sphere(4, 16));
        var there = Estimate(Shapes.Sphere(4, 16, new(64, -128, 32)));
        Assert.That(there.FilamentMm, Is.EqualTo(here.FilamentMm).Within(0.2).Percent);
        Assert.That(there.PrintTimeS, Is.EqualTo(here.PrintTimeS).Within(0.5).Percent);
    }

    [Test]
    public void Angles_and_sines_are_those_of_the_library()
    {
        for (var i = 0; i <= 1000; i++)
        {
            var angle = Math.PI * i / 1000;
            Assert.That(Turning.AngleOf(Math.Sin(angle), Math.Cos(angle)), Is.EqualTo(angle).Within(1e-8));
            Assert.That(Turning.SinOf(angle / 2), Is.EqualTo(Math.Sin(angle / 2)).Within(1e-7));
        }
    }

    [Test]
    public void A_profile_out_of_range_names_its_field()
    {
        var e = Assert.Throws<MeshFormatException>(() => Estimate(Shapes.Box(1, 1, 1), FdmProfile.Standard with { LayerHeightMm = 0 }))!;
        Assert.That((e.Reason, e.Field), Is.EqualTo(("PROFILE_OUT_OF_RANGE", "fdm_profile.layer_height_mm")));
    }
}
