using Pricing.Cost;
using Pricing.Geometry;
using Pricing.Node;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Chaos;

/// <summary>
/// Prices worked out here, in this process, from models made anew: what any coordinator said must be the same to the last line. A bounded share
/// of what was asked, spread over the run.
/// </summary>
static class OwnPrices
{
    public static IReadOnlyDictionary<string, string> WorkOut(IReadOnlyCollection<(string Question, Quote Asked)> questions, ModelShelf shelf, CancellationToken cancellation)
    {
        var own = new Dictionary<string, string>();
        var small = questions.Where(q => shelf.Find(ModelOf(q.Asked)) is { Broken: false, Triangles: <= Limits.Chaos.OwnPriceTrianglesMax }).ToList();
        var every = Math.Max(1, small.Count / Limits.Chaos.OwnPricesMax);
        foreach (var (question, asked) in small.Where((_, index) => index % every == 0).Take(Limits.Chaos.OwnPricesMax))
        {
            cancellation.ThrowIfCancellationRequested();
            var sha256 = ModelOf(asked);
            var part = PartMeasurer.Measure(shelf.Find(sha256).Make(), MeasurementMapping.ToOptions(asked.MeasureOptions, 1), "part.stl");
            var measurement = MeasurementMapping.ToMessage(part, sha256, asked.MeasureOptions, new MeasureTiming());
            var prices = Pricer.Price(measurement, PriceList.Standard, new QuoteTerms(asked.Configurations, asked.Quantities, asked.CurrencyCode));
            if (Questions.DigestOf(prices) is { } digest)
                own[question] = digest;
        }
        return own;
    }

    static string ModelOf(Quote asked) => asked.Model[(asked.Model.LastIndexOf('/') + 1)..];
}
