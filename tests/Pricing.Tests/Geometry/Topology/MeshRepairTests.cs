using NUnit.Framework;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Topology;

sealed class MeshRepairTests
{
    static string[] Codes(PartMeasurement m) => [.. m.Notes.Select(n => n.Code).Where(c => c != "UNIT_ASSUMED")];

    [Test]
    public void An_inverted_mesh_is_turned_right_and_says_so()
    {
        // Coarse enough not to run through itself.
        var mesh = Shapes.Potato(new(7), 2);
        var right = Shapes.Measure(mesh);
        var turned = Shapes.Measure(Shapes.Inverted(mesh));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((turned.Verdict, turned.Inverted, turned.Watertight, turned.Oriented), Is.EqualTo((Verdict.Repaired, true, true, true)));
            Assert.That(Codes(turned), Does.Contain("MESH_INVERTED"));
            Assert.That(turned.VolumeMm3, Is.EqualTo(right.VolumeMm3).Within(1e-12 * right.VolumeMm3));
            Assert.That(turned.OverhangAreaMm2, Is.EqualTo(right.OverhangAreaMm2).Within(1e-9));
            Assert.That(turned.UpAreaMm2, Is.EqualTo(right.UpAreaMm2).Within(1e-9));
            Assert.That(turned.Fdm!.FilamentMm, Is.EqualTo(right.Fdm!.FilamentMm).Within(1e-6 * right.Fdm.FilamentMm));
            Assert.That(turned.Fdm.PrintTimeS, Is.EqualTo(right.Fdm.PrintTimeS).Within(1e-6 * right.Fdm.PrintTimeS));
        }
    }

    [Test]
    public void Flipped_triangles_are_turned_back()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var mesh = Shapes.Potato(random, 2);
        var right = Shapes.Measure(mesh);
        var flipped = mesh.Select(t => random.Next(10) < 3 ? new[] { t[0], t[2], t[1] } : t).ToList();
        var m = Shapes.Measure(flipped);
        Assert.That((m.Verdict, m.Watertight, m.Oriented), Is.EqualTo((Verdict.Repaired, true, false)));
        Assert.That(m.VolumeMm3, Is.EqualTo(right.VolumeMm3).Within(1e-9 * right.VolumeMm3));
        Assert.That(Codes(m), Does.Contain("TRIANGLES_TURNED"));
    }

    [Test]
    public void A_cavity_stays_a_cavity_and_a_turned_neighbour_is_turned_back()
    {
        var outer = Shapes.Box(30, 30, 30);
        var hollow = Shapes.Measure([.. outer, .. Shapes.Inverted(Shapes.Box(10, 10, 10, new(10, 10, 10)))]);
        Assert.That((hollow.Verdict, hollow.Shells), Is.EqualTo((Verdict.Exact, (long?)2)));
        Assert.That(hollow.VolumeMm3, Is.EqualTo(26_000).Within(1e-5));
        var beside = Shapes.Measure([.. outer, .. Shapes.Inverted(Shapes.Box(10, 10, 10, new(50, 10, 10)))]);
        Assert.That(beside.VolumeMm3, Is.EqualTo(28_000).Within(1e-5));
        Assert.That((beside.Verdict, Codes(beside)), Is.EqualTo((Verdict.Repaired, new[] { "MULTIPLE_SHELLS", "SHELLS_TURNED" })));
    }

    [Test]
    public void Doubled_triangles_are_dropped()
    {
        var mesh = Shapes.Sphere(3);
        var m = Shapes.Measure([.. mesh, mesh[5], mesh[77], mesh[78]]);
        Assert.That((m.Verdict, Codes(m)), Is.EqualTo((Verdict.Repaired, new[] { "NON_MANIFOLD_EDGES", "DUPLICATE_TRIANGLES" })));
        Assert.That(m.VolumeMm3, Is.EqualTo(Shapes.Measure(mesh).VolumeMm3));
    }

    [Test]
    public void Corners_that_miss_each_other_by_export_noise_are_joined_in_any_order()
    {
        var random = new Random(5);
        double Noise() => (random.NextDouble() - 0.5) * 4e-5;
        var mesh = Shapes.Map(Shapes.Sphere(3), p => new(p.X + Noise(), p.Y + Noise(), p.Z + Noise()));
        var m = Shapes.Measure(mesh);
        Assert.That(m.Verdict, Is.EqualTo(Verdict.Repaired));
        Assert.That(m.VolumeMm3, Is.EqualTo(Shapes.Measure(Shapes.Sphere(3)).VolumeMm3).Within(0.01).Percent);
        Assert.That(Shapes.Measure(Shapes.Shuffled(mesh, random)).Digest, Is.EqualTo(m.Digest));
    }

    [Test]
    public void A_hole_gives_bounds_that_hold_the_true_volume()
    {
        var mesh = Shapes.Sphere(4);
        var whole = Shapes.Measure(mesh).VolumeMm3;
        mesh.RemoveAt(100);
        var m = Shapes.Measure(mesh);
        Assert.That((m.Verdict, m.Watertight, m.BoundaryEdges), Is.EqualTo((Verdict.Bounded, false, (long?)3)));
        Assert.That(whole, Is.InRange(m.VolumeLowMm3, m.VolumeHighMm3));
        Assert.That(m.VolumeMm3, Is.EqualTo(whole).Within(1e-6).Percent, "three corners have one flat patch: the one that was taken");
        Assert.That(Codes(m), Is.EqualTo(new[] { "HOLES_CLOSED" }));
    }

    [Test]
    public void A_hole_is_closed_wherever_the_part_stands()
    {
        var mesh = Shapes.Sphere(4);
        mesh.RemoveRange(300, 40);
        var here = Shapes.Measure(mesh);
        var there = Shapes.Measure(Shapes.Map(mesh, p => p with { X = p.X + 512, Z = p.Z - 256 }));
        Assert.That(there.VolumeMm3, Is.EqualTo(here.VolumeMm3).Within(0.01).Percent);
    }

    [Test]
    public void Half_a_surface_is_only_an_estimate()
    {
        var m = Shapes.Measure([.. Shapes.Sphere(3).Where(t => t.Average(p => p.Z) > 0)]);
        Assert.That(m.Verdict, Is.EqualTo(Verdict.Estimate));
    }

    [Test]
    public void A_sheet_has_no_volume()
    {
        List<Point3[]> flat = [[new(0, 0, 0), new(10, 0, 0), new(0, 10, 0)], [new(10, 0, 0), new(10, 10, 0), new(0, 10, 0)]];
        List<Point3[]> doubled = [[new(0, 0, 0), new(10, 0, 0), new(0, 10, 5)], [new(0, 0, 0), new(0, 10, 5), new(10, 0, 0)]];
        foreach (var mesh in new[] { flat, doubled })
            Assert.That(Assert.Throws<MeshFormatException>(() => Shapes.Measure(mesh))!.Reason, Is.EqualTo("MESH_NO_VOLUME"));
    }

    [Test]
    public void No_mutation_goes_unnoticed()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var mesh = Shapes.Potato(random, 2);
            var i = random.Next(mesh.Count);
            var what = round % 4;
            if (what == 1)
                mesh.RemoveAt(i);
            else if (what == 2)
                mesh[i] = [mesh[i][0], mesh[i][2], mesh[i][1]];
            else if (what == 3)
                mesh[i] = [mesh[i][0], mesh[i][1], mesh[i][2] with { X = MathF.BitDecrement((float)mesh[i][2].X) }];
            var m = Shapes.Measure(mesh);
            var expected = what switch
            {
                0 => (true, true, Verdict.Exact),
                1 => (false, true, Verdict.Bounded),
                2 => (true, false, Verdict.Repaired),
                _ => (false, true, Verdict.Repaired),
            };
            Assert.That((m.Watertight, m.Oriented, m.Verdict), Is.EqualTo(expected), $"round {round}, mutation {what}");
        }
    }
}
