using Pricing.Geometry.Fdm;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry;

/// <summary>How far a measurement has come.</summary>
public readonly record struct MeasureProgress(long BytesDone, long LayersDone, long LayersTotal);

/// <summary>
/// The door of geometry: a file's bytes in, in any chunks, as they arrive; what is to be known about the part out. The answer depends on
/// the bytes and the options alone: not on chunks, threads, vector width or the order of triangles.
/// </summary>
/// <remarks>
/// 1. The decoder turns bytes into tiles of 512 triangles. 2. Each tile passes the kernels while it is in the first-level cache: mass sums,
/// edge fingerprint, layer profile; and, up to a limit, into a vertex index. 3. At the end the index says how the mesh hangs together and what
/// can be repaired; a repaired mesh runs through the same kernels again. 4. Sums become figures: <see cref="PartReport"/>.
/// Memory: the index (up to <c>Limits.Mesh.TopologyTrianglesMax</c> triangles), one row per layer, and what the decoder needs; nothing grows with
/// a streamed file beyond that.
/// </remarks>
public sealed class PartMeasurer : IDisposable
{
    /// <summary>Raised when any figure of any model can change; a golden test holds it to that.</summary>
    public const int EngineVersion = 3;

    readonly MeasureOptions _options;
    readonly long _modelBytes;
    readonly LayerGrid _grid;
    readonly TilePipeline _pipeline;
    readonly TileWriter _writer;
    readonly MeshDecoder _decoder;
    long _bytesPushed;
    long _layers;
    bool _finished;

    /// <param name="options">What the answer depends on besides the bytes.</param>
    /// <param name="modelBytes">Length of the whole file.</param>
    /// <param name="fileName">A hint for formats that content does not tell apart.</param>
    /// <param name="known">Sums of earlier measurements, for binary STL: never changes a bit of the answer. Null: everything is measured.</param>
    public PartMeasurer(MeasureOptions options, long modelBytes, string? fileName, ChunkSums? known = null)
        : this(options, modelBytes, fileName, InstructionSets.Current, known)
    {
    }

    internal PartMeasurer(MeasureOptions options, long modelBytes, string? fileName, InstructionSet set, ChunkSums? known = null)
    {
        options.Fdm.Check();
        options.Sla.Check();
        _options = options;
        _modelBytes = modelBytes;
        _grid = new(options.Fdm.LayerHeightMm);
        _pipeline = new(options.Threads, set, _grid, FdmEstimator.SlopesOf(options.Fdm), known, TrianglesForeseen);
        try
        {
            _writer = new(_pipeline, new(), known is null ? null : _pipeline);
            _decoder = MeshDecoder.Open(modelBytes, fileName, options.Unit, options.Scale, _writer, set);
        }
        catch
        {
            _pipeline.Dispose();
            throw;
        }
    }

    /// <summary>A binary STL's length is its number of triangles; asked for when the first of them are there.</summary>
    long? TrianglesForeseen() => !_options.Topology ? long.MaxValue
        : _decoder.Format == MeshFormat.StlBinary ? (_modelBytes - BinaryStlDecoder.HeaderBytes) / StlRecord.Bytes : null;

    public long BytesPushed => Interlocked.Read(ref _bytesPushed);

    /// <summary>Bytes of triangles whose sums were known from an earlier measurement.</summary>
    public long BytesReused => _pipeline.ReusedTriangles * StlRecord.Bytes;

    /// <summary>Safe to read from another thread. Layers are done all at once, when the last triangle is in.</summary>
    public MeasureProgress Progress => new(BytesPushed, Interlocked.Read(ref _layers), Interlocked.Read(ref _layers));

    /// <summary>Decodes and measures the next bytes.</summary>
    public void Push(ReadOnlySpan<byte> bytes)
    {
        _decoder.Push(bytes);
        Interlocked.Add(ref _bytesPushed, bytes.Length);
    }

    /// <summary>The file has ended: completes the sums and reads the answer from them.</summary>
    public PartMeasurement Finish()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        _finished = true;
        _decoder.Finish();
        var sums = _pipeline.Finish();
        var measurement = new PartReport(_options, _modelBytes, _decoder, _grid, _pipeline, sums).Write();
        Interlocked.Exchange(ref _layers, measurement.Fdm?.Layers ?? 0);
        return measurement;
    }

    /// <summary>Measures a file that is in memory.</summary>
    public static PartMeasurement Measure(ReadOnlySpan<byte> file, MeasureOptions options, string? fileName = null)
    {
        using var measurer = new PartMeasurer(options, file.Length, fileName);
        measurer.Push(file);
        return measurer.Finish();
    }

    public void Dispose() => _pipeline.Dispose();
}
