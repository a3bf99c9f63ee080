using NUnit.Framework;
using Pricing.Quoting.V1;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

/// <summary>Worked out by hand from the box of 24 cm³, 52 cm², 20 × 30 × 40 mm and the list of round numbers.</summary>
public sealed class KnownAnswerTests
{
    [Test]
    public void Fdm_box_costs_what_the_hand_says()
    {
        // material 10 cm³ × 1.1 × 1.25 g/cm³ × 40 €/kg ÷ 1000 = 0.55; machine 2 h × 5 = 10.00;
        // support 2 cm³ × (1.25 × 40 ÷ 1000 + 5 ÷ 20) = 2 × 0.30 = 0.60; handling 2 min at 60 €/h = 2.00; pieces 13.15
        // setup 10.00; scrap 13.15 × 0.2 ÷ 0.8 = 3.2875; margin (13.15 + 3.2875 + 10) × 0.5 = 13.21875; price 39.65625
        var price = PriceOne(Box(), RoundNumbers.List, Terms("fdm"));
        ExpectLines(price, "material 0.55, machine 10.00, support 0.60, labour 2.00, setup 10.00, scrap 3.29, margin 13.22");
        ExpectTotal(price, "39.66", "39.66", 5);
    }

    [Test]
    public void Eleven_fdm_boxes_cost_what_the_hand_says()
    {
        // D = 0.2 × 10 ÷ (10 + 10) = 0.1. pieces 144.65; scrap 36.1625; setup 10; margin 190.8125 × 0.5 = 95.40625;
        // discount 180.8125 × 1.5 × 0.1 = 27.121875; price 259.096875; per piece 23.55426… = 23.55; 11 × 23.55 = 259.05.
        // Lines: 6.05 + 110.00 + 6.60 + 22.00 + 10.00 + 36.16 + 95.41 − 27.12 = 259.10; 0.05 too much.
        // Machine 11 × (2 h + 2 ÷ 20 h) = 23.1 h of 10 h a day: two days more.
        var price = PriceOne(Box(), RoundNumbers.List, Terms("fdm", 11));
        ExpectLines(price,
            "material 6.05, machine 110.00, support 6.60, labour 22.00, setup 10.00, scrap 36.16, margin 95.41, quantity -27.12, rounding -0.05");
        ExpectTotal(price, "23.55", "259.05", 7);
    }

    [Test]
    public void Fdm_box_without_an_estimate_is_priced_roughly_and_needs_review()
    {
        // shell 52 cm² × 0.1 cm = 5.2 cm³; filament 5.2 + 18.8 × 0.5 = 14.6 cm³; material 14.6 × 1.1 × 0.05 = 0.803;
        // machine 14.6 ÷ 7.3 × 5 = 10.00; handling 2.00; pieces 12.803; scrap 3.20075; margin 26.00375 × 0.5 = 13.001875; price 39.005625
        var price = PriceOne(Box().With(part => part.Fdm = null), RoundNumbers.List, Terms("fdm"));
        ExpectLines(price, "material 0.80, machine 10.00, labour 2.00, setup 10.00, scrap 3.20, margin 13.00, rounding 0.01");
        ExpectTotal(price, "39.01", "39.01", 5);
        Assert.That(price.State, Is.EqualTo(Price.Types.State.NeedsReview));
        Assert.That(price.Findings.Select(finding => finding.Code), Does.Contain("FDM_ESTIMATE_MISSING"));
    }

    [Test]
    public void Sla_box_costs_what_the_hand_says()
    {
        // resin (24 + 52 × 0.01) × 1.2 × 100 ÷ 1000 = 2.9424; support 24 × 0.25 × 0.12 = 0.72;
        // machine 400 layers × 9 s × (25 × 35) ÷ (250 × 200) = 63 s, + 52 × 9 = 468 s; 531 s = 0.1475 h × 20 = 2.95; handling 2.00
        // pieces 8.6124; scrap 2.1531; margin 20.7655 × 0.5 = 10.38275; price 31.14825; lines sum to 31.14
        var price = PriceOne(Box(), RoundNumbers.List, Terms("sla"));
        ExpectLines(price, "material 2.94, support 0.72, machine 2.95, labour 2.00, setup 10.00, scrap 2.15, margin 10.38, rounding 0.01");
        ExpectTotal(price, "31.15", "31.15", 5);
    }

