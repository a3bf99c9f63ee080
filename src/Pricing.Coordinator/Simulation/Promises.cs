using System.Globalization;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

/// <summary>A promise that did not hold. Its id is the one of docs/simulator.md.</summary>
sealed class BrokenPromiseException(string promise, string what) : Exception(what)
{
    public string Promise { get; } = promise;
}

/// <summary>
/// Looks at every move of every row after each event, against what it has itself written down of all earlier moves. It shares no code with the store:
/// where both have the same mistake, neither would see it.
/// </summary>
sealed class Promises(StoreModel store, Func<LeaseId, bool> isTrustedByAnyone)
{
    sealed class KnownJob
    {
        public JobState State = JobState.Available;
        public int Epoch, Attempts, Strikes, Applied, StruckEpoch;
        public Guid Holder;
        public bool EndedByNode;
    }

    readonly List<KnownJob> _jobs = [];
    readonly Dictionary<ModelKey, long> _liveJob = [];
    readonly Dictionary<ModelKey, long> _quarantined = [];
    readonly Dictionary<ModelKey, long> _figures = [];
    readonly Dictionary<long, QuoteState> _quotes = [];
    readonly Dictionary<(string, string), long> _byRequest = [];

    /// <summary>How often each move was made.</summary>
    public long[] Made { get; } = new long[Enum.GetValues<Move>().Length];

    /// <summary>How many times a promise was held against a fact.</summary>
    public long Checks { get; private set; }

    /// <summary>Checks what moved since the last time.</summary>
    public void Check(long now)
    {
        foreach (var move in store.Moves)
            Check(move, now);
        store.Moves.Clear();
        foreach (var quote in store.MovedQuotes)
            Check(quote, now);
        store.MovedQuotes.Clear();
    }

    /// <summary>I1, I15: a client was told that its quote exists.</summary>
    public void Accepted(string partner, string requestId, long quoteId)
    {
        Hold(_quotes.ContainsKey(quoteId), "I1", $"quote {quoteId} was accepted and is not stored");
        Hold(_byRequest[(partner, requestId)] == quoteId, "I15", $"request {partner}/{requestId} was answered with quote {quoteId} and with {_byRequest[(partner, requestId)]}");
    }

    /// <summary>The figures a key was measured with first; every price of it rests on them.</summary>
    public void Hold(bool holds, string promise, FormattableString what)
    {
        Checks++;
        if (!holds)
            throw new BrokenPromiseException(promise, what.ToString(CultureInfo.InvariantCulture));
    }

    void Check(JobMove made, long now)
    {
        var (move, job, under, incarnation) = made;
        Made[(int)move]++;
        if (move is Move.Enqueue)
        {
            CheckNew(job);
            return;
        }
        var known = _jobs[(int)job.JobId - 1];
        Checks += 4;
        if (known.State is not (JobState.Available or JobState.Leased) && move is not Move.LiftQuarantine)
            throw new BrokenPromiseException("I3", $"job {job.JobId} was {known.State} and made the move {move}");
        switch (move)
        {
            case Move.Claim:
                Hold(known.State is JobState.Available, "I2", $"job {job.JobId} was claimed while {known.State}");
                Hold(job.Epoch == known.Epoch + 1, "I2", $"job {job.JobId} was claimed from epoch {known.Epoch} under epoch {job.Epoch}");
                Hold(job.Attempts == known.Attempts + 1 && job.Attempts <= Limits.Job.AttemptsMax, "I4", $"job {job.JobId} is in attempt {job.Attempts} after {known.Attempts}");
                // After an answer that freed the job its holder may not have heard of it yet; the epoch keeps it harmless.
                Hold(known.EndedByNode || !isTrustedByAnyone(new LeaseId(job.JobId, known.Epoch)), "LEASE", $"job {job.JobId} was claimed while a coordinator trusts its lease");
                known.Holder = job.Owner;
                known.EndedByNode = false;
                break;
            case Move.Renew:
                Hold(known.State is JobState.Leased && under.Epoch == known.Epoch, "I2", $"job {job.JobId} in epoch {known.Epoch} was renewed by the holder of epoch {under.Epoch}");
                break;
            case Move.Release:
                Hold(known.State is JobState.Leased && under.Epoch == known.Epoch, "I2", $"job {job.JobId} in epoch {known.Epoch} was given back by the holder of epoch {under.Epoch}");
                Hold(job.State is JobState.Available && job.Attempts == known.Attempts - 1, "I4", $"job {job.JobId} was given back on purpose: attempts {known.Attempts} became {job.Attempts}");
                break;
            case Move.Lose or Move.Expire:
                Hold(known.State is JobState.Leased, "I2", $"job {job.JobId} was taken from its holder while {known.State}");
                Hold(move is Move.Expire || under.Epoch == known.Epoch, "I2", $"job {job.JobId} in epoch {known.Epoch} was ended by the holder of epoch {under.Epoch}");
                Hold(move is Move.Lose || !isTrustedByAnyone(new LeaseId(job.JobId, known.Epoch)), "LEASE", $"the lease of job {job.JobId} was taken back while a coordinator trusts it");
                Hold(job.State is JobState.Failed == job.Attempts >= Limits.Job.AttemptsMax, "I4", $"job {job.JobId} is {job.State} after {job.Attempts} lost attempts");
                break;
            case Move.Complete or Move.ModelFail:
                Hold(under.Epoch == known.Epoch && incarnation == known.Holder, "I2", $"job {job.JobId} in epoch {known.Epoch} took the answer of epoch {under.Epoch}");
                Hold(known.StruckEpoch < under.Epoch, "I2", $"job {job.JobId} took an answer of epoch {under.Epoch}, which a death had answered");
                Hold(++known.Applied == 1, "I2", $"job {job.JobId} took {known.Applied} answers");
                break;
            case Move.Strike:
                Hold(under.Epoch == known.Epoch && incarnation == known.Holder && known.StruckEpoch < under.Epoch, "I5", $"job {job.JobId} took a death of epoch {under.Epoch} in epoch {known.Epoch}, last struck in {known.StruckEpoch}");
                Hold(job.Strikes == known.Strikes + 1 && job.State is JobState.Quarantined == job.Strikes >= Limits.Job.WorkerDeathsMax, "I5", $"job {job.JobId} is {job.State} after {job.Strikes} deaths");
                known.StruckEpoch = under.Epoch;
                known.EndedByNode = true;
                break;
            case Move.Deadline:
                Hold(job.DeadlineAt < now, "I1", $"job {job.JobId} ended with {job.Failure} at {now}, its deadline is {job.DeadlineAt}");
                break;
            case Move.Cancel:
                foreach (var quote in store.Waiting)
                    Hold(quote.JobId != job.JobId, "I1", $"job {job.JobId} was cancelled while quote {quote.QuoteId} waits for it");
                break;
            case Move.LiftQuarantine:
                _quarantined.Remove(job.Key);
                return;
        }
        Remember(known, job);
    }

