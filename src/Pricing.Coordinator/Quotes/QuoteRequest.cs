using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>What a caller asked for, checked and written one way; everything that needs no database is refused here.</summary>
public sealed record QuoteRequest(
    string Partner, byte[] ModelSha256, Quote Asked, string RequestId, byte[] BodySha256, bool ValidateOnly, TimeSpan Wait)
{
    public QuoteTerms Terms => new(Asked.Configurations, Asked.Quantities, Asked.CurrencyCode);

    public static QuoteRequest Parse(CreateQuoteRequest request)
    {
        var (partner, sha256, quote) = Check(request.Parent, request.Quote);
        var wait = WellKnown.ParseDuration(request.Wait, "wait", TimeSpan.FromSeconds(Limits.Quote.WaitSecondsMax));
        var requestId = request.RequestId;
        if (requestId.Length > 0)
        {
            if (!Guid.TryParseExact(requestId, "D", out var id))
                throw RefusalException.Invalid("REQUEST_ID_INVALID", "A request id is a UUID.", "request_id", "a UUID", ResourceNames.Shown(requestId));
            requestId = id.ToString("D");
        }
        // Only the asked-for fields are read, stored and compared.
        var asked = new Quote { Model = quote.Model, MeasureOptions = quote.MeasureOptions?.Clone(), CurrencyCode = quote.CurrencyCode };
        asked.Configurations.Add(quote.Configurations);
        asked.Quantities.Add(quote.Quantities);
        return new QuoteRequest(partner, sha256, asked, requestId, SHA256.HashData(asked.ToByteArray()), request.ValidateOnly, wait);
    }

    /// <summary>The asked-for fields, checked as far as that needs neither database nor price list.</summary>
    public static (string Partner, byte[] ModelSha256, Quote Quote) Check(string parent, Quote? quote)
    {
        var partner = ResourceNames.ParsePartner(parent, "parent");
        if (quote is null)
            throw RefusalException.Invalid("QUOTE_MISSING", "There is no quote in the request.", "quote");
        var (owner, sha256) = ResourceNames.ParseModel(quote.Model, "model");
        // Another partner's model does not exist for this one.
        if (owner != partner)
            throw RefusalException.NoSuchModel("model", quote.Model);
        CheckCounts(quote);
        CheckOptions(quote.MeasureOptions);
        return (partner, sha256, quote);
    }

    // What the price list decides (names, quantities, number of prices) is checked against it, by Pricer.Check.
    static void CheckCounts(Quote quote)
    {
        AtMost(quote.Configurations.Count, Limits.Quote.ConfigurationsMax, "TOO_MANY_CONFIGURATIONS", "configurations", "configurations");
        AtMost(quote.Quantities.Count, Limits.Quote.QuantitiesMax, "TOO_MANY_QUANTITIES", "quantities", "quantities");
    }

    static void AtMost(int actual, int limit, string reason, string field, string unit)
    {
        if (actual > limit)
            throw RefusalException.Invalid(reason, $"There are too many {unit}.", field, $"{limit} {unit}", $"{actual} {unit}");
    }

    static void CheckOptions(MeasureOptions? options)
    {
        if (options is null)
            return;
        if (!Enum.IsDefined(options.Unit))
            throw RefusalException.Invalid("UNIT_UNKNOWN", "There is no such unit.", "measure_options.unit", "", $"{(int)options.Unit}");
        if (options.Scale is not 0 && !(options.Scale is >= Limits.Mesh.ScaleMin and <= Limits.Mesh.ScaleMax))
        {
            throw RefusalException.Invalid("SCALE_OUT_OF_RANGE", "The scale is out of range.", "measure_options.scale",
                FormattableString.Invariant($"{(decimal)Limits.Mesh.ScaleMin} to {(decimal)Limits.Mesh.ScaleMax}"), FormattableString.Invariant($"{options.Scale}"));
        }
        if (options.FdmProfile is not { } profile)
            return;
        if (profile.Name.Length > Limits.Quote.ProfileNameCharsMax)
        {
            throw RefusalException.Invalid("PROFILE_NAME_TOO_LONG", "The profile's name is too long.", "measure_options.fdm_profile.name",
                $"{Limits.Quote.ProfileNameCharsMax} characters", $"{profile.Name.Length} characters");
        }
        foreach (var field in FdmProfile.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.Accessor.GetValue(profile) is double value && !(value is >= 0 and <= Limits.Quote.ProfileValueMax))
            {
                throw RefusalException.Invalid("PROFILE_VALUE_OUT_OF_RANGE", "A figure of the profile is out of range.",
                    $"measure_options.fdm_profile.{field.Name}", FormattableString.Invariant($"0 to {Limits.Quote.ProfileValueMax}"),
                    FormattableString.Invariant($"{value}"));
            }
        }
    }

    /// <summary>The measurement this quote needs.</summary>
    public MeasureKey KeyFor(int engineVersion) => new(ModelSha256, MeasurementStore.OptionsKey(Asked.MeasureOptions), engineVersion);

    public static RefusalException RequestIdReused(string requestId) =>
        new(StatusCode.InvalidArgument, "REQUEST_ID_REUSED", "This request id was used for another request.", "request_id", "one body per id", requestId);
}
