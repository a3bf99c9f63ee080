using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>
/// Leases on their way back to the database: told one batch at a time, told again when a call failed, forgotten when their lease time is over
/// (then the rescuer offers them). Telling twice is telling once: the statement names the epoch.
/// </summary>
/// <remarks>Bounded by what was claimed within one lease time: nothing stays longer.</remarks>
sealed class LeaseEnds(int retryMs)
{
    readonly record struct Ending(LeaseId Lease, LeaseEnd End, string Reason, long GoodUntilMs);

    readonly List<Ending> _waiting = [];
    readonly List<Ending> _telling = [];
    long _call, _retryAt;

    public void Add(LeaseId lease, LeaseEnd end, string reason, long goodUntilMs) => _waiting.Add(new Ending(lease, end, reason, goodUntilMs));

    public bool Contains(LeaseId lease) => _waiting.Exists(e => e.Lease == lease) || _telling.Exists(e => e.Lease == lease);

    /// <summary>The next batch that ends in the same way, if no other is under way.</summary>
    public SchedulerEffect? Next(long nowMs, ref long calls)
    {
        if (_call != 0 || _waiting.Count == 0 || nowMs < _retryAt)
            return null;
        var (_, end, reason, _) = _waiting[0];
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            var ending = _waiting[i];
            if (ending.End == end && ending.Reason == reason)
                _telling.Add(ending);
            else
                _waiting[kept++] = ending;
        }
        _waiting.RemoveRange(kept, _waiting.Count - kept);
        return new SchedulerEffect(SchedulerEffectKind.EndLeases)
        {
            Call = _call = ++calls,
            Leases = _telling.ConvertAll(e => e.Lease),
            End = end,
            Reason = reason,
        };
    }

    /// <summary>False when it was not the call under way.</summary>
    public bool Told(long call)
    {
        if (call != _call)
            return false;
        _call = 0;
        _telling.Clear();
        return true;
    }

    public void NotTold(long call, long nowMs)
    {
        if (call != _call)
            return;
        _call = 0;
        _retryAt = nowMs + retryMs;
        foreach (var ending in _telling)
        {
            if (ending.GoodUntilMs >= nowMs)
                _waiting.Add(ending);
        }
        _telling.Clear();
    }
}
