using NUnit.Framework;
using Pricing.Cli.Bench;
using Pricing.Geometry;

namespace Pricing.Tests.Geometry;

/// <summary>What a warmed process allocates for one more part: nothing that grows with triangles but the index, the edges and the file's own vertices.</summary>
[NonParallelizable]
sealed class AllocationTests
{
    static long Allocated(Action work)
    {
        work();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        work();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    [Test]
    public void Sums_over_tiles_allocate_by_layers_not_by_triangles()
    {
        var small = BenchMesh.Torus(20_000).Tiles();
        var large = BenchMesh.Torus(200_000).Tiles();
        long Of(IReadOnlyList<Pricing.Geometry.Mesh.TriangleTile> tiles) =>
            Allocated(() => GeometryKernels.OnePass(tiles, Pricing.Geometry.Lanes.InstructionSets.Current, 0.2));
        var (few, many) = (Of(small), Of(large));
        TestContext.Out.WriteLine($"{few} and {many} bytes");
        Assert.That(few, Is.LessThan(700_000));
        Assert.That(many, Is.LessThan(few + 100_000));
    }

    [Test]
    public void Decoding_a_binary_stl_allocates_a_fixed_amount()
    {
        long Of(int triangles)
        {
            var mesh = BenchMesh.Torus(triangles);
            return Allocated(() =>
            {
                var decoder = Pricing.Geometry.Mesh.MeshDecoder.Open(mesh.Stl.Length, "a.stl", null, 1, new(new TileSink(), new()));
                decoder.Push(mesh.Stl);
                decoder.Finish();
            });
        }
        Assert.That(Of(10_000), Is.LessThan(64 << 10));
        Assert.That(Of(300_000), Is.LessThan(64 << 10));
    }

    [Test]
    public void A_whole_measurement_allocates_a_bounded_number_of_bytes_per_triangle()
    {
        var mesh = BenchMesh.Torus(200_000);
        var bytes = Allocated(() => PartMeasurer.Measure(mesh.Stl, new() { FdmTier = 1, Analysis = false }, "a.stl"));
        TestContext.Out.WriteLine($"{(double)bytes / mesh.Triangles:0.0} bytes per triangle");
        // Index 12 + 6 + 16, edges and their table, shells and the tree that compares them: measured 225.
        Assert.That(bytes, Is.LessThan(300L * mesh.Triangles));
        // Hull, edges, three fields of columns, and trees for the rays and for what crosses: measured 870.
        Assert.That(Allocated(() => PartMeasurer.Measure(mesh.Stl, new() { FdmTier = 1 }, "a.stl")), Is.LessThan(1_200L * mesh.Triangles));
    }
}
