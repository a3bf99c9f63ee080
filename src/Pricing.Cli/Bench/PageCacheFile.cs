using System.Diagnostics;
using Pricing.Geometry;

namespace Pricing.Cli.Bench;

/// <summary>A file measured in this process as a node would: read from the page cache through one small buffer, straight into the kernels.</summary>
sealed record PageCacheFile(double CpuS, double WallS, PartMeasurement Part)
{
    /// <summary>Fits the second-level cache beside the tiles.</summary>
    const int BufferBytes = 256 << 10;

    public static PageCacheFile Measure(string path, MeasureOptions options)
    {
        using var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        using var measurer = new PartMeasurer(options, RandomAccess.GetLength(file), Path.GetFileName(path));
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
        for (long at = 0; RandomAccess.Read(file, buffer, at) is > 0 and var read; at += read)
            measurer.Push(buffer.AsSpan(0, read));
        var part = measurer.Finish();
        var wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
        process.Refresh();
        return new((process.TotalProcessorTime - cpu).TotalSeconds, wall, part);
    }

    /// <summary>The cheapest of some runs after one to warm up: on a busy machine the least disturbed says most. Time and CPU each at their least.</summary>
    public static PageCacheFile Best(string path, MeasureOptions options, int repetitions)
    {
        var best = Measure(path, options);
        for (var i = 0; i < repetitions; i++)
        {
            var next = Measure(path, options);
            best = new(Math.Min(best.CpuS, next.CpuS), Math.Min(best.WallS, next.WallS), next.Part);
        }
        return best;
    }
}
