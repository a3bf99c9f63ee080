namespace Pricing.Geometry;

/// <summary>Unit of a file's coordinates.</summary>
public enum LengthUnit
{
    Millimetre,
    Centimetre,
    Metre,
    Inch,
    Foot,
    Micrometre,
}

/// <summary>Factors and names of <see cref="LengthUnit"/>.</summary>
public static class LengthUnits
{
    /// <summary>Millimetres in one unit. Exact by definition (inch 25.4, foot 304.8).</summary>
    public static double InMillimetres(this LengthUnit unit) => unit switch
    {
        LengthUnit.Millimetre => 1,
        LengthUnit.Centimetre => 10,
        LengthUnit.Metre => 1000,
        LengthUnit.Inch => 25.4,
        LengthUnit.Foot => 304.8,
        LengthUnit.Micrometre => 0.001,
        _ => throw new ArgumentOutOfRangeException(nameof(unit)),
    };

    /// <summary>The short name used on the command line and in JSON: mm, cm, m, in, ft, um.</summary>
    public static string Symbol(this LengthUnit unit) => unit switch
    {
        LengthUnit.Millimetre => "mm",
        LengthUnit.Centimetre => "cm",
        LengthUnit.Metre => "m",
        LengthUnit.Inch => "in",
        LengthUnit.Foot => "ft",
        LengthUnit.Micrometre => "um",
        _ => throw new ArgumentOutOfRangeException(nameof(unit)),
    };

    /// <summary>Reads a symbol or an English name; false when it is neither.</summary>
    public static bool TryParse(string text, out LengthUnit unit)
    {
        LengthUnit? found = text.Trim().ToLowerInvariant() switch
        {
            "mm" or "millimeter" or "millimetre" => LengthUnit.Millimetre,
            "cm" or "centimeter" or "centimetre" => LengthUnit.Centimetre,
            "m" or "meter" or "metre" => LengthUnit.Metre,
            "in" or "inch" or "\"" => LengthUnit.Inch,
            "ft" or "foot" or "feet" => LengthUnit.Foot,
            "um" or "µm" or "micron" or "micrometer" or "micrometre" => LengthUnit.Micrometre,
            _ => null,
        };
        unit = found ?? default;
        return found is not null;
    }
}
