using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry.Orientation;

sealed class FacingsTests
{
    static (Facings Facings, Func<Point3, Facing> Brute, Point3[] Hull) Of(List<Point3[]> mesh)
    {
        var tiles = Shapes.Tiles(mesh);
        var sums = Parts.Sum(InstructionSets.Current, tiles);
        var hull = Parts.Corners(mesh);
        return (Facings.Of(sums.Normals, sums.Mass, false)!, up => Facings.Reference(tiles, up, Bed(hull, up)), hull);
    }

    static double Bed(Point3[] hull, Point3 up) => hull.Min(p => p.X * up.X + p.Y * up.Y + p.Z * up.Z);

    static double[] Figures(Facing f) =>
    [
        f.Overhang.Below30, f.Overhang.Below45, f.Overhang.Below60, f.Columns.Below30, f.Columns.Below45, f.Columns.Below60, f.ProjectedMm2, f.BedContactMm2,
    ];

    [TestCase("potato")]
    [TestCase("torus")]
    [TestCase("sphere")]
    public void Curved_parts_agree_with_every_triangle_asked_within_one_percent(string part)
    {
        // The worst of 240 directions is 0.8 % below 45° and 1.5 % below 30°, where a mesh has few triangles; fixed, for a rare direction proves nothing.
        var random = new Random(20);
        var mesh = part switch { "potato" => Shapes.Potato(random, 6), "torus" => Parts.Torus(30, 10, 300, 120), _ => Shapes.Sphere(6) };
        var (facings, brute, hull) = Of(mesh);
        var worst = 0.0;
        for (var i = 0; i < 25; i++)
        {
            var up = Parts.Direction(random);
            double[] expected = Figures(brute(up)), actual = Figures(facings.Seen(up, Bed(hull, up), InstructionSets.Current));
            for (var k = 0; k < 7; k++)
            {
                var tolerance = k is 0 or 3 ? 0.02 : 0.01;
                worst = k < 3 ? Math.Max(worst, Math.Abs(actual[k] / expected[k] - 1)) : worst;
                Assert.That(actual[k], Is.EqualTo(expected[k]).Within(tolerance * expected[k]), $"figure {k}, up {up}");
            }
        }
        TestContext.Out.WriteLine($"worst {worst:P3}");
    }

    [Test]
    public void Boxes_agree_exactly()
    {
        // What lies is told from what hangs by squares of heights in float32: a fifth of a square millimetre in 1,600.
        var random = new Random(4);
        var mesh = Parts.Table();
        var (facings, brute, hull) = Of(mesh);
        List<Point3> ups = [.. Directions.Sphere.Take(6), .. Enumerable.Range(0, 200).Select(_ => Parts.Direction(random))];
        foreach (var up in ups)
        {
            double[] expected = Figures(brute(up)), actual = Figures(facings.Seen(up, Bed(hull, up), InstructionSets.Current));
            for (var k = 0; k < expected.Length; k++)
                Assert.That(actual[k], Is.EqualTo(expected[k]).Within(expected[7] > 0 && k is < 3 or 7 ? 0.2 : 1e-6 * Math.Max(1, expected[k])), $"figure {k}, up {up}");
        }
    }

    [Test]
    public void What_lies_on_the_bed_does_not_hang_and_what_hangs_beside_it_does()
    {
        var (facings, _, _) = Of(Parts.Table());
        var standing = facings.Seen(new(0, 0, 1), 0, InstructionSets.Current);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(standing.BedContactMm2, Is.EqualTo(64).Within(1e-3));
            // The undersides: of the board, and four that the legs' tops cover from inside.
            Assert.That(standing.Overhang.Below30, Is.EqualTo(1600).Within(1e-3));
            Assert.That(standing.Columns.Below45, Is.EqualTo(1600 * 30).Within(1e-2));
        }
    }

    [Test]
    public void A_face_at_the_threshold_carries_itself_whichever_way_it_lies()
    {
        // An octagonal prism: chamfers at 45° to its flats, whose normals are as float32 has them.
        var root = Math.Sqrt(0.5) * 10;
        Point3[] ring = [new(10, 0, 0), new(root, root, 0), new(0, 10, 0), new(-root, root, 0), new(-10, 0, 0), new(-root, -root, 0), new(0, -10, 0), new(root, -root, 0)];
        List<Point3[]> mesh = [];
        for (var i = 0; i < 8; i++)
        {
            Point3 a = ring[i], b = ring[(i + 1) % 8], c = b with { Z = 5 }, d = a with { Z = 5 };
            mesh.AddRange([[a, b, c], [a, c, d], [new(0, 0, 0), b, a], [new(0, 0, 5), d, c]]);
        }
        var (facings, _, hull) = Of(mesh);
        foreach (var up in facings.Flats(8))
            Assert.That(facings.Seen(up, Bed(hull, up), InstructionSets.Current).Overhang.Below45, Is.Zero.Within(1e-6), $"up {up}");
    }

    [Test]
    public void Every_path_sees_the_same_bits()
    {
        var random = new Random(9);
        var (facings, _, hull) = Of(Shapes.Potato(random, 4));
        for (var i = 0; i < 50; i++)
        {
            var up = Parts.Direction(random);
            var expected = facings.Seen(up, Bed(hull, up), InstructionSet.Portable);
            foreach (var set in Shapes.Paths)
                Assert.That(facings.Seen(up, Bed(hull, up), set), Is.EqualTo(expected), set.ToString());
        }
    }

    [Test]
    public void A_mesh_inside_out_is_seen_as_the_one_turned_right()
    {
        var mesh = Shapes.Potato(new(3), 4);
        var inverted = Parts.Sum(InstructionSets.Current, Shapes.Tiles(Shapes.Inverted(mesh)));
        var up = new Point3(0.6, 0, 0.8);
        var expected = Of(mesh).Facings.Seen(up, -9, InstructionSets.Current);
        var actual = Facings.Of(inverted.Normals, inverted.Mass, true)!.Seen(up, -9, InstructionSets.Current);
        Assert.That(Figures(actual).Zip(Figures(expected), (a, e) => Math.Abs(a - e) / Math.Max(1, e)).Max(), Is.LessThan(0.01));
    }
}
