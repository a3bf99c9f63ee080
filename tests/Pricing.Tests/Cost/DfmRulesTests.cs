using NUnit.Framework;
using Pricing.Cost;
using Pricing.Quoting.V1;
using static Pricing.Tests.Cost.Parts;
using Severity = Pricing.Quoting.V1.Finding.Types.Severity;
using State = Pricing.Quoting.V1.Price.Types.State;
using Verdict = Pricing.Quoting.V1.Geometry.Types.Verdict;

namespace Pricing.Tests.Cost;

public sealed class DfmRulesTests
{
    [Test]
    public void A_sound_part_is_firm_without_findings()
    {
        foreach (var price in Pricer.Price(Box(), RoundNumbers.List, new QuoteTerms([], [1], "")))
        {
            Assert.That(price.Findings, Is.Empty, price.ToString());
            Assert.That(price.State, Is.EqualTo(State.Firm));
        }
    }

    [Test]
    public void A_part_larger_than_the_machine_in_every_orientation_is_not_manufacturable_and_has_no_amounts()
    {
        // Machine 200 × 100 × 300; sorted 300, 200, 100. The part's middle extent is 210.
        var price = PriceOne(Box().With(part => Resize(part, 210, 20, 290)), RoundNumbers.List, Terms("fdm", 3));
        Expect(price, "BUILD_VOLUME_EXCEEDED", Severity.Block, State.NotManufacturable, "210", "200", "mm");
        Assert.Multiple(() =>
        {
            Assert.That(price.UnitPrice, Is.Null);
            Assert.That(price.Total, Is.Null);
            Assert.That(price.Components, Is.Empty);
            Assert.That(price.Quantity, Is.EqualTo(3));
        });
    }

    [TestCase(200, 100, 300)]
    [TestCase(200, 300, 100)]
    [TestCase(100, 200, 300)]
    [TestCase(100, 300, 200)]
    [TestCase(300, 100, 200)]
    [TestCase(300, 200, 100)]
    public void All_axis_permutations_are_tried(int x, int y, int z)
    {
        var price = PriceOne(Box().With(part => Resize(part, x, y, z)), RoundNumbers.List, Terms("fdm"));
        Assert.That(price.State, Is.Not.EqualTo(State.NotManufacturable), price.ToString());
        if ((x, y, z) == (200, 100, 300))
            Assert.That(price.Findings, Is.Empty);
        else if (z == 300)
            Expect(price, "ORIENTATION_CHANGED", Severity.Info, State.Firm);
        else
            // On another side the estimate of the layers no longer holds.
            Expect(price, "ORIENTATION_CHANGED", Severity.Review, State.NeedsReview);
    }

    [Test]
    public void A_turned_part_is_priced_by_its_extents_in_the_machine()
    {
        // Powder chamber 400 × 300 × 250: a part 40 × 30 × 260 lies down; its chamber share is the same either way.
        var price = PriceOne(Box().With(part => Resize(part, 40, 30, 260)), RoundNumbers.List, Terms("powder"));
        Expect(price, "ORIENTATION_CHANGED", Severity.Info, State.Firm);
        var inputs = price.Components.Single(line => line.FormulaId == "powder.chamber.v1").Inputs.ToDictionary(input => input.Name, input => input.Value);
        Assert.That((inputs["size_x_mm"], inputs["size_y_mm"], inputs["size_z_mm"]), Is.EqualTo(("40", "260", "30")));
    }

    [Test]
    public void A_turn_about_the_vertical_keeps_a_filament_price_firm() =>
        Expect(PriceOne(Box().With(part => Resize(part, 90, 190, 40)), RoundNumbers.List, Terms("fdm")), "ORIENTATION_CHANGED", Severity.Info, State.Firm);

    [Test]
    public void A_price_list_may_make_an_oversize_part_a_matter_of_review()
    {
        var list = RoundNumbers.Changed("build_z_mm: 250, severity: block", "build_z_mm: 250, severity: review");
        var price = PriceOne(Box().With(part => Resize(part, 410, 20, 20)), list, Terms("powder"));
        Expect(price, "BUILD_VOLUME_EXCEEDED", Severity.Review, State.NeedsReview, "410", "400", "mm");
        Assert.That(Amount(price.Total), Is.GreaterThan(0m));
    }

