using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Scheduling;

namespace Pricing.Coordinator.Nodes;

/// <summary>
/// The shell of the <see cref="Scheduler"/>: everyone posts events into one bounded queue, one reader steps through them and starts what the scheduler
/// wants. Calls to the database come back as events; nothing here decides anything.
/// </summary>
public sealed class SchedulerLoop(
    JobStore jobs, NodeRegistry nodes, ModelAffinity affinity, QueueGauge gauge, JobSignals signals, PipelineCounters counters, IHostApplicationLifetime lifetime,
    ILogger<SchedulerLoop> log)
    : BackgroundService
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(Limits.Job.SchedulerTickMs);

    /// <summary>A call without an answer has failed by then, whatever the server does: no timer waits for a silent server for ever.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(Limits.Database.ConnectSeconds + Limits.Database.StatementSeconds);
    static readonly TimeSpan RenewPatience = TimeSpan.FromMilliseconds(Limits.Job.RenewCallMs);

    readonly Channel<SchedulerEvent> _events = Channel.CreateBounded<SchedulerEvent>(
        new BoundedChannelOptions(Limits.Job.SchedulerEventsMax) { SingleReader = true });
    readonly Scheduler _scheduler = new(SchedulerTimes.OfLimits);
    // Started and not yet heard of; the reader's own.
    int _callsUnderWay;

    /// <summary>The scheduler's time: this process's monotonic clock.</summary>
    internal static long NowMs => (long)Stopwatch.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Tells the scheduler what happened; waits while its queue is full. After the coordinator's end nobody listens, and leases run out.</summary>
    public async ValueTask PostAsync(SchedulerEvent happened, CancellationToken cancel)
    {
        while (await _events.Writer.WaitToWriteAsync(cancel))
        {
            if (_events.Writer.TryWrite(happened))
                return;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        signals.JobEnded += Ended;
        var ringing = RingAsync(stoppingToken);
        await using var wake = stoppingToken.Register(() => _events.Writer.TryWrite(SchedulerEvent.Tick));
        try
        {
            await ReadAsync(stoppingToken);
        }
        finally
        {
            signals.JobEnded -= Ended;
            // Nobody waits for a listener that is gone.
            _events.Writer.TryComplete();
        }
        await ringing;
    }

    /// <summary>The streams end before this loop is asked to: what they gave back is told to the database, then it is over.</summary>
    async Task ReadAsync(CancellationToken stopping)
    {
        var stopTold = false;
        while (!stopping.IsCancellationRequested || _events.Reader.TryPeek(out _) || _callsUnderWay > 0)
        {
            var happened = await _events.Reader.ReadAsync(CancellationToken.None);
            if (!stopTold && lifetime.ApplicationStopping.IsCancellationRequested)
            {
                stopTold = true;
                Step(SchedulerEvent.Stop);
            }
            Step(happened);
        }
    }

    void Step(SchedulerEvent happened)
    {
        if (happened.Call != 0)
            _callsUnderWay--;
        foreach (var effect in _scheduler.Step(happened, NowMs))
        {
            switch (effect.Kind)
            {
                case SchedulerEffectKind.Assign:
                    nodes.Find(effect.Stream)?.Assign(effect.Lease!);
                    break;
                case SchedulerEffectKind.Revoke:
                    nodes.Find(effect.Stream)?.Revoke(effect.LeaseId, effect.Reason);
                    break;
                case SchedulerEffectKind.SendDrain:
                    nodes.Find(effect.Stream)?.Drain();
                    break;
                default:
                    _callsUnderWay++;
                    _ = CallAsync(effect);
                    break;
            }
        }
    }

    async Task CallAsync(SchedulerEffect effect)
    {
        SchedulerEvent outcome;
        try
        {
            using var patience = new CancellationTokenSource(effect.Kind is SchedulerEffectKind.Renew ? RenewPatience : Patience);
            outcome = await AskAsync(effect, patience.Token);
        }
        catch (Exception e)
        {
            // Whatever it was, the scheduler hears that there is no answer, and asks again in its own time.
            log.LogWarning(e, "{Call} got no answer from the database", effect.Kind);
            outcome = SchedulerEvent.Failed(effect.Kind, effect.Call);
        }
        await PostAsync(outcome, CancellationToken.None);
    }

    async Task<SchedulerEvent> AskAsync(SchedulerEffect effect, CancellationToken cancel)
    {
        switch (effect.Kind)
        {
            case SchedulerEffectKind.Claim:
                var leases = await jobs.ClaimAsync(effect.EngineVersion, effect.Offers, effect.Split, cancel);
                var free = nodes.Sessions.Where(s => s.Hello.EngineVersion == effect.EngineVersion && s.FreeCredits > 0).ToList();
                return SchedulerEvent.ClaimDone(effect.Call, await affinity.PreferAsync(leases, free, cancel));
            case SchedulerEffectKind.Renew:
                return SchedulerEvent.RenewDone(effect.Call, await jobs.RenewAsync([.. effect.Leases], cancel));
            case SchedulerEffectKind.EndLeases:
                EndAll(await jobs.EndLeasesAsync([.. effect.Leases], effect.End, effect.Reason, cancel));
                return SchedulerEvent.EndLeasesDone(effect.Call);
            case SchedulerEffectKind.Rescue:
                var (rescued, exhausted) = await jobs.RescueAsync(cancel);
                if (rescued > 0)
                {
                    counters.LeaseExpired(rescued);
                    log.LogWarning("{Rescued} leases ran out, {Exhausted} of them on their last attempt", rescued, exhausted.Count);
                }
                EndAll(exhausted);
                return SchedulerEvent.RescueDone(effect.Call, rescued);
            case SchedulerEffectKind.FailPastDeadline:
                var late = await jobs.FailPastDeadlineAsync(cancel);
                EndAll(late);
                return SchedulerEvent.FailPastDeadlineDone(effect.Call, late.Count);
            default:
                throw new InvalidOperationException($"{effect.Kind} is no database call.");
        }
    }

    void EndAll(IReadOnlyList<long> failedJobs)
    {
        foreach (var jobId in failedJobs)
        {
            counters.JobFailed();
            signals.Ended(jobId);
        }
    }

    // A hint: when the queue is full it is left out, and the next renewal finds that the lease is gone.
    void Ended(long jobId) => _events.Writer.TryWrite(SchedulerEvent.JobEnded(jobId));

    async Task RingAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                var isRung = await signals.WorkMayMatch.WaitAsync(Tick, stopping);
                var queue = gauge.Now;
                _events.Writer.TryWrite(SchedulerEvent.QueueSeen(queue.WaitingUnits(Lane.B2b), queue.WaitingUnits(Lane.B2c)));
                _events.Writer.TryWrite(isRung ? SchedulerEvent.WorkMayExist : SchedulerEvent.Tick);
            }
        }
        catch (OperationCanceledException)
        {
            // The coordinator ends.
        }
    }
}
