using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using NUnit.Framework;
using Pricing.Cli.Output;
using Pricing.Quoting.V1;
using Body = Pricing.Quoting.V1.Geometry;

namespace Pricing.Tests.Cli;

/// <summary>What a finished quote looks like: on a terminal and as JSON.</summary>
[TestFixture]
public sealed class QuoteOutputTests
{
    [Test]
    public void The_ladder_has_a_row_per_way_of_making_and_a_column_per_quantity()
    {
        var text = Text(APricedFile(cached: false));

        Assert.That(Row(text, "pla"), Is.EqualTo(new[] { "fdm", "pla", "standard 5–6 d", "21.80", "9.10", "firm" }));
        Assert.That(Row(text, "ti64"), Is.EqualTo(new[] { "lpbf", "ti64", "standard", "–", "–", "not possible" }));
        Assert.That(Row(text, "tough"), Is.EqualTo(new[] { "sla", "tough", "standard 4 d", "30.00", "30.00", "needs review" }));
        Assert.That(text, Does.Contain("× 1 ").And.Contain("× 1,000").And.Contain("EUR a piece"));
    }

    [Test]
    public void A_row_that_is_not_firm_says_why_once()
    {
        var text = Text(APricedFile(cached: false));

        Assert.That(text, Does.Contain("not possible · lpbf ti64: Too large. (measured 312.5, limit 250 mm) [BUILD_VOLUME_EXCEEDED]"));
        Assert.That(text, Does.Contain("needs review · sla tough × 1: The mesh is open. [MESH_OPEN]"), "only one of the two quantities is concerned");
        Assert.That(text.Split("BUILD_VOLUME_EXCEEDED"), Has.Length.EqualTo(2));
    }

    [Test]
    public void The_first_time_says_how_long_measuring_and_pricing_took() =>
        Assert.That(Text(APricedFile(cached: false)), Does.Contain("measured in 300 ms, priced in 0.40 ms; 412 ms in all"));

    [Test]
    public void A_known_measurement_says_so_and_how_much_faster_it_was() =>
        Assert.That(Text(APricedFile(cached: true)), Does.Contain("measurement known").And.Contain("answered in 4.0 ms, 77.5 times faster than the 310 ms of the first time"));

    [Test]
    public void Explaining_prints_every_line_with_formula_inputs_and_source()
    {
        var text = Text(APricedFile(cached: false), explain: true);

        Assert.That(text, Does.Contain("fdm pla standard × 1"));
        Assert.That(text, Does.Contain("Material  21.80  = mass_g × rate_per_kg ÷ 1000  [fdm.material.v1]"));
        Assert.That(text, Does.Contain("mass_g = 41.2 g  (measurement: fdm.filament_g)"));
        Assert.That(Text(APricedFile(cached: false)), Does.Not.Contain("rate_per_kg"));
    }

    [Test]
    public void Text_from_outside_is_not_markup()
    {
        var priced = APricedFile(cached: false);
        priced.Quote.Prices[0].Material = "[red]pla[/]";

        Assert.That(Text(priced), Does.Contain("[red]pla[/]"));
    }

    [Test]
    public void The_json_has_the_documented_fields_in_the_documented_order()
    {
        var json = Json(APricedFile(cached: true));

        Assert.That(Names(json), Is.EqualTo(new[]
        {
            "file", "quote", "state", "cached", "price_list", "expire_time", "model", "unit_assumed", "geometry", "fdm", "sla", "analysis", "notes", "verdict", "digest",
            "engine_version", "prices", "timing_ms", "upload", "reused_bytes",
        }));
        Assert.That(Names(json.GetProperty("timing_ms")), Is.EqualTo(new[] { "start", "upload", "queue", "measure", "price", "answer", "total" }));
        var price = json.GetProperty("prices")[0];
        Assert.That(Names(price), Is.EqualTo(new[]
        {
            "process", "material", "finish", "lead_time", "quantity", "unit_price", "total", "currency", "lead_time_days", "state", "components", "findings",
        }));
        Assert.That(Names(price.GetProperty("components")[0]), Is.EqualTo(new[] { "kind", "label", "formula_id", "formula", "inputs", "amount" }));
        Assert.That(json.GetProperty("expire_time").GetString(), Is.EqualTo("2026-12-04T10:00:00Z"));
        Assert.That(json.GetProperty("state").GetString(), Is.EqualTo("PRICED"));
        Assert.That(json.GetProperty("cached").GetBoolean(), Is.True);
    }

