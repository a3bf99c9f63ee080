using NUnit.Framework;

namespace Pricing.IntegrationTests.Cli;

/// <summary><c>pricing quote</c> without a server: the whole platform for one call, over the same gRPC path, in a process of its own.</summary>
[TestFixture]
[CancelAfter(600_000)]
public sealed class QuoteProgramTests
{
    ProgramHome _home = null!;

    [OneTimeSetUp]
    public async Task MakeExamples()
    {
        _home = new ProgramHome();
        var made = await PricingProgram.RunAsync(_home.Folder, "examples", _home.File("examples"));
        Assert.That(made.ExitCode, Is.Zero, made.Error);
        var torus = await PricingProgram.RunAsync(_home.Folder, "generate", "--triangles", "20000", "--out", _home.File("torus.stl"));
        Assert.That(torus.ExitCode, Is.Zero, torus.Error);
    }

    [OneTimeTearDown]
    public void RemoveHome() => _home.Dispose();

    [Test]
    public async Task The_first_quote_measures_and_the_second_is_answered_from_what_is_known_with_the_same_prices()
    {
        // A scale that no other test asks for.
        var first = await QuoteAsync("--json", "--scale", "1.5", _home.File("torus.stl"));
        var second = await QuoteAsync("--json", "--scale", "1.5", _home.File("torus.stl"));

        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(first.Json.GetProperty("cached").GetBoolean(), Is.False);
        Assert.That(first.Json.GetProperty("state").GetString(), Is.EqualTo("PRICED"));
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Json.GetProperty("cached").GetBoolean(), Is.True);
        Assert.That(second.Json.GetProperty("prices").GetRawText(), Is.EqualTo(first.Json.GetProperty("prices").GetRawText()));
        Assert.That(second.Json.GetProperty("digest").GetString(), Is.EqualTo(first.Json.GetProperty("digest").GetString()));
        // Another quantity and currency: still nothing is measured.
        var third = await QuoteAsync("--json", "--scale", "1.5", "--qty", "7", "--process", "fdm", _home.File("torus.stl"));
        Assert.That(third.Json.GetProperty("cached").GetBoolean(), Is.True, third.Error);
        Assert.That(third.Json.GetProperty("prices").EnumerateArray().Select(price => price.GetProperty("quantity").GetInt64()), Is.All.EqualTo(7));
    }

    [Test]
    public async Task The_platform_measures_what_the_program_measures_alone()
    {
        var quoted = await QuoteAsync("--json", "--unit", "cm", _home.File("torus.stl"));
        var measured = await PricingProgram.RunAsync(_home.Folder, "measure", "--json", "--unit", "cm", _home.File("torus.stl"));

        foreach (var part in new[] { "model", "geometry", "fdm", "digest" })
            Assert.That(quoted.Json.GetProperty(part).GetRawText(), Is.EqualTo(measured.Json.GetProperty(part).GetRawText()), part);
    }

    [Test]
    public async Task Components_sum_to_the_total_and_the_total_is_the_unit_price_times_the_quantity()
    {
        var quote = await QuoteAsync("--json", "--qty", "1,10,100", _home.File("torus.stl"));

        var firm = quote.Json.GetProperty("prices").EnumerateArray().Where(price => price.GetProperty("state").GetString() == "FIRM").ToArray();
        Assert.That(firm, Is.Not.Empty);
        foreach (var price in firm)
        {
            var total = Money(price, "total");
            Assert.That(price.GetProperty("components").EnumerateArray().Sum(component => Money(component, "amount")), Is.EqualTo(total), price.GetRawText());
            Assert.That(Money(price, "unit_price") * price.GetProperty("quantity").GetInt64(), Is.EqualTo(total), price.GetRawText());
        }

        static decimal Money(System.Text.Json.JsonElement element, string name) =>
            decimal.Parse(element.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task A_person_sees_the_ladder_the_reasons_and_the_times_and_stdout_holds_nothing_else()
    {
        var first = await QuoteAsync("--explain", _home.File("torus.stl"), "--scale", "1.25");
        var second = await QuoteAsync("--process", "fdm", _home.File("torus.stl"), "--scale", "1.25");

        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(first.Out, Does.Contain("watertight").And.Contain("process").And.Contain("× 100").And.Contain("measured in").And.Contain("[fdm."));
        Assert.That(second.Out, Does.Contain("measurement known").And.Contain("fdm").And.Not.Contain("sla"));
        Assert.That(second.Out, Does.Not.Contain("\u001b["), "no colour codes in a pipe");
    }

    [TestCase("--process", "alchemy", "UNKNOWN_PROCESS")]
    [TestCase("--currency", "XXX", "UNKNOWN_CURRENCY")]
    [TestCase("--qty", "0", "QUANTITY_OUT_OF_RANGE")]
    [TestCase("--qty", "-1", "QUANTITY_OUT_OF_RANGE")]
    [TestCase("--qty", "1000000000", "QUANTITY_OUT_OF_RANGE")]
    public async Task What_the_platform_refuses_passes_through_with_its_reason(string option, string value, string reason)
    {
        var refused = await QuoteAsync("--json", option, value, _home.File("torus.stl"));

        Assert.That(refused.ExitCode, Is.EqualTo(64), refused.Error);
        var error = refused.Json.GetProperty("error");
        Assert.That(error.GetProperty("reason").GetString(), Is.EqualTo(reason));
        Assert.That(error.GetProperty("actual").GetString(), Does.Contain(value));
        Assert.That(error.GetProperty("limit").GetString(), Is.Not.Empty);
        Assert.That(refused.Error, Does.Contain(reason).And.Not.Contain("   at "));
    }

    [Test]
    public async Task Unknown_materials_are_refused_by_name()
    {
        var refused = await QuoteAsync("--json", "--process", "fdm", "--material", "unobtainium", _home.File("torus.stl"));

        Assert.That(refused.ExitCode, Is.EqualTo(64), refused.Error);
        Assert.That(refused.Json.GetProperty("error").GetProperty("reason").GetString(), Is.EqualTo("UNKNOWN_MATERIAL"));
    }

    [Test]
    public async Task A_broken_model_among_good_ones_is_reported_and_the_others_are_priced()
    {
        var broken = _home.File("broken.stl");
        await File.WriteAllBytesAsync(broken, (await File.ReadAllBytesAsync(_home.File("torus.stl")))[..^70]);
        var several = await QuoteAsync("--json", broken, _home.File("torus.stl"));
        var alone = await QuoteAsync("--json", broken);

        Assert.That(several.ExitCode, Is.EqualTo(1), several.Error);
        var entries = several.Json.EnumerateArray().ToArray();
        Assert.That(entries[0].GetProperty("error").GetProperty("exit_code").GetInt32(), Is.EqualTo(65));
        Assert.That(entries[1].GetProperty("state").GetString(), Is.EqualTo("PRICED"));
        Assert.That(alone.ExitCode, Is.EqualTo(65), "also when its failure is remembered");
        Assert.That(alone.Json.GetProperty("error").GetProperty("reason").GetString(), Is.EqualTo(entries[0].GetProperty("error").GetProperty("reason").GetString()));
    }

    [Test]
    public async Task Every_example_is_quoted_in_one_call()
    {
        var files = Directory.GetFiles(_home.File("examples"));
        Assert.That(files, Is.Not.Empty);
        var quoted = await QuoteAsync(["--json", "--process", "fdm", .. files]);

        Assert.That(quoted.ExitCode, Is.Zero.Or.EqualTo(1), quoted.Error);
        var entries = quoted.Json.EnumerateArray().ToArray();
        Assert.That(entries.Select(entry => entry.GetProperty("file").GetString()), Is.EqualTo(files));
        foreach (var entry in entries)
            Assert.That(entry.TryGetProperty("prices", out _), Is.True, entry.GetRawText());
    }

    Task<Ended> QuoteAsync(params string[] arguments) => PricingProgram.RunAsync(_home.Folder, ["quote", .. arguments]);
}
