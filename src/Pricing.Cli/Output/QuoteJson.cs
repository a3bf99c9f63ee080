using System.Text.Json;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Output;

/// <summary>The object of one file in <c>quote --json</c>.</summary>
static class QuoteJson
{
    public static void Write(Utf8JsonWriter json, string file, PricedFile priced)
    {
        var quote = priced.Quote;
        json.WriteStartObject();
        json.WriteString("file", file);
        json.WriteString("quote", quote.Name);
        json.WriteString("state", Words.Of(quote.State));
        json.WriteBoolean("cached", quote.MeasurementCached);
        json.WriteString("price_list", quote.PriceListVersion);
        if (quote.ExpireTime is null)
            json.WriteNull("expire_time");
        else
            json.WriteString("expire_time", quote.ExpireTime.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        if (quote.Measurement is not null)
            MeasurementJson.WriteFields(json, quote.Measurement);
        json.WriteStartArray("prices");
        foreach (var price in quote.Prices)
            Price(json, price);
        json.WriteEndArray();
        json.WriteStartObject("timing_ms");
        json.Milliseconds("start", priced.StartMs);
        json.Milliseconds("upload", priced.UploadMs);
        json.Milliseconds("queue", quote.Timing?.QueueMs ?? 0);
        json.Milliseconds("measure", quote.Timing?.MeasureMs ?? 0);
        json.Milliseconds("price", quote.Timing?.PriceMs ?? 0);
        json.Milliseconds("answer", priced.AnswerMs);
        json.Milliseconds("total", priced.TotalMs);
        json.WriteEndObject();
        json.WriteStartObject("upload");
        json.WriteNumber("sent_bytes", priced.BytesSent);
        json.WriteNumber("reused_bytes", priced.BytesReused);
        json.WriteEndObject();
        json.WriteNumber("reused_bytes", quote.MeasurementCached ? 0 : quote.Measurement?.Timing?.ReusedBytes ?? 0);
        json.WriteEndObject();
    }

    static void Price(Utf8JsonWriter json, Price price)
    {
        json.WriteStartObject();
        json.WriteString("process", price.Process);
        json.WriteString("material", price.Material);
        json.WriteString("finish", price.Finish);
        json.WriteString("lead_time", price.LeadTime);
        json.WriteNumber("quantity", price.Quantity);
        Amount(json, "unit_price", price.UnitPrice);
        Amount(json, "total", price.Total);
        json.WriteString("currency", price.UnitPrice?.CurrencyCode ?? price.Total?.CurrencyCode ?? "");
        json.WriteNumber("lead_time_days", price.LeadTimeDays);
        json.WriteString("state", Words.Of(price.State));
        json.WriteStartArray("components");
        foreach (var component in price.Components)
            Component(json, component);
        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in price.Findings)
        {
            json.WriteStartObject();
            json.WriteString("code", finding.Code);
            json.WriteString("severity", Words.Of(finding.Severity));
            json.WriteString("message", finding.Message);
            json.WriteString("measured", finding.Measured);
            json.WriteString("limit", finding.Limit);
            json.WriteString("unit", finding.Unit);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Component(Utf8JsonWriter json, PriceComponent component)
    {
        json.WriteStartObject();
        json.WriteString("kind", component.Kind);
        json.WriteString("label", component.Label);
        json.WriteString("formula_id", component.FormulaId);
        json.WriteString("formula", component.Formula);
        json.WriteStartArray("inputs");
        foreach (var input in component.Inputs)
        {
            json.WriteStartObject();
            json.WriteString("name", input.Name);
            json.WriteString("value", input.Value);
            json.WriteString("unit", input.Unit);
            json.WriteString("source", input.Source);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Amount(json, "amount", component.Amount);
        json.WriteEndObject();
    }

    /// <summary>Money is text ("12.34"); null where there is none.</summary>
    static void Amount(Utf8JsonWriter json, string name, Money? money)
    {
        if (money is null || money.Amount.Length == 0)
            json.WriteNull(name);
        else
            json.WriteString(name, money.Amount);
    }
}
