using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Node.Workers;

namespace Pricing.Node;

/// <summary>The node's one loop: dial a coordinator, work on its stream until it ends, dial the next.</summary>
sealed class NodeWorker(
    NodeOptions options, NodeStatus status, Coordinators coordinators, WorkerPool pool, JobTable jobs, ILogger<NodeWorker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Off the host's start: a node is started when it dials, not when somebody answers.
        await Task.Yield();
        pool.Start();
        // A node without a place to measure asks for no work.
        await pool.Ready.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var backoff = new Backoff(Limits.Node.DialBackoffFirstMs, Limits.Node.DialBackoffMaxMs, options.Time);
        while (!stoppingToken.IsCancellationRequested)
        {
            var (address, client) = coordinators.Favourite;
            var dialledAt = options.Time.GetTimestamp();
            var end = await new CoordinatorSession(address, client, options, status, jobs, log).RunAsync(stoppingToken).ConfigureAwait(false);
            status.Leave();
            if (stoppingToken.IsCancellationRequested)
                break;
            log.LogWarning("The stream to {Coordinator} ended: {Why}.", address, end.Why);
            // A stream that lived a while was a good one; one that is ended as soon as it is open is not to be dialled ever faster.
            if (end.WasWelcomed && options.Time.GetElapsedTime(dialledAt) > TimeSpan.FromMilliseconds(Limits.Node.DialBackoffMaxMs))
                backoff.Reset();
            coordinators.Next();
            // Also after a drain: the coordinators of a rolling restart are not all dialled by all nodes in the same millisecond.
            await backoff.WaitAsync(stoppingToken).ConfigureAwait(false);
        }

        // Answers on their way when the stream was already gone.
        jobs.StopAll("the node stops");
        await Task.WhenAny(jobs.WhenEnded(), Task.Delay(TimeSpan.FromMilliseconds(Limits.Node.StopGraceMs / 2), options.Time, CancellationToken.None))
            .ConfigureAwait(false);
    }
}
