namespace Pricing.Cost;

/// <summary>What turns the cost of pieces into the price of an order, line by line. All amounts in the list's currency, unrounded.</summary>
/// <remarks>Why no cliffs: with P the pieces with scrap, S the setup, X the precious metal, m the margin, D(q) the discount and f the
/// lead-time factor, price(q) = f · ((1 + m) · (q · P · (1 − D(q)) + S)) + q · X, lifted to the minimum. D grows with q, and q · (1 − D(q)) =
/// q · (1 − max) + max · h · q ÷ (q − 1 + h) grows with q for every h ≥ 1; so the price never falls and the price of a piece never rises.</remarks>
static class CommercialRules
{
    public static readonly Rule Setup = new("setup", "Setup", "common.setup.v1", "setup");

    public static readonly Rule Scrap = new("scrap", "Allowance for failed pieces", "common.scrap.v1", "pieces_cost × scrap ÷ (1 − scrap)");

    public static decimal ScrapAmount(decimal piecesCost, Figure scrap) => piecesCost * scrap / (1 - scrap);

    public static readonly Rule Margin = new("margin", "Margin", "common.margin.v1", "(pieces_cost + scrap_cost + setup) × margin");

    public static decimal MarginAmount(decimal piecesCost, decimal scrapCost, Figure setup, Figure margin) =>
        (piecesCost + scrapCost + setup) * margin;

    public static readonly Rule Quantity = new("quantity", "Quantity discount", "common.quantity.v1",
        "−(pieces_cost + scrap_cost) × (1 + margin) × maximum_discount × (quantity − 1) ÷ (quantity − 1 + half_quantity)");

    public static decimal QuantityAmount(decimal piecesCost, decimal scrapCost, Figure margin, QuantityDiscount discount, long quantity) =>
        -(piecesCost + scrapCost) * (1 + margin) * discount.Maximum * (quantity - 1) / (quantity - 1 + discount.HalfQuantity);

    public static readonly Rule LeadTime = new("lead_time", "Lead time", "common.lead_time.v1", "making_price × (lead_time_factor − 1)");

    public static decimal LeadTimeAmount(decimal makingPrice, Figure factor) => makingPrice * (factor - 1);

    public static readonly Rule Minimum = new("minimum", "Up to the minimum price", "common.minimum.v1",
        "max(0, max(minimum_part × quantity, minimum_order) × max(1, lead_time_factor) − price)");

    /// <summary>An express order costs more at the minimum too; an economy order does not go below it.</summary>
    public static decimal MinimumPrice(Figure minimumPart, Figure minimumOrder, Figure factor, long quantity) =>
        Math.Max(minimumPart * quantity, minimumOrder) * Math.Max(1, factor);

    public static readonly Rule Rounding = new("rounding", "Rounding of the unit price", "common.rounding.v1",
        "unit_price × quantity − lines_total");
}
