using System.CommandLine;
using System.Globalization;
using Pricing.Geometry;

namespace Pricing.Cli.Commands;

/// <summary>The arguments several verbs share, and how their text becomes facts.</summary>
static class Inputs
{
    public static Argument<string[]> Files()
    {
        var files = new Argument<string[]>("file")
        {
            Description = "Model files: STL, OBJ, PLY, OFF, 3MF, glTF/GLB, AMF.",
            Arity = ArgumentArity.OneOrMore,
            HelpName = "FILE",
        };
        // A list of files would swallow a mistyped option as one more file.
        files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value is ['-', _, ..]))
                result.AddError($"Unknown option '{token.Value}' (a file whose name begins with - is written ./{token.Value}).");
        });
        return files;
    }

    public static Option<string?> Unit() => new("--unit", "-u") { Description = "Unit of the file's coordinates: mm, cm, m, in, ft, um. Default: what the file says, else mm.", HelpName = "UNIT" };

    public static Option<double> Scale() => new("--scale") { Description = "Factor applied after the unit.", DefaultValueFactory = _ => 1, HelpName = "FACTOR" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON (docs/cli.md) instead of text." };

    /// <summary>Null stays null; anything unknown is refused.</summary>
    public static LengthUnit? ParseUnit(string? text)
    {
        if (text is null)
            return null;
        return LengthUnits.TryParse(text, out var unit)
            ? unit
            : throw Wrong("UNKNOWN_UNIT", "The unit is not known.", "--unit", "mm, cm, m, in, ft or um", text);
    }

    public static double CheckScale(double scale) => scale is >= Limits.Mesh.ScaleMin and <= Limits.Mesh.ScaleMax
        ? scale
        : throw Wrong("SCALE_OUT_OF_RANGE", "The scale is out of range.", "--scale",
            string.Create(CultureInfo.InvariantCulture, $"{Limits.Mesh.ScaleMin} to {Limits.Mesh.ScaleMax}"), scale.ToString(CultureInfo.InvariantCulture));

    /// <summary>"1,10 100" as numbers. What a quantity may be is the platform's business; here it only has to be a whole number.</summary>
    public static IReadOnlyList<long> ParseQuantities(IEnumerable<string> texts) => [.. Split(texts).Select(text =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var quantity)
            ? quantity
            : throw Wrong("QUANTITY_NOT_A_NUMBER", "A quantity is not a whole number.", "--qty", "whole numbers, e.g. 1,10,100", text))];

    /// <summary>An option may be repeated and may hold a comma-separated list.</summary>
    public static IEnumerable<string> Split(IEnumerable<string> texts) =>
        texts.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    public static FaultException Wrong(string reason, string message, string field, string limit, string actual) =>
        new(new Fault(ExitCode.Usage, reason, message, field, limit, actual));
}
