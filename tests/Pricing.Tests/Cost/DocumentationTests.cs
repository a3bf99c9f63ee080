using System.Reflection;
using System.Text.RegularExpressions;
using NUnit.Framework;
using Pricing.Cost;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

/// <summary>The pages say what the code does: every formula with its text, every code.</summary>
public sealed partial class DocumentationTests
{
    [Test]
    public void Every_formula_stands_in_the_page_with_its_kind_and_text_and_no_other_does()
    {
        var page = File.ReadAllText(RepositoryFile("docs/formulas.md"));
        var rules = new[] { typeof(CostRules), typeof(CommercialRules) }
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field.FieldType == typeof(Rule))
            .Select(field => (Rule)field.GetValue(null)!)
            .ToList();
        Assert.That(rules, Has.Count.GreaterThan(25));
        Assert.That(rules.Select(rule => rule.FormulaId), Is.Unique);
        foreach (var rule in rules)
            Assert.That(page, Does.Contain($"| {rule.FormulaId} | {rule.Kind} | `{rule.Formula}` |"));
        Assert.That(FormulaRow().Matches(page).Select(match => match.Groups[1].Value), Is.EquivalentTo(rules.Select(rule => rule.FormulaId)));
    }

    [Test]
    public void Every_code_in_the_source_stands_in_a_page()
    {
        var pages = File.ReadAllText(RepositoryFile("docs/formulas.md")) + File.ReadAllText(RepositoryFile("docs/price-lists.md"))
            + File.ReadAllText(RepositoryFile("docs/errors.md"));
        var codes = Directory.EnumerateFiles(RepositoryFile("src/Pricing.Cost"), "*.cs")
            .SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Distinct().ToList();
        Assert.That(codes, Has.Count.GreaterThan(35));
        foreach (var code in codes)
            Assert.That(pages, Does.Contain($"| {code} |"));
    }

    [Test]
    public void Every_key_of_the_standard_list_stands_in_the_page()
    {
        var page = File.ReadAllText(RepositoryFile("docs/price-lists.md"));
        var names = PriceList.Standard.Processes.SelectMany(process => process.Materials.Select(material => material.Id)
            .Concat(process.Finishes.Select(finish => finish.Id)).Append(process.Id)).Concat(PriceList.Standard.ExchangeRates.Keys).ToHashSet();
        foreach (var key in PriceList.Standard.Entries.SelectMany(entry => entry.Key.Split('.')).Distinct().Where(key => !names.Contains(key)))
            Assert.That(page, Does.Contain(key));
    }

    [GeneratedRegex(@"^\| ([a-z]+\.[a-z_]+\.v[0-9]+) \|", RegexOptions.Multiline)]
    private static partial Regex FormulaRow();

    [GeneratedRegex(@"""([A-Z]{3,}(?:_[A-Z]+)+)""")]
    private static partial Regex Code();
}
