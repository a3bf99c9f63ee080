using BenchmarkDotNet.Attributes;
using Pricing.Cli.Bench;
using Pricing.Geometry;

namespace Pricing.Benchmarks.Geometry;

/// <summary>Decoding of the text formats; PRICING_ISA=portable times the plain parsers.</summary>
[MemoryDiagnoser]
[Config(typeof(TextThroughputConfig))]
public class TextDecoderBench
{
    BenchText _text = BenchText.Torus(MeshFormat.Obj, 100);

    [Params(MeshFormat.StlAscii, MeshFormat.Obj, MeshFormat.Off)]
    public MeshFormat Format { get; set; }

    [Params(10_000, 100_000)]
    public int Triangles { get; set; }

    [GlobalSetup]
    public void Setup() => _text = BenchText.Torus(Format, Triangles);

    [Benchmark]
    public long Decode() => _text.Decode();
}