    [Test]
    public void A_part_smaller_than_the_process_can_handle_is_found() =>
        Expect(PriceOne(Box().With(part => Resize(part, 4, 4.999, 3)), RoundNumbers.List, Terms("sla")), "PART_TOO_SMALL", Severity.Block,
            State.NotManufacturable, "4.999", "5", "mm");

    [Test]
    public void A_mean_thickness_below_the_thinnest_wall_is_found()
    {
        // 2 × 2000 mm³ ÷ 5200 mm² = 0.769 mm.
        var thin = Box().With(part => part.Geometry.VolumeMm3 = 2_000);
        Expect(PriceOne(thin, RoundNumbers.List, Terms("sla")), "WALL_TOO_THIN", Severity.Review, State.NeedsReview, "0.769", "1", "mm");
        // Exactly at the limit is allowed: 2 × 2600 ÷ 5200 = 1.
        Assert.That(PriceOne(Box().With(part => part.Geometry.VolumeMm3 = 2_600), RoundNumbers.List, Terms("sla")).Findings, Is.Empty);
    }

    [Test]
    public void Too_many_layers_are_found()
    {
        var list = RoundNumbers.Changed("layers_max: { value: 5000", "layers_max: { value: 399");
        Expect(PriceOne(Box(), list, Terms("sla")), "LAYERS_EXCEEDED", Severity.Review, State.NeedsReview, "400", "399", "layers");
        Assert.That(PriceOne(Box(), list, Terms("fdm")).Findings, Is.Empty, "the estimate counts 200 layers");
    }

    [Test]
    public void An_open_mesh_needs_review()
    {
        var open = Box().With(part => (part.Geometry.Watertight, part.Geometry.BoundaryEdges) = (false, 17));
        Expect(PriceOne(open, RoundNumbers.List, Terms("powder")), "MESH_OPEN", Severity.Review, State.NeedsReview, "17", "0", "edges");
    }

    [TestCase(Verdict.Estimate)]
    [TestCase(Verdict.Unspecified)]
    [TestCase((Verdict)99)]
    public void A_volume_without_bounds_needs_review(Verdict verdict) =>
        Expect(PriceOne(Box().With(part => part.Geometry.Verdict = verdict), RoundNumbers.List, Terms("powder")),
            "VOLUME_UNCERTAIN", Severity.Review, State.NeedsReview);

    [Test]
    public void A_bounded_volume_needs_review_only_when_the_bounds_are_wide()
    {
        // Limit 0.1. (26400 − 21600) ÷ 2 ÷ 24000 = 0.1: allowed; a little more is not.
        var narrow = Box().With(part => Bound(part, 21_600, 26_400));
        Assert.That(PriceOne(narrow, RoundNumbers.List, Terms("powder")).State, Is.EqualTo(State.Firm));
        var wide = Box().With(part => Bound(part, 21_600, 26_448));
        Expect(PriceOne(wide, RoundNumbers.List, Terms("powder")), "VOLUME_UNCERTAIN", Severity.Review, State.NeedsReview, "0.101", "0.1", "of the volume");

        static void Bound(Measurement part, double low, double high) =>
            (part.Geometry.Verdict, part.Geometry.VolumeLowMm3, part.Geometry.VolumeHighMm3) = (Verdict.Bounded, low, high);
    }

    [Test]
    public void Repairs_units_and_supports_are_said_and_stay_firm()
    {
        var price = PriceOne(Box().With(part => (part.Geometry.Inverted, part.UnitAssumed, part.Geometry.OverhangAreaMm2) = (true, true, 250)),
            RoundNumbers.List, Terms("sla"));
        Expect(price, "MESH_REPAIRED", Severity.Info, State.Firm);
        Expect(price, "UNIT_ASSUMED", Severity.Info, State.Firm, "20 × 30 × 40", "", "mm");
        Expect(price, "SUPPORTS_NEEDED", Severity.Info, State.Firm, "2.5", "0", "cm²");
    }

    [Test]
    public void An_implausible_size_needs_review()
    {
        var part = Box().With(part => part.Notes.Add(new MeasurementNote { Code = "SIZE_IMPLAUSIBLE", Message = "Metres?" }));
        Expect(PriceOne(part, RoundNumbers.List, Terms("sla")), "SIZE_IMPLAUSIBLE", Severity.Review, State.NeedsReview);
    }

