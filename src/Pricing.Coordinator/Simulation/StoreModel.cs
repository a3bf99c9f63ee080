using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

/// <summary>
/// The twin in memory of what JobStore, QuarantineStore and QuoteStore say in SQL, statement by statement; the conformance tests run the same
/// script on both. Each method is one transaction. The caller gives the store's time.
/// </summary>
public sealed partial class StoreModel
{
    readonly PlantedBug _bug;
    readonly List<JobRow> _jobs = [];
    readonly List<JobRow> _live = [];

    /// <summary>A store without mistakes.</summary>
    public StoreModel()
        : this(PlantedBug.None)
    {
    }

    internal StoreModel(PlantedBug bug) => _bug = bug;

    /// <summary>Terms of partners; who is not listed is a shop customer of weight 1.</summary>
    public Dictionary<string, (Lane Lane, int Weight)> Terms { get; } = [];

    /// <summary>Where an idle lane begins, by the store's time: later each time.</summary>
    public Func<long, long> IdlePass { get; set; } = now => now * JobCost.PassPerUnit;

    /// <summary>All jobs, by id from 1.</summary>
    public IReadOnlyList<JobRow> Jobs => _jobs;

    /// <summary>Moves since the checker last looked.</summary>
    internal List<JobMove> Moves { get; } = [];

    public JobRow Job(long jobId) => _jobs[(int)jobId - 1];

    /// <summary>A second asker joins the live job; a measurement in quarantine is joined where it ended.</summary>
    public (long JobId, bool IsNew) EnqueueOrJoin(long now, ModelKey key, string partner, long timeLeftMs)
    {
        var lane = Terms.TryGetValue(partner, out var terms) ? terms.Lane : Lane.B2c;
        var pass = PassOf(now, key.Engine, lane, partner, Math.Max(1, terms.Weight));
        if (_bug is not PlantedBug.QuarantineIgnoredAtEnqueue)
        {
            for (var i = _jobs.Count - 1; i >= 0; i--)
            {
                if (_jobs[i].Key == key && _jobs[i].State is JobState.Quarantined && !_jobs[i].Released)
                    return (_jobs[i].JobId, false);
            }
        }
        if (_bug is not PlantedBug.EnqueueNeverJoins && FindLive(key) is { } live)
        {
            live.DeadlineAt = Math.Max(live.DeadlineAt, now + timeLeftMs);
            if (live.Lane == lane)
                live.Pass = Math.Min(live.Pass, pass);
            Moved(Move.Join, live);
            return (live.JobId, false);
        }
        return (Insert(now, key, timeLeftMs, lane, partner, pass).JobId, true);
    }

    /// <summary>Leases as many jobs as there are offers, in the fair order of each lane.</summary>
    public List<Lease> Claim(long now, int engineVersion, IReadOnlyList<JobOffer> offers, LaneSplit split) => Claim(now, engineVersion, offers, split, now);

    /// <param name="now">The store's time.</param>
    /// <param name="engineVersion">Of the nodes that offer.</param>
    /// <param name="offers">One for each job a node would take.</param>
    /// <param name="split">How the offers that serve both lanes are shared.</param>
    /// <param name="callerNow">What the caller believes the time to be; only a mistaken store asks for it.</param>
    internal List<Lease> Claim(long now, int engineVersion, IReadOnlyList<JobOffer> offers, LaneSplit split, long callerNow)
    {
        List<JobRow> b2b = Queue(now, engineVersion, Lane.B2b), b2c = Queue(now, engineVersion, Lane.B2c);
        if (_bug is PlantedBug.UnknownEngineDiscarded)
            Discard(now, engineVersion);
        int ownB2b = Count(offers, Lane.B2b), ownB2c = Count(offers, Lane.B2c), both = Count(offers, null);
        // Each lane fills its dedicated slots and its share of the others; what one leaves empty the other fills.
        int takeB2b = Math.Min(b2b.Count, ownB2b + split.B2b), takeB2c = Math.Min(b2c.Count, ownB2c + split.B2c);
        var room = both - Math.Max(takeB2b - ownB2b, 0) - Math.Max(takeB2c - ownB2c, 0);
        if (takeB2b < ownB2b + split.B2b)
            takeB2c = Math.Min(b2c.Count, takeB2c + room);
        else
            takeB2b = Math.Min(b2b.Count, takeB2b + room);
        var leases = new List<Lease>();
        for (var i = 0; i < takeB2b; i++)
            leases.Add(LeaseTo(b2b[i], i < ownB2b ? Nth(offers, Lane.B2b, i) : Nth(offers, null, i - ownB2b), now, callerNow));
        for (var i = 0; i < takeB2c; i++)
            leases.Add(LeaseTo(b2c[i], i < ownB2c ? Nth(offers, Lane.B2c, i) : Nth(offers, null, i - ownB2c + Math.Max(takeB2b - ownB2b, 0)), now, callerNow));
        leases.Sort((x, y) => Job(x.JobId).Pass != Job(y.JobId).Pass ? Job(x.JobId).Pass.CompareTo(Job(y.JobId).Pass) : x.JobId.CompareTo(y.JobId));
        return leases;
    }