    [Test]
    public void Powder_box_costs_what_the_hand_says()
    {
        // powder 24 × 1.5 × 1 × 50 ÷ 1000 = 1.80; chamber 30 × 40 × 50 ÷ (400 × 300 × 250 × 0.5) = 0.004 × 10 h × 50 = 2.00; handling 2.00
        // pieces 5.80; scrap 1.45; margin 17.25 × 0.5 = 8.625; price 25.875
        var price = PriceOne(Box(), RoundNumbers.List, Terms("powder"));
        ExpectLines(price, "material 1.80, machine 2.00, labour 2.00, setup 10.00, scrap 1.45, margin 8.63");
        ExpectTotal(price, "25.88", "25.88", 5);
    }

    [Test]
    public void Lpbf_box_costs_what_the_hand_says()
    {
        // powder 24 × 1.25 × 8 × 100 ÷ 1000 = 24.00; support 24 × 0.1 × (0.8 + 90 ÷ 6) = 2.4 × 15.8 = 37.92; melting 4 h × 90 = 360.00;
        // recoating 800 × 9 s = 2 h × 875 ÷ 50000 × 90 = 3.15; furnace 0.192 kg × 50 = 9.60; handling 2.00
        // pieces 436.67; scrap 109.1675; margin 555.8375 × 0.5 = 277.91875; price 833.75625
        var price = PriceOne(Box(), RoundNumbers.List, Terms("lpbf"));
        ExpectLines(price,
            "material 24.00, support 37.92, machine 360.00, machine 3.15, machine 9.60, labour 2.00, setup 10.00, scrap 109.17, margin 277.92");
        ExpectTotal(price, "833.76", "833.76", 5);
    }

    [Test]
    public void Cast_box_costs_what_the_hand_says_and_metal_carries_no_margin()
    {
        // metal 240 g × 1.1 × 1.5 × 1.2 = 475.20; loss 240 × 0.05 × 1.8 = 21.60; pattern resin 24 × 1.2 × 1.25 × 0.2 = 7.20;
        // pattern print 400 × 9 s = 1 h × (30 × 40) ÷ (120 × 100) × 10 = 1.00; flask 60000 ÷ 200000 × 60 = 18.00; fee 9.00;
        // polish 52 min = 52.00; handling 2.00. Work 89.20; scrap 22.30; setup 10; margin 121.50 × 0.5 = 60.75; 182.25 + 496.80
        var price = PriceOne(Box(), RoundNumbers.List, Terms("casting"));
        ExpectLines(price, "material 475.20, scrap 21.60, material 7.20, machine 1.00, machine 18.00, labour 9.00, labour 52.00, labour 2.00, " +
            "setup 10.00, scrap 22.30, margin 60.75");
        ExpectTotal(price, "679.05", "679.05", 5);
    }

    [Test]
    public void Express_casting_adds_the_factor_on_work_and_not_on_metal()
    {
        // 182.25 × 0.5 = 91.125; 679.05 + 91.125 = 770.175; lines 679.05 + 91.13
        var price = PriceOne(Box(), RoundNumbers.List, Terms("casting", leadTime: "express"));
        Assert.That(price.Components.Single(line => line.Kind == "lead_time").Amount.Amount, Is.EqualTo("91.13"));
        ExpectTotal(price, "770.18", "770.18", 2);
    }

