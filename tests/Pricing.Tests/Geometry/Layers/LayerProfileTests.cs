using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Layers;

sealed class LayerProfileTests
{
    // Every face that is not upright falls in the lower class: the reference twin does not tell slopes apart.
    static readonly LayerSlopes AnySlope = new(0, 1e30, 0, 1e30, 1e30);

    static LayerRows Rows(InstructionSet set, List<TriangleTile> tiles, LayerGrid grid, LayerSlopes slopes)
    {
        var sums = new TileSums();
        foreach (var tile in tiles)
            TileKernels.For(set).Add(tile, grid, slopes, sums);
        return sums.Rows;
    }

    [Test]
    public void A_box_has_the_same_section_at_every_plane()
    {
        var grid = new LayerGrid(0.2);
        var tiles = Shapes.Tiles(Shapes.Box(10, 20, 30, new(-3, 4, 0)));
        var table = LayerTable.Read(Rows(InstructionSets.Current, tiles, grid, AnySlope), grid, 0, 30, false);
        Assert.That(table.Count, Is.EqualTo(150));
        Assert.That(table.AreaMm2, Is.All.EqualTo(200).Within(1e-6));
        Assert.That(table.PerimeterMm, Is.All.EqualTo(60).Within(1e-6));
        Assert.That(table.UpFlatMm2[^1], Is.EqualTo(200).Within(1e-6));
        Assert.That(table.DownFlatMm2[0], Is.EqualTo(200).Within(1e-6));
    }

    [Test]
    public void A_pyramid_has_square_sections()
    {
        var grid = new LayerGrid(0.25);
        var table = LayerTable.Read(Rows(InstructionSets.Current, Shapes.Tiles(Shapes.Pyramid(20, 20)), grid, AnySlope), grid, 0, 20, false);
        for (var k = 0; k < table.Count; k++)
        {
            var side = 20 - table.PlaneMm[k];
            Assert.That(table.AreaMm2[k], Is.EqualTo(side * side).Within(1e-5));
            Assert.That(table.PerimeterMm[k], Is.EqualTo(4 * side).Within(1e-5));
        }
    }

    [TestCase(10, 0.2)]
    [TestCase(10, 0.05)]
    [TestCase(0.4, 0.3)]
    [TestCase(6000, 50)]
    public void Every_path_agrees_with_real_segments_and_with_every_other_bit_for_bit(double radius, double height)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var grid = new LayerGrid(height);
        var tiles = Shapes.Tiles(Shapes.Potato(new(seed), 3, radius));
        var expected = LayerProfile.Reference(tiles, grid);
        var rows = Rows(InstructionSet.Portable, tiles, grid, AnySlope);
        double min = tiles.Min(t => t.Lanes.ToArray().Min()), max = tiles.Max(t => t.Lanes.ToArray().Max());
        var low = expected.Keys.First();
        var table = LayerTable.Read(rows, grid, grid.PlaneMm(low) - height / 4, grid.PlaneMm(expected.Keys.Last()) + height / 4, false);
        Assert.That(table.Count, Is.EqualTo(expected.Count), $"{min} {max}");
        foreach (var (k, row) in expected)
        {
            var within = 1e-6 * (1 + radius * radius);
            Assert.That(table.AreaMm2[k - low], Is.EqualTo(row.Area).Within(within));
            Assert.That(table.PerimeterMm[k - low], Is.EqualTo(row.Perimeter).Within(within));
            Assert.That(table.UpSkinMm2[k - low], Is.EqualTo(row.UpBelow).Within(within));
            Assert.That(table.DownSkinMm2[k - low], Is.EqualTo(row.DownBelow).Within(within));
        }
        foreach (var set in Shapes.Paths)
        {
            var other = Rows(set, tiles, grid, AnySlope);
            for (var k = rows.First; k < rows.First + rows.Count; k++)
                Assert.That(other.Row(k).SequenceEqual(rows.Row(k)), Is.True, $"{set}, plane {k}");
        }
    }

    [Test]
    public void A_vertex_on_a_plane_is_counted_once()
    {
        // Planes of h = 0.25 lie at 0.125, 0.375, …: the sphere's corners are put on them.
        var mesh = Shapes.Map(Shapes.Sphere(4), p => p with { Z = Math.Round(p.Z * 4) / 4 + 0.125 });
        var grid = new LayerGrid(0.25);
        var tiles = Shapes.Tiles(mesh);
        var rows = Rows(InstructionSets.Current, tiles, grid, AnySlope);
        foreach (var (k, row) in LayerProfile.Reference(tiles, grid))
            Assert.That(rows.Row(k)[LayerRows.Area] / (double)(1 << LayerRows.Bits), Is.EqualTo(row.Area).Within(1e-4));
    }

    [Test]
    public void Rows_grow_both_ways_and_merge_whatever_the_order()
    {
        var grid = new LayerGrid(0.2);
        var slopes = FdmEstimator.SlopesOf(FdmProfile.Standard);
        List<TriangleTile>[] parts = [.. new double[] { 50, -200, 0, 300, -500 }.Select(z => Shapes.Tiles(Shapes.Sphere(3, 10, new(0, 0, z))))];
        var whole = Rows(InstructionSet.Portable, [.. parts.SelectMany(p => p)], grid, slopes);
        var merged = new LayerRows();
        foreach (var part in parts.Reverse())
            merged.Add(Rows(InstructionSet.Portable, part, grid, slopes));
        for (var k = grid.First(-510); k < grid.First(310); k++)
            Assert.That(merged.Row(k).SequenceEqual(whole.Row(k)), Is.True, $"plane {k}");
    }

    [Test]
    public void A_part_with_too_many_layers_gets_no_estimate_and_little_memory()
    {
        var options = new MeasureOptions { Fdm = FdmProfile.Standard with { LayerHeightMm = 0.02 } };
        var m = PartMeasurer.Measure(Shapes.BinaryStl(Shapes.Box(10, 10, 5000)), options);
        Assert.That(m.Fdm, Is.Null);
        Assert.That(m.Notes.Select(n => n.Code), Does.Contain("TOO_MANY_LAYERS"));
        Assert.That(m.VolumeMm3, Is.EqualTo(500_000).Within(1e-3));
    }
}
