using System.Diagnostics;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Cli.Bench;

/// <summary>One measured thing: rates are of the median repetition; MB of binary STL (50 bytes per triangle), of the file itself where a text is decoded.</summary>
public sealed record KernelResult(
    string Name, long Triangles, double TrianglesPerS, double MegabytesPerS, double MinMs, double MedianMs, double MaxMs, long AllocatedBytes);

/// <summary>Speed of each geometry kernel and of the whole measurement, on a mesh made here: what `pricing bench` prints.</summary>
public static class KernelBench
{
    /// <param name="triangles">Size of the mesh, e.g. 1,000,000.</param>
    /// <param name="repetitions">Repetitions after one to warm up.</param>
    /// <param name="cancellation">Checked between repetitions.</param>
    public static IReadOnlyList<KernelResult> Run(int triangles, int repetitions, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(triangles, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(repetitions, 1);
        var mesh = BenchMesh.Torus(triangles);
        var tiles = mesh.Tiles();
        var set = InstructionSets.Current;
        var isa = set.Name();
        List<KernelResult> results = [];
        void Time(string name, Action work) => results.Add(Measure(name, mesh.Triangles, 50L * mesh.Triangles, repetitions, work, cancellation));

        Time("decode binary STL", () => Decode(mesh));
        foreach (var (name, format) in new[] { ("ASCII STL", MeshFormat.StlAscii), ("OBJ", MeshFormat.Obj), ("OFF", MeshFormat.Off) })
        {
            var text = BenchText.Torus(format, triangles);
            results.Add(Measure($"decode {name} ({isa})", text.Triangles, text.File.Length, repetitions, () => text.Decode(), cancellation));
        }
        Time($"mass + box ({isa})", () => GeometryKernels.Mass(tiles, set));
        Time($"edge fingerprint ({isa})", () => GeometryKernels.Fingerprint(tiles, set));
        Time($"layer profile ({isa})", () => GeometryKernels.Layers(tiles, set, GeometryKernels.LayerHeightMm));
        Time($"one pass, all kernels ({isa})", () => GeometryKernels.OnePass(tiles, set, GeometryKernels.LayerHeightMm));
        if (set != InstructionSet.Portable)
            Time("one pass, all kernels (portable)", () => GeometryKernels.OnePass(tiles, InstructionSet.Portable, GeometryKernels.LayerHeightMm));
        Time("weld, edges, shells", () => GeometryKernels.Topology(tiles));
        Time("measure file, 1 thread", () => PartMeasurer.Measure(mesh.Stl, new(), "bench.stl"));
        Time("measure file, 2 threads", () => PartMeasurer.Measure(mesh.Stl, new() { Threads = 2 }, "bench.stl"));
        TimeReuse(mesh, triangles, repetitions, set, results, cancellation);
        return results;
    }

    /// <summary>Every kernel on every path of this CPU, by layers and by size: tiles in memory, then files in memory on one and two threads.</summary>
    /// <param name="triangles">Largest size.</param>
    /// <param name="repetitions">Repetitions after one to warm up.</param>
    /// <param name="cancellation">Checked between repetitions.</param>
    public static IReadOnlyList<KernelResult> Grid(int triangles, int repetitions, CancellationToken cancellation)
    {
        List<KernelResult> results = [];
        foreach (var size in Sizes.Where(size => size <= triangles))
        {
            var mesh = BenchMesh.Torus(size);
            var tiles = mesh.Tiles();
            var heightMm = (double)(tiles.Max(t => t.Az[..t.Count].ToArray().Max()) - tiles.Min(t => t.Az[..t.Count].ToArray().Min()));
            void Time(string name, Action work) => results.Add(Measure(name, mesh.Triangles, 50L * mesh.Triangles, repetitions, work, cancellation));
            foreach (var set in Enum.GetValues<InstructionSet>().Where(InstructionSets.IsSupported))
            {
                Time($"mass + box, {set.Name()}", () => GeometryKernels.Mass(tiles, set));
                Time($"edge fingerprint, {set.Name()}", () => GeometryKernels.Fingerprint(tiles, set));
                foreach (var layers in LayerCounts)
                    Time($"layer profile, {layers} layers, {set.Name()}", () => GeometryKernels.Layers(tiles, set, heightMm / layers));
                Time($"one pass, 1000 layers, {set.Name()}", () => GeometryKernels.OnePass(tiles, set, heightMm / 1000));
            }
            for (var threads = 1; threads <= 2; threads++)
            {
                var options = new MeasureOptions { Threads = threads, FdmTier = 1 };
                Time($"file in memory, sums and index, {threads} thread{(threads > 1 ? "s" : "")}", () => PartMeasurer.Measure(mesh.Stl, options, "bench.stl"));
            }
        }
        return results;
    }

    static readonly int[] Sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    static readonly int[] LayerCounts = [100, 1_000, 10_000];

    /// <summary>What remembered sums save on a part that has changed in one hundredth of its triangles, and what remembering costs.</summary>
    static void TimeReuse(BenchMesh mesh, int triangles, int repetitions, InstructionSet set, List<KernelResult> results, CancellationToken cancellation)
    {
        var dent = 0;
        var changed = mesh.Stl;
        void Time(string name, Action work, Action? before = null) =>
            results.Add(Measure(name, mesh.Triangles, mesh.Stl.Length, repetitions, work, cancellation, before));
        // A change that was never there before, each time.
        void Change() => changed = BenchMesh.Torus(triangles, ++dent).Stl;

        Time("keyed hash", () => GeometryKernels.KeyedHash(mesh.Stl));
        Time("sums of a file, 1 thread", () => GeometryKernels.Sums(mesh.Stl, set, null));
        Time("sums of a file, remembered", () => GeometryKernels.Sums(mesh.Stl, set, new ChunkSums()));
        var known = new ChunkSums();
        GeometryKernels.Sums(mesh.Stl, set, known);
        Time("sums of a file, 1 % changed", () => GeometryKernels.Sums(changed, set, known), Change);
        known = new ChunkSums();
        Again(mesh.Stl);
        Time("measure file, 1 % changed", () => Again(changed), Change);

        void Again(byte[] stl)
        {
            using var measurer = new PartMeasurer(new(), stl.Length, "bench.stl", known);
            measurer.Push(stl);
            measurer.Finish();
        }
    }

    static void Decode(BenchMesh mesh)
    {
        var decoder = MeshDecoder.Open(mesh.Stl.Length, "bench.stl", null, 1, new TileWriter(new TileSink(), new TriangleTile()));
        decoder.Push(mesh.Stl);
        decoder.Finish();
    }

    static KernelResult Measure(string name, int triangles, long bytes, int repetitions, Action work, CancellationToken cancellation, Action? before = null)
    {
        before?.Invoke();
        work();
        var times = new double[repetitions];
        long allocated = 0;
        for (var i = 0; i < repetitions; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            before?.Invoke();
            var allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
            var start = Stopwatch.GetTimestamp();
            work();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        }
        Array.Sort(times);
        var median = times[repetitions / 2];
        return new(name, triangles, triangles / median * 1e3, bytes / median / 1e3, times[0], median, times[^1], allocated);
    }
}
