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
sealed class TilePipeline : ITileConsumer, IDisposable
{
    /// <summary>Tiles that change hands at a time: the lock and the waking cost as much as half a tile.</summary>
    const int Batch = 4;

    readonly TileKernels _kernels;
    readonly LayerGrid _grid;
    readonly LayerSlopes _slopes;
    readonly Thread[] _threads;
    readonly TileSums[] _sums;
    readonly Queue<TriangleTile> _full = new();
    readonly Stack<TriangleTile> _free = new();

    // The decoder's own: filled and not yet handed over, taken back and not yet filled.
    readonly List<TriangleTile> _filled = [];
    readonly Stack<TriangleTile> _spare = new();
    readonly object _gate = new();
    bool _ended;
    bool _abandoned;
    ExceptionDispatchInfo? _fault;

    // What is foreseen: see WeldedMesh.
    public TilePipeline(int threads, InstructionSet set, LayerGrid grid, LayerSlopes slopes, Func<long?> foresee)
    {
        Mesh = new(foresee);
        _kernels = TileKernels.For(set);
        _grid = grid;
        _slopes = slopes;
        var workers = Math.Clamp(threads, 1, Limits.Mesh.ThreadsMax) - 1;
        _threads = new Thread[workers];
        // The last are the decoder's own.
        _sums = new TileSums[workers + 1];
        for (var i = 0; i < _sums.Length; i++)
            _sums[i] = new();
        for (var i = 0; i < workers * Limits.Mesh.TilesPerThreadMax; i++)
            _spare.Push(new());
        for (var i = 0; i < workers; i++)
        {
            var sums = _sums[i];
            _threads[i] = new Thread(() => Work(sums)) { IsBackground = true, Name = $"measure-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>The welded mesh, while it is small enough.</summary>
    public WeldedMesh Mesh { get; }

    public TriangleTile Accept(TriangleTile tile)
    {
        Mesh.Add(tile);
        if (_spare.Count == 0 && _threads.Length > 0)
            HandOver();
        if (!_spare.TryPop(out var next))
        {
            _kernels.Add(tile, _grid, _slopes, _sums[^1]);
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
        for (var i = 1; i < _sums.Length; i++)
            _sums[0].Add(_sums[i]);
        _sums[0].Rows.Close();
        return _sums[0];
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
        _sums = [new()];
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

    void Work(TileSums sums)
    {
        try
        {
            List<TriangleTile> tiles = [];
            while (Take(tiles))
                foreach (var tile in tiles)
                    _kernels.Add(tile, _grid, _slopes, sums);
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
