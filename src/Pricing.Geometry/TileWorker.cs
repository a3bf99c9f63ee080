using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry;

/// <summary>One thread's sums. Triangles that may come again are summed up apart first, remembered, and then added: the same integers in the end.</summary>
sealed class TileWorker(TileKernels kernels, LayerGrid grid, LayerSlopes slopes, ChunkSums? known = null)
{
    public readonly TileSums Sums = new();

    readonly TileSums _apart = new();
    readonly SumsWriter _writer = new();

    public void Measure(TriangleTile tile) => kernels.Add(tile, grid, slopes, Sums);

    /// <summary>Tiles that came together: all of a chunk, or any without a key.</summary>
    public void Measure(ReadOnlySpan<TriangleTile> tiles)
    {
        Span<TileBox> boxes = stackalloc TileBox[tiles.Length];
        var all = TileBox.Empty;
        for (var i = 0; i < tiles.Length; i++)
            all.Include(boxes[i] = TileBox.Of(tiles[i]));
        int low = grid.First(all.MinZ), high = grid.First(all.MaxZ);
        var isRemembered = known is not null && tiles[0].Key is not null && high - low < Limits.Reuse.ChunkRowsMax;
        if (isRemembered)
            _apart.Restart(low, high);
        for (var i = 0; i < tiles.Length; i++)
            kernels.Add(tiles[i], boxes[i], grid, slopes, isRemembered ? _apart : Sums);
        if (!isRemembered)
            return;
        _writer.Clear();
        _apart.WriteTo(_writer);
        known!.Put(tiles[0].Key!.Value, _writer.ToArray());
        Sums.Add(new SumsReader(_writer.Words));
    }

    /// <summary>Adds what was remembered under a key; false when nothing was.</summary>
    public bool TryAddKnown(UInt128 key)
    {
        if (known is null || !known.TryGet(key, out var words))
            return false;
        Sums.Add(new SumsReader(words));
        return true;
    }
}
