using NUnit.Framework;
using Pricing.Cost;
using Pricing.Quoting.V1;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

public sealed class TermsTests
{
    [Test]
    public void No_configuration_means_every_process_with_its_standard_material_in_list_order()
    {
        var prices = Pricer.Price(Box(), PriceList.Standard, new QuoteTerms([], [], ""));
        Assert.That(prices.Select(price => $"{price.Process} {price.Material} {price.LeadTime} {price.Quantity}"), Is.EqualTo(new[]
        {
            "fdm pla standard 1", "sla standard-resin standard 1", "sls pa12 standard 1", "mjf pa12 standard 1",
            "lpbf steel-316l standard 1", "casting silver-925 standard 1",
        }));
    }

    [Test]
    public void A_ladder_has_all_quantities_of_a_configuration_before_the_next()
    {
        var prices = Pricer.Price(Box(), PriceList.Standard,
            new QuoteTerms([new Configuration { Process = "mjf" }, new Configuration { Process = "FDM", Material = "ABS" }], [10, 1, 10], ""));
        Assert.That(prices.Select(price => $"{price.Process} {price.Material} {price.Quantity}"),
            Is.EqualTo(new[] { "mjf pa12 10", "mjf pa12 1", "fdm abs 10", "fdm abs 1" }));
    }

    [Test]
    public void A_material_without_a_process_means_every_process_that_has_it()
    {
        var prices = Pricer.Price(Box(), PriceList.Standard, new QuoteTerms([new Configuration { Material = "pa12" }], [1], ""));
        Assert.That(prices.Select(price => price.Process), Is.EqualTo(new[] { "sls", "mjf" }));
    }

    [Test]
    public void A_way_asked_for_twice_is_answered_once()
    {
        var prices = Pricer.Price(Box(), PriceList.Standard,
            new QuoteTerms([new Configuration { Process = "sls" }, new Configuration { Process = "sls", Material = "pa12", LeadTime = "standard" }], [1], ""));
        Assert.That(prices, Has.Count.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(1_000_000_000)]
    [TestCase(long.MaxValue)]
    [TestCase(long.MinValue)]
    public void A_quantity_out_of_range_is_refused(long quantity)
    {
        var refusal = Refused(new QuoteTerms([], [1, quantity], ""));
        Expect(refusal, "QUANTITY_OUT_OF_RANGE", "quantities[1]", "1 to 1000000 pieces", $"{quantity} pieces");
    }

    [Test]
    public void The_largest_quantity_is_priced()
    {
        var price = PriceOne(Box(), PriceList.Standard, Terms("sls", 1_000_000));
        Assert.That(Amount(price.Total), Is.GreaterThan(1_000_000m));
        Assert.That(price.State, Is.EqualTo(Price.Types.State.NeedsReview));
        Assert.That(price.Findings.Select(finding => finding.Code), Does.Contain("QUANTITY_NEEDS_PLANNING"));
    }

    [Test]
    public void An_unknown_process_is_refused_with_the_known_ones() =>
        Expect(Refused(Terms("cnc")), "UNKNOWN_PROCESS", "configurations[0].process", "fdm, sla, sls, mjf, lpbf, casting", "cnc");

    [Test]
    public void An_unknown_material_is_refused_with_those_of_the_process() =>
        Expect(Refused(Terms("fdm", material: "oak")), "UNKNOWN_MATERIAL", "configurations[0].material", "pla, petg, abs, tpu", "oak");

    [Test]
    public void A_material_of_another_process_is_refused() =>
        Expect(Refused(Terms("mjf", material: "gold-585")), "UNKNOWN_MATERIAL", "configurations[0].material", "pa12, pa11", "gold-585");

    [Test]
    public void An_unknown_finish_is_refused() =>
        Expect(Refused(Terms("lpbf", finish: "dyed-black")), "UNKNOWN_FINISH", "configurations[0].finish", "polished", "dyed-black");

    [Test]
    public void An_unknown_lead_time_is_refused() =>
        Expect(Refused(Terms("lpbf", leadTime: "yesterday")), "UNKNOWN_LEAD_TIME", "configurations[0].lead_time", "economy, standard, express", "yesterday");

    [TestCase("CHF")]
    [TestCase("eur")]
    [TestCase("€")]
    public void An_unknown_currency_is_refused_with_the_known_ones(string code) =>
        Expect(Refused(Terms(currency: code)), "UNKNOWN_CURRENCY", "currency_code", "EUR, GBP, USD", code);

    [Test]
    public void Too_many_of_anything_is_refused()
    {
        var many = Enumerable.Repeat(new Configuration(), Limits.Quote.ConfigurationsMax + 1).ToList();
        Assert.That(Refused(new QuoteTerms(many, [1], "")).Reason, Is.EqualTo("TOO_MANY_CONFIGURATIONS"));
        var quantities = Enumerable.Range(1, Limits.Quote.QuantitiesMax + 1).Select(quantity => (long)quantity).ToList();
        Assert.That(Refused(new QuoteTerms([], quantities, "")).Reason, Is.EqualTo("TOO_MANY_QUANTITIES"));
    }

    [Test]
    public void More_prices_than_fit_a_message_are_refused_and_the_most_allowed_fit()
    {
        // All materials and lead times of the standard list: 18 × 3 = 54 ways.
        var ways = PriceList.Standard.Processes
            .SelectMany(process => process.Materials.SelectMany(material => process.LeadTimes.Select(leadTime =>
                new Configuration { Process = process.Id, Material = material.Id, LeadTime = leadTime.Id, Finish = process.Finishes[0].Id }))).ToList();
        var quantities = Enumerable.Range(1, Limits.Quote.QuantitiesMax).Select(step => (long)step * 31_249).ToList();
        var refusal = Refused(new QuoteTerms(ways, quantities, ""));
        Expect(refusal, "TOO_MANY_PRICES", "configurations", $"{Limits.Quote.PricesMax} prices", $"{ways.Count * quantities.Count} prices");

        var most = Pricer.Price(Box(), PriceList.Standard, new QuoteTerms([.. ways.TakeLast(Limits.Quote.PricesMax / quantities.Count)], quantities, "USD"));
        Assert.That(most, Has.Count.EqualTo(Limits.Quote.PricesMax));
        var quote = new Quote { Prices = { most } };
        TestContext.Out.WriteLine($"{most.Count} prices: {quote.CalculateSize()} bytes");
        Assert.That(quote.CalculateSize(), Is.LessThan(Limits.Wire.MessageBytesMax));
    }

    [Test]
    public void Untrusted_text_is_quoted_back_only_in_part() =>
        Assert.That(Refused(Terms(new string('x', 100_000))).Actual, Has.Length.LessThan(100));

    [Test]
    public void Price_refuses_what_Check_refuses()
    {
        var refusal = Assert.Throws<PricingRefusedException>(() => Pricer.Price(Box(), PriceList.Standard, Terms("cnc")));
        Assert.That(refusal!.Reason, Is.EqualTo("UNKNOWN_PROCESS"));
    }

    static PricingRefusedException Refused(QuoteTerms terms) =>
        Assert.Throws<PricingRefusedException>(() => Pricer.Check(PriceList.Standard, terms))!;

    static void Expect(PricingRefusedException refusal, string reason, string field, string limit, string actual) => Assert.Multiple(() =>
    {
        Assert.That(refusal.Reason, Is.EqualTo(reason));
        Assert.That(refusal.Field, Is.EqualTo(field));
        Assert.That(refusal.Limit, Is.EqualTo(limit));
        Assert.That(refusal.Actual, Is.EqualTo(actual));
    });
}
