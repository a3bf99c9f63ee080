namespace Pricing.Coordinator.Jobs;

/// <summary>What waits of one partner in one lane: how many jobs, their cost, the first and the last place.</summary>
public sealed record QueuedOfPartner(Lane Lane, string Partner, long Jobs, long Cost, long FirstPass, long LastPass);

/// <summary>What is being served in one lane.</summary>
public sealed record InService(Lane Lane, long Jobs, long LastPass);

/// <summary>What a partner has agreed on.</summary>
public sealed record PartnerTerms(string Partner, Lane Lane, int Weight)
{
    /// <summary>Whoever is not listed is a shop customer like all the others (0004_lanes.sql says why).</summary>
    public static PartnerTerms Unlisted(string partner) => new(partner, Lane.B2c, 1);
}

/// <summary>
/// The queue at one moment, and how long a job would wait in it. Pure arithmetic over a snapshot: it costs no query, and it may be
/// wrong by what has happened since.
/// </summary>
public sealed class QueueForecast
{
    /// <summary>Nothing is known and nothing waits.</summary>
    public static readonly QueueForecast Empty = new([], [], [], 0);

    readonly Dictionary<string, PartnerTerms> _terms;
    readonly Dictionary<(Lane Lane, string Partner), QueuedOfPartner> _byPartner;
    readonly LaneTotals _b2b, _b2c;

    /// <param name="queued">Everything that waits.</param>
    /// <param name="inService">Everything that is leased.</param>
    /// <param name="terms">The listed partners.</param>
    /// <param name="unitsPerSecond">Cost units the pool serves in a second; 0 when nobody knows.</param>
    public QueueForecast(IReadOnlyList<QueuedOfPartner> queued, IReadOnlyList<InService> inService, IReadOnlyList<PartnerTerms> terms, double unitsPerSecond)
    {
        _terms = terms.ToDictionary(t => t.Partner, StringComparer.Ordinal);
        _byPartner = queued.ToDictionary(q => (q.Lane, q.Partner));
        _b2b = LaneTotals.Of(Lane.B2b, queued, inService);
        _b2c = LaneTotals.Of(Lane.B2c, queued, inService);
        UnitsPerSecond = unitsPerSecond;
    }

    public double UnitsPerSecond { get; }

    public long WaitingJobs(Lane lane) => Totals(lane).Jobs;

    public long WaitingUnits(Lane lane) => Totals(lane).Units;

    public long WaitingJobsOf(PartnerTerms terms) => _byPartner.TryGetValue((terms.Lane, terms.Partner), out var mine) ? mine.Jobs : 0;

    public PartnerTerms TermsOf(string partner) => _terms.TryGetValue(partner, out var terms) ? terms : PartnerTerms.Unlisted(partner);

    /// <summary>The cost that would be served before a new job of this partner, in his lane: the same place the database would give it.</summary>
    public long UnitsAhead(PartnerTerms terms)
    {
        var totals = Totals(terms.Lane);
        var own = _byPartner.TryGetValue((terms.Lane, terms.Partner), out var mine) ? mine.LastPass + JobCost.Charge(mine.Cost / mine.Jobs, terms.Weight) : 0;
        var pass = Math.Max(totals.VirtualTime, own);
        return totals.Queued.Sum(q => Before(q, pass, q.Cost));
    }

    /// <summary>What is served before a job with this pass, about: for places too far back to be counted.</summary>
    public (long Jobs, long Units) Ahead(Lane lane, long pass)
    {
        var queued = Totals(lane).Queued;
        return (queued.Sum(q => Before(q, pass, q.Jobs)), queued.Sum(q => Before(q, pass, q.Cost)));
    }

    /// <summary>
    /// How long until that much of a lane has been served, nothing else coming in; null when the rate is not known. While both lanes have work
    /// the lighter one gets all but the other's minimum share, then the other one has the pool for itself.
    /// </summary>
    public TimeSpan? TimeToServe(Lane lane, long units)
    {
        if (units <= 0)
            return TimeSpan.Zero;
        if (UnitsPerSecond <= 0)
            return null;
        var (own, other) = (Totals(lane).Units, Totals(lane.Other()).Units);
        const double least = Limits.Job.LaneSharePercentMin / 100.0;
        var share = own <= other ? 1 - least : least;
        // The other lane's work lasts this long; what is served here until then, and after.
        var contendedSeconds = other / ((1 - share) * UnitsPerSecond);
        var servedMeanwhile = share * UnitsPerSecond * contendedSeconds;
        var seconds = units <= servedMeanwhile ? units / (share * UnitsPerSecond) : contendedSeconds + (units - servedMeanwhile) / UnitsPerSecond;
        return TimeSpan.FromSeconds(Math.Min(seconds, Limits.Job.PredictedWaitSecondsMax));
    }

    // A partner's jobs lie evenly between his first and his last pass: exact for jobs of one size.
    static long Before(QueuedOfPartner queued, long pass, long whole)
    {
        if (pass >= queued.LastPass)
            return whole;
        return pass < queued.FirstPass ? 0 : (long)((decimal)whole * (pass - queued.FirstPass + 1) / (queued.LastPass - queued.FirstPass + 1));
    }

    LaneTotals Totals(Lane lane) => lane is Lane.B2b ? _b2b : _b2c;

    sealed record LaneTotals(long Jobs, long Units, long VirtualTime, IReadOnlyList<QueuedOfPartner> Queued)
    {
        public static LaneTotals Of(Lane lane, IReadOnlyList<QueuedOfPartner> all, IReadOnlyList<InService> inService)
        {
            var queued = all.Where(q => q.Lane == lane).ToList();
            var next = queued.Count > 0 ? queued.Min(q => q.FirstPass) : 0;
            var now = inService.Where(s => s.Lane == lane).Select(s => s.LastPass).DefaultIfEmpty(0).Max();
            return new LaneTotals(queued.Sum(q => q.Jobs), queued.Sum(q => q.Cost), Math.Max(next, now), queued);
        }
    }
}
