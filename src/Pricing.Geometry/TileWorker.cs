using Pricing.Geometry.Layers;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry;

/// <summary>One thread's sums. Tiles that may come again are summed up apart first, remembered, and then added: the same integers in the end.</summary>
sealed class TileWorker(TileKernels kernels, LayerGrid grid, LayerSlopes slopes, ChunkSums? known = null)
{
    public readonly TileSums Sums = new();

    readonly TileSums _apart = new();
    readonly SumsWriter _writer = new();

    public void Measure(TriangleTile tile)
    {
        var box = TileBox.Of(tile);
        int low = grid.First(box.MinZ), high = grid.First(box.MaxZ);
        if (tile.Key is not { } key || known is null || high - low >= Limits.Reuse.TileRowsMax)
        {
            kernels.Add(tile, box, grid, slopes, Sums);
            return;
        }
        _apart.Restart(low, high);
        kernels.Add(tile, box, grid, slopes, _apart);
        _writer.Clear();
        _apart.WriteTo(_writer);
        known.Put(key, _writer.ToArray());
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
