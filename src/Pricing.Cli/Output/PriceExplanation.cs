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
            var width = price.Components.Max(component => component.Amount?.Amount.Length ?? 0);
            var labels = Math.Max(price.Components.Max(component => component.Label.Length), "total".Length);
            foreach (var component in price.Components)
            {
                writer.WriteLine($"    {component.Label.PadRight(labels)}  {(component.Amount?.Amount ?? "").PadLeft(width)}  = {component.Formula}  [{component.FormulaId}]");
                foreach (var input in component.Inputs)
                    writer.WriteLine($"    {"".PadRight(labels + 2 + width)}    {input.Name} = {input.Value} {input.Unit}".TrimEnd() + $"  ({input.Source})");
            }
            writer.WriteLine($"    {"total".PadRight(labels)}  {(price.Total?.Amount ?? "").PadLeft(width)}  {price.Total?.CurrencyCode}, {price.UnitPrice?.Amount} a piece");
        }
        writer.WriteLine();
    }

    static string Title(Price price) => string.Join(' ', new[] { price.Process, price.Material, price.Finish, price.LeadTime }.Where(part => part.Length > 0))
        + $" × {Words.Count(price.Quantity)}";
}