    Lease LeaseTo(JobRow job, JobOffer offer, long now, long callerNow)
    {
        job.State = JobState.Leased;
        if (_bug is not PlantedBug.ClaimKeepsEpoch || job.Epoch == 0)
            job.Epoch++;
        job.Attempts++;
        job.Owner = offer.Incarnation;
        job.LeasedAt = now;
        job.LeaseUntil = (_bug is PlantedBug.LocalClockLease ? callerNow : now) + Limits.Job.LeaseMs;
        if (job.Tries.Count < job.Epoch)
            job.Tries.Add(new AttemptRow(job.Epoch, job.Owner));
        Moved(Move.Claim, job);
        return new Lease(job.JobId, job.Epoch, job.Owner, job.Attempts, [], 1, "", [], TimeSpan.FromMilliseconds(job.DeadlineAt - now), job.Lane, JobRow.Cost);
    }

    /// <summary>What waits in a lane, in the order it is served.</summary>
    List<JobRow> Queue(long now, int engineVersion, Lane lane)
    {
        var queue = new List<JobRow>();
        foreach (var job in _live)
        {
            if (job.State is JobState.Available && job.Key.Engine == engineVersion && job.Lane == lane && job.RunAt <= now && job.DeadlineAt > now)
                queue.Add(job);
        }
        queue.Sort(static (a, b) => a.Pass != b.Pass ? a.Pass.CompareTo(b.Pass) : a.JobId.CompareTo(b.JobId));
        return queue;
    }

    static int Count(IReadOnlyList<JobOffer> offers, Lane? kind)
    {
        var count = 0;
        foreach (var offer in offers)
        {
            if (offer.DedicatedTo == kind)
                count++;
        }
        return count;
    }

    static JobOffer Nth(IReadOnlyList<JobOffer> offers, Lane? kind, int n)
    {
        foreach (var offer in offers)
        {
            if (offer.DedicatedTo == kind && n-- == 0)
                return offer;
        }
        throw new ArgumentOutOfRangeException(nameof(n), n, "no such offer");
    }

    /// <summary>The virtual start time of a job that begins now.</summary>
    long PassOf(long now, int engine, Lane lane, string partner, int weight)
    {
        long? first = null, served = null, own = null;
        foreach (var job in _live)
        {
            if (job.Key.Engine != engine || job.Lane != lane)
                continue;
            if (job.State is JobState.Available)
                first = Math.Min(first ?? job.Pass, job.Pass);
            else
                served = Math.Max(served ?? job.Pass, job.Pass);
            if (job.Partner == partner)
                own = Math.Max(own ?? 0, job.Pass + JobCost.Charge(JobRow.Cost, weight));
        }
        return first is null && served is null && own is null ? IdlePass(now) : Math.Max(first ?? 0, Math.Max(served ?? 0, own ?? 0));
    }

    /// <summary>Lengthens the leases; returns the jobs that are still held.</summary>
    public HashSet<long> Renew(long now, IReadOnlyList<LeaseId> leases) => Renew(now, leases, now);

    internal HashSet<long> Renew(long now, IReadOnlyList<LeaseId> leases, long callerNow)
    {
        var renewed = new HashSet<long>();
        foreach (var lease in leases)
        {
            var job = Job(lease.JobId);
            if (job.State is not JobState.Leased || (job.Epoch != lease.Epoch && _bug is not PlantedBug.RenewWithoutEpoch))
                continue;
            job.LeaseUntil = (_bug is PlantedBug.LocalClockLease ? callerNow : now) + Limits.Job.LeaseMs;
            renewed.Add(lease.JobId);
            Moved(Move.Renew, job, lease);
        }
        return renewed;
    }

