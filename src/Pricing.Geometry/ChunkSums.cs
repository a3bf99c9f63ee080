using System.Runtime.InteropServices;
using Pricing.Geometry.Layers;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry;

/// <summary>
/// Remembers what measured triangles summed up to, so that a part that changed a little is measured only where it did. One per process, for
/// any number of measurements at the same time; bounded in bytes, least recently used first out. Sums are integers and adding them is
/// associative, so a measurement has the same bits with and without it.
/// </summary>
/// <remarks>
/// The unit is a chunk of consecutive triangle records, a few tiles, cut by content (<see cref="CutRule.ForTriangles"/>). It is known by a keyed hash of
/// its bytes and of all else its sums depend on; the key is random and stays in this process, so nobody can craft a part that is taken for
/// another one (<see cref="KeyedSum"/>).
/// </remarks>
public sealed class ChunkSums
{
    /// <summary>What an entry costs beside its words: dictionary, list node, array header.</summary>
    const int EntryBytes = 176;

    readonly KeyedSum _hash = new(TriangleTile.PerChunk * TriangleTile.Capacity * StlRecord.Bytes);
    readonly KeyedSum _context = new(16 * sizeof(ulong));
    readonly Dictionary<UInt128, LinkedListNode<Entry>> _entries = [];
    readonly LinkedList<Entry> _newestFirst = new();
    readonly Lock _gate = new();
    readonly long _bytesMax;
    long _bytes;

    readonly record struct Entry(UInt128 Key, long[] Words)
    {
        public long Bytes => EntryBytes + 8L * Words.Length;
    }

    /// <param name="bytesMax">Memory it may take.</param>
    public ChunkSums(long bytesMax = Limits.Reuse.SumsBytesMax) => _bytesMax = bytesMax;

    /// <summary>Memory taken.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>Chunks remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Stands for all that a chunk's sums depend on beside its bytes.</summary>
    internal UInt128 ContextOf(double factor, LayerGrid grid, LayerSlopes slopes)
    {
        ReadOnlySpan<double> numbers = [PartMeasurer.EngineVersion, factor, grid.HeightMm,
            slopes.UpSkin, slopes.UpFlat, slopes.DownSkin, slopes.DownFlat, slopes.Overhang];
        return _context.Of(MemoryMarshal.AsBytes(numbers));
    }

    internal UInt128 KeyOf(UInt128 context, ReadOnlySpan<byte> records) => KeyedSum.Plus(_hash.Of(records), context);

    internal bool TryGet(UInt128 key, out long[] words)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var node))
            {
                words = [];
                return false;
            }
            if (node != _newestFirst.First)
            {
                _newestFirst.Remove(node);
                _newestFirst.AddFirst(node);
            }
            words = node.Value.Words;
            return true;
        }
    }

    internal void Put(UInt128 key, long[] words)
    {
        lock (_gate)
        {
            // Another measurement of the same triangles was faster: the sums are the same.
            if (_entries.ContainsKey(key))
                return;
            var entry = new Entry(key, words);
            if (entry.Bytes > _bytesMax)
                return;
            _entries.Add(key, _newestFirst.AddFirst(entry));
            _bytes += entry.Bytes;
            while (_bytes > _bytesMax && _newestFirst.Last is { } oldest)
            {
                _newestFirst.RemoveLast();
                _entries.Remove(oldest.Value.Key);
                _bytes -= oldest.Value.Bytes;
            }
        }
    }
}
