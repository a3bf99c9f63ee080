namespace Pricing.Cost;

/// <summary>One line of the breakdown as docs/formulas.md describes it; kinds are those of PriceComponent.kind. The formula is written with
/// the names of its inputs, numbers and × ÷ + − ( ) min max ceil only, so that it can be evaluated, and a test does.</summary>
sealed record Rule(string Kind, string Label, string FormulaId, string Formula)
{
    /// <summary>The formula when the quote's currency is not the list's.</summary>
    public string ConvertedFormula { get; } = $"({Formula}) × exchange_rate";
}

/// <summary>One line for one piece, in the list's currency, unrounded. Machine hours are what the piece takes from the machine's day; they
/// decide on lead time only. Pass-through is precious metal: sold at its own markup, it carries no scrap, margin, discount or lead-time factor.</summary>
sealed record PieceLine(Rule Rule, decimal Amount, Figure[] Inputs, decimal MachineHours = 0m, bool PassThrough = false, string Detail = "")
{
    /// <summary>"Filament: PLA": the rule's own words and what was chosen.</summary>
    public string Label { get; } = Detail.Length == 0 ? Rule.Label : $"{Rule.Label}: {Detail}";
}
