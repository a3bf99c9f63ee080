using BenchmarkDotNet.Attributes;
using Pricing.Cli.Bench;
using Pricing.Geometry;
using Pricing.Geometry.Mesh;

namespace Pricing.Benchmarks.Geometry;

/// <summary>From a file's bytes: decoding alone, topology alone, the whole measurement.</summary>
[MemoryDiagnoser]
[Config(typeof(ThroughputConfig))]
public class PartMeasurerBench
{
    BenchMesh _mesh = BenchMesh.Torus(100);
    IReadOnlyList<TriangleTile> _tiles = [];

    [Params(2_000, 100_000, 1_000_000)]
    public int Triangles { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _mesh = BenchMesh.Torus(Triangles);
        _tiles = _mesh.Tiles();
    }

    [Benchmark]
    public long Decode()
    {
        var writer = new TileWriter(new TileSink(), new TriangleTile());
        var decoder = MeshDecoder.Open(_mesh.Stl.Length, "bench.stl", null, 1, writer);
        decoder.Push(_mesh.Stl);
        decoder.Finish();
        return writer.Triangles;
    }

    [Benchmark]
    public long Topology() => GeometryKernels.Topology(_tiles);

    [Benchmark(Baseline = true)]
    public double Measure() => PartMeasurer.Measure(_mesh.Stl, new(), "bench.stl").VolumeMm3;

    [Benchmark]
    public double Measure2Threads() => PartMeasurer.Measure(_mesh.Stl, new() { Threads = 2 }, "bench.stl").VolumeMm3;
}
