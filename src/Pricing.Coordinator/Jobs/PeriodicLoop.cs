using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Jobs;

/// <summary>
/// A background loop with a job title: does its work once, waits for its bell or its tick, does it again. A fault is logged and the
/// next tick tries again; the rows it works on are the truth, so nothing is lost by a missed round.
/// </summary>
public abstract class PeriodicLoop(TimeSpan tick, Wakeup? bell, ILogger log) : BackgroundService
{
    protected ILogger Log { get; } = log;

    /// <summary>One bounded round. Returns true when there may be more to do at once.</summary>
    public abstract Task<bool> RunOnceAsync(CancellationToken cancel);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ownBell = new Wakeup();
        var wait = bell ?? ownBell;
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.LogError(e, "{Loop} failed; the next tick tries again", GetType().Name);
            }
            catch (Exception e)
            {
                Log.LogDebug(e, "{Loop} stops", GetType().Name);
                return;
            }
            try
            {
                if (!more)
                    await wait.WaitAsync(tick, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
