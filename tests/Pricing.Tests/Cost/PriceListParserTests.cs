using System.Diagnostics;
using FsCheck.Fluent;
using NUnit.Framework;
using Pricing.Cost;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

public sealed class PriceListParserTests
{
    [Test]
    public void The_standard_list_is_sound_and_every_rate_says_where_it_comes_from()
    {
        var list = PriceList.Standard;
        Assert.Multiple(() =>
        {
            Assert.That((list.Id, list.Version, list.CurrencyCode, list.EffectiveDate), Is.EqualTo(("standard", 1, "EUR", new DateOnly(2026, 11, 1))));
            Assert.That(list.Processes.Select(process => process.Id), Is.EqualTo(new[] { "fdm", "sla", "sls", "mjf", "lpbf", "casting" }));
            Assert.That(list.ExchangeRates.Keys, Is.EquivalentTo(new[] { "USD", "GBP" }));
            Assert.That(list.Sha256, Does.Match("^[0-9a-f]{64}$"));
            Assert.That(list.Processes.SelectMany(process => process.Materials), Has.All.Matches<MaterialRates>(material => material is { Price.Note.Length: > 0 }));
            Assert.That(list.Processes.Select(process => process.Margin.Note), Has.All.Not.Empty);
            Assert.That(list.Entries.First(entry => entry.Key == "processes.fdm.margin.value").Value, Is.EqualTo("0.40"));
        });
    }

    [Test]
    public void Numbers_are_exact_decimals()
    {
        var list = RoundNumbers.Changed("minimum_order: 20", "minimum_order: { value: 19.990000001, source: \"a note\" }");
        Assert.That(list.MinimumOrder.Value, Is.EqualTo(19.990000001m));
        Assert.That((list.MinimumOrder.Text, list.MinimumOrder.Note, list.MinimumOrder.Source), Is.EqualTo(("19.990000001", "a note", "price list minimum_order")));
    }

    [Test]
    public void All_faults_are_reported_at_once_each_with_path_and_line()
    {
        var document = RoundNumbers.Document
            .Replace("version: 7", "version: seven", StringComparison.Ordinal)
            .Replace("currency: EUR", "currency: ERU", StringComparison.Ordinal)
            .Replace("effective_date: 2026-01-31", "effective_date: 31.01.2026", StringComparison.Ordinal)
            .Replace("  open: review", "  open: shrug", StringComparison.Ordinal)
            .Replace("machine_per_hour: 5,", "machine_per_huor: 5,", StringComparison.Ordinal)
            .Replace("price_per_kg: 80", "price_per_kg: 8e1", StringComparison.Ordinal)
            .Replace("standard_material: resin", "standard_material: rosin", StringComparison.Ordinal)
            .Replace("packing: 0.5,", "packing: 0,", StringComparison.Ordinal)
            .Replace("      steel: {", "      Stahl Nr 1: {", StringComparison.Ordinal)
            .Replace("flask_fee: 60", "flask_fee:", StringComparison.Ordinal)
            .Replace("      sprue: 0.1", "      sprue: 0.1\n      sprue: 0.2", StringComparison.Ordinal);
        var faults = Faults(document);
        var lines = document.Split('\n');

        Assert.That(faults.Select(fault => $"{fault.Reason} {fault.Path}"), Is.EquivalentTo(new[]
        {
            "PRICE_LIST_NUMBER_MALFORMED version",
            "PRICE_LIST_CURRENCY_UNKNOWN currency",
            "PRICE_LIST_DATE_MALFORMED effective_date",
            "PRICE_LIST_CHOICE_UNKNOWN mesh.open",
            "PRICE_LIST_VALUE_MISSING processes.fdm.rates.machine_per_hour",
            "PRICE_LIST_KEY_UNKNOWN processes.fdm.rates.machine_per_huor",
            "PRICE_LIST_NUMBER_MALFORMED processes.fdm.materials.abs.price_per_kg",
            "PRICE_LIST_REFERENCE_UNKNOWN processes.sla.standard_material",
            "PRICE_LIST_OUT_OF_RANGE processes.powder.rates.packing",
            "PRICE_LIST_ID_MALFORMED processes.lpbf.materials.Stahl Nr 1",
            "PRICE_LIST_REFERENCE_UNKNOWN processes.lpbf.standard_material",
            "PRICE_LIST_VALUE_MISSING processes.casting.rates.flask_fee",
            "PRICE_LIST_DUPLICATE_ID processes.casting.rates.sprue",
        }));
        Assert.That(faults.Select(fault => fault.Line), Is.Ordered);
        foreach (var (reason, text) in new[]
        {
            ("PRICE_LIST_CURRENCY_UNKNOWN", "currency: ERU"), ("PRICE_LIST_KEY_UNKNOWN", "machine_per_huor"), ("PRICE_LIST_OUT_OF_RANGE", "packing: 0,"),
            ("PRICE_LIST_ID_MALFORMED", "Stahl Nr 1"), ("PRICE_LIST_DUPLICATE_ID", "sprue: 0.2"), ("PRICE_LIST_CHOICE_UNKNOWN", "shrug"),
        })
        {
            Assert.That(lines[faults.Single(fault => fault.Reason == reason).Line - 1], Does.Contain(text), reason);
        }
    }

