using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Jobs;

/// <summary>
/// Keeps a snapshot of the queue for those who must not ask the database each time: admission, waiting times, the sharing of lanes.
/// The rate of the pool is Little's law: jobs in service on all coordinators, times what one of them gets through in a second here.
/// </summary>
public sealed class QueueGauge(QueueQueries queue, PartnerStore partners, PipelineCounters counters, CoordinatorOptions options, ILogger<QueueGauge> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Job.GaugeMs), null, log)
{
    volatile QueueForecast _now = QueueForecast.Empty;
    long _addedB2b, _addedB2c;
    int _roundsToSkip;

    /// <summary>The queue as it was at most a moment ago.</summary>
    public QueueForecast Now => _now;

    /// <summary>Jobs enqueued here since the snapshot was taken: so that a burst between two snapshots is not let in whole.</summary>
    public long Added(Lane lane) => Interlocked.Read(ref lane is Lane.B2b ? ref _addedB2b : ref _addedB2c);

    public void Add(Lane lane) => Interlocked.Increment(ref lane is Lane.B2b ? ref _addedB2b : ref _addedB2c);

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        if (_roundsToSkip > 0)
        {
            _roundsToSkip--;
            return false;
        }
        var start = options.Time.GetTimestamp();
        await RefreshAsync(cancel);
        // A long queue is looked at less often: at most a twentieth of the time goes into looking.
        var took = options.Time.GetElapsedTime(start).TotalMilliseconds;
        _roundsToSkip = (int)Math.Min(Limits.Job.GaugeRoundsSkippedMax, took * Limits.Job.GaugePausePerTime / Limits.Job.GaugeMs);
        return false;
    }

    public async Task RefreshAsync(CancellationToken cancel)
    {
        var (addedB2b, addedB2c) = (Added(Lane.B2b), Added(Lane.B2c));
        var queued = await queue.ReadQueuedAsync(options.EngineVersion, cancel);
        var served = await queue.ReadInServiceAsync(options.EngineVersion, cancel);
        var terms = await partners.ReadAllAsync(cancel);
        _now = new QueueForecast(queued, served, terms, served.Sum(s => s.Jobs) * counters.UnitsPerSecondOfJob);
        // What was added before the reading began is in the snapshot.
        Interlocked.Add(ref _addedB2b, -addedB2b);
        Interlocked.Add(ref _addedB2c, -addedB2c);
    }
}
