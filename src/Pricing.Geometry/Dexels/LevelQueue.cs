using System.Numerics;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// A queue by height for floods, which never ask for less than they took last: a radix heap (Ahuja et al., "Faster Algorithms for the Shortest
/// Path Problem", JACM 1990). An item is in the bucket of the highest bit in which its height differs from the last one taken.
/// </summary>
sealed class LevelQueue
{
    const int Buckets = DexelGrid.HeightBits + 2;

    readonly List<(int Height, int Item)>[] _buckets = [.. Enumerable.Range(0, Buckets).Select(_ => new List<(int, int)>())];
    int _last;

    /// <param name="item">The item.</param>
    /// <param name="height">Not below the last one taken.</param>
    public void Add(int item, int height) => _buckets[Bucket(height)].Add((height, item));

    public bool TryTake(out int item)
    {
        item = 0;
        var first = 0;
        while (first < Buckets && _buckets[first].Count == 0)
            first++;
        if (first == Buckets)
            return false;
        var bucket = _buckets[first];
        if (first > 0)
        {
            _last = int.MaxValue;
            foreach (var (height, _) in bucket)
                _last = Math.Min(_last, height);
            // All differ from the new least in lower bits than before.
            foreach (var (height, moved) in bucket)
                Add(moved, height);
            bucket.Clear();
            bucket = _buckets[0];
        }
        item = bucket[^1].Item;
        bucket.RemoveAt(bucket.Count - 1);
        return true;
    }

    int Bucket(int height) => 32 - BitOperations.LeadingZeroCount((uint)(height ^ _last));
}
