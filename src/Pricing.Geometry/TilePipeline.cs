using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>
/// Takes tiles from the decoder: the vertex index is kept on the decoder's thread, the kernels run on the other threads, or on this one
/// when there is none. Tiles are recycled; a decoder that is so far ahead that none is left runs the kernels itself.
/// </summary>
sealed class TilePipeline : ITileConsumer, IRecordSums, IDisposable
{
    /// <summary>Tiles that change hands at a time: the lock and the waking cost as much as half a tile.</summary>
    const int Batch = 4;

    readonly TileKernels _kernels;
    readonly LayerGrid _grid;
    readonly LayerSlopes _slopes;
    readonly Thread[] _threads;
    readonly TileWorker[] _workers;
    readonly ChunkSums? _known;
    readonly Queue<TriangleTile[]> _full = new();
    readonly Stack<TriangleTile> _free = new();

    // The decoder's own: filled and not yet handed over, taken back and not yet filled.
    readonly List<TriangleTile> _filled = [];
    readonly Stack<TriangleTile> _spare = new();

    // Chunks that can be remembered stay together: in these tiles the decoder gathers one that it will sum up itself.
    readonly Stack<TriangleTile> _reserve = new();
    Chunk _chunk;
    readonly object _gate = new();
    bool _ended;
    bool _abandoned;
    ExceptionDispatchInfo? _fault;
    (double Factor, UInt128 Name)? _context;
    long _reusedTriangles;

    // What is foreseen: see WeldedMesh. What is known: sums of earlier measurements, if any are kept.
    public TilePipeline(int threads, InstructionSet set, LayerGrid grid, LayerSlopes slopes, ChunkSums? known, Func<long?> foresee)
    {
        _known = known;
        Mesh = new(foresee);
        _kernels = TileKernels.For(set);
        _grid = grid;
        _slopes = slopes;
        var workers = Math.Clamp(threads, 1, Limits.Mesh.ThreadsMax) - 1;
        _threads = new Thread[workers];
        // The last are the decoder's own.
        _workers = new TileWorker[workers + 1];
        for (var i = 0; i < _workers.Length; i++)
            _workers[i] = new(_kernels, grid, slopes, known);
        for (var i = 0; i < workers * Limits.Mesh.TilesPerThreadMax; i++)
            _spare.Push(new());
        for (var i = 0; i < TriangleTile.PerChunk && known is not null; i++)
            _reserve.Push(new());
        for (var i = 0; i < workers; i++)
        {
            var worker = _workers[i];
            _threads[i] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"measure-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>The welded mesh, while it is small enough.</summary>
    public WeldedMesh Mesh { get; }

    /// <summary>Triangles whose sums were known.</summary>
    public long ReusedTriangles => Interlocked.Read(ref _reusedTriangles);

    TileWorker Own => _workers[^1];

    /// <summary>The first tile is always decoded: with it the mesh learns whether triangles are wanted besides their sums.</summary>
    public bool TryAdd(ReadOnlySpan<byte> records, double factor, out UInt128 key)
    {
        if (_context is not { } context || context.Factor != factor)
            _context = context = (factor, _known!.ContextOf(factor, _grid, _slopes));
        key = _known!.KeyOf(context.Name, records);
        if (Mesh.IsComplete || !Own.TryAddKnown(key))
            return false;
        Interlocked.Add(ref _reusedTriangles, records.Length / StlRecord.Bytes);
        return true;
    }

    public TriangleTile Accept(TriangleTile tile)
    {
        Mesh.Add(tile);
        if (tile.Key is { } key)
            return AcceptOfChunk(tile, key);
        if (_spare.Count == 0 && _threads.Length > 0)
            HandOver();
        if (!_spare.TryPop(out var next))
        {
            Own.Measure(tile);
            return tile;
        }
        _filled.Add(tile);
        if (_filled.Count == Batch)
            HandOver();
        return next;
    }

    /// <summary>What becomes of the chunk whose tiles are coming.</summary>
    enum Chunk
    {
        None,
        Known,
        Own,
        ForThreads,
    }

    /// <summary>With a chunk's first tile it is decided who sums it up: nobody, this thread, or the others.</summary>
    TriangleTile AcceptOfChunk(TriangleTile tile, UInt128 key)
    {
        if (_chunk == Chunk.None)
        {
            if (_threads.Length > 0 && _spare.Count < TriangleTile.PerChunk)
                HandOver();
            _chunk = Own.TryAddKnown(key) ? Chunk.Known : _spare.Count < TriangleTile.PerChunk ? Chunk.Own : Chunk.ForThreads;
        }
        var chunk = _chunk;
        if (tile.EndsChunk)
            _chunk = Chunk.None;
        if (chunk == Chunk.Known)
        {
            Interlocked.Add(ref _reusedTriangles, tile.Count);
            return tile;
        }
        _filled.Add(tile);
        var next = (chunk == Chunk.Own ? _reserve : _spare).Pop();
        if (!tile.EndsChunk)
            return next;
        if (chunk == Chunk.ForThreads)
            HandOver();
        else
        {
            Own.Measure(CollectionsMarshal.AsSpan(_filled));
            foreach (var done in _filled)
                _reserve.Push(done);
            _filled.Clear();
        }
        return next;
    }

    /// <summary>Gives the filled tiles to the threads and takes back what they are done with.</summary>
    void HandOver()
    {
        lock (_gate)
        {
            _fault?.Throw();
            if (_filled.Count > 0)
                _full.Enqueue([.. _filled]);
            _filled.Clear();
            while (_free.TryPop(out var tile))
                _spare.Push(tile);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Waits for the tiles under way and adds up the threads' sums.</summary>
    public TileSums Finish()
    {
        HandOver();
        Stop(abandon: false);
        _fault?.Throw();
        var sums = _workers[0].Sums;
        for (var i = 1; i < _workers.Length; i++)
            sums.Add(_workers[i].Sums);
        sums.Rows.Close();
        return sums;
    }

    /// <summary>Measures a mesh that is already in memory, on this thread.</summary>
    public TileSums Measure(Action<TileWriter> write)
    {
        using var again = new TilePipeline(_kernels, _grid, _slopes);
        write(new TileWriter(again, new TriangleTile()));
        return again.Finish();
    }

    TilePipeline(TileKernels kernels, LayerGrid grid, LayerSlopes slopes)
    {
        _kernels = kernels;
        _grid = grid;
        _slopes = slopes;
        _threads = [];
        _workers = [new(kernels, grid, slopes)];
        // Nobody asks for these triangles' index.
        Mesh = new(() => long.MaxValue);
    }

    public void Dispose() => Stop(abandon: true);

    void Stop(bool abandon)
    {
        lock (_gate)
        {
            _ended = true;
            _abandoned |= abandon;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads)
            thread.Join();
    }

    void Work(TileWorker worker)
    {
        try
        {
            TriangleTile[] tiles = [];
            while (Take(ref tiles))
                worker.Measure(tiles);
        }
        catch (Exception e)
        {
            // A thread must not take the process down: the decoder's thread rethrows.
            lock (_gate)
                _fault ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Exchanges the tiles done for the next ones; false when there will be none.</summary>
    bool Take(ref TriangleTile[] tiles)
    {
        lock (_gate)
        {
            foreach (var tile in tiles)
                _free.Push(tile);
            tiles = [];
            while (_full.Count == 0 && !_ended)
                Monitor.Wait(_gate);
            return !_abandoned && _full.TryDequeue(out tiles!);
        }
    }
}
