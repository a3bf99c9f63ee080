using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Mass;

namespace Pricing.Tests.Geometry.Mass;

sealed class SolidMomentsTests
{
    static SolidMoments Of(List<Point3[]> mesh)
    {
        var solid = Shapes.Solid(mesh);
        return SolidMoments.Of(solid.Coordinates, solid.Corners)!;
    }

    static double[] Values(InertiaTensor t) => [t.Xx, t.Yy, t.Zz, t.Xy, t.Xz, t.Yz];

    [TestCase(0, 0, 0)]
    [TestCase(100, -70, 30)]
    [TestCase(524288, -524288, 262144)]
    public void A_box_has_its_moments_wherever_it_stands(double x, double y, double z)
    {
        var m = Of(Shapes.Box(10, 20, 30, new(x, y, z)));
        double[] expected = [6000 * (400 + 900) / 12.0, 6000 * (100 + 900) / 12.0, 6000 * (100 + 400) / 12.0, 0, 0, 0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(m.VolumeMm3, Is.EqualTo(6000).Within(1e-9 * 6000));
            Assert.That(m.CentroidMm, Is.EqualTo(new Point3(x + 5, y + 10, z + 15)));
            Assert.That(Values(m.Tensor), Is.EqualTo(expected).Within(1e-9 * 250000));
            Assert.That(m.PrincipalMm5.X, Is.EqualTo(250000).Within(1e-4));
            Assert.That(m.PrincipalMm5.Z, Is.EqualTo(650000).Within(1e-4));
            Assert.That(m.Axes, Is.EqualTo(new Frame(new(0, 0, 1), new(0, 1, 0), new(-1, 0, 0))));
        }
    }

    [Test]
    public void A_thin_plate_loses_nothing_to_its_length()
    {
        var m = Of(Shapes.Box(1000, 500, 0.125));
        var volume = 1000 * 500 * 0.125;
        Assert.That(m.PrincipalMm5.X, Is.EqualTo(volume * (500 * 500 + 0.125 * 0.125) / 12).Within(1e-9).Percent);
        // About the centroid the thickness's own share is 3e-8 of a moment; it is there.
        Assert.That(m.Tensor.Xx + m.Tensor.Yy - m.Tensor.Zz, Is.EqualTo(volume * 2 * 0.125 * 0.125 / 12).Within(1e-4).Percent);
    }

    [Test]
    public void A_tetrahedron_has_the_moments_of_the_closed_formula()
    {
        // Right-angled at the origin: ∫x² = abc·a²/60, ∫xy = abc·ab/120, and the centroid at a quarter.
        double a = 12, b = 9, c = 20, volume = a * b * c / 6;
        Point3 o = new(0, 0, 0), pa = new(a, 0, 0), pb = new(0, b, 0), pc = new(0, 0, c);
        var m = Of([[o, pb, pa], [o, pa, pc], [o, pc, pb], [pa, pb, pc]]);
        double Second(double p, double q, bool same) => a * b * c * p * q / (same ? 60 : 120) - volume * p * q / 16;
        double xx = Second(a, a, true), yy = Second(b, b, true), zz = Second(c, c, true);
        Assert.That(m.CentroidMm, Is.EqualTo(new Point3(a / 4, b / 4, c / 4)));
        Assert.That(Values(m.Tensor), Is.EqualTo((double[])[yy + zz, xx + zz, xx + yy, -Second(a, b, false), -Second(a, c, false), -Second(b, c, false)])
            .Within(1e-9 * (yy + zz)));
    }

    [Test]
    public void A_sphere_turns_alike_about_all_axes_and_approaches_the_ball()
    {
        var m = Of(Shapes.Sphere(6, 10, new(3, -40, 17)));
        var ball = 0.4 * m.VolumeMm3 * 100;
        Assert.That(m.VolumeMm3, Is.EqualTo(4000 * Math.PI / 3).Within(0.2).Percent);
        Assert.That((double[])[m.Tensor.Xx, m.Tensor.Yy, m.Tensor.Zz], Is.All.EqualTo(ball).Within(0.2).Percent);
        Assert.That((double[])[m.Tensor.Yy, m.Tensor.Zz], Is.All.EqualTo(m.Tensor.Xx).Within(1e-5).Percent, "but for the rounding of its float32 corners");
    }

    [Test]
    public void Every_path_order_and_first_corner_gives_the_sums_of_plain_tetrahedra()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var mesh = Shapes.Map(Shapes.Potato(random, 4), p => new(p.X + 55, p.Y, p.Z - 7));
        var expected = Of(mesh);
        var plain = SolidMoments.Reference(mesh);
        Assert.That(Values(expected.Tensor).Zip(Values(plain), (e, p) => Math.Abs(e - p)).Max(), Is.LessThan(1e-9 * expected.Tensor.Xx));
        foreach (var set in Shapes.Paths)
        {
            var solid = Shapes.Solid(Shapes.Shuffled(mesh, random).ConvertAll(t => random.Next(2) == 0 ? t : [t[2], t[0], t[1]]));
            Assert.That(SolidMoments.Of(solid.Coordinates, solid.Corners, set), Is.EqualTo(expected), set.ToString());
        }
    }

    [Test]
    public void Principal_axes_follow_a_part_that_is_turned()
    {
        var frame = Frame.WithUp(new(2, -1, 3));
        var mesh = Shapes.Map(Shapes.Box(10, 20, 30), frame.Place);
        var m = Of(mesh);
        Assert.That((double[])[m.PrincipalMm5.X, m.PrincipalMm5.Y, m.PrincipalMm5.Z], Is.EqualTo((double[])[250000, 500000, 650000]).Within(1e-3).Percent);
        // The longest side of the box turns most easily.
        var along = frame.Place(new(0, 0, 1));
        Assert.That(Math.Abs(m.Axes.X.X * along.X + m.Axes.X.Y * along.Y + m.Axes.X.Z * along.Z), Is.EqualTo(1).Within(1e-6));
    }

    [Test]
    public void Inside_out_the_volume_is_negative_and_the_moments_are_not()
    {
        var right = Of(Parts());
        var solid = Shapes.Solid(Parts());
        int[] turned = [.. solid.Corners.Chunk(3).SelectMany(t => new[] { t[0], t[2], t[1] })];
        var wrong = SolidMoments.Of(solid.Coordinates, turned)!;
        Assert.That(wrong.VolumeMm3, Is.EqualTo(-right.VolumeMm3));
        Assert.That(wrong.Tensor.Xx, Is.EqualTo(right.Tensor.Xx).Within(1e-9).Percent);

        static List<Point3[]> Parts() => Shapes.Potato(new(2), 3);
    }

    [Test]
    public void Nothing_has_no_moments() => Assert.That(SolidMoments.Of([], []), Is.Null);
}
