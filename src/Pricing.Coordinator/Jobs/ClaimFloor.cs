namespace Pricing.Coordinator.Jobs;

/// <summary>
/// Where a claim begins to look. While some session holds an old snapshot, vacuum cannot remove the index entries of jobs that were claimed
/// since, and a claim that begins at the oldest entry steps over all of them: it slows down for as long as the snapshot lives. So when a
/// whole look has been slow, the next ones begin shortly before the job claimed last, and a whole look is taken only now and then: it costs
/// a bounded share of the time. It finds what lies before (offered again by another coordinator, committed late), later than otherwise but
/// within that pause. While looks are quick, which is always but then, every look is a whole one.
/// </summary>
public sealed class ClaimFloor(TimeProvider time)
{
    /// <summary>Before every job: PostgreSQL's -infinity.</summary>
    static readonly DateTime Oldest = DateTime.SpecifyKind(DateTime.MinValue, DateTimeKind.Utc);

    readonly Lock _lock = new();
    DateTime _floor = Oldest;
    long _wholeAt;
    TimeSpan _pause;

    /// <summary>Where the next claim begins; the least of all times: at the oldest job.</summary>
    public DateTime Next()
    {
        lock (_lock)
            return time.GetElapsedTime(_wholeAt) < _pause ? _floor : Oldest;
    }

    /// <summary>A claim that began there took so long and ended at this job (none: found nothing).</summary>
    public void Claimed(DateTime from, TimeSpan took, DateTime? lastRunAt)
    {
        lock (_lock)
        {
            if (from == Oldest)
            {
                var slow = took > TimeSpan.FromMilliseconds(Limits.Job.ClaimSlowMs);
                _pause = slow ? TimeSpan.FromMilliseconds(Math.Min(took.TotalMilliseconds * Limits.Job.ClaimWholePauses, Limits.Job.ClaimWholeMs)) : TimeSpan.Zero;
                _wholeAt = time.GetTimestamp();
            }
            // A job that was accepted before the last one may be committed after it: look a little further back.
            if (lastRunAt - TimeSpan.FromMilliseconds(Limits.Job.ClaimBackMs) is { } floor && floor > _floor)
                _floor = floor;
        }
    }

    /// <summary>Jobs were offered again here, in their old places: the next claim looks at all.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _pause = TimeSpan.Zero;
            _floor = Oldest;
        }
    }
}
