namespace Pricing.Coordinator.Simulation;

/// <summary>How a request to quote ended. A request id that came with another body is refused.</summary>
public readonly record struct Acceptance(long QuoteId, bool IsNew, bool IsRefused);

/// <summary>Quotes, measurements and remembered requests.</summary>
public sealed partial class StoreModel
{
    readonly Dictionary<(string Partner, string RequestId), (long QuoteId, int Body)> _requests = [];
    readonly Dictionary<ModelKey, long> _figures = [];
    readonly List<QuoteRow> _quotes = [];
    readonly List<QuoteRow> _waiting = [];

    /// <summary>All quotes, in the order they were written.</summary>
    public IReadOnlyList<QuoteRow> Quotes => _quotes;

    /// <summary>Quotes that have not ended.</summary>
    internal IReadOnlyList<QuoteRow> Waiting => _waiting;

    /// <summary>Quotes written or changed since the checker last looked.</summary>
    internal List<QuoteRow> MovedQuotes { get; } = [];

    /// <summary>The request is remembered, the quote is written, its job is joined or enqueued: all or nothing.</summary>
    public Acceptance Accept(long now, string partner, string requestId, int body, ModelKey key, long quoteId, long timeLeftMs)
    {
        if (_requests.TryGetValue((partner, requestId), out var earlier))
            return new Acceptance(earlier.QuoteId, false, earlier.Body != body);
        if (_bug is not PlantedBug.IdempotencyOutsideTransaction)
            _requests.Add((partner, requestId), (quoteId, body));
        var quote = new QuoteRow(quoteId, partner, requestId, key, now + timeLeftMs);
        _quotes.Add(quote);
        MovedQuotes.Add(quote);
        if (_figures.TryGetValue(key, out var figures))
        {
            quote.State = QuoteState.Priced;
            quote.Figures = figures;
            return new Acceptance(quoteId, true, false);
        }
        quote.JobId = EnqueueOrJoin(now, key, partner, timeLeftMs).JobId;
        _waiting.Add(quote);
        return new Acceptance(quoteId, true, false);
    }

    /// <summary>Only a mistaken coordinator calls this by itself.</summary>
    internal void RememberLate(string partner, string requestId, int body, long quoteId) => _requests.TryAdd((partner, requestId), (quoteId, body));

    /// <summary>Cancels a waiting quote, and its job when nobody else waits for it. Null when it was not waiting.</summary>
    public (long JobId, bool JobCancelled)? CancelQuote(string partner, long quoteId)
    {
        foreach (var quote in _waiting)
        {
            if (quote.QuoteId != quoteId || quote.Partner != partner)
                continue;
            End(quote, QuoteState.Cancelled, 0, "");
            return (quote.JobId, CancelIfUnwanted(quote.JobId));
        }
        return null;
    }

    /// <summary>Fails quotes whose time is up, and cancels jobs nobody waits for any more.</summary>
    public (List<long> Quotes, List<long> CancelledJobs) FailQuotesPastDeadline(long now)
    {
        var failed = new List<long>();
        var jobs = new SortedSet<long>();
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var quote = _waiting[i];
            if (quote.DeadlineAt >= now)
                continue;
            End(quote, QuoteState.Failed, 0, "DEADLINE");
            failed.Add(quote.QuoteId);
            jobs.Add(quote.JobId);
        }
        var cancelled = new List<long>();
        foreach (var jobId in jobs)
        {
            if (CancelIfUnwanted(jobId))
                cancelled.Add(jobId);
        }
        return (failed, cancelled);
    }

    /// <summary>Ends waiting quotes whose job has ended. Returns how many.</summary>
    public int Settle() => Settle(null);

    /// <summary>With a set of jobs: only quotes of those, which is a mistake.</summary>
    internal int Settle(HashSet<long>? remembered)
    {
        var settled = 0;
        for (var i = 0; i < _waiting.Count && settled < Limits.Quote.SettleBatchMax;)
        {
            var quote = _waiting[i];
            var job = Job(quote.JobId);
            if (job.IsLive || remembered?.Contains(job.JobId) is false)
            {
                i++;
                continue;
            }
            settled++;
            if (job.State is JobState.Failed or JobState.Quarantined)
                End(quote, QuoteState.Failed, 0, job.Failure);
            else if (job.State is JobState.Completed && _figures.TryGetValue(job.Key, out var figures))
                End(quote, QuoteState.Priced, figures, "");
            else
                End(quote, QuoteState.Failed, 0, "MEASUREMENT_MISSING");
        }
        return settled;
    }

    /// <summary>The quote of an id, or null.</summary>
    internal QuoteRow? FindQuote(long quoteId)
    {
        foreach (var quote in _quotes)
        {
            if (quote.QuoteId == quoteId)
                return quote;
        }
        return null;
    }

    void End(QuoteRow quote, QuoteState state, long figures, string failure)
    {
        quote.State = state;
        quote.Figures = figures;
        quote.Failure = failure;
        _waiting.Remove(quote);
        MovedQuotes.Add(quote);
    }

    bool IsWanted(long jobId)
    {
        foreach (var quote in _waiting)
        {
            if (quote.JobId == jobId)
                return true;
        }
        return false;
    }

    void Keep(ModelKey key, long figures)
    {
        // The first measurement of a key stays: a second one adds nothing.
        if (_bug is PlantedBug.MeasurementBeforeFence)
            _figures[key] = figures;
        else
            _figures.TryAdd(key, figures);
    }
}