    [Test]
    public void A_finish_adds_its_line_and_its_days()
    {
        // finish 3 + 52 × 0.25 = 16.00; pieces 21.80; scrap 5.45; margin 37.25 × 0.5 = 18.625; price 55.875
        var price = PriceOne(Box(), RoundNumbers.List, Terms("powder", finish: "painted"));
        ExpectLines(price, "material 1.80, machine 2.00, labour 2.00, finish 16.00, setup 10.00, scrap 5.45, margin 18.63");
        ExpectTotal(price, "55.88", "55.88", 7);
    }

    [Test]
    public void A_small_order_is_lifted_to_the_minimum_order()
    {
        // Minimum order 100 against a price of 25.875: 74.125 more.
        var list = RoundNumbers.Changed("minimum_order: 20", "minimum_order: 100");
        var price = PriceOne(Box(), list, Terms("powder"));
        Assert.That(price.Components.Single(line => line.Kind == "minimum").Amount.Amount, Is.EqualTo("74.13"));
        ExpectTotal(price, "100.00", "100.00", 5);
    }

    [Test]
    public void The_minimum_is_kept_when_it_does_not_divide_by_the_quantity()
    {
        // 1000 ÷ 7 = 142.857…: the piece costs 142.86, and 7 × 142.86 = 1000.02 stays above the minimum of 1000.
        var list = RoundNumbers.Changed("minimum_order: 20", "minimum_order: 1000");
        ExpectTotal(PriceOne(Box(), list, Terms("powder", 7)), "142.86", "1000.02", 5);
        // 1000 ÷ 3 = 333.33… would round to 999.99 in total: it is rounded up instead.
        ExpectTotal(PriceOne(Box(), list, Terms("powder", 3)), "333.34", "1000.02", 5);
    }

    [Test]
    public void A_cheap_piece_is_lifted_to_the_minimum_part_and_express_lifts_the_minimum()
    {
        var list = RoundNumbers.Changed("minimum_part: 1\n", "minimum_part: 50\n");
        ExpectTotal(PriceOne(Box(), list, Terms("powder", 10)), "50.00", "500.00", 5);
        ExpectTotal(PriceOne(Box(), list, Terms("powder", 10, leadTime: "express")), "75.00", "750.00", 2);
        ExpectTotal(PriceOne(Box(), list, Terms("powder", 10, leadTime: "economy")), "50.00", "500.00", 9);
    }

    [Test]
    public void Another_currency_is_the_exact_price_times_the_rate()
    {
        // 25.875 € × 2 = 51.75 $; × 150 = 3881.25 ¥, and a yen has no minor unit.
        var dollars = PriceOne(Box(), RoundNumbers.List, Terms("powder", currency: "USD"));
        ExpectLines(dollars, "material 3.60, machine 4.00, labour 4.00, setup 20.00, scrap 2.90, margin 17.25");
        ExpectTotal(dollars, "51.75", "51.75", 5);
        Assert.That(dollars.Total.CurrencyCode, Is.EqualTo("USD"));
        Assert.That(dollars.Components[0].Formula, Does.EndWith("× exchange_rate"));
        Assert.That(dollars.Components[0].Inputs[^1].Source, Is.EqualTo("price list exchange_rates.USD"));

        var yen = PriceOne(Box(), RoundNumbers.List, Terms("powder", currency: "JPY"));
        ExpectTotal(yen, "3881", "3881", 5);
        ExpectLines(yen, "material 270, machine 300, labour 300, setup 1500, scrap 218, margin 1294, rounding -1");
    }

    static void ExpectLines(Price price, string lines) =>
        Assert.That(string.Join(", ", price.Components.Select(line => $"{line.Kind} {line.Amount.Amount}")), Is.EqualTo(lines));

    static void ExpectTotal(Price price, string unit, string total, uint days)
    {
        Assert.Multiple(() =>
        {
            Assert.That(price.UnitPrice.Amount, Is.EqualTo(unit));
            Assert.That(price.Total.Amount, Is.EqualTo(total));
            Assert.That(price.LeadTimeDays, Is.EqualTo(days));
        });
    }
}
