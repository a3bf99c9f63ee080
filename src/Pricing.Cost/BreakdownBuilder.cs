using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>Writes the lines of one price: label, formula, inputs, amount; and sees to it that they sum to the total.</summary>
/// <remarks>Rounding: every line is rounded once to the minor unit; the unit price is rounded once from the exact price (and up where the
/// minimum holds, so that the minimum is kept); the total is quantity × unit price, exactly. What these roundings leave over stands in a
/// line of its own, "rounding", so that every other line is its formula and nothing else.</remarks>
sealed class BreakdownBuilder(Currency currency, Figure? exchangeRate, string listCurrency)
{
    readonly List<PriceComponent> _lines = new(16);
    decimal _sum;

    /// <summary>Adds a line of an amount in the list's currency, unrounded. Exactly nothing (no discount for one piece) makes no line.</summary>
    public void Add(Rule rule, decimal amount, ReadOnlySpan<Figure> inputs, Figure? last = null) => Add(rule, rule.Label, amount, inputs, last);

    public void Add(Rule rule, string label, decimal amount, ReadOnlySpan<Figure> inputs, Figure? last)
    {
        if (amount == 0)
            return;
        var line = new PriceComponent { Kind = rule.Kind, Label = label, FormulaId = rule.FormulaId };
        line.Inputs.Capacity = inputs.Length + 2;
        foreach (var input in inputs)
            line.Inputs.Add(input.ToInput());
        if (last is not null)
            line.Inputs.Add(last.ToInput());
        line.Formula = rule.Formula;
        if (exchangeRate is not null)
        {
            line.Formula = rule.ConvertedFormula;
            line.Inputs.Add(exchangeRate.ToInput());
            amount *= exchangeRate;
        }

        Append(line, amount);
    }

    /// <summary>An intermediate sum that the next formula reads.</summary>
    public Figure Sum(string name, decimal value, string of) => new(name, value, listCurrency, "breakdown " + of);

    /// <summary>Unit price and total from the exact price of the whole quantity and what it may not fall below, both in the list's currency.</summary>
    public void Finish(Price answer, decimal price, decimal minimum, Figure quantity)
    {
        var rate = exchangeRate is null ? 1m : exchangeRate.Value;
        var unit = Math.Max(currency.Round(price * rate / quantity), currency.RoundUp(minimum * rate / quantity));
        var total = unit * quantity;
        AddRounding(unit, total, quantity);
        if (_sum != total)
            throw new InvalidOperationException($"Lines sum to {_sum}, not to the total {total}.");

        answer.UnitPrice = currency.ToMoney(unit);
        answer.Total = currency.ToMoney(total);
        answer.Components.Add(_lines);
    }

    void AddRounding(decimal unit, decimal total, Figure quantity)
    {
        var residue = total - _sum;
        if (residue == 0)
            return;

        // Half a minor unit per piece and per line, a whole one per piece where the minimum rounds up: more would be an error of arithmetic.
        if (Math.Abs(residue) > currency.MinorUnit * (quantity + _lines.Count))
            throw new InvalidOperationException($"Rounding of {residue} {currency.Code} over {quantity} pieces cannot be.");
        var line = new PriceComponent
        {
            Kind = CommercialRules.Rounding.Kind,
            Label = CommercialRules.Rounding.Label,
            FormulaId = CommercialRules.Rounding.FormulaId,
            Formula = CommercialRules.Rounding.Formula,
        };
        line.Inputs.Add(new Figure("unit_price", unit, currency.Code, "breakdown the exact price ÷ quantity, rounded").ToInput());
        line.Inputs.Add(quantity.ToInput());
        line.Inputs.Add(new Figure("lines_total", _sum, currency.Code, "breakdown the lines above").ToInput());
        Append(line, residue);
    }

    void Append(PriceComponent line, decimal amount)
    {
        var rounded = currency.Round(amount);
        line.Amount = currency.ToMoney(rounded);
        _sum += rounded;
        _lines.Add(line);
    }
}
