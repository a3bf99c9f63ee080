using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>What is asked for besides the model. No configuration = every process with its standard material; no quantity = one piece;
/// an empty currency = the price list's own.</summary>
public sealed record QuoteTerms(IReadOnlyList<Configuration> Configurations, IReadOnlyList<long> Quantities, string CurrencyCode);
