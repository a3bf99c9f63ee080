using System.Diagnostics;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Cli.Bench;

/// <summary>A file that broke a promise: the seed of its case gives it again.</summary>
sealed record FuzzFault(MeshFormat Format, int Seed, string What, byte[] File);

/// <summary>What a fuzz run of one format saw: files, how each ended, what broke.</summary>
sealed record FuzzReport(MeshFormat Format, long Files, SortedDictionary<string, long> Ends, IReadOnlyList<FuzzFault> Faults, double SlowestMs, long PeakBytes);

/// <summary>
/// Throws broken files at a decoder. Of each file: triangles or the one typed refusal, and the same answer however it is chunked; within a time,
/// within the process's memory. Files are made from generated models, or from a folder of real ones, and then mutated.
/// </summary>
sealed class DecoderFuzz(MeshFormat format, int seed, string? corpus)
{
    static readonly string[] Names = ["made", "made.stl", "made.obj", "made.ply", "made.off", "made.3mf", "made.glb", "made.gltf", "made.amf"];

    readonly List<byte[]> _originals = Originals(format, corpus);
    readonly SortedDictionary<string, long> _ends = new(StringComparer.Ordinal);
    readonly List<FuzzFault> _faults = [];
    long _files;
    double _slowestMs;
    long _peakBytes;

    /// <summary>Runs until the time is over; case n has the seed first + n.</summary>
    public FuzzReport Run(TimeSpan time, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        for (var one = seed; Stopwatch.GetElapsedTime(started) < time && !cancellation.IsCancellationRequested && _faults.Count < Limits.Cli.FuzzKeptMax; one = unchecked(one + 1))
            RunOne(one);
        return new(format, _files, _ends, _faults, _slowestMs, _peakBytes);
    }

    /// <summary>The case of a seed: its file, mutated.</summary>
    public byte[] FileOf(int one) => Mutate(new Random(one));

    void RunOne(int one)
    {
        var random = new Random(one);
        var file = Mutate(random);
        var name = random.Next(4) == 0 ? Names[random.Next(Names.Length)] : "made" + MeshWriter.Extension(format);
        // CPU time: on a busy machine a clock would blame the decoder for waiting, which it never does.
        var started = Environment.CpuUsage.TotalTime;
        try
        {
            var whole = End(file, name, () => file.Length);
            var largest = 1 << random.Next(1, 16);
            var chunked = End(file, name, () => random.Next(1, largest));
            _ends[whole.Split(' ')[0]] = _ends.GetValueOrDefault(whole.Split(' ')[0]) + 1;
            if (whole != chunked)
                _faults.Add(new(format, one, $"chunks change the answer: {whole}; {chunked}", file));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // What this run is for: written down with the file, not hidden.
            _faults.Add(new(format, one, e.ToString(), file));
        }
        var took = Environment.CpuUsage.TotalTime - started;
        _slowestMs = Math.Max(_slowestMs, took.TotalMilliseconds);
        if (took.TotalSeconds > Limits.Cli.FuzzFileSeconds)
            _faults.Add(new(format, one, $"took {took.TotalSeconds:0.0} s", file));
        if (_files++ % 256 == 0)
        {
            _peakBytes = Math.Max(_peakBytes, Environment.WorkingSet);
            if (_peakBytes > Limits.Cli.FuzzMemoryBytesMax && _faults.All(f => !f.What.StartsWith("memory", StringComparison.Ordinal)))
                _faults.Add(new(format, one, $"memory of the process: {_peakBytes} bytes", file));
        }
    }

    byte[] Mutate(Random random)
    {
        var file = _originals[random.Next(_originals.Count)];
        return random.Next(50) == 0 ? file : Mutation.Of(file, random);
    }

    /// <summary>Triangles and a hash of them, or the refusal with its place.</summary>
    static string End(byte[] file, string name, Func<int> chunk)
    {
        var hash = new TileHash();
        var writer = new TileWriter(hash, new());
        try
        {
            var decoder = MeshDecoder.Open(file.Length, name, null, 1, writer);
            for (var at = 0; at < file.Length;)
            {
                var take = Math.Min(chunk(), file.Length - at);
                decoder.Push(file.AsSpan(at, take));
                at += take;
            }
            decoder.Finish();
            return $"decoded {writer.Triangles} {hash.Value:x8}";
        }
        catch (MeshFormatException e)
        {
            return $"{e.Reason} {e.Field} {e.Limit} {e.Actual}";
        }
    }

    sealed class TileHash : ITileConsumer
    {
        public uint Value { get; private set; }

        public TriangleTile Accept(TriangleTile tile)
        {
            foreach (var lane in tile.Lanes)
                Value = (Value ^ BitConverter.SingleToUInt32Bits(lane)) * 0x01000193;
            return tile;
        }
    }

    static List<byte[]> Originals(MeshFormat format, string? corpus)
    {
        List<byte[]> files =
        [
            .. new[] { Solids.Torus(10, 3, 9, 7), Solids.Box(1, 2, 3), Solids.Sphere(1e-3, 12, 8), ExampleModels.All[0].Build() }
                .Select(mesh => MeshWriter.ToBytes(mesh, format)),
        ];
        if (corpus is not null)
            files.AddRange(Directory.EnumerateFiles(corpus, "*", SearchOption.AllDirectories)
                .Where(path => Path.GetExtension(path).Equals(MeshWriter.Extension(format), StringComparison.OrdinalIgnoreCase) && new FileInfo(path).Length <= Limits.Cli.FuzzFileBytesMax)
                .Order(StringComparer.Ordinal).Select(File.ReadAllBytes));
        return files;
    }
}
