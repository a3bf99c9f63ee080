using Pricing.Cli.Chaos;

namespace Pricing.Tests.Cli.Chaos;

/// <summary>
/// A short history and the database that bears it out: one model, sent, asked for, measured by the second lease, watched; a second request
/// cancelled; a third taken though its client never heard. Tests plant one lie in it.
/// </summary>
sealed class Story
{
    public const string Model = "aa11", Question = "q-1", Prices = "p-1", PriceList = "priceLists/standard/versions/1";
    public const string Quote = "partners/ada/quotes/1", Cancelled = "partners/ada/quotes/2", Unheard = "partners/ada/quotes/3";

    long _calls;

    public Story()
    {
        Say("upload", Model, CallEnd.Ok, new CallFacts { Partner = "ada", Model = Model, State = "Stored" });
        Say("create", "r-1", CallEnd.Info, Asked);
        Say("create", "r-1", CallEnd.Ok, Asked with { Quote = Quote, State = "measuring", PriceList = PriceList });
        Say("create", "r-2", CallEnd.Ok, Asked with { Quote = Cancelled, State = "measuring", PriceList = PriceList });
        Say("create", "r-3", CallEnd.Info, Asked);
        Say("cancel", Cancelled, CallEnd.Ok, new CallFacts { Partner = "ada", Quote = Cancelled, State = "cancelled", Expected = ["QUOTE_ENDED"] });
        Say("watch", Quote, CallEnd.Ok, new CallFacts { Partner = "ada", Quote = Quote, State = "priced", Prices = Prices, PriceList = PriceList });
        Say("preview", Question, CallEnd.Ok, Asked with { Prices = Prices, PriceList = PriceList });
        Say("create", "r-4", CallEnd.Fail, Asked with { Status = "InvalidArgument", Reason = "UNKNOWN_MATERIAL", HasDetails = true, Expected = ["UNKNOWN_MATERIAL"], MustFail = true });
        Say("create", "r-1", CallEnd.Info, Asked with { Status = "ResourceExhausted", Reason = "TOO_BUSY", HasDetails = true, HasRetryInfo = true });
        Quotes.Add(new StoredQuote(Quote, "ada", "r-1", Model, Question, "priced", PriceList, Prices, null, 1));
        Quotes.Add(new StoredQuote(Cancelled, "ada", "r-2", Model, Question, "cancelled", PriceList, null, null, 1));
        Quotes.Add(new StoredQuote(Unheard, "ada", "r-3", Model, Question, "priced", PriceList, Prices, null, null));
        Jobs.Add(new StoredJob(1, Model, "completed", 2, 2));
        Attempts.Add(new StoredAttempt(1, 1, "n1", "expired", 3));
        Attempts.Add(new StoredAttempt(1, 2, "n2", "completed", 5));
        Measurements.Add(new StoredMeasurement(Model, "standard", 3, 1));
        Models.Add(Model);
    }

    public static CallFacts Asked => new() { Partner = "ada", Coordinator = "c1", Model = Model, Question = Question };

    public List<HistoryEvent> Events { get; } = [];
    public List<StoredQuote> Quotes { get; } = [];
    public List<StoredJob> Jobs { get; } = [];
    public List<StoredAttempt> Attempts { get; } = [];
    public List<StoredMeasurement> Measurements { get; } = [];
    public List<string> Models { get; } = [];
    public List<string> DamagedModels { get; } = [];
    public Dictionary<string, string> Truth { get; } = [];

    public DatabaseDump Dump => new(Quotes, Jobs, Attempts, Measurements, Models, DamagedModels);

    /// <summary>One call, begun and ended.</summary>
    public void Say(string op, string key, CallEnd end, CallFacts facts, double t = 0)
    {
        var call = ++_calls;
        var at = t > 0 ? t : call;
        Events.Add(new HistoryEvent(at - 0.5, "client-1", op, CallEnd.Invoke, call, key, facts with { Quote = op == "create" ? null : facts.Quote }));
        Events.Add(new HistoryEvent(at, "client-1", op, end, call, key, facts));
    }

    public void Replace(string quote, Func<StoredQuote, StoredQuote> change)
    {
        var index = Quotes.FindIndex(q => q.Name == quote);
        Quotes[index] = change(Quotes[index]);
    }

    public IReadOnlyList<Finding> Check() => HistoryChecker.Check(Events, Dump, Truth);
}
