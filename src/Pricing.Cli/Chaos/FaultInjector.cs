using System.Collections.Concurrent;
using Pricing.Coordinator.Embedded;

namespace Pricing.Cli.Chaos;

/// <summary>
/// Carries a schedule out: each fault begins at its time, is held, and is healed. On one target they wait for each other, so that a slow machine
/// changes when a fault happens, never whether.
/// </summary>
sealed class FaultInjector(Site site, History history, Func<CancellationToken, Task> overloadAsync, Func<CancellationToken, Task> poisonAsync, Random random, TextWriter talk, TimeProvider time)
{
    readonly ConcurrentDictionary<string, SemaphoreSlim> _targets = new();
    readonly ConcurrentQueue<InjectedFault> _injected = new();

    /// <summary>What the platform did wrong while it was being stopped: a drain that had to be killed, an exit code that is not zero.</summary>
    public ConcurrentQueue<string> BadEnds { get; } = new();

    /// <summary>Runs the whole schedule, heals everything, answers what was done.</summary>
    public async Task<IReadOnlyList<InjectedFault>> RunAsync(IReadOnlyList<PlannedFault> schedule, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var running = new List<Task>();
        foreach (var fault in schedule)
        {
            var wait = fault.At - time.GetElapsedTime(began);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, cancellation);
            running.Add(InjectAsync(fault, cancellation));
        }
        await Task.WhenAll(running);
        foreach (var link in site.Links)
            link.Heal();
        return [.. _injected.OrderBy(fault => fault.InjectedS)];
    }

    async Task InjectAsync(PlannedFault fault, CancellationToken cancellation)
    {
        var target = _targets.GetOrAdd(fault.Target, _ => new SemaphoreSlim(1, 1));
        await target.WaitAsync(cancellation);
        try
        {
            await talk.WriteLineAsync($"{history.NowS,7:0.0} s  fault {fault.Number,3}  {fault.Kind} {fault.Target}{(fault.Hold > TimeSpan.Zero ? $", held {fault.Hold.TotalSeconds:0.0} s" : "")}");
            var injectedS = history.NowS;
            var (healedS, note) = await DoAsync(fault, cancellation);
            _injected.Enqueue(new InjectedFault(fault, injectedS, healedS, note));
        }
        finally
        {
            target.Release();
        }
    }

    /// <summary>Injects, holds, heals. Answers when healing began.</summary>
    async Task<(double HealedS, string Note)> DoAsync(PlannedFault fault, CancellationToken cancellation)
    {
        switch (fault.Kind)
        {
            case FaultKind.NodeKill or FaultKind.CoordinatorKill:
                await site.Role(fault.Target).KillAsync(cancellation);
                return await HealAsync(fault, () => site.Role(fault.Target).StartAsync(cancellation), cancellation);

            case FaultKind.NodePause or FaultKind.CoordinatorPause:
                site.Role(fault.Target).Pause();
                return await HealAsync(fault, () =>
                {
                    site.Role(fault.Target).Continue();
                    return Task.CompletedTask;
                }, cancellation);

            case FaultKind.NodeDrain or FaultKind.CoordinatorDrain:
                var (exitCode, took) = await site.Role(fault.Target).DrainAsync(cancellation);
                if (exitCode != 0)
                    BadEnds.Enqueue($"{fault.Target} was asked to stop (fault {fault.Number}) and {(exitCode is { } code ? $"ended with exit code {code}" : "had to be killed")} after {took.TotalSeconds:0.0} s");
                var (drainedS, _) = await HealAsync(fault, () => site.Role(fault.Target).StartAsync(cancellation), cancellation);
                return (drainedS, $"stopped in {took.TotalSeconds:0.0} s");

            case FaultKind.PostgresKill:
                await site.Postgres.KillAsync(cancellation);
                return await HealAsync(fault, () => StartPostgresAsync(cancellation), cancellation);

            case FaultKind.PostgresRestart:
                return await HealAsync(fault, () => StartPostgresAsync(cancellation), cancellation);

            case FaultKind.RedisKill:
                await site.Redis.KillAsync(cancellation);
                return await HealAsync(fault, () => site.Redis.StartAsync(cancellation), cancellation);

            case FaultKind.RedisFlush:
                await site.Redis.FlushAsync(cancellation);
                return (history.NowS, "");

            case FaultKind.RedisWrongBytes:
                var spoiled = await site.Redis.SpoilAsync(random, cancellation);
                return (history.NowS, $"{spoiled} values spoiled");

            case FaultKind.LinkCut:
                site.Link(fault.Target).Cut();
                return (history.NowS, "");

            case FaultKind.LinkBlackhole:
                site.Link(fault.Target).Blackhole(toServer: fault.Amount != 2, toClient: fault.Amount != 1);
                var (openS, _) = await HealLinkAsync(fault, cancellation);
                return (openS, fault.Amount switch { 1 => "requests only", 2 => "answers only", _ => "both ways" });

            case FaultKind.LinkSlow:
                var (delay, rate) = fault.Amount switch { 0 => (200, 0), 1 => (0, 32 << 10), _ => (1_000, 0) };
                site.Link(fault.Target).Slow(TimeSpan.FromMilliseconds(delay), rate);
                var (fastS, _) = await HealLinkAsync(fault, cancellation);
                return (fastS, delay > 0 ? $"{delay} ms" : $"{rate >> 10} KiB/s");

            case FaultKind.LostReplyToClient or FaultKind.LostReplyFromDatabase or FaultKind.LostCommit:
                var link = site.Link(fault.Target);
                var before = link.RepliesLost;
                link.LoseReplies(Limits.Chaos.RepliesLostMax, fault.Kind switch
                {
                    FaultKind.LostReplyToClient => ReplyLoss.OfCall,
                    FaultKind.LostReplyFromDatabase => ReplyLoss.OfCommit,
                    _ => ReplyLoss.OfCommitBefore,
                });
                await Task.Delay(fault.Hold, time, cancellation);
                // A fault that met no request is none: it waits for one.
                for (var looks = 0; link.RepliesLost == before && looks < Limits.Chaos.LossLooksMax; looks++)
                    await Task.Delay(TimeSpan.FromMilliseconds(Limits.Chaos.LookPauseMs), time, cancellation);
                var (soundS, _) = await HealLinkAsync(fault with { Hold = TimeSpan.Zero }, cancellation);
                return (soundS, $"{link.RepliesLost - before} lost");

            case FaultKind.Overload:
                using (var burst = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
                {
                    burst.CancelAfter(fault.Hold);
                    await overloadAsync(burst.Token);
                }
                return (history.NowS, "");

            case FaultKind.PoisonModel:
                await poisonAsync(cancellation);
                return (history.NowS, "");

            default:
                throw new InvalidOperationException($"{fault.Kind} is planned and nobody knows how.");
        }
    }

    async Task<(double HealedS, string Note)> HealAsync(PlannedFault fault, Func<Task> healAsync, CancellationToken cancellation)
    {
        await Task.Delay(fault.Hold, time, cancellation);
        var healedS = history.NowS;
        await healAsync();
        return (healedS, "");
    }

    Task<(double HealedS, string Note)> HealLinkAsync(PlannedFault fault, CancellationToken cancellation) => HealAsync(fault, () =>
    {
        site.Link(fault.Target).Heal();
        return Task.CompletedTask;
    }, cancellation);

    /// <summary>A start may fail for as long as orphans of a killed server hold its memory: the embedded server waits for them, and this for it.</summary>
    async Task StartPostgresAsync(CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await site.Postgres.RestartAsync(cancellation);
                return;
            }
            catch (EmbeddedPostgresException error) when (tries < Limits.Chaos.PostgresStartsMax)
            {
                await talk.WriteLineAsync($"{history.NowS,7:0.0} s  PostgreSQL did not start ({error.Reason}); again");
            }
        }
    }
}
