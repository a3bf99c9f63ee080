using Pricing.Quoting.V1;

namespace Pricing.Cli.Output;

/// <summary><c>quote --explain</c>: every line of every price with its formula and the figures that went in.</summary>
static class PriceExplanation
{
    public static void Write(TextWriter writer, Quote quote)
    {
        foreach (var price in quote.Prices.Where(price => price.Components.Count > 0))
        {
            writer.WriteLine();
            writer.WriteLine($"  {Title(price)}");
            var width = Math.Max(price.Components.Max(component => AmountOf(component.Amount).Length), AmountOf(price.Total).Length);
            var labels = Math.Max(price.Components.Max(component => component.Label.Length), "total".Length);
            foreach (var component in price.Components)
            {
                writer.WriteLine($"    {component.Label.PadRight(labels)}  {AmountOf(component.Amount).PadLeft(width)}  = {component.Formula}  [{component.FormulaId}]");
                foreach (var input in component.Inputs)
                    writer.WriteLine($"    {"".PadRight(labels + 2 + width)}    {input.Name} = {input.Value} {input.Unit}".TrimEnd() + $"  ({input.Source})");
            }
            writer.WriteLine($"    {"total".PadRight(labels)}  {AmountOf(price.Total).PadLeft(width)}  {price.Total?.CurrencyCode}, {AmountOf(price.UnitPrice)} a piece");
        }
        writer.WriteLine();
    }

    static string AmountOf(Money? money) => Words.Amount(money?.Amount ?? "");

    static string Title(Price price) => string.Join(' ', new[] { price.Process, price.Material, price.Finish, price.LeadTime }.Where(part => part.Length > 0))
        + $" × {Words.Count(price.Quantity)}";
}
