using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Topology;

/// <summary>What lies in one another counts once, as a slicer unites it.</summary>
sealed class OverlapTests
{
    static string[] Codes(PartMeasurement m) => [.. m.Notes.Select(n => n.Code).Where(c => c != "UNIT_ASSUMED")];

    [TestCase(0.0)]
    [TestCase(0.37)]
    public void Overlapping_boxes_are_bounded_around_their_union(double turn)
    {
        // 10³ and 4 × 4 × 30 through it: 16·10 mm³ lie in both.
        Point3 Turned(Point3 p) => new(p.X - turn * p.Y, turn * p.X + p.Y, p.Z);
        var factor = 1 + turn * turn;
        List<Point3[]> mesh = [.. Shapes.Box(10, 10, 10), .. Shapes.Box(4, 4, 30, new(3, 3, -10))];
        var m = Shapes.Measure(Shapes.Map(mesh, Turned));
        var union = factor * (1000 + 480 - 160);
        Assert.That(m.Verdict, Is.EqualTo(Verdict.Bounded));
        Assert.That(union, Is.InRange(m.VolumeLowMm3, m.VolumeHighMm3));
        Assert.That(m.VolumeMm3, Is.EqualTo(union).Within(0.5).Percent);
        Assert.That(Codes(m), Does.Contain("SELF_INTERSECTING"));
    }

    [Test]
    public void Overlapping_spheres_are_bounded_around_their_union_whichever_way_they_face()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        // Two balls of radius 10 whose centres are d apart share π(4r + d)(2r − d)²/12. The spheres are polyhedra, a little smaller.
        const double D = 9, R = 10;
        var mesh = (List<Point3[]>)[.. Shapes.Sphere(4, R), .. Shapes.Sphere(4, R, new(D, 0.01, 0.02))];
        var m = Shapes.Measure(mesh);
        var single = Shapes.Measure(Shapes.Sphere(4, R)).VolumeMm3;
        var shared = Math.PI * (4 * R + D) * (2 * R - D) * (2 * R - D) / 12;
        Assert.That(m.Verdict, Is.EqualTo(Verdict.Bounded));
        Assert.That(m.VolumeMm3, Is.EqualTo(2 * single - shared).Within(0.5).Percent);
        Assert.That(m.VolumeHighMm3, Is.LessThan(2 * single));
        Assert.That(Shapes.Measure(Shapes.Shuffled(mesh, random)).Digest, Is.EqualTo(m.Digest));
        Assert.That(Shapes.Measure(Shapes.Inverted(mesh)).VolumeMm3, Is.EqualTo(m.VolumeMm3).Within(1e-6));
    }

    [Test]
    public void A_shell_inside_the_solid_is_swallowed_exactly()
    {
        var outer = Shapes.Box(30, 30, 30);
        List<Point3[]> mesh = [.. outer, .. Shapes.Box(10, 10, 10, new(10, 10, 10)), .. Shapes.Inverted(Shapes.Box(4, 4, 4, new(1, 1, 1)))];
        var m = Shapes.Measure(mesh);
        Assert.That(m.VolumeMm3, Is.EqualTo(27_000 - 64).Within(1e-5));
        Assert.That((m.Verdict, m.VolumeLowMm3, m.VolumeHighMm3, m.Shells), Is.EqualTo((Verdict.Repaired, m.VolumeMm3, m.VolumeMm3, (long?)3)));
        Assert.That(Codes(m), Is.EqualTo(new[] { "MULTIPLE_SHELLS", "SHELLS_SWALLOWED" }));
        Assert.That(m.AreaMm2, Is.EqualTo(6 * 900 + 6 * 16).Within(1e-6));
        Assert.That(Shapes.Measure(Shapes.Inverted(mesh)).VolumeMm3, Is.EqualTo(27_000 - 64).Within(1e-5));
    }

    [Test]
    public void A_shell_in_a_notch_is_outside_though_its_box_is_inside()
    {
        // A U of three bars; in its mouth a box that faces inwards: no cavity, so it is turned.
        List<Point3[]> u = Extruded([new(0, 0, 0), new(30, 0, 0), new(30, 30, 0), new(20, 30, 0), new(20, 10, 0), new(10, 10, 0), new(10, 30, 0), new(0, 30, 0)], 10);
        var m = Shapes.Measure([.. u, .. Shapes.Inverted(Shapes.Box(4, 4, 4, new(13, 15, 3)))]);
        Assert.That(m.VolumeMm3, Is.EqualTo((900 - 200) * 10 + 64).Within(1e-5));
        Assert.That(Codes(m), Is.EqualTo(new[] { "MULTIPLE_SHELLS", "SHELLS_TURNED" }));
    }

    [Test]
    public void Parts_that_only_touch_stay_exact()
    {
        foreach (var beside in new Point3[] { new(10, 0, 0), new(10, 2, 3), new(0, 0, 10), new(3, 3, 10), new(10, 10, 0), new(10, 10, 10) })
        {
            var m = Shapes.Measure([.. Shapes.Box(10, 10, 10), .. Shapes.Box(4, 4, 4, beside)]);
            Assert.That((m.Verdict, m.VolumeLowMm3), Is.EqualTo((Verdict.Exact, m.VolumeMm3)), $"{beside}: {string.Join(' ', Codes(m))}");
            Assert.That(m.VolumeMm3, Is.EqualTo(1064).Within(1e-6));
        }
    }

    [Test]
    public void A_shell_that_cuts_a_face_exactly_along_its_own_edges_does_not_pass_for_exact()
    {
        // The equator of an octahedron lies in the top of a box: no inside of a triangle meets another's.
        var m = Shapes.Measure([.. Shapes.Box(20, 20, 10), .. Shapes.Sphere(0, 4, new(10, 10, 10))]);
        var half = 4.0 / 3 * 64 / 2;
        Assert.That(m.Verdict, Is.EqualTo(Verdict.Bounded), string.Join(' ', Codes(m)));
        Assert.That(m.VolumeMm3, Is.EqualTo(4000 + half).Within(0.1).Percent);
        Assert.That(4000 + half, Is.InRange(m.VolumeLowMm3, m.VolumeHighMm3));
    }

    /// <summary>A prism over a polygon given counter-clockwise; its lids are fans of ears.</summary>
    static List<Point3[]> Extruded(Point3[] polygon, double height)
    {
        List<Point3[]> mesh = [];
        Point3 Up(Point3 p) => p with { Z = height };
        for (var i = 0; i < polygon.Length; i++)
        {
            Point3 a = polygon[i], b = polygon[(i + 1) % polygon.Length];
            mesh.AddRange([[a, b, Up(b)], [a, Up(b), Up(a)]]);
        }
        // The U's lid: its three bars.
        int[][] lid = [[0, 1, 4], [0, 4, 5], [1, 2, 3], [1, 3, 4], [0, 5, 6], [0, 6, 7]];
        foreach (var t in lid)
        {
            mesh.Add([Up(polygon[t[0]]), Up(polygon[t[1]]), Up(polygon[t[2]])]);
            mesh.Add([polygon[t[0]], polygon[t[2]], polygon[t[1]]]);
        }
        return mesh;
    }
}
