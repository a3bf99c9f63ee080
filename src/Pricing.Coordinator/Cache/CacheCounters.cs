namespace Pricing.Coordinator.Cache;

/// <summary>What the cache has counted since the start. Only for eyes and metrics; no decision reads it.</summary>
public sealed class CacheCounters
{
    long _memoryHits, _memoryMisses, _sharedHits, _sharedMisses, _corrupt, _failures, _skipped, _loads, _joined, _refreshFailures;

    public long MemoryHits => Interlocked.Read(ref _memoryHits);
    public long MemoryMisses => Interlocked.Read(ref _memoryMisses);
    public long SharedHits => Interlocked.Read(ref _sharedHits);
    public long SharedMisses => Interlocked.Read(ref _sharedMisses);
    public long SharedCorrupt => Interlocked.Read(ref _corrupt);
    public long SharedFailures => Interlocked.Read(ref _failures);
    public long SharedSkipped => Interlocked.Read(ref _skipped);
    public long Loads => Interlocked.Read(ref _loads);
    public long Joined => Interlocked.Read(ref _joined);
    public long RefreshFailures => Interlocked.Read(ref _refreshFailures);

    public void MemoryHit() => Interlocked.Increment(ref _memoryHits);
    public void MemoryMiss() => Interlocked.Increment(ref _memoryMisses);
    public void SharedHit() => Interlocked.Increment(ref _sharedHits);
    public void SharedMiss() => Interlocked.Increment(ref _sharedMisses);
    public void SharedWasCorrupt() => Interlocked.Increment(ref _corrupt);
    public void SharedFailed() => Interlocked.Increment(ref _failures);
    public void SharedWasSkipped() => Interlocked.Increment(ref _skipped);
    public void Loaded() => Interlocked.Increment(ref _loads);
    public void JoinedLoad() => Interlocked.Increment(ref _joined);
    public void RefreshFailed() => Interlocked.Increment(ref _refreshFailures);
}