    [Test]
    public void A_measurement_without_usable_figures_is_answered_and_never_thrown()
    {
        Action<Measurement>[] breaks =
        [
            part => part.Geometry = null,
            part => part.Geometry.BboxMaxMm = null,
            part => part.Geometry.VolumeMm3 = 0,
            part => part.Geometry.VolumeMm3 = -1,
            part => part.Geometry.VolumeMm3 = double.NaN,
            part => part.Geometry.VolumeMm3 = double.PositiveInfinity,
            part => part.Geometry.VolumeMm3 = 1e300,
            part => part.Geometry.AreaMm2 = 0,
            part => part.Geometry.AreaMm2 = double.NaN,
            part => part.Geometry.BboxMaxMm.X = double.NegativeInfinity,
            part => part.Geometry.BboxMaxMm.Y = -1e9,
            part => part.Geometry.OverhangAreaMm2 = double.NaN,
            part => (part.Geometry.Verdict, part.Geometry.VolumeHighMm3) = (Verdict.Bounded, double.NaN),
            part => part.Fdm.FilamentCm3 = double.NaN,
            part => part.Fdm.PrintTimeS = 1e300,
            part => part.Fdm.SupportCm3 = -3,
        ];
        foreach (var @break in breaks)
        {
            foreach (var price in Pricer.Price(Box().With(@break), RoundNumbers.List, new QuoteTerms([], [1, 5], "")))
                Expect(price, "MEASUREMENT_INVALID", Severity.Block, State.NotManufacturable);
        }
    }

    [Test]
    public void The_largest_figures_at_the_largest_rates_do_not_overflow()
    {
        // Every number of the standard list at the top of its range, then the largest measurement that is believed, a million times.
        var document = System.Text.RegularExpressions.Regex.Replace(PriceList.Standard.Document, "value: [0-9.]+", "value: 999999999999");
        for (var round = 0; round < 3; round++)
        {
            var lines = document.Split('\n');
            foreach (var fault in PriceListParser.Parse(document).Faults)
                lines[fault.Line - 1] = lines[fault.Line - 1].Replace(fault.Actual.Split(' ')[0], fault.Limit.Split(' ')[2], StringComparison.Ordinal);
            document = string.Join('\n', lines);
        }

        var list = RoundNumbers.Parse(document);
        var largest = Box().With(part =>
        {
            (part.Geometry.VolumeMm3, part.Geometry.AreaMm2) = (1e11, 1e11);
            Resize(part, 76, 76, 102);
            (part.Fdm.FilamentCm3, part.Fdm.PrintTimeS, part.Fdm.SupportCm3) = (1e8, 1e9, 1e8);
        });
        foreach (var way in new[] { "fdm", "sla", "sls", "mjf", "lpbf", "casting" })
        {
            var process = list.FindProcess(way)!;
            var price = PriceOne(largest, list, Terms(way, 1_000_000, "", process.Finishes[0].Id, "express", "USD"));
            Assert.That(price.State, Is.EqualTo(State.NeedsReview), price.ToString());
            TestContext.Out.WriteLine($"{way}: {price.Total.Amount}");
        }
    }

    static void Resize(Measurement part, double x, double y, double z)
    {
        part.Geometry.BboxMinMm = new Vector3();
        part.Geometry.BboxMaxMm = new Vector3 { X = x, Y = y, Z = z };
    }

    static void Expect(Price price, string code, Severity severity, State state, string? measured = null, string? limit = null, string? unit = null)
    {
        var finding = price.Findings.SingleOrDefault(found => found.Code == code);
        Assert.That(finding, Is.Not.Null, $"{code} is not in {price}");
        Assert.Multiple(() =>
        {
            Assert.That(finding!.Severity, Is.EqualTo(severity));
            Assert.That(finding.Message, Does.EndWith(".").Or.EndWith("?"));
            Assert.That(price.State, Is.EqualTo(state), price.ToString());
            if (measured is not null)
                Assert.That((finding.Measured, finding.Limit, finding.Unit), Is.EqualTo((measured, limit, unit)));
        });
    }
}
