using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using Pricing.Catalog.V1;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Edge;
using Pricing.Cost;
using Pricing.Quoting.V1;
using Price = Pricing.Quoting.V1.Price;
using PriceList = Pricing.Cost.PriceList;

namespace Pricing.Coordinator.Catalog;

/// <summary>
/// What earlier quotes would have cost with another list. No mesh moves: stored measurements are priced again. A quote counts once, by its
/// first firm price, compared with the same configuration and quantity; quotes in another currency than the list's are left out.
/// </summary>
public sealed class PriceListSimulation(NpgsqlDataSource source)
{
    const string Count = """
        select count(*) from (
            select from quote where state in ('priced', 'needs_review') and created_at >= $1 limit $2) as counted
        """;

    const string Batch = """
        select q.created_at, q.quote_id, q.partner, q.request, q.prices, m.body
        from quote q join measurement m using (measurement_id)
        where q.state in ('priced', 'needs_review') and q.created_at >= $1 and (q.created_at, q.quote_id) > ($2, $3)
        order by q.created_at, q.quote_id
        limit $4
        """;

    /// <summary>A frame a batch; the last one is the result.</summary>
    public async IAsyncEnumerable<SimulatePriceListResponse> RunAsync(PriceList list, DateTime? since, int quotesMax, [EnumeratorCancellation] CancellationToken cancel)
    {
        var from = since ?? DateTime.UnixEpoch;
        var total = (await source.Command(Count, from, quotesMax).ReadAllAsync(r => r.GetInt64(0), cancel))[0];
        var tally = new Tally(list.CurrencyCode);
        var last = (CreatedAt: DateTime.UnixEpoch, QuoteId: Guid.Empty);
        long done = 0;
        while (done < total)
        {
            var size = (int)Math.Min(Limits.PriceList.SimulationBatchMax, total - done);
            var batch = await source.Command(Batch, from, last.CreatedAt, last.QuoteId, size).ReadAllAsync(Read, cancel);
            if (batch.Count == 0)
                break;
            foreach (var quote in batch)
                tally.Add(quote, list);
            last = (batch[^1].CreatedAt, batch[^1].QuoteId);
            done += batch.Count;
            yield return tally.ToFrame(done, total);
        }
        if (done == 0)
            yield return tally.ToFrame(0, 0);
    }

    static SimulatedQuote Read(NpgsqlDataReader r) => new(
        r.GetDateTime(0), r.GetGuid(1), r.GetString(2), r.GetFieldValue<byte[]>(3), r.GetFieldValue<byte[]>(4), r.GetFieldValue<byte[]>(5));

    sealed record SimulatedQuote(DateTime CreatedAt, Guid QuoteId, string Partner, byte[] Request, byte[] Prices, byte[] Measurement);

    sealed class Tally(string currency)
    {
        readonly List<(string Quote, decimal Before, decimal After)> _worst = [];
        decimal _before, _after;

        public void Add(SimulatedQuote quote, PriceList list)
        {
            var was = Quote.Parser.ParseFrom(quote.Prices).Prices.FirstOrDefault(p => p.State is Price.Types.State.Firm && p.Total.CurrencyCode == currency);
            if (was is null)
                return;
            var asked = Quote.Parser.ParseFrom(quote.Request);
            var before = Amount(was);
            // What the new list refuses or would not sell firmly brings nothing.
            var after = PriceAgain(quote, asked, was, list) is { State: Price.Types.State.Firm } now ? Amount(now) : 0;
            _before += before;
            _after += after;
            _worst.Add((ResourceNames.Quote(quote.Partner, quote.QuoteId), before, after));
            _worst.Sort((a, b) => (a.After - a.Before).CompareTo(b.After - b.Before));
            if (_worst.Count > Limits.PriceList.SimulationWorstMax)
                _worst.RemoveAt(_worst.Count - 1);
        }

        public SimulatePriceListResponse ToFrame(long done, long total) => new()
        {
            QuotesDone = done,
            QuotesTotal = total,
            RevenueBefore = ToMoney(_before),
            RevenueAfter = ToMoney(_after),
            Worst = { _worst.Select(w => new SimulatedChange { Quote = w.Quote, Before = ToMoney(w.Before), After = ToMoney(w.After) }) },
        };

        static Price? PriceAgain(SimulatedQuote quote, Quote asked, Price was, PriceList list)
        {
            try
            {
                var same = new Configuration { Process = was.Process, Material = was.Material, Finish = was.Finish, LeadTime = was.LeadTime };
                var terms = new QuoteTerms([same], [was.Quantity], asked.CurrencyCode);
                var prices = Pricer.Price(Measurement.Parser.ParseFrom(quote.Measurement), list, terms);
                return prices.Count > 0 ? prices[0] : null;
            }
            catch (PricingRefusedException)
            {
                return null;
            }
        }

        static decimal Amount(Price price) => decimal.Parse(price.Total.Amount, CultureInfo.InvariantCulture);

        Quoting.V1.Money ToMoney(decimal amount) => new() { CurrencyCode = currency, Amount = amount.ToString(CultureInfo.InvariantCulture) };
    }
}
