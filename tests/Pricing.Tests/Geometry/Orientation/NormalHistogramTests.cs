using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Orientation;

namespace Pricing.Tests.Geometry.Orientation;

sealed class NormalHistogramTests
{
    static NormalHistogram Sum(InstructionSet set, IEnumerable<TriangleTile> tiles) => Parts.Sum(set, tiles).Normals;

    static void AssertSame(NormalHistogram a, NormalHistogram b, string what)
    {
        for (var bin = 0; bin < NormalHistogram.Bins; bin++)
            if (!a.Row(bin).SequenceEqual(b.Row(bin)))
                Assert.Fail($"{what}: bin {bin}");
    }

    [TestCase(1e-3)]
    [TestCase(50)]
    [TestCase(2000)]
    [TestCase(9e5)]
    public void Every_path_gives_the_sums_of_the_reference_twin(double reach)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var tiles = Shapes.Tiles([.. Shapes.Soup(new(seed), 1300, reach), .. Shapes.Box(reach, reach / 3, reach / 7), .. Shapes.Pyramid(reach, reach / 2)]);
        var expected = NormalHistogram.Reference(tiles);
        foreach (var set in Shapes.Paths)
        {
            var sums = Sum(set, tiles);
            for (var bin = 0; bin < NormalHistogram.Bins; bin++)
                for (var f = 0; f < NormalHistogram.Fields; f++)
                {
                    // The far path sums modulo 2⁶⁴.
                    var term = expected.TryGetValue(bin, out var row) ? row[f] : 0;
                    Assert.That(sums.Row(bin)[f], Is.EqualTo(unchecked((long)(ulong)(term & ulong.MaxValue))), $"{set}, bin {bin}, field {f}");
                }
        }
    }

    [Test]
    public void Sums_depend_on_neither_order_nor_first_corner_nor_workers()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var mesh = Shapes.Potato(random, 4);
        var expected = Sum(InstructionSet.Portable, Shapes.Tiles(mesh));
        Assert.That(expected.Count, Is.GreaterThan(1000));
        foreach (var set in Shapes.Paths)
        {
            AssertSame(Sum(set, Shapes.Tiles(Shapes.Shuffled(mesh, random))), expected, $"{set}, shuffled");
            var turned = mesh.ConvertAll(t => random.Next(3) switch { 0 => t, 1 => new[] { t[1], t[2], t[0] }, _ => [t[2], t[0], t[1]] });
            AssertSame(Sum(set, Shapes.Tiles(turned)), expected, $"{set}, other first corners");
            var apart = Sum(set, Shapes.Tiles(mesh.Take(700)));
            apart.Add(Sum(set, Shapes.Tiles(mesh.Skip(700))));
            AssertSame(apart, expected, $"{set}, two workers");
        }
    }

    [Test]
    public void The_pipeline_keeps_the_sums_whatever_its_threads()
    {
        var mesh = Shapes.Potato(new(7), 5);
        var expected = Sum(InstructionSet.Portable, Shapes.Tiles(mesh));
        foreach (var threads in new[] { 1, 2, 3 })
        {
            using var pipeline = new TilePipeline(threads, InstructionSets.Current, new LayerGrid(0.2), default, null, () => null);
            var writer = new TileWriter(pipeline, new());
            foreach (var t in mesh)
                writer.Add((float)t[0].X, (float)t[0].Y, (float)t[0].Z, (float)t[1].X, (float)t[1].Y, (float)t[1].Z, (float)t[2].X, (float)t[2].Y, (float)t[2].Z);
            writer.Complete();
            AssertSame(pipeline.Finish().Normals, expected, $"{threads} threads");
        }
    }

    [Test]
    public void A_box_faces_six_ways_and_each_bin_holds_one_face()
    {
        var sums = Sum(InstructionSets.Current, Shapes.Tiles(Shapes.Box(10, 20, 30, new(1, 2, 3))));
        var areas = new List<double>();
        for (var bin = 0; bin < NormalHistogram.Bins; bin++)
            if (sums.Row(bin)[NormalHistogram.Area2] is > 0 and var area2)
                areas.Add(area2 / 2.0 / (1L << NormalHistogram.AreaBits));
        Assert.That(areas.Order(), Is.EqualTo((double[])[200, 200, 300, 300, 600, 600]));
    }

    [Test]
    public void A_part_too_large_for_the_sums_is_not_searched()
    {
        var tiles = Shapes.Tiles(Shapes.Box(1e5, 1e5, 1e5));
        var sums = Parts.Sum(InstructionSets.Current, tiles);
        Assert.That(NormalHistogram.Holds(sums.Mass), Is.False);
        Assert.That(OrientationSearch.Of(sums.Normals, sums.Mass, false, [new(0, 0, 0)], _ => default), Is.Null);
    }
}
