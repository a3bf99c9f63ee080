using Grpc.Core;

namespace Pricing.Cli.Chaos;

/// <summary>What a broken promise is called in the verdict.</summary>
enum Rule
{
    /// <summary>Accepted, and not there or not ended.</summary>
    Lost,

    /// <summary>One request, two quotes; one job, two answers; an answer under an epoch that was dead.</summary>
    AppliedTwice,

    /// <summary>An OK that the database does not bear out.</summary>
    FalseOk,

    /// <summary>Replies to one request id name different quotes.</summary>
    RepliesDiffer,

    /// <summary>One question, one price list, one engine: two prices.</summary>
    PricesDiffer,

    /// <summary>A refusal without a reason, for the wrong reason, or wrong about whether to try again.</summary>
    BadRefusal,

    /// <summary>A quote in the database that nobody asked for.</summary>
    Unasked,

    /// <summary>A process ended though nobody asked it to, or did not end though asked.</summary>
    ProcessDied,
}

/// <summary>One broken promise, with what to look for in the history.</summary>
sealed record Finding(Rule Rule, string Key, string What);

/// <summary>
/// Compares what clients were told with what the database holds. Set-based: each rule is one pass over facts that carry their own ids, so
/// no order of events has to be guessed. A call of unknown outcome may have happened or not; both are right.
/// </summary>
static class HistoryChecker
{
    static readonly string[] TerminalStates = ["priced", "needs_review", "failed", "cancelled"];

    /// <param name="history">What the clients did and heard.</param>
    /// <param name="dump">The database after everything was healed and had its time.</param>
    /// <param name="truth">Prices worked out by the harness itself: question to digest; may be empty.</param>
    public static IReadOnlyList<Finding> Check(IReadOnlyList<HistoryEvent> history, DatabaseDump dump, IReadOnlyDictionary<string, string> truth)
    {
        var stored = dump.Quotes.ToDictionary(quote => quote.Name);
        return
        [
            .. Lost(history, dump, stored),
            .. AppliedTwice(dump),
            .. RepliesDiffer(history, dump),
            .. FalseOk(history, dump, stored),
            .. PricesDiffer(history, dump, truth),
            .. BadRefusals(history),
            .. Unasked(history, dump),
        ];
    }

    /// <summary>Quotes some client was told of, with when.</summary>
    public static Dictionary<string, double> Accepted(IEnumerable<HistoryEvent> history) => history
        .Where(e => e is { Op: "create", Type: CallEnd.Ok, Value: { Quote: not null, MustFail: not true } })
        .GroupBy(e => e.Value.Quote!).ToDictionary(g => g.Key, g => g.Min(e => e.T));

    static IEnumerable<Finding> Lost(IReadOnlyList<HistoryEvent> history, DatabaseDump dump, Dictionary<string, StoredQuote> stored)
    {
        foreach (var name in Accepted(history).Keys.Where(name => !stored.ContainsKey(name)))
            yield return new(Rule.Lost, name, "was accepted and is not in the database");
        // Also those whose acceptance no client heard of: the platform has taken them.
        foreach (var quote in dump.Quotes.Where(q => !TerminalStates.Contains(q.State)))
            yield return new(Rule.Lost, quote.Name, $"has not ended: {quote.State}, job {quote.JobId}");
        foreach (var job in dump.Jobs.Where(j => j.State is "available" or "leased"))
            yield return new(Rule.Lost, $"job {job.JobId}", $"has not ended: {job.State} after {job.Attempts} attempts");
    }

    static IEnumerable<Finding> AppliedTwice(DatabaseDump dump)
    {
        foreach (var twins in dump.Quotes.Where(q => q.RequestId.Length > 0).GroupBy(q => (q.Partner, q.RequestId)).Where(g => g.Count() > 1))
            yield return new(Rule.AppliedTwice, twins.Key.RequestId, $"made {twins.Count()} quotes: {string.Join(", ", twins.Select(q => q.Name))}");
        foreach (var twins in dump.Measurements.GroupBy(m => (m.Model, m.Options, m.EngineVersion)).Where(g => g.Count() > 1))
            yield return new(Rule.AppliedTwice, twins.Key.Model, $"has {twins.Count()} measurements for one key");
        foreach (var twins in dump.Measurements.Where(m => m.JobId is not null).GroupBy(m => m.JobId).Where(g => g.Count() > 1))
            yield return new(Rule.AppliedTwice, $"job {twins.Key}", $"wrote {twins.Count()} measurements");

        var attempts = dump.Attempts.ToLookup(a => a.JobId);
        foreach (var job in dump.Jobs)
        {
            var answers = attempts[job.JobId].Where(a => a.Outcome is "completed" or "model_failed").ToList();
            if (answers.Count > 1)
                yield return new(Rule.AppliedTwice, $"job {job.JobId}", $"took {answers.Count} answers: epochs {string.Join(", ", answers.Select(a => a.Epoch))}");
            if (answers.Any(a => a.Epoch != job.Epoch))
                yield return new(Rule.AppliedTwice, $"job {job.JobId}", $"took the answer of epoch {answers[0].Epoch}, which was dead: the live one was {job.Epoch}");
            if (job.State == "completed" && answers.Count == 0)
                yield return new(Rule.FalseOk, $"job {job.JobId}", "is completed by nobody");
        }
    }

