using NUnit.Framework;
using Pricing.Geometry.Fdm.Raster;

namespace Pricing.Tests.Geometry.Fdm.Raster;

[TestFixture]
public sealed class MotionTests
{
    [Test]
    public void Sines_and_angles_are_right()
    {
        for (var x = -12.0; x < 12; x += 0.0137)
        {
            Assert.That(Motion.Sin(x), Is.EqualTo(Math.Sin(x)).Within(1e-13));
            Assert.That(Motion.Cos(x), Is.EqualTo(Math.Cos(x)).Within(1e-13));
            Assert.That(Motion.AngleOf(Math.Abs(Math.Sin(x)), Math.Cos(x)), Is.EqualTo(Math.Acos(Math.Cos(x))).Within(1e-7));
        }
        Assert.That(Motion.Asin(-0.3), Is.EqualTo(Math.Asin(-0.3)).Within(1e-8));
    }

    [Test]
    public void A_long_line_ramps_up_cruises_and_ramps_down()
    {
        // 8 → 58 mm/s at 1000 mm/s² takes 0.05 s and 1.65 mm, twice; the rest of 33 mm at 58 mm/s.
        Assert.That(Motion.LineS(33, 58, 8, 1000), Is.EqualTo(0.1 + (33 - 3.3) / 58).Within(1e-12));
    }

    [Test]
    public void A_short_line_never_reaches_its_speed()
    {
        // v² = 8² + 1000 · 2.25 → 48.1; up and down.
        Assert.That(Motion.LineS(2.25, 80, 8, 1000), Is.EqualTo(2 * (Math.Sqrt(64 + 2250) - 8) / 1000).Within(1e-12));
    }

    [Test]
    public void A_planner_drives_a_square_as_worked_out_by_hand()
    {
        // Between right angles along the axes the speed drops to the jerk; 8 → 40 → 8 over each side.
        List<(double X, double Y)> square = [(0, 0), (30, 0), (30, 30), (0, 30), (0, 0)];
        Assert.That(Planner.MeanSpeed(square, 40, 8, 1000), Is.EqualTo(120 / (4 * Motion.LineS(30, 40, 8, 1000))).Within(1e-9));
    }

    [Test]
    public void Gyroid_is_driven_at_the_speed_a_planner_was_seen_to_reach()
    {
        // 40 % at 0.1 mm and 15 % at 0.2 mm, set to 80 mm/s: measured with a planner of another make on the slicer's own waves.
        var fine = Gyroid.Sample(0.4, 0.1, 0.4285, 45);
        var coarse = Gyroid.Sample(0.15, 0.2, 0.4071, 45);
        Assert.Multiple(() =>
        {
            Assert.That(Planner.MeanSpeed(fine, 80, 8, 1000), Is.EqualTo(26.3).Within(1.5));
            Assert.That(Planner.MeanSpeed(coarse, 80, 8, 1000), Is.EqualTo(40.3).Within(2));
        });
    }
}