    /// <summary>Gives leases back before they run out. Returns jobs that failed by it.</summary>
    public List<long> EndLeases(long now, IReadOnlyList<LeaseId> leases, LeaseEnd end)
    {
        var failed = new List<long>();
        var counts = end is LeaseEnd.Lost || _bug is PlantedBug.ReleaseCountsAsAttempt;
        foreach (var lease in leases)
        {
            var job = Job(lease.JobId);
            if (job.State is not JobState.Leased || job.Epoch != lease.Epoch)
                continue;
            job.Tries[lease.Epoch - 1].Outcome = end is LeaseEnd.Lost ? "lost" : "released";
            if (!counts)
                job.Attempts = Math.Max(job.Attempts - 1, 0);
            if (end is LeaseEnd.Released)
                job.RunAt = now + Limits.Job.ReleaseBackoffMs;
            if (Free(job, counts))
                failed.Add(job.JobId);
            Moved(end is LeaseEnd.Lost ? Move.Lose : Move.Release, job, lease);
        }
        return failed;
    }

    /// <summary>Offers jobs again whose lease ran out.</summary>
    public (int Rescued, List<long> Exhausted) Rescue(long now)
    {
        var late = new List<JobRow>();
        foreach (var job in _live)
        {
            if (job.State is JobState.Leased && (_bug is PlantedBug.RescueByAge ? job.LeasedAt + Limits.Job.LeaseMs < now : job.LeaseUntil < now))
                late.Add(job);
        }
        var exhausted = new List<long>();
        foreach (var job in late)
        {
            job.Tries[job.Epoch - 1].Outcome = "expired";
            if (Free(job, counts: true))
                exhausted.Add(job.JobId);
            if (_bug is PlantedBug.ClaimKeepsEpoch)
                job.Epoch++;
            Moved(Move.Expire, job);
        }
        return (late.Count, exhausted);
    }

    /// <summary>Ends jobs whose time is up.</summary>
    public List<long> FailPastDeadline(long now)
    {
        var ended = new List<long>();
        for (var i = _live.Count - 1; i >= 0; i--)
        {
            var job = _live[i];
            if (job.DeadlineAt >= now)
                continue;
            End(job, JobState.Failed, "DEADLINE");
            NoteIfOpen(job, "ended");
            ended.Add(job.JobId);
            Moved(Move.Deadline, job);
        }
        ended.Sort();
        return ended;
    }

    /// <summary>The job is measured.</summary>
    public Completion Complete(LeaseId lease, Guid incarnation, long figures)
    {
        if (_bug is PlantedBug.MeasurementBeforeFence && Exists(lease))
            Keep(Job(lease.JobId).Key, figures);
        var end = Answer(lease, incarnation, JobState.Completed, "", "completed", Move.Complete);
        if (end is Completion.Applied)
            Keep(Job(lease.JobId).Key, figures);
        return end;
    }

    /// <summary>The model is at fault.</summary>
    public Completion Fail(LeaseId lease, Guid incarnation, string reason) => Answer(lease, incarnation, JobState.Failed, reason, "model_failed", Move.ModelFail);

    /// <summary>A worker process died on this lease.</summary>
    public (Completion Completion, JobState State) Strike(long now, LeaseId lease, Guid incarnation)
    {
        if (!Exists(lease))
            return (Completion.UnknownJob, default);
        var job = Job(lease.JobId);
        var ours = TryOf(job, lease, incarnation);
        if (!job.IsLive || job.Epoch != lease.Epoch || ours is null || (ours.Outcome == "worker_died" && _bug is not PlantedBug.DeathCountedTwice))
            return (WhyNot(lease, incarnation), default);
        job.Strikes++;
        if (job.Strikes >= Limits.Job.WorkerDeathsMax)
            End(job, JobState.Quarantined, "MODEL_QUARANTINED");
        else if (job.Attempts >= Limits.Job.AttemptsMax)
            End(job, JobState.Failed, "ATTEMPTS_EXHAUSTED");
        else
            (job.State, job.Owner, job.LeaseUntil) = (JobState.Available, Guid.Empty, 0);
        job.RunAt = now + Limits.Job.ReleaseBackoffMs;
        ours.Outcome = "worker_died";
        Moved(Move.Strike, job, lease, incarnation);
        return (Completion.Applied, job.State);
    }

    /// <summary>Lets a quarantined job be tried once more, as a new job or by the live one. False when it is not quarantined.</summary>
    public bool LiftQuarantine(long now, long jobId, long timeLeftMs)
    {
        if (jobId < 1 || jobId > _jobs.Count || Job(jobId) is not { State: JobState.Quarantined } job)
            return false;
        if (job.Released)
            return true;
        job.Released = true;
        Moved(Move.LiftQuarantine, job);
        var retry = FindLive(job.Key);
        if (retry is null)
        {
            // A person asked for it, so it is next in its lane.
            retry = Insert(now, job.Key, timeLeftMs, job.Lane, job.Partner, FirstPass(job.Key.Engine, job.Lane), Limits.Job.WorkerDeathsMax - 1);
        }
        else
            retry.Strikes = Math.Max(retry.Strikes, Limits.Job.WorkerDeathsMax - 1);
        retry.RetryOf = jobId;
        return true;
    }

