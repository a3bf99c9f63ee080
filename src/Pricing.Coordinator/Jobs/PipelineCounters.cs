namespace Pricing.Coordinator.Jobs;

/// <summary>What this coordinator has counted since it started. Only for eyes and metrics; no decision reads it.</summary>
public sealed class PipelineCounters
{
    readonly Lock _rate = new();
    long _recentUnits;
    TimeSpan _recentTime;
    long _jobsDone, _jobsFailed, _workerDeaths, _jobsQuarantined, _leasesExpired, _staleEpochs, _cacheHits, _cacheMisses, _bytesPerSecond;

    public long JobsDone => Interlocked.Read(ref _jobsDone);
    public long JobsFailed => Interlocked.Read(ref _jobsFailed);
    public long WorkerDeaths => Interlocked.Read(ref _workerDeaths);
    public long JobsQuarantined => Interlocked.Read(ref _jobsQuarantined);
    public long LeasesExpired => Interlocked.Read(ref _leasesExpired);
    public long StaleEpochsRefused => Interlocked.Read(ref _staleEpochs);
    public long CacheHits => Interlocked.Read(ref _cacheHits);
    public long CacheMisses => Interlocked.Read(ref _cacheMisses);

    /// <summary>How fast one job moves through a node, smoothed over the latest ones; 0 until one has been seen.</summary>
    public long BytesPerSecond => Interlocked.Read(ref _bytesPerSecond);

    /// <summary>Cost units one job in service gets through in a second, over the latest ones; 0 until one has been seen.</summary>
    public double UnitsPerSecondOfJob
    {
        get
        {
            lock (_rate)
                return _recentTime > TimeSpan.Zero ? _recentUnits / _recentTime.TotalSeconds : 0;
        }
    }

    public void JobDone() => Interlocked.Increment(ref _jobsDone);
    public void JobFailed() => Interlocked.Increment(ref _jobsFailed);
    public void WorkerDied() => Interlocked.Increment(ref _workerDeaths);
    public void JobQuarantined() => Interlocked.Increment(ref _jobsQuarantined);
    public void LeaseExpired(int count) => Interlocked.Add(ref _leasesExpired, count);
    public void StaleEpochRefused() => Interlocked.Increment(ref _staleEpochs);
    public void CacheHit() => Interlocked.Increment(ref _cacheHits);
    public void CacheMiss() => Interlocked.Increment(ref _cacheMisses);

    /// <summary>Takes in the rate of one finished job, with a weight of a fifth.</summary>
    public void Observe(long bytes, TimeSpan time)
    {
        lock (_rate)
        {
            // A ratio of sums, each fading by an eighth: a mean of rates would believe the small quick jobs too much.
            _recentUnits += JobCost.Of(bytes) - _recentUnits / 8;
            _recentTime += time - _recentTime / 8;
        }
        var rate = (long)(bytes / Math.Max(time.TotalSeconds, 0.001));
        var before = BytesPerSecond;
        // A lost update between two jobs that end at once only makes the average a little older.
        Interlocked.Exchange(ref _bytesPerSecond, before == 0 ? rate : before + (rate - before) / 5);
    }
}
