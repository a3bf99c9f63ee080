using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Topology;

/// <summary>One row of the promise after the other: what a mesh is, what is said of it.</summary>
[Parallelizable]
sealed class VerdictTests
{
    static readonly string[] Notes = ["UNIT_ASSUMED", "MULTIPLE_SHELLS", "NON_MANIFOLD_EDGES", "DEGENERATE_TRIANGLES"];

    static (Verdict, string) Said(PartMeasurement m) => (m.Verdict, string.Join(' ', m.Notes.Select(n => n.Code).Except(Notes)));

    static List<Point3[]> Without(List<Point3[]> mesh, int from, int count)
    {
        mesh.RemoveRange(from, count);
        return mesh;
    }

    static IEnumerable<TestCaseData> Rows()
    {
        TestCaseData Row(string name, List<Point3[]> mesh, Verdict verdict, string codes, double? volume = null) =>
            new TestCaseData(mesh, verdict, codes, volume).SetName($"{{m}}({name})");
        List<Point3[]> Ball() => Shapes.Sphere(5);
        var ball = Shapes.Measure(Ball()).VolumeMm3;
        yield return Row("closed and oriented", Ball(), Verdict.Exact, "");
        yield return Row("with a cavity", [.. Ball(), .. Shapes.Inverted(Shapes.Sphere(2, 4))], Verdict.Exact, "");
        yield return Row("inside out", Shapes.Inverted(Ball()), Verdict.Repaired, "MESH_INVERTED", ball);
        yield return Row("one shell inside out", [.. Ball(), .. Shapes.Inverted(Shapes.Box(2, 2, 2, new(20, 0, 0)))], Verdict.Repaired, "SHELLS_TURNED", ball + 8);
        var random = new Random(9);
        yield return Row("random flips", [.. Ball().Select(t => random.Next(10) < 3 ? new[] { t[0], t[2], t[1] } : t)], Verdict.Repaired, "TRIANGLES_TURNED", ball);
        yield return Row("not welded", Shapes.Map(Ball(), p => new(p.X + 4e-5 * (random.NextDouble() - 0.5), p.Y, p.Z)), Verdict.Repaired, "CORNERS_WELDED", ball);
        yield return Row("doubled triangles", [.. Ball(), .. Ball().Take(40)], Verdict.Repaired, "DUPLICATE_TRIANGLES", ball);
        yield return Row("points and lines among triangles", [.. Ball(), [new(1, 1, 1), new(1, 1, 1), new(1, 1, 1)]], Verdict.Exact, "", ball);
        yield return Row("a line that is no one's edge", [.. Ball(), [new(1, 1, 1), new(2, 2, 2), new(3, 3, 3)]], Verdict.Repaired, "SLIVERS_DROPPED", ball);
        yield return Row("shell within shell", [.. Ball(), .. Shapes.Sphere(2, 4)], Verdict.Repaired, "SHELLS_SWALLOWED", ball);
        yield return Row("shells that cross", [.. Ball(), .. Shapes.Box(4, 4, 30, new(-2, -2, -15))], Verdict.Bounded, "SELF_INTERSECTING");
        yield return Row("a small hole", Without(Ball(), 1000, 1), Verdict.Bounded, "HOLES_CLOSED", ball);
        yield return Row("a hole of several triangles", Without(Ball(), 1000, 16), Verdict.Bounded, "HOLES_CLOSED", ball);
        yield return Row("a large hole", Without(Ball(), 0, 1024), Verdict.Estimate, "MESH_OPEN");
        yield return Row("half a surface", [.. Ball().Where(t => t.Average(p => p.Z) > 0)], Verdict.Estimate, "MESH_OPEN");
    }

    [TestCaseSource(nameof(Rows))]
    public void A_mesh_gets_the_verdict_of_its_row(List<Point3[]> mesh, Verdict verdict, string codes, double? volume)
    {
        var m = Shapes.Measure(mesh);
        Assert.That(Said(m), Is.EqualTo((verdict, codes)));
        if (volume is { } expected)
        {
            Assert.That(m.VolumeMm3, Is.EqualTo(expected).Within(0.05).Percent);
            Assert.That(expected, Is.InRange(m.VolumeLowMm3 * 0.9995, m.VolumeHighMm3 * 1.0005));
        }
        Assert.That(m.VolumeLowMm3 == m.VolumeHighMm3, Is.EqualTo(verdict is Verdict.Exact or Verdict.Repaired));
        // Whatever was found, the order of triangles has no say in it.
        Assert.That(Shapes.Measure(Shapes.Shuffled(mesh, new(5))).Digest, Is.EqualTo(m.Digest));
    }