    /// <summary>Cancels the job when no quote waits for it any more.</summary>
    public bool CancelIfUnwanted(long jobId)
    {
        var job = Job(jobId);
        if (!job.IsLive || (_bug is not PlantedBug.CancelWithoutRecheck && IsWanted(jobId)))
            return false;
        End(job, JobState.Cancelled, "");
        NoteIfOpen(job, "ended");
        Moved(Move.Cancel, job);
        return true;
    }

    Completion Answer(LeaseId lease, Guid incarnation, JobState end, string failure, string outcome, Move move)
    {
        if (!Exists(lease))
            return Completion.UnknownJob;
        var job = Job(lease.JobId);
        var fenced = job.Epoch == lease.Epoch && TryOf(job, lease, incarnation) is { } held && (held.Outcome != "worker_died" || _bug is PlantedBug.FiguresAfterDeath);
        if ((!fenced && _bug is not PlantedBug.CompleteWithoutEpoch) || (!job.IsLive && _bug is not PlantedBug.CompleteAfterTerminal))
            return WhyNot(lease, incarnation);
        End(job, end, failure);
        if (TryOf(job, lease, incarnation) is { } ours)
            ours.Outcome = outcome;
        Moved(move, job, lease, incarnation);
        return Completion.Applied;
    }

    Completion WhyNot(LeaseId lease, Guid incarnation)
    {
        var job = Job(lease.JobId);
        if (TryOf(job, lease, incarnation)?.Outcome is "completed" or "model_failed" or "worker_died")
            return Completion.AlreadyApplied;
        return job.Epoch == lease.Epoch && !job.IsLive ? Completion.Terminal : Completion.StaleEpoch;
    }

    bool Exists(LeaseId lease) => lease.JobId >= 1 && lease.JobId <= _jobs.Count;

    static AttemptRow? TryOf(JobRow job, LeaseId lease, Guid incarnation) =>
        lease.Epoch >= 1 && lease.Epoch <= job.Tries.Count && job.Tries[lease.Epoch - 1] is var found && found.Incarnation == incarnation ? found : null;

    /// <summary>The lease is over without an answer. True when that was the last attempt.</summary>
    bool Free(JobRow job, bool counts)
    {
        job.Owner = Guid.Empty;
        job.LeaseUntil = 0;
        if (counts && job.Attempts >= Limits.Job.AttemptsMax && _bug is not PlantedBug.AttemptsUnbounded)
        {
            End(job, JobState.Failed, "ATTEMPTS_EXHAUSTED");
            return true;
        }
        job.State = JobState.Available;
        return false;
    }

    void End(JobRow job, JobState state, string failure)
    {
        job.State = state;
        job.Failure = failure;
        job.Owner = Guid.Empty;
        job.LeaseUntil = 0;
        _live.Remove(job);
    }

    static void NoteIfOpen(JobRow job, string outcome)
    {
        if (job.Epoch > 0 && job.Epoch <= job.Tries.Count && job.Tries[job.Epoch - 1] is { Outcome.Length: 0 } open)
            open.Outcome = outcome;
    }

    void Discard(long now, int known)
    {
        for (var i = _live.Count - 1; i >= 0; i--)
        {
            var job = _live[i];
            if (job.State is not JobState.Available || job.Key.Engine == known || job.RunAt > now)
                continue;
            End(job, JobState.Failed, "DISCARDED");
            Moved(Move.Deadline, job);
        }
    }

    JobRow? FindLive(ModelKey key)
    {
        foreach (var job in _live)
        {
            if (job.Key == key)
                return job;
        }
        return null;
    }

    long FirstPass(int engine, Lane lane)
    {
        long? first = null;
        foreach (var job in _live)
        {
            if (job.State is JobState.Available && job.Key.Engine == engine && job.Lane == lane)
                first = Math.Min(first ?? job.Pass, job.Pass);
        }
        return first ?? 0;
    }

    JobRow Insert(long now, ModelKey key, long timeLeftMs, Lane lane, string partner, long pass, int strikes = 0)
    {
        var job = new JobRow(_jobs.Count + 1, key) { RunAt = now, DeadlineAt = now + timeLeftMs, Lane = lane, Partner = partner, Pass = pass, Strikes = strikes };
        _jobs.Add(job);
        _live.Add(job);
        Moved(Move.Enqueue, job);
        return job;
    }

    void Moved(Move move, JobRow job, LeaseId under = default, Guid incarnation = default) => Moves.Add(new JobMove(move, job, under, incarnation));
}
