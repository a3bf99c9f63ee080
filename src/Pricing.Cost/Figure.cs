using System.Globalization;
using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>One number that enters a formula: its name there, exact value, unit, and where it came from.</summary>
public sealed class Figure(string name, decimal value, string unit, string source, string note = "")
{
    string? _text;

    public string Name { get; } = name;
    public decimal Value { get; } = value;
    public string Unit { get; } = unit;

    /// <summary>"measurement", "price list", "terms" or "breakdown", and the path in it.</summary>
    public string Source { get; } = source;

    /// <summary>Why the price list holds this value: the `source` beside the rate.</summary>
    public string Note { get; } = note;

    /// <summary>Plain decimal. Only quotients have more than nine digits after the point; those are shown to nine.</summary>
    public string Text => _text ??= Value.Scale <= 9
        ? Value.ToString(CultureInfo.InvariantCulture)
        : Value.ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>Formulas read as formulas: <c>part.VolumeCm3 * material.DensityGCm3</c>.</summary>
    public static implicit operator decimal(Figure figure) => figure.Value;

    public decimal ToDecimal() => Value;

    public PriceInput ToInput() => new() { Name = Name, Value = Text, Unit = Unit, Source = Source };

    public override string ToString() => $"{Name} = {Text} {Unit}";
}
