using System.Runtime.ExceptionServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry;

/// <summary>
/// Takes tiles from the decoder: the vertex index is kept on the decoder's thread, the kernels run on the other threads, or on this one
/// when there is none. Tiles are recycled; a decoder that is ahead waits for one to come back.
/// </summary>
sealed class TilePipeline : ITileConsumer, IDisposable
{
    readonly TileKernels _kernels;
    readonly LayerGrid _grid;
    readonly LayerSlopes _slopes;
    readonly Thread[] _threads;
    readonly TileSums[] _sums;
    readonly Queue<TriangleTile> _full = new();
    readonly Stack<TriangleTile> _free = new();
    readonly object _gate = new();
    bool _ended;
    bool _abandoned;
    ExceptionDispatchInfo? _fault;

    public TilePipeline(int threads, InstructionSet set, LayerGrid grid, LayerSlopes slopes)
    {
        _kernels = TileKernels.For(set);
        _grid = grid;
        _slopes = slopes;
        var workers = Math.Clamp(threads, 1, Limits.Mesh.ThreadsMax) - 1;
        _threads = new Thread[workers];
        _sums = new TileSums[Math.Max(workers, 1)];
        for (var i = 0; i < _sums.Length; i++)
            _sums[i] = new();
        for (var i = 0; i < workers * Limits.Mesh.TilesPerThreadMax; i++)
            _free.Push(new());
        for (var i = 0; i < workers; i++)
        {
            var sums = _sums[i];
            _threads[i] = new Thread(() => Work(sums)) { IsBackground = true, Name = $"measure-{i}" };
            _threads[i].Start();
        }
    }

    /// <summary>The welded mesh, while it is small enough.</summary>
    public WeldedMesh Mesh { get; } = new();

    public TriangleTile Accept(TriangleTile tile)
    {
        if (_threads.Length == 0)
        {
            _kernels.Add(tile, _grid, _slopes, _sums[0]);
            Mesh.Add(tile);
            return tile;
        }
        Mesh.Add(tile);
        lock (_gate)
        {
            _full.Enqueue(tile);
            Monitor.PulseAll(_gate);
            while (_free.Count == 0 && _fault is null)
                Monitor.Wait(_gate);
            _fault?.Throw();
            return _free.Pop();
        }
    }

    /// <summary>Waits for the tiles under way and adds up the threads' sums.</summary>
    public TileSums Finish()
    {
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
            while (Take() is { } tile)
            {
                _kernels.Add(tile, _grid, _slopes, sums);
                lock (_gate)
                {
                    _free.Push(tile);
                    Monitor.PulseAll(_gate);
                }
            }
        }
        catch (Exception e)
        {
            // A thread must not take the process down: the decoder's thread rethrows.
            lock (_gate)
            {
                _fault ??= ExceptionDispatchInfo.Capture(e);
                Monitor.PulseAll(_gate);
            }
        }
    }

    TriangleTile? Take()
    {
        lock (_gate)
        {
            while (_full.Count == 0 && !_ended)
                Monitor.Wait(_gate);
            return _full.Count == 0 || _abandoned ? null : _full.Dequeue();
        }
    }
}
