using NUnit.Framework;
using Pricing.Geometry.Processes;

namespace Pricing.Tests.Geometry.Processes;

sealed class ProcessEstimateTests
{
    [Test]
    public void A_metal_cube_is_scanned_line_by_line_and_contour_by_contour()
    {
        var profile = LpbfProfile.Standard;
        var lpbf = LpbfEstimate.Of(volumeMm3: 1000, sideMm2: 400, heightMm: 10, supportMm3: 0, contactMm2: 0, profile);
        // 250 layers, each of 100 lines of 10 mm at 900 mm/s and a contour of 40 mm at 400 mm/s.
        Assert.That(lpbf.Layers, Is.EqualTo(250));
        Assert.That(lpbf.ScanTimeS, Is.EqualTo(250 * (100 * 10 / 900.0 + 40 / 400.0) * 1.15).Within(1e-9));
        Assert.That(lpbf.RecoatTimeS, Is.EqualTo(250 * 9));
        var supported = LpbfEstimate.Of(1000, 400, 10, supportMm3: 500, contactMm2: 50, profile);
        Assert.That(supported.SupportMetalMm3, Is.EqualTo(100));
        Assert.That(supported.ScanTimeS - lpbf.ScanTimeS, Is.EqualTo(100 / (0.04 * 0.1 * 900) * 1.15).Within(1e-9));
    }

    [Test]
    public void Powder_neighbours_leave_more_than_the_hull_and_less_than_the_grown_box()
    {
        var cube = PowderEstimate.Of(volumeMm3: 4000, hullVolumeMm3: 8000, hullAreaMm2: 2400, boxMm: new(20, 20, 20));
        Assert.That(cube.NestedCm3, Is.GreaterThan(8).And.LessThan(25 * 25 * 25 / 1000.0));
        // A needle: the formula would pass the grown box, which it never may.
        var needle = PowderEstimate.Of(1, 1, 4.0 * 100 * 0.1, new(100, 0.1, 0.1));
        Assert.That(needle.NestedCm3, Is.LessThanOrEqualTo(105 * 5.1 * 5.1 / 1000));
        Assert.That(needle.HeightMm, Is.EqualTo(0.1));
    }

    [Test]
    public void A_sprue_is_as_thick_as_the_thickest_wall_and_never_heavier_than_the_piece()
    {
        var ring = CastingEstimate.Of(volumeMm3: 500, areaMm2: 900, thickestMm: 3, hiddenMm2: 100);
        Assert.That(ring.SprueMm3, Is.EqualTo(Math.PI * 2.25 * 10).Within(1e-9));
        Assert.That(ring.PolishMm2, Is.EqualTo(800));
        Assert.That(CastingEstimate.Of(10, 30, 0.2, 0).SprueMm3, Is.EqualTo(10));
        Assert.That(CastingEstimate.Of(1000, 600, 0.2, 0).SprueMm3, Is.EqualTo(Math.PI * 0.5625 * 10).Within(1e-9));
        Assert.That(CastingEstimate.Of(10, 30, 1, 50).HiddenMm2, Is.EqualTo(30));
    }
}
