using System.Text.Json;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Dexels;
using Pricing.Geometry.Lanes;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Dexels;

/// <summary>The door: reach, findings, sameness, bounds, real parts.</summary>
[TestFixture]
[Parallelizable]
public sealed class DexelAnalysisTests
{
    static DexelFacts Facts(IEnumerable<Point3[]> shape, DexelOptions? options = null, Frame? frame = null, int threads = 1) =>
        DexelAnalysis.Of(Shapes.Solid(shape), frame ?? Frame.AsIs, options ?? new() { PitchMm = 0.25 }, threads)!;

    [Test]
    public void Surface_and_volume_are_those_of_the_mesh()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 3; round++)
        {
            var potato = Shapes.Potato(random);
            var facts = Facts(potato, new() { PitchMm = 0.1 }, Turned.AnyFrame(random));
            Assert.That(facts.SolidMm3, Is.EqualTo(Turned.Volume(potato)).Within(0.1).Percent);
            Assert.That(facts.SurfaceMm2, Is.EqualTo(Turned.Area(potato)).Within(0.5).Percent);
            Assert.That(facts.OpenColumns, Is.Zero);
        }
    }

    [Test]
    public void The_pitch_follows_the_parts_size_when_none_is_asked_for()
    {
        Assert.That(Facts(Shapes.Box(20, 20, 20), new()).CellMm.X, Is.EqualTo(0.1).Within(1e-9));
        Assert.That(Facts(Shapes.Box(128, 20, 20), new()).CellMm.X, Is.EqualTo(0.25).Within(1e-9));
        Assert.That(Facts(Shapes.Box(400, 20, 20), new()).CellMm.X, Is.EqualTo(0.5).Within(1e-9));
    }

    [Test]
    public void A_blocks_faces_are_reached_from_all_sides_but_behind()
    {
        var reach = Facts(Shapes.Box(20, 20, 20)).Reach;
        Assert.That(reach.ByDirectionMm2, Is.All.EqualTo(5 * 400).Within(0.1).Percent);
        Assert.That((reach.NoneMm2, reach.Setups), Is.EqualTo((0.0, 2)));
        Assert.That(reach.AnyMm2, Is.EqualTo(2400).Within(0.1).Percent);
    }

    [Test]
    public void The_inside_of_a_hollow_sphere_is_reached_from_nowhere()
    {
        var inside = Shapes.Sphere(5, 8);
        var reach = Facts(Shapes.Sphere(5).Concat(Shapes.Inverted(inside))).Reach;
        Assert.That(reach.NoneMm2, Is.EqualTo(Turned.Area(inside)).Within(0.5).Percent);
    }

    [Test]
    public void An_inner_groove_of_a_bore_is_reached_from_nowhere_and_the_bore_from_both_ends()
    {
        // Bore 5, groove 7 from 8 to 12 mm.
        var ring = Turned.Lathe([(5, 0), (10, 0), (10, 20), (5, 20), (5, 12), (7, 12), (7, 8), (5, 8)]);
        var reach = Facts(ring).Reach;
        var hidden = 2 * Math.PI * 7 * 4 + 2 * Math.PI * (49 - 25);
        Assert.That(reach.NoneMm2, Is.EqualTo(hidden).Within(8).Percent);
        // From above: the top, the outer wall, the bore.
        Assert.That(reach.ByDirectionMm2[4], Is.EqualTo(Math.PI * 75 + 2 * Math.PI * 10 * 20 + 2 * Math.PI * 5 * 16).Within(3).Percent);
    }

    [Test]
    public void Under_the_arms_of_a_T_nothing_reaches_from_above()
    {
        var shape = Shapes.Box(10, 10, 20, new(10, 0, 0)).Concat(Shapes.Box(30, 10, 5, new(0, 0, 18)));
        var facts = Facts(shape);
        var fromAbove = facts.Reach.ByDirectionMm2[4];
        // Top and the bar's sides; the stem's two narrow sides are under the arms, its front and back are not.
        Assert.That(fromAbove, Is.EqualTo(300 + 2 * 5 * 30 + 2 * 5 * 10 + 2 * 10 * 18).Within(1).Percent);
        Assert.That(facts.Reach.NoneMm2, Is.Zero);
    }

    [Test]
    public void Findings_mark_the_triangles_they_are_about()
    {
        // Triangles 0 to 11: a block with a slit beside a thin wall; the last twelve hang over.
        var block = Shapes.Box(10, 10, 10);
        var fin = Shapes.Box(1, 10, 10, new(10.5, 0, 0));
        var shape = block.Concat(fin).Concat(Shapes.Box(10, 30, 4, new(0, 0, 9))).ToList();
        var facts = Facts(shape, new() { PitchMm = 0.25, Findings = true });
        var findings = facts.Findings!;
        byte[][] all = [findings.Overhang, findings.ThinWall, findings.NarrowGap, findings.Unreachable];
        Assert.That(all.Select(bytes => bytes.Length), Is.All.EqualTo(36));
        var normals = shape.Select(Normal).ToArray();
        Assert.Multiple(() =>
        {
            for (var t = 0; t < 36; t++)
            {
                var (x, z) = (normals[t].X, normals[t].Z);
                Assert.That(findings.Overhang[t], Is.EqualTo(t >= 24 && z < -0.9 ? 255 : 0), $"overhang of {t}");
                var isFin = t is >= 12 and < 24 && Math.Abs(x) > 0.9;
                Assert.That(findings.ThinWall[t], isFin ? Is.EqualTo(128).Within(1) : Is.Zero, $"wall of {t}");
                // The bar's face beside the fin's top millimetre, too.
                var facesSlit = (t is < 12 or >= 24 && x > 0.9) || (t is >= 12 and < 24 && x < -0.9);
                Assert.That(findings.NarrowGap[t], facesSlit ? Is.EqualTo(191).Within(1) : Is.Zero, $"gap of {t}");
            }
        });
        Assert.That(Facts(shape).Findings, Is.Null);

        static Point3 Normal(Point3[] t)
        {
            double ux = t[1].X - t[0].X, uy = t[1].Y - t[0].Y, uz = t[1].Z - t[0].Z, vx = t[2].X - t[0].X, vy = t[2].Y - t[0].Y, vz = t[2].Z - t[0].Z;
            double x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx, l = Math.Sqrt(x * x + y * y + z * z);
            return new(x / l, y / l, z / l);
        }
    }

    [Test]
    public void Findings_mark_what_nothing_reaches()
    {
        var sphere = Shapes.Sphere(4);
        var findings = Facts(sphere.Concat(Shapes.Inverted(Shapes.Sphere(4, 8))), new() { PitchMm = 0.25, Findings = true }).Findings!;
        Assert.That(findings.Unreachable.Take(sphere.Count), Is.All.LessThan(60));
        Assert.That(findings.Unreachable.Skip(sphere.Count), Is.All.EqualTo(255));
    }

    [Test]
    public void Every_figure_is_the_same_for_any_order_corner_threads_and_vector_width()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var shape = Shapes.Potato(random).Concat(Shapes.Inverted(Shapes.Potato(random, 2, 7.5))).Concat(Shapes.Map(Shapes.Potato(random, 2, 3), p => p with { Z = p.Z + 13 })).ToList();
        var frame = Turned.AnyFrame(random);
        var (expected, bytes) = Said(shape, InstructionSet.Portable, 1);
        var order = Enumerable.Range(0, shape.Count).ToArray();
        random.Shuffle(order);
        List<Point3[]> other = [.. order.Select(i => random.Next(3) switch { 0 => shape[i], 1 => new[] { shape[i][1], shape[i][2], shape[i][0] }, _ => [shape[i][2], shape[i][0], shape[i][1]] })];
        foreach (var set in Shapes.Paths)
            foreach (var threads in new[] { 1, 2, 5 })
            {
                var (said, theirs) = Said(other, set, threads);
                Assert.That(said, Is.EqualTo(expected));
                for (var kind = 0; kind < 4; kind++)
                    Assert.That(theirs[kind], Is.EqualTo(order.Select(i => bytes[kind][i])));
            }

        (string, byte[][]) Said(List<Point3[]> mesh, InstructionSet set, int threads)
        {
            var facts = Facts(mesh, new() { PitchMm = 0.2, Findings = true, InstructionSet = set }, frame, threads);
            var f = facts.Findings!;
            return (JsonSerializer.Serialize(facts with { Findings = null }), [f.Overhang, f.ThinWall, f.NarrowGap, f.Unreachable]);
        }
    }

    [Test]
    public void Nothing_and_flat_things_have_no_field()
    {
        Assert.That(DexelAnalysis.Of(Shapes.Solid([]), Frame.AsIs, new(), 1), Is.Null);
        Assert.That(DexelAnalysis.Of(Shapes.Solid([[new(0, 0, 0), new(1, 0, 0), new(0, 1, 0)]]), Frame.AsIs, new(), 1), Is.Null);
        Assert.That(SupportField.Measure(Shapes.Solid([]), Frame.AsIs, 0.5, 1), Is.Null);
    }

    [TestCase(double.NaN, 1)]
    [TestCase(-1, 1)]
    [TestCase(1, double.NaN)]
    public void Options_out_of_range_are_refused(double backing, double pool) =>
        Assert.That(() => Facts(Shapes.Box(1, 1, 1), new() { BackingMm2 = backing, PoolMm3 = pool }), Throws.TypeOf<ArgumentOutOfRangeException>());

    /// <summary>Real parts, closed or broken, and broken ones made here where there is no corpus.</summary>
    [Test]
    public void Whatever_decodes_is_analysed_within_the_bounds()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<(string Name, List<Point3[]> Mesh)> parts =
        [
            ("soup", Shapes.Soup(random, 500, 40)),
            ("open box", [.. Shapes.Box(10, 10, 10).Skip(1)]),
            ("flipped", [.. Shapes.Potato(random).Select((t, i) => i % 7 == 0 ? new[] { t[0], t[2], t[1] } : t)]),
        ];
        parts.AddRange(Corpus.Files("models").Where(path => new FileInfo(path).Length < 1 << 20).Select(path => (Path.GetFileName(path), Read(path))));
        foreach (var (name, mesh) in parts)
        {
            var solid = Shapes.Solid(mesh);
            var facts = DexelAnalysis.Of(solid, Frame.AsIs, new() { PitchMm = 0.5, Findings = true }, 2);
            if (facts is null)
            {
                TestContext.Out.WriteLine($"{name}: none");
                continue;
            }
            Assert.That(facts.Columns, Is.LessThanOrEqualTo(3 * Limits.Dexel.ColumnsMax), name);
            Assert.That(facts.Crossings, Is.LessThanOrEqualTo(3 * Limits.Dexel.CrossingsMax), name);
            Assert.That(facts.SolidMm3, Is.GreaterThanOrEqualTo(0), name);
            TestContext.Out.WriteLine($"{name}: {solid.Triangles} triangles, {facts.Columns} columns, open {facts.OpenColumns}, volume {facts.SolidMm3:0.#} of {Turned.Volume(mesh):0.#}, "
                + $"wall {facts.Walls.SmallestMm}, gap {facts.Gaps.SmallestMm}, rays {facts.Walls.RaysConfirmed}/{facts.Walls.RaysCast}, traps {facts.Traps.Enclosed.VolumeMm3:0} {facts.Traps.Pools.VolumeMm3:0}, none {100 * facts.Reach.NoneMm2 / facts.SurfaceMm2:0.#} %");
        }

        static List<Point3[]> Read(string path)
        {
            try
            {
                var soup = Soup.Decode(File.ReadAllBytes(path), Path.GetFileName(path)).Coordinates;
                return [.. Enumerable.Range(0, soup.Length / 9).Select(t => Enumerable.Range(0, 3).Select(k => new Point3(soup[9 * t + 3 * k], soup[9 * t + 3 * k + 1], soup[9 * t + 3 * k + 2])).ToArray())];
            }
            catch (MeshFormatException)
            {
                return [];
            }
        }
    }
}
