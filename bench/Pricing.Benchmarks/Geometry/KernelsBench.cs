using BenchmarkDotNet.Attributes;
using Pricing.Cli.Bench;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Benchmarks.Geometry;

/// <summary>Each kernel over tiles in memory, on every path of this CPU.</summary>
[MemoryDiagnoser]
[Config(typeof(ThroughputConfig))]
public class KernelsBench
{
    IReadOnlyList<TriangleTile> _tiles = [];

    [Params(10_000, 1_000_000)]
    public int Triangles { get; set; }

    [ParamsSource(nameof(Paths))]
    public InstructionSet Path { get; set; }

    public static IEnumerable<InstructionSet> Paths => Enum.GetValues<InstructionSet>().Where(InstructionSets.IsSupported);

    [GlobalSetup]
    public void Setup() => _tiles = BenchMesh.Torus(Triangles).Tiles();

    [Benchmark]
    public long Mass() => GeometryKernels.Mass(_tiles, Path);

    [Benchmark]
    public long Fingerprint() => GeometryKernels.Fingerprint(_tiles, Path);

    [Benchmark]
    public long Layers() => GeometryKernels.Layers(_tiles, Path, GeometryKernels.LayerHeightMm);

    [Benchmark]
    public long OnePass() => GeometryKernels.OnePass(_tiles, Path, GeometryKernels.LayerHeightMm);
}
