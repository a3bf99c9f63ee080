namespace Pricing.Cost;

/// <summary>The terms cannot be priced as asked: an unknown name or a broken bound. Nothing was computed.</summary>
public sealed class PricingRefusedException(string reason, string field, string limit, string actual)
    : Exception($"{field}: {reason}: {actual} (allowed: {limit})")
{
    /// <summary>Stable, UPPER_SNAKE; docs/errors.md holds them all.</summary>
    public string Reason { get; } = reason;

    /// <summary>Path in the quote, e.g. "configurations[2].material".</summary>
    public string Field { get; } = field;

    /// <summary>The bound with its unit, or the names that would be known.</summary>
    public string Limit { get; } = limit;
    public string Actual { get; } = actual;
}