    [Test]
    public void Nothing_to_make_is_refused()
    {
        string Reason(List<Point3[]> mesh) => Assert.Throws<MeshFormatException>(() => Shapes.Measure(mesh))!.Reason;
        Assert.That(Reason([]), Is.AnyOf("MESH_EMPTY", "FILE_EMPTY", "STL_TRUNCATED"));
        Assert.That(Reason(Shapes.Map(Shapes.Sphere(3), p => p with { Z = 0 })), Is.EqualTo("MESH_NO_VOLUME"));
        Assert.That(Reason([.. Shapes.Box(1, 1, 1), [new(double.NaN, 0, 0), new(1, 0, 0), new(0, 1, 0)]]), Is.EqualTo("COORDINATE_NOT_FINITE"));
    }

    [Test]
    public void Where_a_hole_or_a_crossing_is_stands_in_the_note()
    {
        var box = Shapes.Box(10, 20, 5, new(100, 0, 0));
        box.RemoveAt(2);
        Assert.That(Shapes.Measure(box).Notes.Single(n => n.Code == "MESH_OPEN").Message, Does.Contain("3 edges").And.Contain("(105, 10, 5)"));
        var crossed = Shapes.Measure([.. Shapes.Box(10, 10, 10), .. Shapes.Box(4, 4, 30, new(3, 3, -10))]);
        Assert.That(crossed.Notes.Single(n => n.Code == "SELF_INTERSECTING").Message, Does.Match(@"cross, the first at \(\d"));
    }

    /// <summary>What was done to a real part is in its file's name.</summary>
    [Test]
    public void Damaged_real_parts_get_the_verdict_of_their_row()
    {
        (string File, Verdict[] Verdicts, string Code)[] rows =
        [
            ("derived_rook_inverted.stl", [Verdict.Repaired], "MESH_INVERTED"),
            ("derived_rook_30pct_flipped.stl", [Verdict.Repaired], "TRIANGLES_TURNED"),
            ("derived_rook_jitter_1e-5.stl", [Verdict.Repaired], "CORNERS_WELDED"),
            ("derived_rook_dup_faces.stl", [Verdict.Repaired], "DUPLICATE_TRIANGLES"),
            ("derived_rook_2pct_missing.stl", [Verdict.Bounded, Verdict.Estimate], "HOLES_CLOSED"),
            ("derived_rook_cavity.stl", [Verdict.Exact, Verdict.Bounded], ""),
            ("derived_rook_degenerate.stl", [Verdict.Repaired], "SLIVERS_DROPPED"),
            ("derived_rook_overlapping_pair.stl", [Verdict.Bounded], "SELF_INTERSECTING"),
        ];
        var found = 0;
        foreach (var path in Corpus.Files("models").Where(p => p.EndsWith(".stl", StringComparison.Ordinal) || p.EndsWith(".obj", StringComparison.Ordinal)))
        {
            var name = Path.GetFileName(path);
            var row = Array.Find(rows, r => r.File == name);
            if (row.File is null && !name.StartsWith("so10", StringComparison.Ordinal) && !name.StartsWith("chess", StringComparison.Ordinal)
                && !name.Contains("shells", StringComparison.Ordinal) && !name.Contains("intersect", StringComparison.Ordinal))
                continue;
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var m = PartMeasurer.Measure(File.ReadAllBytes(path), new() { Unit = LengthUnit.Millimetre, FdmTier = 1 }, name);
            TestContext.Out.WriteLine($"{name}: {m.Triangles} triangles, {clock.ElapsedMilliseconds} ms, {Said(m)}, {m.VolumeLowMm3:F2} ≤ {m.VolumeMm3:F2} ≤ {m.VolumeHighMm3:F2}");
            if (row.File is null)
                continue;
            found++;
            Assert.That(m.Verdict, Is.AnyOf([.. row.Verdicts.Cast<object>()]), name);
            Assert.That(row.Code.Length == 0 || m.Notes.Any(n => n.Code == row.Code), $"{name}: {Said(m)}");
        }
        Assert.That(found, Is.EqualTo(Corpus.Folder is null ? 0 : rows.Length));
    }
}