    [Test]
    public void Money_is_text_beside_its_currency_and_null_where_there_is_none()
    {
        var prices = Json(APricedFile(cached: false)).GetProperty("prices");

        Assert.That(prices[0].GetProperty("unit_price").GetString(), Is.EqualTo("21.80"), "the trailing zero stays");
        Assert.That(prices[0].GetProperty("currency").GetString(), Is.EqualTo("EUR"));
        var impossible = prices.EnumerateArray().First(price => price.GetProperty("state").GetString() == "NOT_MANUFACTURABLE");
        Assert.That(impossible.GetProperty("unit_price").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(impossible.GetProperty("findings")[0].GetProperty("severity").GetString(), Is.EqualTo("block"));
    }

    [Test]
    public void Doubles_read_back_to_the_same_bits()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 1000; i++)
        {
            var priced = APricedFile(cached: false);
            double value;
            do
                value = BitConverter.Int64BitsToDouble(random.NextInt64());
            while (!double.IsFinite(value));
            priced.Quote.Measurement.Geometry.VolumeMm3 = value;
            var printed = Json(priced).GetProperty("geometry").GetProperty("volume_mm3").GetRawText();

            Assert.That(BitConverter.DoubleToInt64Bits(double.Parse(printed, CultureInfo.InvariantCulture)), Is.EqualTo(BitConverter.DoubleToInt64Bits(value)), printed);
        }
    }

    [Test]
    public void What_was_not_counted_is_null_not_zero()
    {
        var priced = APricedFile(cached: false);
        priced.Quote.Measurement.Geometry.ClearShells();

        Assert.That(Json(priced).GetProperty("geometry").GetProperty("shells").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Json(priced).GetProperty("geometry").GetProperty("boundary_edges").GetInt64(), Is.Zero);
    }

    static string Text(PricedFile priced, bool explain = false)
    {
        var spoken = Spoken.Silent();
        QuoteText.Write(spoken.Terminal, "part.stl", priced, explain);
        return spoken.Out;
    }

    static JsonElement Json(PricedFile priced)
    {
        var spoken = Spoken.Silent();
        JsonText.Write(spoken.Terminal.Out, json => QuoteJson.Write(json, "part.stl", priced));
        return spoken.Json;
    }

    static string[] Row(string text, string material) =>
        text.Split('\n').First(line => line.Contains($" {material} ", StringComparison.Ordinal)).Split('│', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    static PricedFile APricedFile(bool cached) => new(new Quote
    {
        Name = "partners/local/quotes/q1",
        State = Quote.Types.State.Priced,
        MeasurementCached = cached,
        PriceListVersion = "priceLists/standard/versions/1",
        ExpireTime = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 12, 4, 10, 0, 0, TimeSpan.Zero)),
        Timing = cached ? new QuoteTiming { PriceMs = 0.4 } : new QuoteTiming { QueueMs = 5, MeasureMs = 300, PriceMs = 0.4, TotalMs = 310 },
        Measurement = new Measurement
        {
            ModelSha256 = new string('a', 64),
            Format = ModelFormat.StlBinary,
            Unit = LengthUnit.Millimetre,
            UnitAssumed = true,
            Geometry = new Body
            {
                Triangles = 12,
                Watertight = true,
                Verdict = Body.Types.Verdict.Exact,
                VolumeMm3 = 1000,
                BboxMinMm = new Vector3(),
                BboxMaxMm = new Vector3 { X = 10, Y = 10, Z = 10 },
                CentroidMm = new Vector3 { X = 5, Y = 5, Z = 5 },
                Shells = 1,
                BoundaryEdges = 0,
            },
            Digest = ByteString.CopyFrom(new byte[32]),
            EngineVersion = 1,
            Timing = new MeasureTiming { ReceiveMs = 0, DecodeMs = 100, MeasureMs = 200 },
        },
        Prices =
        {
            APrice("fdm", "pla", 1, "21.80", 5),
            APrice("fdm", "pla", 1000, "9.10", 6),
            new Price { Process = "lpbf", Material = "ti64", LeadTime = "standard", Quantity = 1, State = Price.Types.State.NotManufacturable, Findings = { TooLarge() } },
            new Price { Process = "lpbf", Material = "ti64", LeadTime = "standard", Quantity = 1000, State = Price.Types.State.NotManufacturable, Findings = { TooLarge() } },
            AReview(1, new Finding { Code = "MESH_OPEN", Severity = Finding.Types.Severity.Review, Message = "The mesh is open." }),
            AReview(1000),
        },
    }, ModelKnown: cached, StartMs: 0, UploadMs: 12, AnswerMs: cached ? 4 : 400, TotalMs: cached ? 16 : 412, FirstMs: cached ? 310 : null);

    static Price APrice(string process, string material, long quantity, string amount, uint days) => new()
    {
        Process = process,
        Material = material,
        LeadTime = "standard",
        Quantity = quantity,
        UnitPrice = Euro(amount),
        Total = Euro(amount),
        LeadTimeDays = days,
        State = Price.Types.State.Firm,
        Components =
        {
            new PriceComponent
            {
                Kind = "material",
                Label = "Material",
                FormulaId = "fdm.material.v1",
                Formula = "mass_g × rate_per_kg ÷ 1000",
                Amount = Euro(amount),
                Inputs = { new PriceInput { Name = "mass_g", Value = "41.2", Unit = "g", Source = "measurement: fdm.filament_g" } },
            },
        },
    };

    static Price AReview(long quantity, params Finding[] findings) => new()
    {
        Process = "sla",
        Material = "tough",
        LeadTime = "standard",
        Quantity = quantity,
        UnitPrice = Euro("30.00"),
        Total = Euro("30.00"),
        LeadTimeDays = 4,
        State = Price.Types.State.NeedsReview,
        Findings = { findings },
    };

    static Finding TooLarge() => new()
    {
        Code = "BUILD_VOLUME_EXCEEDED",
        Severity = Finding.Types.Severity.Block,
        Message = "Too large.",
        Measured = "312.5",
        Limit = "250",
        Unit = "mm",
    };

    static Money Euro(string amount) => new() { CurrencyCode = "EUR", Amount = amount };
}
