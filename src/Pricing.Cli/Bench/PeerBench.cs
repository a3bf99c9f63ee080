using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Cli.Bench;

/// <summary>One program on one model. Ratio: its CPU seconds over those of ours that it is compared with; null for our own rows and where there is no figure.</summary>
sealed record PeerRow(string Model, long Triangles, string Program, string Compared, double CpuS, double WallS, long PeakBytes, double? Ratio, string? Ended);

/// <summary>
/// Other programs and ours on the same files in the same run. Ours twice: the program as a whole (start of the runtime, hash of the file, and for
/// up to two million triangles the raster estimate, which no peer makes here), and in this process (file from the page cache, every sum; up to two
/// million triangles also the vertex index, edges, shells and repair, as the peers do). Ratios are to the second.
/// </summary>
sealed class PeerBench(int triangles, int repetitions, string? corpus, Action<string> say, CancellationToken cancellation)
{
    readonly List<PeerRow> _rows = [];

    static readonly (string Program, string[] Before)[] Informers = [("prusa-slicer", ["--info"]), ("admesh", []), ("assimp", ["info"])];

    /// <summary>The standard profile in PrusaSlicer's words.</summary>
    static readonly string[] Slicing =
    [
        "--export-gcode", "--layer-height", "0.2", "--first-layer-height", "0.2", "--nozzle-diameter", "0.4", "--perimeters", "2", "--top-solid-layers", "4",
        "--bottom-solid-layers", "4", "--fill-density", "15%", "--fill-pattern", "grid", "--center", "200,200", "--bed-shape", "0x0,400x0,400x400,0x400",
    ];

    /// <summary>The rows and, of slicing, the median ratio; NaN without the slicer.</summary>
    public (IReadOnlyList<PeerRow> Rows, double SlicingMedian) Run(string folder)
    {
        foreach (var (program, _) in Informers)
            if (ChildRun.Find(program) is null)
                say($"{program} is not installed: it is left out (bench/install-peers.sh installs it)");
        foreach (var size in new[] { 100_000, 1_000_000, triangles }.Distinct().Where(size => size <= triangles))
        {
            var path = Path.Combine(folder, $"torus-{size}.stl");
            using (var file = File.Create(path))
            {
                var (rings, sides) = TorusStream.SizeFor(size);
                TorusStream.WriteBinaryStl(file, rings, sides);
            }
            Compare("binary STL", path);
            File.Delete(path);
        }
        foreach (var (name, format) in new[] { ("ASCII STL", MeshFormat.StlAscii), ("OBJ", MeshFormat.Obj) })
        {
            var path = Path.Combine(folder, "torus" + MeshWriter.Extension(format));
            File.WriteAllBytes(path, BenchText.Torus(format, Math.Min(triangles, 1_000_000)).File);
            Compare(name, path);
            File.Delete(path);
        }
        return (_rows, Slice(folder));
    }

    void Compare(string model, string path)
    {
        var options = new MeasureOptions { FdmTier = 1 };
        say($"{model}, {new FileInfo(path).Length >> 20} MiB …");
        var inProcess = PageCacheFile.Best(path, options, repetitions);
        var count = inProcess.Part.Triangles;
        Add(model, count, "ours, 1 thread", "in process: file read, sums, index", inProcess.CpuS, inProcess.WallS, 0, null, null);
        var two = PageCacheFile.Best(path, options with { Threads = 2 }, repetitions);
        Add(model, count, "ours, 2 threads", "in process: file read, sums, index", two.CpuS, two.WallS, 0, null, null);
        AddChild(model, count, "pricing measure", "whole program, every figure", Environment.ProcessPath!, [.. OwnArguments(), "measure", path, "--threads", "2", "--json"], null);
        foreach (var (program, before) in Informers)
            if (ChildRun.Find(program) is { } found)
                AddChild(model, count, string.Join(' ', [program, .. before]), "whole program", found, [.. before, path], inProcess.CpuS);
    }

    /// <summary>The raster estimate against slicing, each part on one thread of ours; the slicer's threads all count.</summary>
    double Slice(string folder)
    {
        List<(string Name, string Path)> parts = [];
        foreach (var example in ExampleModels.All)
        {
            var path = Path.Combine(folder, example.Name + ".stl");
            File.WriteAllBytes(path, MeshWriter.ToBytes(example.Build(), MeshFormat.StlBinary));
            parts.Add((example.Name, path));
        }
        if (corpus is not null)
            parts.AddRange(Directory.EnumerateFiles(corpus, "*.stl", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), path)));
        var slicer = ChildRun.Find("prusa-slicer");
        List<double> ratios = [];
        foreach (var (name, path) in parts)
        {
            cancellation.ThrowIfCancellationRequested();
            PageCacheFile ours;
            try
            {
                ours = PageCacheFile.Best(path, new MeasureOptions(), repetitions);
            }
            catch (MeshFormatException e)
            {
                say($"{name}: {e.Reason}, left out");
                continue;
            }
            if (ours.Part.Fdm is not { Tier: 2 })
            {
                say($"{name}: no raster estimate, left out");
                continue;
            }
            Add(name, ours.Part.Triangles, "ours, 1 thread", "in process: everything with the raster estimate", ours.CpuS, ours.WallS, 0, null, null);
            if (slicer is null)
                continue;
            AddChild(name, ours.Part.Triangles, "prusa-slicer", "whole program: slicing", slicer, [.. Slicing, "--output", Path.Combine(folder, "sliced.gcode"), path], ours.CpuS);
            if (_rows[^1].Ratio is { } ratio)
                ratios.Add(ratio);
        }
        ratios.Sort();
        return ratios.Count == 0 ? double.NaN : ratios[ratios.Count / 2];
    }

    void AddChild(string model, long count, string name, string compared, string program, string[] arguments, double? oursCpuS)
    {
        var run = ChildRun.Of(program, arguments, cancellation);
        // What a run on a file in the page cache costs at least: the first has read it there.
        for (var i = 1; i < repetitions && run is { Ended: null, WallS: < 5 }; i++)
            if (ChildRun.Of(program, arguments, cancellation) is { Ended: null } next && next.CpuS < run.CpuS)
                run = next;
        Add(model, count, name, compared, run.CpuS, run.WallS, run.PeakBytes, run.Ended is null ? run.CpuS / oursCpuS : null, run.Ended);
    }

    void Add(string model, long count, string program, string compared, double cpuS, double wallS, long peak, double? ratio, string? ended) =>
        _rows.Add(new(model, count, program, compared, cpuS, wallS, peak, ratio, ended));

    /// <summary>Under `dotnet pricing.dll` the process is dotnet.</summary>
    static IEnumerable<string> OwnArguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "pricing.dll")] : [];
}
