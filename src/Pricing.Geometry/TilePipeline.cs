using System.Runtime.ExceptionServices;
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
    readonly Queue<TriangleTile> _full = new();
    readonly Stack<TriangleTile> _free = new();

    // The decoder's own: filled and not yet handed over, taken back and not yet filled.
    readonly List<TriangleTile> _filled = [];
    readonly Stack<TriangleTile> _spare = new();
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
        return !Mesh.IsComplete && TryAddKnown(key, records.Length / StlRecord.Bytes);
    }

    bool TryAddKnown(UInt128 key, int triangles)
    {
        if (!Own.TryAddKnown(key))
            return false;
        Interlocked.Add(ref _reusedTriangles, triangles);
        return true;
    }

    public TriangleTile Accept(TriangleTile tile)
    {
        Mesh.Add(tile);
        if (tile.Key is { } key && TryAddKnown(key, tile.Count))
            return tile;
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

    /// <summary>Gives the filled tiles to the threads and takes back what they are done with.</summary>
    void HandOver()
    {
        lock (_gate)
        {
            _fault?.Throw();
            foreach (var tile in _filled)
                _full.Enqueue(tile);
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
            List<TriangleTile> tiles = [];
            while (Take(tiles))
                foreach (var tile in tiles)
                    worker.Measure(tile);
        }
        catch (Exception e)
        {
            // A thread must not take the process down: the decoder's thread rethrows.
            lock (_gate)
                _fault ??= ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Exchanges the tiles done for the next ones; false when there will be none.</summary>
    bool Take(List<TriangleTile> tiles)
    {
        lock (_gate)
        {
            foreach (var tile in tiles)
                _free.Push(tile);
            tiles.Clear();
            while (_full.Count == 0 && !_ended)
                Monitor.Wait(_gate);
            while (!_abandoned && tiles.Count < Batch && _full.TryDequeue(out var tile))
                tiles.Add(tile);
            return tiles.Count > 0;
        }
    }
}
