using System.Diagnostics.CodeAnalysis;

namespace Pricing.Coordinator.Jobs;

/// <summary>The two kinds of customer that share the pool: contract partners, and shop customers.</summary>
public enum Lane
{
    B2b,
    B2c,
}

/// <summary>Lanes as they are written in the database, on the wire and on the command line.</summary>
public static class Lanes
{
    public static readonly Lane[] All = [Lane.B2b, Lane.B2c];

    public static string Text(this Lane lane) => lane is Lane.B2b ? "b2b" : "b2c";

    public static Lane Other(this Lane lane) => lane is Lane.B2b ? Lane.B2c : Lane.B2b;

    public static bool TryParse([NotNullWhen(true)] string? text, out Lane lane)
    {
        lane = text == "b2b" ? Lane.B2b : Lane.B2c;
        return text is "b2b" or "b2c";
    }

    public static Lane Parse(string text) =>
        TryParse(text, out var lane) ? lane : throw new InvalidOperationException($"There is no lane '{text}'.");

    /// <summary>The lane a node is dedicated to; null when it serves both, which it also does when it names none.</summary>
    public static Lane? DedicatedTo(IReadOnlyCollection<string> named) =>
        named.Distinct(StringComparer.Ordinal).ToList() is [var only] && TryParse(only, out var lane) ? lane : null;
}
