using System.Globalization;
using FsCheck.Fluent;
using Google.Protobuf;
using NUnit.Framework;
using Pricing.Cost;
using Pricing.Quoting.V1;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

public sealed class BreakdownTests
{
    static readonly string[] Currencies = ["", "USD", "GBP"];
    static readonly HashSet<string> Paths = [.. PriceList.Standard.Entries.Select(entry => entry.Key)];

    [Test]
    public void Lines_sum_to_the_total_and_the_total_is_quantity_times_unit_price() =>
        ForAllPrices(price =>
        {
            var total = Amount(price.Total);
            Assert.That(price.Components.Sum(line => Amount(line.Amount)), Is.EqualTo(total), price.ToString());
            Assert.That(Amount(price.UnitPrice) * price.Quantity, Is.EqualTo(total), price.ToString());
        });

    [Test]
    public void Every_line_can_be_worked_out_again_from_its_own_formula_and_inputs() =>
        ForAllPrices(price =>
        {
            foreach (var line in price.Components)
            {
                var inputs = line.Inputs.ToDictionary(input => input.Name, input => decimal.Parse(input.Value, CultureInfo.InvariantCulture));
                var evaluator = new FormulaEvaluator(line.Formula, inputs);
                var value = evaluator.Evaluate();

                // Sums before are shown to nine digits after the point, so half a cent may fall the other way: a cent, and a millionth.
                var tolerance = 0.01m + Math.Abs(value) / 1_000_000m;
                Assert.That(Amount(line.Amount), Is.EqualTo(value).Within(tolerance), line.ToString());
                Assert.That(evaluator.Used, Is.EquivalentTo(inputs.Keys), $"Inputs that the formula does not use: {line}");
            }
        });

    [Test]
    public void Every_input_says_where_it_comes_from() =>
        ForAllPrices(price =>
        {
            foreach (var input in price.Components.SelectMany(line => line.Inputs))
            {
                Assert.That(input.Source, Does.Match("^(measurement|price list|terms|breakdown) .+"), input.ToString());
                Assert.That(input.Value, Does.Match(@"^-?[0-9]+(\.[0-9]+)?$"), input.ToString());
                if (input.Source.StartsWith("price list ", StringComparison.Ordinal))
                {
                    var path = input.Source["price list ".Length..];
                    Assert.That(Paths.Contains(path) || Paths.Contains(path + ".value"), Is.True, path);
                }
            }
        });

    [Test]
    public void Rounding_never_exceeds_half_a_cent_per_piece_and_line()
    {
        ForAllPrices(price =>
        {
            var rounding = price.Components.Where(line => line.Kind == "rounding").Sum(line => Math.Abs(Amount(line.Amount)));
            var lifted = price.Components.Any(line => line.Kind == "minimum");
            // Where the minimum holds the unit price is rounded up: a whole cent per piece.
            var bound = (lifted ? 0.01m : 0.005m) * price.Quantity + 0.005m * price.Components.Count;
            Assert.That(rounding, Is.LessThanOrEqualTo(bound), price.ToString());
        });
    }

    [Test]
    public void The_same_arguments_give_the_same_bytes_whatever_the_culture()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            var first = Bytes();
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "minus" } };
            // A fresh parse of the same document, too.
            Assert.That(Bytes(RoundNumbers.Parse(PriceList.Standard.Document)), Is.EqualTo(first));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        static byte[] Bytes(PriceList? list = null) => [.. Pricer
            .Price(Box(), list ?? PriceList.Standard, new QuoteTerms([], [1, 7, 100, 999_999], "USD"))
            .SelectMany(price => price.ToByteArray())];
    }

    [Test]
    public void Golden_breakdown_of_a_ring_cast_in_gold_is_unchanged()
    {
        // Every rate, formula and word of one price. A change here is a change that customers see: read it, then replace the file
        // by the text that this test prints.
        var price = PriceOne(Ring(), PriceList.Standard,
            Terms("casting", 12, "gold-585", "rhodium-plated", "express", "USD"));
        var json = new JsonFormatter(JsonFormatter.Settings.Default.WithIndentation()).Format(price) + "\n";
        TestContext.Out.WriteLine(json);
        Assert.That(json, Is.EqualTo(File.ReadAllText(RepositoryFile("tests/Pricing.Tests/Cost/golden-ring.json"))));
    }

    /// <summary>Every process, random part, quantity, lead time, finish and currency of the standard list; only priced answers are checked,
    /// and there must be plenty of them.</summary>
    static void ForAllPrices(Action<Price> check)
    {
        var seen = 0;
        var cases =
            from sketch in Sketches
            from quantity in Quantities
            from process in Gen.Elements(PriceList.Standard.Processes.ToArray())
            from material in Gen.Elements(process.Materials.Select(material => material.Id).ToArray())
            from finish in Gen.Elements([.. process.Finishes.Select(finish => finish.Id), ""])
            from leadTime in Gen.Elements("economy", "standard", "express")
            from currency in Gen.Elements(Currencies)
            select (sketch, terms: Terms(process.Id, quantity, material, finish, leadTime, currency));
        ForAll(cases, @case =>
        {
            var price = PriceOne(@case.sketch.Measure(), PriceList.Standard, @case.terms);
            if (price.State == Price.Types.State.NotManufacturable)
                return;
            seen++;
            check(price);
        }, tests: 500);
        Assert.That(seen, Is.GreaterThan(50));
    }
}
