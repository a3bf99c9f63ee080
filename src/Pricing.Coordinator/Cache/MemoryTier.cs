using System.Collections.Concurrent;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// L1: values of this process, bounded by bytes. Readers take no lock; each shard's ring is swept by a clock hand, which spares once what
/// was used since it last came by.
/// </summary>
public sealed class MemoryTier
{
    readonly Shard[] _shards;
    readonly TimeProvider _time;

    public MemoryTier(TimeProvider time, long bytesMax = Limits.Cache.MemoryBytesMax, int shards = Limits.Cache.Shards)
    {
        _time = time;
        _shards = new Shard[shards];
        for (var i = 0; i < shards; i++)
            _shards[i] = new Shard(bytesMax / shards);
    }

    public long Bytes => _shards.Sum(shard => shard.Bytes);
    public int Count => _shards.Sum(shard => shard.Count);
    public long Evictions => _shards.Sum(shard => shard.Evictions);

    /// <summary>
    /// The value of a key. <paramref name="isDue"/> is told to one caller, and again a while later when nothing came of it: the value is
    /// still good and it is time to load it anew.
    /// </summary>
    public T? TryGet<T>(CacheKey key, out bool isDue) where T : class
    {
        isDue = false;
        if (!ShardOf(key).TryGet(key, out var entry) || entry.Value is not T value)
            return null;
        var now = _time.GetTimestamp();
        if (now >= entry.EndsAt)
            return null;
        if (!entry.IsUsed)
            entry.IsUsed = true;
        isDue = now >= Volatile.Read(ref entry.DueAt) && entry.TakeRefresh(now, now + Ticks(TimeSpan.FromMilliseconds(Limits.Cache.RefreshMs)));
        return value;
    }

    /// <summary>Keeps a value; one that is too large for a shard is not kept.</summary>
    public void Set(CacheKey key, object value, long bytes, TimeSpan fresh, TimeSpan keep)
    {
        var now = _time.GetTimestamp();
        ShardOf(key).Set(new Entry(key, value, bytes + Limits.Cache.EntryBytes, now + Ticks(Jittered(key, fresh)), now + Ticks(Jittered(key, keep))), now);
    }

    public void Remove(CacheKey key) => ShardOf(key).Remove(key);

    Shard ShardOf(CacheKey key) => _shards[key.Spread % (uint)_shards.Length];

    long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    /// <summary>Each key has its own jitter; the bound itself is never exceeded.</summary>
    static TimeSpan Jittered(CacheKey key, TimeSpan span) => span * (1 - (key.Spread >> 8) % 1000 / 1000.0 * Limits.Cache.JitterPercent / 100.0);

    sealed class Entry(CacheKey key, object value, long bytes, long dueAt, long endsAt)
    {
        public long DueAt = dueAt;

        public CacheKey Key { get; } = key;
        public object Value { get; } = value;
        public long Bytes { get; } = bytes;
        public long EndsAt { get; } = endsAt;

        /// <summary>Set by readers, cleared by the hand; a lost mark only shortens a life.</summary>
        public bool IsUsed { get; set; }

        /// <summary>Where it stands in its shard's ring.</summary>
        public int Slot { get; set; }

        public bool TakeRefresh(long now, long next)
        {
            var due = Volatile.Read(ref DueAt);
            return now >= due && Interlocked.CompareExchange(ref DueAt, next, due) == due;
        }
    }

    sealed class Shard(long bytesMax)
    {
        readonly Lock _gate = new();
        readonly ConcurrentDictionary<CacheKey, Entry> _entries = new();
        readonly List<Entry> _ring = [];
        int _hand;
        long _bytes, _evictions;

        public long Bytes => Interlocked.Read(ref _bytes);
        public int Count => _entries.Count;
        public long Evictions => Interlocked.Read(ref _evictions);

        public bool TryGet(CacheKey key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out Entry entry) => _entries.TryGetValue(key, out entry);

        public void Set(Entry entry, long now)
        {
            lock (_gate)
            {
                if (_entries.TryGetValue(entry.Key, out var earlier))
                    Drop(earlier);
                if (entry.Bytes > bytesMax)
                    return;
                MakeRoom(bytesMax - entry.Bytes, now);
                entry.Slot = _ring.Count;
                _ring.Add(entry);
                _entries[entry.Key] = entry;
                Interlocked.Add(ref _bytes, entry.Bytes);
            }
        }

        public void Remove(CacheKey key)
        {
            lock (_gate)
            {
                if (_entries.TryGetValue(key, out var entry))
                    Drop(entry);
            }
        }

        /// <summary>At most two rounds of the hand: after the first nothing is marked any more, unless readers are quicker than we are.</summary>
        void MakeRoom(long bytesLeft, long now)
        {
            for (var spared = _ring.Count; _bytes > bytesLeft;)
            {
                if (_hand >= _ring.Count)
                    _hand = 0;
                var entry = _ring[_hand];
                if (entry.IsUsed && entry.EndsAt > now && spared-- > 0)
                {
                    entry.IsUsed = false;
                    _hand++;
                    continue;
                }
                Drop(entry);
                Interlocked.Increment(ref _evictions);
            }
        }

        /// <summary>The last of the ring takes the free slot.</summary>
        void Drop(Entry entry)
        {
            _entries.TryRemove(entry.Key, out _);
            var last = _ring[^1];
            last.Slot = entry.Slot;
            _ring[entry.Slot] = last;
            _ring.RemoveAt(_ring.Count - 1);
            Interlocked.Add(ref _bytes, -entry.Bytes);
        }
    }
}
