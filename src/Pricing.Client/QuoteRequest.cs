using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>What a quote is asked for. Nothing is checked here: the platform refuses what it does not know, with a reason.</summary>
public sealed record QuoteRequest
{
    /// <summary>Ways of making the part; empty = every process of the price list in its standard material.</summary>
    public IReadOnlyList<Configuration> Configurations { get; init; } = [];

    /// <summary>How many pieces; one price per configuration and quantity. Empty = one piece.</summary>
    public IReadOnlyList<long> Quantities { get; init; } = [];

    /// <summary>ISO 4217; empty = the price list's own currency.</summary>
    public string CurrencyCode { get; init; } = "";

    /// <summary>Unit, scale and printer profile; null = what the file says and the standard profile.</summary>
    public MeasureOptions? MeasureOptions { get; init; }

    /// <summary>How long the platform may hold the reply back to answer with the finished quote. At most 30 s.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>Check everything, store nothing.</summary>
    public bool ValidateOnly { get; init; }

    /// <summary>Idempotency key. The same id with the same request is the same quote, also tomorrow and from another process.</summary>
    public Guid RequestId { get; init; } = Guid.NewGuid();
}
