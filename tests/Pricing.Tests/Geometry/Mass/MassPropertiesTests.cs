using System.Numerics;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mass;

sealed class MassPropertiesTests
{
    static readonly LayerGrid Grid = new(0.2);

    static TileSums Sum(InstructionSet set, IEnumerable<TriangleTile> tiles)
    {
        var sums = new TileSums();
        var kernels = TileKernels.For(set);
        foreach (var tile in tiles)
            kernels.Add(tile, Grid, default, sums);
        return sums;
    }

    [TestCase(0, 0, 0)]
    [TestCase(100, -70, 30)]
    [TestCase(-9000, 9000, 9000)]
    [TestCase(524288, -524288, 262144)]
    public void A_box_has_its_volume_area_and_centroid_wherever_it_stands(double x, double y, double z)
    {
        var m = Shapes.Measure(Shapes.Box(10, 20, 30, new(x, y, z)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(m.VolumeMm3, Is.EqualTo(6000).Within(1e-9 * 6000));
            Assert.That(m.AreaMm2, Is.EqualTo(2200).Within(1e-9 * 2200));
            Assert.That(m.CentroidMm.X, Is.EqualTo(x + 5).Within(1e-9 * (Math.Abs(x) + 10)));
            Assert.That(m.CentroidMm.Y, Is.EqualTo(y + 10).Within(1e-9 * (Math.Abs(y) + 20)));
            Assert.That(m.CentroidMm.Z, Is.EqualTo(z + 15).Within(1e-9 * (Math.Abs(z) + 30)));
            Assert.That(m.BboxMinMm, Is.EqualTo(new Point3(x, y, z)));
            Assert.That(m.BboxMaxMm, Is.EqualTo(new Point3(x + 10, y + 20, z + 30)));
            Assert.That((m.UpAreaMm2, m.DownAreaMm2, m.OverhangAreaMm2), Is.EqualTo((200.0, 200.0, 0.0)));
        }
    }

    [Test]
    public void A_pyramid_has_its_volume_and_centroid()
    {
        var m = Shapes.Measure(Shapes.Pyramid(12, 9));
        Assert.That(m.VolumeMm3, Is.EqualTo(12 * 12 * 9 / 3.0).Within(1e-9 * 432));
        Assert.That(m.CentroidMm.Z, Is.EqualTo(9 / 4.0).Within(1e-9));
        Assert.That(m.CentroidMm.X, Is.Zero.Within(1e-9));
    }

    [Test]
    public void A_face_that_hangs_counts_as_overhang_but_the_one_on_the_bed_does_not()
    {
        // A table on one leg: the plate's underside hangs, the leg's does not, though export noise lifts one of its corners.
        var mesh = Shapes.Box(4, 4, 10, new(8, 8, 1e-3));
        mesh.AddRange(Shapes.Box(20, 20, 2, new(0, 0, 10)));
        mesh.AddRange(Shapes.Box(1, 1, 1));
        Assert.That(Shapes.Measure(mesh).OverhangAreaMm2, Is.EqualTo(400).Within(1e-6));
    }

    [Test]
    public void Bed_sums_do_not_depend_on_when_the_bed_was_seen()
    {
        var low = Shapes.Tiles(Shapes.Box(3, 3, 3));
        var high = Shapes.Tiles(Shapes.Box(5, 5, 5, new(0, 0, 0.02)));
        var first = Sum(InstructionSet.Portable, [.. low, .. high]).Mass;
        var last = Sum(InstructionSet.Portable, [.. high, .. low]).Mass;
        var apart = Sum(InstructionSet.Portable, high).Mass;
        apart.Add(Sum(InstructionSet.Portable, low).Mass);
        Assert.That(last.BedOverhang2, Is.EqualTo(first.BedOverhang2));
        Assert.That(apart.BedOverhang2, Is.EqualTo(first.BedOverhang2));
        Assert.That((double)first.BedOverhang2[0, 1], Is.GreaterThan(0));
    }

    [TestCase(1e-3)]
    [TestCase(50)]
    [TestCase(8000)]
    [TestCase(9e5)]
    public void Every_path_gives_the_sums_of_the_reference_twin(double reach)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var tiles = Shapes.Tiles(Shapes.Soup(new(seed), 1300, reach));
        var expected = MassProperties.Reference(tiles);
        foreach (var set in Shapes.Paths)
        {
            var sums = Sum(set, tiles).Mass;
            for (var term = 0; term < MassSums.TermCount; term++)
                Assert.That((BigInteger)sums.Terms[term], Is.EqualTo(expected[term]), $"{set}, term {term}");
        }
    }

    [Test]
    public void Triangles_without_area_are_counted()
    {
        var mesh = Shapes.Box(10, 10, 10);
        mesh.Add([new(0, 0, 0), new(0, 0, 0), new(1, 1, 1)]);
        mesh.Add([new(0, 0, 0), new(1, 1, 1), new(3, 3, 3)]);
        foreach (var set in Shapes.Paths)
            Assert.That(Sum(set, Shapes.Tiles(mesh)).Mass.Degenerate, Is.EqualTo(2), set.ToString());
        Assert.That(Shapes.Measure(mesh).DegenerateTriangles, Is.EqualTo(2));
    }
}