    [Test]
    public void An_unknown_key_comes_with_a_suggestion_and_the_known_keys()
    {
        var fault = Faults(RoundNumbers.Document.Replace("machine_per_hour: 5,", "machine_per_hour: 5, wsate: 0.2,", StringComparison.Ordinal)).Single();
        Assert.That(fault.Reason, Is.EqualTo("PRICE_LIST_KEY_UNKNOWN"));
        Assert.That(fault.Message, Does.Contain("Did you mean 'waste'?"));
        Assert.That(fault.Limit, Does.Contain("waste").And.Contain("machine_per_hour"));
    }

    [TestCase("1e3", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("12,50", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("1_000", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("5 %", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("0x10", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase(".5", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("+5", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase(".nan", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("٥", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("9999999999999999999999999999999999", "PRICE_LIST_NUMBER_MALFORMED")]
    [TestCase("-0.01", "PRICE_LIST_OUT_OF_RANGE")]
    [TestCase("1000000.01", "PRICE_LIST_OUT_OF_RANGE")]
    [TestCase("", "PRICE_LIST_VALUE_MISSING")]
    [TestCase("null", "PRICE_LIST_VALUE_MISSING")]
    [TestCase("{ valeu: 5 }", "PRICE_LIST_KEY_UNKNOWN")]
    [TestCase("[5]", "PRICE_LIST_SHAPE_WRONG")]
    [TestCase("{ value: { value: 5 } }", "PRICE_LIST_SHAPE_WRONG")]
    [TestCase("!!int 5", "PRICE_LIST_TAG_REFUSED")]
    [TestCase("!include /etc/passwd", "PRICE_LIST_TAG_REFUSED")]
    [TestCase("&five 5", "PRICE_LIST_ALIAS_REFUSED")]
    [TestCase("*five", "PRICE_LIST_ALIAS_REFUSED")]
    public void A_bad_number_has_its_own_reason(string number, string reason)
    {
        var faults = Faults(RoundNumbers.Document.Replace("minimum_order: 20", "minimum_order: " + number, StringComparison.Ordinal));
        Assert.That(faults.Select(fault => fault.Reason), Does.Contain(reason));
        Assert.That(faults.Select(fault => fault.Line), Has.All.EqualTo(7), string.Join("\n", faults));
    }

    [TestCase("", "PRICE_LIST_SYNTAX")]
    [TestCase("# only a remark", "PRICE_LIST_SYNTAX")]
    [TestCase("just words", "PRICE_LIST_SHAPE_WRONG")]
    [TestCase("- a\n- b", "PRICE_LIST_SHAPE_WRONG")]
    [TestCase("a: {b: c", "PRICE_LIST_SYNTAX")]
    [TestCase("id: standard\n\tversion: 1", "PRICE_LIST_SYNTAX")]
    [TestCase("a: 1\n--- \nb: 2", "PRICE_LIST_SYNTAX")]
    [TestCase("? [complex, key]\n: 1", "PRICE_LIST_SHAPE_WRONG")]
    [TestCase("a: \"\\uD800\"", "PRICE_LIST_SYNTAX")]
    public void What_is_not_a_price_list_is_refused_with_a_line(string document, string reason)
    {
        var faults = Faults(document);
        Assert.That(faults.Select(fault => fault.Reason), Does.Contain(reason), string.Join("\n", faults));
        Assert.That(faults.Select(fault => fault.Line), Has.All.GreaterThanOrEqualTo(1));
    }

    [Test]
    public void A_syntax_fault_names_the_line_where_reading_stopped()
    {
        var document = RoundNumbers.Document.Replace("currency: EUR", "currency: [EUR", StringComparison.Ordinal);
        var fault = Faults(document).Single();
        Assert.That((fault.Reason, fault.Line), Is.EqualTo(("PRICE_LIST_SYNTAX", 5)), fault.ToString());
    }

    [Test]
    public void A_yaml_bomb_is_refused_without_being_expanded()
    {
        // Nine levels of nine aliases each: 9^9 values if anything expanded them.
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 8).Select(level =>
        {
            var name = (char)('a' + level);
            var before = (char)('a' + level - 1);
            return $"{name}: &{name} [{string.Join(',', Enumerable.Repeat("*" + before, 9))}]\n";
        }));
        var clock = Stopwatch.StartNew();
        var faults = Faults(bomb);
        Assert.That(faults.Select(fault => fault.Reason), Does.Contain("PRICE_LIST_ALIAS_REFUSED"));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void Depth_size_and_number_of_values_are_bounded()
    {
        Assert.That(Faults("a: " + new string('[', 400_000)).Single().Reason, Is.EqualTo("PRICE_LIST_TOO_DEEP"));
        Assert.That(Faults(string.Concat(Enumerable.Range(0, 200_000).Select(depth => "{a: "))).Single().Reason, Is.EqualTo("PRICE_LIST_TOO_DEEP"));
        Assert.That(Faults("a: " + new string('x', Limits.PriceList.DocumentBytesMax)).Single().Reason, Is.EqualTo("PRICE_LIST_TOO_LARGE"));
        Assert.That(Faults("a: [" + string.Concat(Enumerable.Repeat("1,", Limits.PriceList.DocumentNodesMax)) + "]").Single().Reason,
            Is.EqualTo("PRICE_LIST_TOO_LARGE"));
    }

    [Test]
    public void No_more_faults_than_the_bound_are_listed_and_the_rest_is_counted()
    {
        var document = RoundNumbers.Document + "\n" + string.Join('\n', Enumerable.Range(0, 1_000).Select(key => $"key{key}: 1"));
        var faults = Faults(document);
        Assert.That(faults, Has.Count.EqualTo(Limits.PriceList.FaultsMax));
        Assert.That((faults[^1].Reason, faults[^1].Actual), Is.EqualTo(("PRICE_LIST_FAULTS_MORE", $"{1_000 - Limits.PriceList.FaultsMax + 1} more")));
    }

    // The ranges that "more is never cheaper" rests on; see docs/formulas.md.
    [TestCase("half_quantity: 10", "half_quantity: 0.99", "1 to 1000000 pieces")]
    [TestCase("maximum: 0.2", "maximum: 0.91", "0 to 0.9 of the pieces")]
    [TestCase("maximum: 0.2", "maximum: -0.1", "0 to 0.9 of the pieces")]
    [TestCase("scrap: 0.2", "scrap: 1", "0 to 0.9 of the pieces")]
    [TestCase("margin: 0.5", "margin: -1.5", "0 to 20 of the cost")]
    [TestCase("factor: 0.9 ", "factor: 0 ", "0.1 to 10 times the price")]
    [TestCase("minimum_part: 1\n", "minimum_part: 0\n", "0.01 to 1000000 EUR per piece")]
    public void A_number_that_would_make_more_cheaper_is_refused(string passage, string by, string limit)
    {
        Assert.That(RoundNumbers.Document, Does.Contain(passage));
        var faults = Faults(RoundNumbers.Document.Replace(passage, by, StringComparison.Ordinal));
        Assert.That(faults.Select(fault => (fault.Reason, fault.Limit)), Has.All.EqualTo(("PRICE_LIST_OUT_OF_RANGE", limit)));
    }

    [Test]
    public void The_own_currency_has_no_exchange_rate() =>
        Assert.That(Faults(RoundNumbers.Document.Replace("JPY: 150", "EUR: 1", StringComparison.Ordinal)).Single().Path, Is.EqualTo("exchange_rates.EUR"));

    [Test]
    public void An_unknown_model_is_one_fault_and_not_a_dozen()
    {
        var faults = Faults(RoundNumbers.Document.Replace("model: powder", "model: powdre", StringComparison.Ordinal));
        Assert.That(faults.Select(fault => fault.Reason), Is.EqualTo(new[] { "PRICE_LIST_CHOICE_UNKNOWN" }));
        Assert.That(faults[0].Message, Does.Contain("Did you mean 'powder'?"));
    }

    [Test]
    public void Torn_documents_are_answered_with_faults_and_never_thrown()
    {
        // Cut, splice and overwrite: whatever comes, Parse answers.
        const string junk = "\0\t\n\r:-[]{}&*!|>'\"%@`#?,~\u0085\u2028\uFEFF\uD83D🜚0aA";
        var tears =
            from at in Gen.Choose(0, RoundNumbers.Document.Length - 1)
            from length in Gen.Choose(0, 40)
            from noise in Gen.ArrayOf(Gen.Elements(junk.ToCharArray()))
            select RoundNumbers.Document.Remove(at, Math.Min(length, RoundNumbers.Document.Length - at)).Insert(at, new string(noise));
        ForAll(tears, document =>
        {
            var result = PriceListParser.Parse(document);
            Assert.That(result.PriceList is null, Is.EqualTo(result.Faults.Count > 0));
        }, tests: 1_000);
    }

    static IReadOnlyList<PriceListFault> Faults(string document)
    {
        var result = PriceListParser.Parse(document);
        Assert.That(result.PriceList, Is.Null);
        Assert.That(result.Faults, Is.Not.Empty);
        foreach (var fault in result.Faults)
            Assert.That(fault.Actual, Has.Length.LessThan(200));
        return result.Faults;
    }
}