    void CheckNew(JobRow job)
    {
        Hold(!_liveJob.ContainsKey(job.Key), "I2", $"job {job.JobId} was made while job {_liveJob.GetValueOrDefault(job.Key)} of the same key lives");
        Hold(!_quarantined.ContainsKey(job.Key), "I5", $"job {job.JobId} was made while job {_quarantined.GetValueOrDefault(job.Key)} of the same key is in quarantine");
        _liveJob[job.Key] = job.JobId;
        _jobs.Add(new KnownJob { Strikes = job.Strikes });
    }

    void Remember(KnownJob known, JobRow job)
    {
        (known.State, known.Epoch, known.Attempts, known.Strikes) = (job.State, job.Epoch, job.Attempts, job.Strikes);
        if (job.IsLive)
            return;
        if (_liveJob.GetValueOrDefault(job.Key) == job.JobId)
            _liveJob.Remove(job.Key);
        if (job.State is JobState.Quarantined)
            _quarantined[job.Key] = job.JobId;
    }

    void Check(QuoteRow quote, long now)
    {
        var isNew = !_quotes.TryGetValue(quote.QuoteId, out var before);
        if (isNew)
        {
            Hold(_byRequest.TryAdd((quote.Partner, quote.RequestId), quote.QuoteId), "I15", $"request {quote.Partner}/{quote.RequestId} made a second quote, {quote.QuoteId}");
        }
        else
        {
            Hold(before is QuoteState.Measuring || before == quote.State, "I3", $"quote {quote.QuoteId} was {before} and became {quote.State}");
        }
        _quotes[quote.QuoteId] = quote.State;
        switch (quote.State)
        {
            case QuoteState.Priced:
                _figures.TryAdd(quote.Key, quote.Figures);
                Hold(_figures[quote.Key] == quote.Figures, "I8", $"quote {quote.QuoteId} was priced from {quote.Figures}, an earlier one of the same key from {_figures[quote.Key]}");
                break;
            case QuoteState.Failed when quote.Failure == "DEADLINE":
                Hold(quote.DeadlineAt <= now || _jobs[(int)quote.JobId - 1].State is JobState.Failed, "I1", $"quote {quote.QuoteId} failed at {now}, before its deadline {quote.DeadlineAt}");
                break;
            case QuoteState.Failed:
                Hold(_jobs[(int)quote.JobId - 1].State is JobState.Failed or JobState.Quarantined, "I1", $"quote {quote.QuoteId} failed with {quote.Failure}, its job is {_jobs[(int)quote.JobId - 1].State}");
                break;
        }
    }
}
