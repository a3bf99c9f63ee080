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

    static LayerRows Open(InstructionSet set, IEnumerable<TriangleTile> tiles, LayerGrid grid, LayerSlopes slopes)
    {
        var sums = new TileSums();
        foreach (var tile in tiles)
            TileKernels.For(set).Add(tile, grid, slopes, sums);
        return sums.Rows;
    }

    static LayerRows Rows(InstructionSet set, IEnumerable<TriangleTile> tiles, LayerGrid grid, LayerSlopes slopes)
    {
        var rows = Open(set, tiles, grid, slopes);
        rows.Close();
        return rows;
    }

    static void AssertEqual(LayerRows actual, LayerRows expected, int low, int high, string what)
    {
        for (var k = low; k <= high; k++)
            Assert.That(actual.Row(k).SequenceEqual(expected.Row(k)) && actual.WholeRow(k).SequenceEqual(expected.WholeRow(k)), Is.True, $"{what}, plane {k}");
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
            AssertEqual(Rows(set, tiles, grid, AnySlope), rows, rows.First, rows.First + rows.Count - 1, $"{set}");
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
        // Few large triangles, which are tall, and many small ones, which are not.
        List<TriangleTile>[] parts = [.. new[] { 50, -200, 0, 300, -500 }.Select((z, i) => Shapes.Tiles(Shapes.Sphere(i % 4, 10, new(0, 0, z))))];
        var whole = Rows(InstructionSet.Portable, parts.SelectMany(p => p), grid, slopes);
        var merged = new LayerRows();
        foreach (var part in parts.Reverse())
            merged.Add(Open(InstructionSet.Portable, part, grid, slopes));
        merged.Close();
        AssertEqual(merged, whole, grid.First(-510), grid.First(310), "merged");
    }

    [TestCase(0, 10, 0.01)]
    [TestCase(1, 10, 0.01)]
    [TestCase(1, 10, 0.001)]
    [TestCase(2, 100, 0.1)]
    [TestCase(1, 6000, 5)]
    public void Tall_triangles_agree_with_real_segments_whatever_their_order(int fineness, double radius, double height)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var grid = new LayerGrid(height);
        var mesh = Shapes.Potato(random, fineness, radius);
        var tiles = Shapes.Tiles(mesh);
        var expected = LayerProfile.Reference(tiles, grid);
        var rows = Rows(InstructionSet.Portable, tiles, grid, AnySlope);
        // Each triangle rounds by at most one unit per sum and row, besides what the doubles of either side lose.
        var within = mesh.Count * Math.Pow(2, -LayerRows.Bits) + 1e-12 * radius * radius;
        Span<long> whole = stackalloc long[LayerRows.Classes];
        foreach (var (k, row) in expected)
        {
            for (var c = 0; c < LayerRows.Classes; c++)
                whole[c] += rows.WholeRow(k)[c];
            var sums = rows.Row(k);
            Assert.That(Mm(sums[LayerRows.Area]), Is.EqualTo(row.Area).Within(within), $"area, plane {k}");
            Assert.That(Mm(sums[LayerRows.Perimeter]), Is.EqualTo(row.Perimeter).Within(within), $"perimeter, plane {k}");
            Assert.That(Mm(whole[LayerRows.UpSkin] + sums[LayerRows.Below + LayerRows.UpSkin]), Is.EqualTo(row.UpBelow).Within(within), $"up, plane {k}");
            Assert.That(Mm(whole[LayerRows.DownSkin] + sums[LayerRows.Below + LayerRows.DownSkin]), Is.EqualTo(row.DownBelow).Within(within), $"down, plane {k}");
        }
        foreach (var set in Shapes.Paths)
        {
            var shuffled = Rows(set, Shapes.Tiles(Shapes.Shuffled(mesh, random)), grid, AnySlope);
            AssertEqual(shuffled, rows, expected.Keys.First(), expected.Keys.Last() + 1, $"{set}");
        }
    }

    [Test]
    public void Differences_hold_over_a_hundred_thousand_planes_and_leave_nothing_behind()
    {
        const double Side = 20, Height = 19.99;
        var grid = new LayerGrid(0.0002);
        // All walls hang by these slopes once the pyramid stands on its tip.
        var slopes = AnySlope with { Overhang = 0.1 };
        var mesh = Shapes.Map(Shapes.Pyramid(Side, Height), p => new(p.X, p.Y, (float)-p.Z));
        var rows = Rows(InstructionSets.Current, Shapes.Tiles(Shapes.Inverted(mesh)), grid, slopes);
        int low = grid.First((float)-Height), high = grid.First(0);
        Assert.That(high - low, Is.GreaterThan(99_900));
        for (var k = low; k < high; k += 37)
        {
            var side = Side * (1 + grid.PlaneMm(k) / (float)Height);
            Assert.That(Mm(rows.Row(k)[LayerRows.Area]), Is.EqualTo(side * side).Within(1e-6), $"plane {k}");
            Assert.That(Mm(rows.Row(k)[LayerRows.Perimeter]), Is.EqualTo(4 * side).Within(1e-6), $"plane {k}");
            Assert.That(Mm(rows.Row(k)[LayerRows.Overhang]), Is.EqualTo(4 * side).Within(1e-6), $"plane {k}");
            Assert.That(Mm(rows.Row(k)[LayerRows.Below + LayerRows.DownSkin]), Is.EqualTo(side * side).Within(1e-6), $"plane {k}");
        }
        Assert.That(rows.Row(high).ContainsAnyExcept(0), Is.False);
    }

    [Test]
    public void The_work_for_tall_triangles_does_not_grow_with_the_number_of_layers()
    {
        var tiles = Shapes.Tiles([.. Shapes.Box(10, 20, 30), .. Shapes.Potato(new(7), 1, 15)]);
        long Updates(double height) => Rows(InstructionSets.Current, tiles, new(height), AnySlope).Updates;
        var few = Updates(0.05);
        // 600, 6,000 and 60,000 layers: two updates for each of two sides of a triangle at most, or fewer than 16 for a side that is short.
        Assert.That(Updates(0.005), Is.LessThanOrEqualTo(few));
        Assert.That(Updates(0.0005), Is.LessThanOrEqualTo(few));
        Assert.That(Updates(0.0005), Is.LessThanOrEqualTo(tiles.Sum(t => t.Count) * 4));
    }

    static double Mm(long sum) => sum * Math.Pow(2, -LayerRows.Bits);

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