    static IEnumerable<Finding> RepliesDiffer(IReadOnlyList<HistoryEvent> history, DatabaseDump dump)
    {
        var ofRequest = dump.Quotes.Where(q => q.RequestId.Length > 0).ToLookup(q => (q.Partner, q.RequestId), q => q.Name);
        foreach (var request in history.Where(e => e is { Op: "create", Type: CallEnd.Ok, Value.MustFail: not true }).GroupBy(e => (Partner: e.Value.Partner!, e.Key)))
        {
            var told = request.Select(e => e.Value.Quote).Concat(ofRequest[request.Key]).Distinct().ToList();
            if (told.Count > 1)
                yield return new(Rule.RepliesDiffer, request.Key.Key, $"was answered with {string.Join(" and ", told)}");
        }
    }

    static IEnumerable<Finding> FalseOk(IReadOnlyList<HistoryEvent> history, DatabaseDump dump, Dictionary<string, StoredQuote> stored)
    {
        var models = dump.Models.ToHashSet();
        foreach (var told in history.Where(e => e.Type is CallEnd.Ok))
        {
            if (told.Value.MustFail is true)
                yield return new(Rule.FalseOk, told.Key, $"{told.Op} was answered OK, and had to be refused as {string.Join(" or ", told.Value.Expected ?? [])}");
            else if (told.Op == "upload" && (told.Value.State != "Stored" || !models.Contains(told.Key)))
                yield return new(Rule.FalseOk, told.Key, $"upload was answered OK ({told.Value.State}) and the model is {(models.Contains(told.Key) ? "here" : "not here")}");
            else if (told.Op == "cancel" && told.Value.State != "cancelled")
                yield return new(Rule.FalseOk, told.Key, $"cancel was answered OK with the quote {told.Value.State}");
            else if (told.Op == "watch" && !TerminalStates.Contains(told.Value.State))
                yield return new(Rule.FalseOk, told.Key, $"the watch ended with the quote {told.Value.State}");
            // A terminal state is final: whoever was told one must find it, with the same prices and the same failure.
            else if (told.Value.Quote is { } name && TerminalStates.Contains(told.Value.State) && stored.TryGetValue(name, out var truth)
                && (truth.State, truth.Prices, truth.Failure) != (told.Value.State, told.Value.Prices, told.Value.Failure))
                yield return new(Rule.FalseOk, name, $"{told.Op} said {told.Value.State} {told.Value.Failure}{told.Value.Prices}, the database says {truth.State} {truth.Failure}{truth.Prices}");
        }
        foreach (var model in dump.DamagedModels)
            yield return new(Rule.FalseOk, model, "the stored model's bytes are missing or do not have its hash");
    }

    static IEnumerable<Finding> PricesDiffer(IReadOnlyList<HistoryEvent> history, DatabaseDump dump, IReadOnlyDictionary<string, string> truth)
    {
        var questionOf = dump.Quotes.ToDictionary(q => q.Name, q => q.Question);
        var told = history.Where(e => e is { Type: CallEnd.Ok, Value: { Prices: not null, PriceList: not null, MustFail: not true } })
            .Select(e => (Question: e.Value.Question ?? questionOf.GetValueOrDefault(e.Value.Quote ?? "", ""), PriceList: e.Value.PriceList!, Prices: e.Value.Prices!, From: $"{e.Op} {e.Key}"));
        var held = dump.Quotes.Where(q => q.Prices is not null).Select(q => (q.Question, q.PriceList, Prices: q.Prices!, From: q.Name));
        foreach (var same in told.Concat(held).Where(p => p.Question.Length > 0).GroupBy(p => (p.Question, p.PriceList)))
        {
            var answers = same.DistinctBy(p => p.Prices).ToList();
            if (answers.Count > 1)
                yield return new(Rule.PricesDiffer, same.Key.Question, $"has {answers.Count} prices by {same.Key.PriceList}: {string.Join(" and ", answers.Select(p => $"{p.Prices} ({p.From})"))}");
            else if (truth.TryGetValue(same.Key.Question, out var own) && own != answers[0].Prices)
                yield return new(Rule.PricesDiffer, same.Key.Question, $"{answers[0].From} says {answers[0].Prices}, worked out here it is {own}");
        }
    }

    static IEnumerable<Finding> BadRefusals(IReadOnlyList<HistoryEvent> history)
    {
        foreach (var refused in history.Where(e => e is { Type: CallEnd.Fail } or { Type: CallEnd.Info, Value.HasDetails: true }))
        {
            var (facts, said) = (refused.Value, $"{refused.Op} at {refused.Value.Coordinator}: {refused.Value.Status} {refused.Value.Reason}");
            if (facts.HasDetails is not true)
                yield return new(Rule.BadRefusal, refused.Key, $"{said}: a refusal without a reason");
            else if (facts.Status == nameof(StatusCode.ResourceExhausted) && facts.HasRetryInfo is not true)
                yield return new(Rule.BadRefusal, refused.Key, $"{said}: does not say when to come back");
            // Every call was well formed unless it says otherwise: nothing but a transient fault or the expected reason may refuse it.
            else if (refused.Type is CallEnd.Fail && facts.Expected?.Contains(facts.Reason ?? "") is not true)
                yield return new(Rule.BadRefusal, refused.Key, $"{said}: a good call was refused for good");
        }
    }

    static IEnumerable<Finding> Unasked(IReadOnlyList<HistoryEvent> history, DatabaseDump dump)
    {
        var asked = history.Where(e => e is { Op: "create", Type: CallEnd.Invoke, Value.MustFail: not true }).Select(e => (e.Value.Partner, e.Key)).ToHashSet();
        return dump.Quotes.Where(q => !asked.Contains((q.Partner, q.RequestId)))
            .Select(q => new Finding(Rule.Unasked, q.Name, $"nobody sent request {q.RequestId}"));
    }
}
