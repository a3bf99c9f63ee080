using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Jobs;

/// <summary>
/// Offers jobs again whose lease ran out, and ends jobs whose deadline has passed. Runs on every coordinator: rows are taken with
/// SKIP LOCKED, so two of them never do the same one twice.
/// </summary>
public sealed class JobRescuer(JobStore jobs, JobSignals signals, PipelineCounters counters, ILogger<JobRescuer> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Job.RescueMs), null, log)
{
    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var (rescued, exhausted) = await jobs.RescueAsync(cancel);
        if (rescued > 0)
        {
            counters.LeaseExpired(rescued);
            Log.LogWarning("{Rescued} leases ran out, {Exhausted} of them on their last attempt", rescued, exhausted.Count);
            signals.WorkMayMatch.Ring();
        }
        var late = await jobs.FailPastDeadlineAsync(cancel);
        foreach (var jobId in exhausted.Concat(late))
        {
            counters.JobFailed();
            signals.Ended(jobId);
        }
        return rescued == Limits.Job.RescueBatchMax || late.Count == Limits.Job.RescueBatchMax;
    }
}
