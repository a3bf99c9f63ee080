using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Pricing.Cli.Bench;
using Pricing.Geometry;

namespace Pricing.Benchmarks;

/// <summary>Triangles and megabytes of binary STL per second, from the parameter "Triangles".</summary>
class ThroughputColumn(string name, double perTriangle, string unit) : IColumn
{
    public string Id => name;
    public string ColumnName => name;
    public string Legend => unit;
    public bool AlwaysShow => true;
    public ColumnCategory Category => ColumnCategory.Custom;
    public int PriorityInCategory => 0;
    public bool IsNumeric => true;
    public UnitType UnitType => UnitType.Dimensionless;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        var nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Median;
        return nanoseconds is { } ns && Units(benchmarkCase) is { } units ? (units / ns * 1e3).ToString("N1", CultureInfo.InvariantCulture) : "-";
    }

    protected virtual double? Units(BenchmarkCase benchmarkCase) => Parameter(benchmarkCase, "Triangles") is int triangles ? triangles * perTriangle : null;

    protected static object? Parameter(BenchmarkCase benchmarkCase, string name) => benchmarkCase.Parameters.Items.FirstOrDefault(p => p.Name == name)?.Value;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}

/// <summary>Megabytes of the text file itself per second, from the parameters "Format" and "Triangles".</summary>
sealed class TextThroughputColumn() : ThroughputColumn("MB/s", 0, "Megabytes of the file per second")
{
    protected override double? Units(BenchmarkCase benchmarkCase) =>
        Parameter(benchmarkCase, "Format") is MeshFormat format && Parameter(benchmarkCase, "Triangles") is int triangles
            ? BenchText.Torus(format, triangles).File.Length
            : null;
}

/// <summary>Adds the throughput columns to a benchmark class.</summary>
sealed class ThroughputConfig : ManualConfig
{
    public ThroughputConfig() => AddColumn(
        new ThroughputColumn("Mtri/s", 1, "Million triangles per second"),
        new ThroughputColumn("MB/s", 50, "Megabytes of binary STL per second"));
}

/// <summary>The same for benchmarks that decode a text.</summary>
sealed class TextThroughputConfig : ManualConfig
{
    public TextThroughputConfig() => AddColumn(new ThroughputColumn("Mtri/s", 1, "Million triangles per second"), new TextThroughputColumn());
}
