using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Dexels;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Dexels;

/// <summary>The raster: twins, parity, union, and the volume it finds.</summary>
[TestFixture]
public sealed class DexelFieldTests
{
    static int Seed([System.Runtime.CompilerServices.CallerMemberName] string test = "")
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"{test}: seed {seed}");
        return seed;
    }

    static DexelField Field(SolidMesh mesh, Frame frame, double pitchMm, int axis = 2, InstructionSet? set = null, int threads = 1) =>
        DexelField.Build(mesh, DexelGrid.Of(mesh, frame, pitchMm, threads), axis, set ?? InstructionSets.Current, threads)!;

    static ulong[][] Columns(DexelField field) => [.. Enumerable.Range(0, field.Width * field.Height).Select(c => field.Column(c).ToArray())];

    static double Volume(DexelField field) => Columns(field).Sum(column =>
        column.Sum(c => (Crossing.IsExit(c) ? 1.0 : -1.0) * Crossing.Height(c))) * field.CellMm2 / field.Grid.QuantaPerMm;

    [Test]
    public void Normals_survive_their_bits()
    {
        var random = new Random(Seed());
        for (var i = 0; i < 10_000; i++)
        {
            double x = random.NextDouble() - 0.5, y = random.NextDouble() - 0.5, z = random.NextDouble() - 0.5, l = Math.Sqrt(x * x + y * y + z * z);
            var n = Crossing.Normal(Crossing.NormalBits(x, y, z));
            Assert.That(Math.Abs(n.X - x / l) + Math.Abs(n.Y - y / l) + Math.Abs(n.Z - z / l), Is.LessThan(6e-5));
        }
        foreach (var axis in new Point3[] { new(1, 0, 0), new(0, -1, 0), new(0, 0, 1), new(0, 0, -1) })
            Assert.That(Crossing.Normal(Crossing.NormalBits(3 * axis.X, 3 * axis.Y, 3 * axis.Z)), Is.EqualTo(axis));
    }

    [Test]
    public void Crossings_sort_by_height_then_entries_first()
    {
        ulong up = Crossing.NormalBits(0, 0, 1), down = Crossing.NormalBits(1, 2, -3);
        Assert.That(Crossing.Of(5, true, true, up), Is.LessThan(Crossing.Of(6, false, false, down)));
        Assert.That(Crossing.Of(5, false, true, up), Is.LessThan(Crossing.Of(5, true, false, down)));
        var largest = Crossing.Of((1 << DexelGrid.HeightBits) - 1, true, true, up);
        Assert.That((Crossing.Height(largest), Crossing.IsExit(largest), Crossing.IsOwned(largest)), Is.EqualTo(((1 << DexelGrid.HeightBits) - 1, true, true)));
    }

    /// <summary>Sliver and large triangles alike, closed or not: the raster must find what asking every cell finds.</summary>
    [TestCaseSource(typeof(Shapes), nameof(Shapes.Paths))]
    public void Raster_finds_what_its_twin_finds(InstructionSet set)
    {
        var random = new Random(Seed());
        for (var round = 0; round < 12; round++)
        {
            var mesh = Shapes.Solid(round % 2 == 0 ? Shapes.Potato(random, 2) : Shapes.Soup(random, 40, 10));
            var grid = DexelGrid.Of(mesh, Turned.AnyFrame(random), 0.2 + random.NextDouble(), 1);
            for (var axis = 0; axis < 3; axis++)
            {
                var snapped = ColumnSnap.Of(mesh, grid, axis, set, 1);
                Assert.That(snapped, Is.EqualTo(ColumnSnap.Reference(mesh, grid, axis)));
                var sink = new CrossingSink(1, grid.Cells[(axis + 2) % 3]);
                TriangleRaster.Run(mesh, grid, axis, snapped, set, 0, mesh.Triangles, sink, () => false);
                var found = sink.Lists.SelectMany(list => list.Pieces()).SelectMany(piece => piece);
                Assert.That(Sorted(found), Is.EqualTo(Sorted(TriangleRaster.Reference(mesh, grid, axis))));
            }
        }

        static FoundCrossing[] Sorted(IEnumerable<FoundCrossing> found) => [.. found.OrderBy(f => f.Column).ThenBy(f => f.Crossing)];
    }

    [Test]
    public void Closed_meshes_cross_every_column_evenly_however_they_lie()
    {
        var random = new Random(Seed());
        for (var round = 0; round < 40; round++)
        {
            var shape = round % 2 == 0
                ? Shapes.Potato(random, 3)
                // Corners on cell centres and borders, edges along rows: where ties are decided.
                : Shapes.Map(Shapes.Sphere(2), p => new(Math.Round(p.X), Math.Round(p.Y), Math.Round(p.Z)));
            var mesh = Shapes.Solid(shape);
            var grid = DexelGrid.Of(mesh, round % 4 == 1 ? Frame.AsIs : Turned.AnyFrame(random), round % 4 == 1 ? 0.5 : 0.1 + random.NextDouble(), 1);
            for (var axis = 0; axis < 3; axis++)
            {
                var net = new int[grid.Columns(axis)];
                var sink = new CrossingSink(1, grid.Cells[(axis + 2) % 3]);
                TriangleRaster.Run(mesh, grid, axis, ColumnSnap.Reference(mesh, grid, axis), InstructionSets.Current, 0, mesh.Triangles, sink, () => false);
                foreach (var found in sink.Lists.SelectMany(list => list.Pieces()).SelectMany(piece => piece))
                    net[found.Column] += Crossing.IsExit(found.Crossing) ? 1 : -1;
                Assert.That(net.Count(n => n != 0), Is.Zero);
                Assert.That(DexelField.Build(mesh, grid, axis, InstructionSets.Current, 2)!.OpenColumns, Is.Zero);
            }
        }
    }

    [Test]
    public void An_open_mesh_has_open_columns_and_says_so()
    {
        var mesh = Shapes.Solid(Shapes.Box(10, 10, 10).Skip(1));
        var field = Field(mesh, Frame.AsIs, 0.5);
        Assert.That(field.OpenColumns, Is.InRange(190, 210));
        Assert.That(Volume(field), Is.EqualTo(500).Within(6).Percent);
    }

    [Test]
    public void Fields_do_not_depend_on_order_start_corner_threads_or_vector_width()
    {
        var random = new Random(Seed());
        for (var round = 0; round < 6; round++)
        {
            var shape = Shapes.Potato(random);
            var frame = Turned.AnyFrame(random);
            var turned = Shapes.Shuffled([.. shape.Select(t => random.Next(3) switch { 0 => t, 1 => new[] { t[1], t[2], t[0] }, _ => [t[2], t[0], t[1]] })], random);
            for (var axis = 0; axis < 3; axis++)
            {
                var expected = Columns(Field(Shapes.Solid(shape), frame, 0.3, axis));
                foreach (var set in Shapes.Paths)
                    foreach (var threads in new[] { 1, 2, 5 })
                        Assert.That(Columns(Field(Shapes.Solid(turned), frame, 0.3, axis, set, threads)), Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void A_box_is_exact_at_any_pitch()
    {
        var mesh = Shapes.Solid(Shapes.Box(10.1, 20.3, 5.7, new(-3, 4, 100)));
        foreach (var pitch in new[] { 0.13, 0.5, 3 })
            Assert.That(Volume(Field(mesh, Frame.AsIs, pitch)), Is.EqualTo(10.1 * 20.3 * 5.7).Within(1e-6).Percent.Or.EqualTo(10.1 * 20.3 * 5.7).Within(0.001));
    }

    [Test]
    public void A_spheres_volume_is_found_to_parts_per_million()
    {
        var sphere = Shapes.Sphere(5);
        var mesh = Shapes.Solid(sphere);
        foreach (var (pitch, ppm) in new[] { (0.5, 3000.0), (0.25, 1000), (0.1, 200) })
        {
            var error = 1e6 * (Volume(Field(mesh, Frame.AsIs, pitch)) / Turned.Volume(sphere) - 1);
            TestContext.Out.WriteLine($"{pitch} mm: {error:0} ppm");
            Assert.That(Math.Abs(error), Is.LessThan(ppm));
        }
    }

    [Test]
    public void Overlapping_and_touching_shells_are_one_and_cavities_are_empty()
    {
        var overlapping = Shapes.Box(10, 10, 10).Concat(Shapes.Box(10, 10, 10, new(5, 0, 0)));
        var field = Field(Shapes.Solid(overlapping), Frame.AsIs, 0.5);
        Assert.That(Volume(field), Is.EqualTo(1500).Within(1e-3));
        Assert.That(Columns(field).Max(c => c.Length), Is.EqualTo(2));

        var touching = Shapes.Box(10, 10, 10).Concat(Shapes.Box(6, 6, 5, new(2, 2, 10)));
        field = Field(Shapes.Solid(touching), Frame.AsIs, 0.5);
        Assert.That(Volume(field), Is.EqualTo(1180).Within(1e-3));
        Assert.That(Columns(field).Max(c => c.Length), Is.EqualTo(2));

        var hollow = Shapes.Box(10, 10, 10).Concat(Shapes.Inverted(Shapes.Box(6, 6, 6, new(2, 2, 2))));
        field = Field(Shapes.Solid(hollow), Frame.AsIs, 0.5);
        Assert.That(Volume(field), Is.EqualTo(1000 - 216).Within(1e-3));
        Assert.That(Columns(field).Max(c => c.Length), Is.EqualTo(4));
    }

    [Test]
    public void Large_parts_get_larger_cells()
    {
        var mesh = Shapes.Solid(Shapes.Box(2000, 3000, 10));
        var grid = DexelGrid.Of(mesh, Frame.AsIs, 0.25, 1);
        Assert.That(grid.Columns(2), Is.InRange(Limits.Dexel.ColumnsMax / 2, Limits.Dexel.ColumnsMax));
        var needle = Shapes.Solid(Shapes.Box(500_000, 1, 1));
        grid = DexelGrid.Of(needle, Frame.AsIs, 0.01, 1);
        Assert.That(new[] { 0, 1, 2 }.Max(grid.Columns), Is.LessThanOrEqualTo(Limits.Dexel.ColumnsMax));
        Assert.That(Volume(Field(needle, Frame.AsIs, 0.01)), Is.EqualTo(500_000).Within(0.01).Percent);
    }

    /// <summary>Eight hundred plates over each other, ten thousand columns each: too many until the cells have grown.</summary>
    [Test]
    public void Too_many_crossings_give_no_field_and_the_analysis_takes_larger_cells()
    {
        var mesh = Shapes.Solid(Enumerable.Range(0, 800).SelectMany(i => Shapes.Box(100, 100, 0.5, new(0, 0, i))));
        var grid = DexelGrid.Of(mesh, Frame.AsIs, 1, 1);
        Assert.That(DexelField.Build(mesh, grid, 2, InstructionSets.Current, 2), Is.Null);
        var facts = SupportField.Measure(mesh, Frame.AsIs, 1, 2)!;
        Assert.That(facts.SupportMm3, Is.EqualTo(100 * 100 * 799 * 0.5).Within(0.01).Percent);
    }
}
