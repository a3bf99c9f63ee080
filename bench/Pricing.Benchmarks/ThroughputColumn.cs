using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Pricing.Benchmarks;

/// <summary>Triangles and megabytes of binary STL per second, from the parameter "Triangles".</summary>
sealed class ThroughputColumn(string name, double perTriangle, string unit) : IColumn
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
        var triangles = benchmarkCase.Parameters.Items.FirstOrDefault(p => p.Name == "Triangles")?.Value;
        return nanoseconds is { } ns && triangles is int count
            ? (count * perTriangle / ns * 1e3).ToString("N1", CultureInfo.InvariantCulture)
            : "-";
    }

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}

/// <summary>Adds the throughput columns to a benchmark class.</summary>
sealed class ThroughputConfig : ManualConfig
{
    public ThroughputConfig() => AddColumn(
        new ThroughputColumn("Mtri/s", 1, "Million triangles per second"),
        new ThroughputColumn("MB/s", 50, "Megabytes of binary STL per second"));
}
