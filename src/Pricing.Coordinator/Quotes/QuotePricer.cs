using System.Diagnostics;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// Ends every quote whose job has ended: prices it from the measurement, or fails it with the job's failure. "Waiting quote, ended job"
/// is a durable state: whoever dies between the job's commit and this one, the next round of any coordinator finds it.
/// </summary>
public sealed class QuotePricer(NpgsqlDataSource source, PriceListStore priceLists, JobSignals signals, QuoteFeed feed, ILogger<QuotePricer> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Quote.PollMs), signals.QuotesMaySettle, log)
{
    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var settled = await source.InTransactionAsync(async transaction =>
        {
            var waiting = await QuoteStore.TakeSettleableAsync(transaction, cancel);
            foreach (var quote in waiting)
                await QuoteStore.SettleAsync(transaction, quote, await EndOfAsync(quote, cancel), cancel);
            return waiting;
        }, cancel);
        foreach (var quote in settled)
            feed.Changed(quote.QuoteId);
        return settled.Count == Limits.Quote.SettleBatchMax;
    }

    /// <summary>Prices a measurement for what was asked. Never throws for what a caller or a price list can cause.</summary>
    public QuoteEnd Price(Measurement measurement, PriceList list, QuoteTerms terms)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var priced = new Quote { Prices = { Pricer.Price(measurement, list, terms) } };
            var pricingMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            var size = priced.CalculateSize();
            if (size > Limits.Quote.PricesBytesMax)
            {
                return Failed("TOO_MANY_PRICES", "The prices of this quote do not fit one message; ask for fewer configurations or quantities.",
                    "quote", $"{Limits.Quote.PricesBytesMax} bytes", $"{size} bytes");
            }
            var firm = priced.Prices.Any(p => p.State is Quoting.V1.Price.Types.State.Firm);
            return new QuoteEnd(firm ? "priced" : "needs_review", priced.ToByteArray(), null, pricingMs);
        }
        catch (PricingRefusedException e)
        {
            return Failed(e.Reason, e.Message, e.Field, e.Limit, e.Actual);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must end this quote, not hold up every other one that waits behind it.
            Log.LogError(e, "Pricing failed with list {PriceList}", $"{list.Id}/{list.Version}");
            return Failed("PRICING_FAILED", "The measurement could not be priced; it has been logged.");
        }
    }

    async Task<QuoteEnd> EndOfAsync(SettleableQuote quote, CancellationToken cancel)
    {
        if (quote.JobState is "failed" or "quarantined")
            return new QuoteEnd("failed", null, quote.JobFailure, 0);
        if (quote.Measurement is null)
            return Failed("MEASUREMENT_MISSING", "The measurement ended without a result.");
        var list = await priceLists.FindParsedAsync(quote.PriceListId, quote.PriceListVersion, cancel);
        var asked = Quote.Parser.ParseFrom(quote.Request);
        return Price(Measurement.Parser.ParseFrom(quote.Measurement), list!, new QuoteTerms(asked.Configurations, asked.Quantities, asked.CurrencyCode));
    }

    static QuoteEnd Failed(string reason, string message, string field = "", string limit = "", string actual = "") =>
        new("failed", null, new Failure { Reason = reason, Message = message, Field = field, Limit = limit, Actual = actual }.ToByteArray(), 0);
}
