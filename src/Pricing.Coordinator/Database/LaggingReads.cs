using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Pricing.Coordinator.Database;

/// <summary>Every question that the replica may answer. Nothing is decided by one: each is shown, or says only when to look at the primary.</summary>
public enum LaggingRead
{
    /// <summary>A quote that has ended never changes; one that has not, or is missing, is read from the primary.</summary>
    EndedQuote,

    /// <summary>A page of a partner's quotes.</summary>
    QuotePage,

    /// <summary>Which of the quotes being watched have ended: a late answer delays the bell.</summary>
    WatchedQuotes,

    /// <summary>A waiting quote's place in the queue.</summary>
    QueueStanding,

    /// <summary>Counts of what waits and runs.</summary>
    PipelineStats,

    /// <summary>A page of the quarantine.</summary>
    QuarantinePage,
}

/// <summary>
/// Reads that may lag go to the replica, where there is one that is near enough; to the primary otherwise. The only holder of the replica's
/// connections, whose sessions are read-only.
/// </summary>
/// <remarks>
/// The distance is measured, not believed: the primary's position in its log is noted twice a second, and the replica is as old as the newest
/// of these positions that it has replayed. A replica that is paused, cut off or gone cannot make itself look near; a primary that does not
/// answer leaves the distance unknown, which counts as far.
/// </remarks>
public sealed class LaggingReads : BackgroundService
{
    readonly NpgsqlDataSource _primary;
    readonly NpgsqlDataSource? _replica;
    readonly TimeProvider _time;
    readonly ILogger<LaggingReads> _log;
    readonly Queue<(long At, NpgsqlLogSequenceNumber Position)> _marks = [];
    // The moment up to which the replica is known to have everything; 0: unknown.
    long _knownTo;
    bool _wasNear;
    long _fromReplica, _fromPrimary;

    public LaggingReads(NpgsqlDataSource primary, string? replica, TimeProvider time, ILogger<LaggingReads> log)
    {
        _primary = primary;
        _replica = replica is null ? null : DatabaseSource.CreateReadOnly(replica);
        _time = time;
        _log = log;
    }

    /// <summary>Questions answered by each since the start.</summary>
    public (long Replica, long Primary) Answered => (Interlocked.Read(ref _fromReplica), Interlocked.Read(ref _fromPrimary));

    /// <summary>How old the replica's answers may be; null: unknown, or there is no replica.</summary>
    public TimeSpan? Lag => Interlocked.Read(ref _knownTo) is > 0 and var known ? _time.GetElapsedTime(known) : null;

    bool IsNear => Lag is { } lag && lag <= TimeSpan.FromMilliseconds(Limits.Database.ReplicaLagMsMax);

    /// <summary>Asks the replica, or the primary when the replica is not near, fails, or has no answer that will do.</summary>
    /// <param name="which">What is asked: the list above is all there is.</param>
    /// <param name="ask">The question, of whichever server.</param>
    /// <param name="cancel">The caller's.</param>
    /// <param name="isGood">Whether the replica's answer will do; null: any.</param>
    public async Task<T> ReadAsync<T>(LaggingRead which, Func<NpgsqlDataSource, Task<T>> ask, CancellationToken cancel, Predicate<T>? isGood = null)
    {
        if (_replica is not null && IsNear)
        {
            try
            {
                var answer = await ask(_replica);
                if (isGood is null || isGood(answer))
                {
                    Interlocked.Increment(ref _fromReplica);
                    return answer;
                }
            }
            catch (Exception failed) when (failed is NpgsqlException or TimeoutException && !cancel.IsCancellationRequested)
            {
                // Gone, restarting, or it ended the statement in favour of the replay: far until the next probe says otherwise.
                Interlocked.Exchange(ref _knownTo, 0);
                _log.LogWarning("The replica failed at {Question}, the primary is asked: {Fault}", which, failed.Message);
            }
        }
        Interlocked.Increment(ref _fromPrimary);
        return await ask(_primary);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_replica is null)
            return;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Database.ReplicaProbeMs), _time);
        try
        {
            do
                await ProbeAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>One look at both servers, bounded in time.</summary>
    public async Task ProbeAsync(CancellationToken cancel)
    {
        if (_replica is null)
            return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(TimeSpan.FromSeconds(Limits.Database.ReplicaProbeSeconds));
        string? why = null;
        try
        {
            // The time before the question: what the answer covers is at least as new.
            var at = _time.GetTimestamp();
            _marks.Enqueue((at, await PositionAsync(_primary, "select pg_current_wal_lsn()", patience.Token)
                ?? throw new InvalidOperationException("The primary has no position.")));
            if (_marks.Count > Limits.Database.ReplicaMarksMax)
                _marks.Dequeue();
            // Null where the server does not replay any more: it was promoted, and this is no replica.
            var replayed = await PositionAsync(_replica, "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() end", patience.Token);
            if (replayed is null)
            {
                Interlocked.Exchange(ref _knownTo, 0);
                why = "it is not a replica (any more)";
            }
            else
            {
                while (_marks.TryPeek(out var mark) && mark.Position <= replayed)
                    Interlocked.Exchange(ref _knownTo, _marks.Dequeue().At);
            }
        }
        catch (Exception failed) when (!cancel.IsCancellationRequested && failed is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            why = failed.Message;
        }
        if (IsNear != _wasNear)
        {
            _wasNear = !_wasNear;
            if (_wasNear)
                _log.LogInformation("The replica is near: it answers what may lag");
            else
                _log.LogWarning("The replica is not read from: {Why}", why ?? $"it is more than {Limits.Database.ReplicaLagMsMax} ms behind");
        }
    }

    static async Task<NpgsqlLogSequenceNumber?> PositionAsync(NpgsqlDataSource source, string question, CancellationToken cancel)
    {
#pragma warning disable CA2100 // one of the two constants above
        await using var command = source.CreateCommand(question);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(cancel) is NpgsqlLogSequenceNumber position ? position : null;
    }

    public override void Dispose()
    {
        _replica?.Dispose();
        base.Dispose();
    }
}
