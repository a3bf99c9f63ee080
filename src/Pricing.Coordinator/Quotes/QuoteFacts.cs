using Google.Protobuf.WellKnownTypes;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>A quote as it is kept: one row, facts as the proto messages that travelled.</summary>
public sealed record QuoteRow(
    Guid QuoteId, string Partner, byte[] Request, string RequestId, long? JobId, bool MeasurementCached, string PriceListId, int PriceListVersion,
    string State, byte[]? Prices, byte[]? Failure, DateTime CreatedAt, DateTime DeadlineAt, DateTime? FinishedAt, DateTime? ExpireAt,
    double QueueMs, double MeasureMs, double PricingMs, int Revision, byte[]? Measurement)
{
    public bool IsTerminal => State != "measuring";

    /// <summary>The quote as callers see it. Lists leave the measurement out: it is the same for every quote of a model, and large.</summary>
    public Quote ToQuote()
    {
        var quote = Quote.Parser.ParseFrom(Request);
        quote.Name = ResourceNames.Quote(Partner, QuoteId);
        quote.State = State switch
        {
            "measuring" => Quote.Types.State.Measuring,
            "priced" => Quote.Types.State.Priced,
            "needs_review" => Quote.Types.State.NeedsReview,
            "failed" => Quote.Types.State.Failed,
            "cancelled" => Quote.Types.State.Cancelled,
            _ => throw new InvalidOperationException($"Quote {QuoteId} is in the unknown state {State}."),
        };
        if (Prices is not null)
            quote.MergeFrom(Quote.Parser.ParseFrom(Prices));
        if (Measurement is not null)
            quote.Measurement = Quoting.V1.Measurement.Parser.ParseFrom(Measurement);
        if (Failure is not null)
            quote.Failure = Quoting.V1.Failure.Parser.ParseFrom(Failure);
        quote.PriceListVersion = ResourceNames.PriceListVersion(PriceListId, PriceListVersion);
        quote.MeasurementCached = MeasurementCached;
        quote.CreateTime = Timestamp.FromDateTime(CreatedAt);
        quote.DeadlineTime = Timestamp.FromDateTime(DeadlineAt);
        quote.RequestId = RequestId;
        quote.Etag = $"{QuoteId:N}-{Revision}";
        if (ExpireAt is { } expire)
            quote.ExpireTime = Timestamp.FromDateTime(expire);
        if (FinishedAt is { } finished)
        {
            quote.FinishTime = Timestamp.FromDateTime(finished);
            quote.Timing = new QuoteTiming { QueueMs = QueueMs, MeasureMs = MeasureMs, PriceMs = PricingMs, TotalMs = (finished - CreatedAt).TotalMilliseconds };
        }
        return quote;
    }
}

/// <summary>A quote whose job has ended, with what is needed to end the quote too.</summary>
public sealed record SettleableQuote(
    Guid QuoteId, byte[] Request, string PriceListId, int PriceListVersion, string JobState, byte[]? JobFailure,
    long? MeasurementId, byte[]? Measurement, double QueueMs, double MeasureMs);

/// <summary>How a quote ended. Prices are a <see cref="Quote"/> with nothing but prices, set for priced and needs_review.</summary>
public sealed record QuoteEnd(string State, byte[]? Prices, byte[]? Failure, double PricingMs);

/// <summary>Where a waiting quote's job stands in its lane.</summary>
public sealed record QueueStanding(string JobState, int Attempt, long ModelBytes, Lane Lane, long Pass, long JobsAhead, long UnitsAhead);
