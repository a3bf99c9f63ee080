using System.Buffers;

namespace Pricing.Coordinator.Edge;

/// <summary>
/// Names as callers write them: partners/{partner}, partners/{partner}/terms, partners/{partner}/models/{sha256}, partners/{partner}/quotes/{quote},
/// priceLists/{list}/versions/{version}. A name of the wrong shape is refused with the shape it should have.
/// </summary>
public static class ResourceNames
{
    static readonly SearchValues<char> PartnerChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    static readonly SearchValues<char> HexChars = SearchValues.Create("0123456789abcdef");

    public static string Model(string partner, byte[] sha256) => $"partners/{partner}/models/{Convert.ToHexStringLower(sha256)}";

    public static string Quote(string partner, Guid quoteId) => $"partners/{partner}/quotes/{quoteId:D}";

    public static string PriceListVersion(string listId, int version) => $"priceLists/{listId}/versions/{version}";

    public static string ParsePartner(string name, string field)
    {
        var parts = name.Split('/');
        return parts is ["partners", var partner] && IsPartner(partner) ? partner : throw Bad(name, field, "partners/{partner}");
    }

    public static string PartnerTerms(string partner) => $"partners/{partner}/terms";

    public static string ParsePartnerTerms(string name, string field)
    {
        var parts = name.Split('/');
        return parts is ["partners", var partner, "terms"] && IsPartner(partner) ? partner : throw Bad(name, field, "partners/{partner}/terms");
    }

    public static (string Partner, byte[] Sha256) ParseModel(string name, string field)
    {
        var parts = name.Split('/');
        return parts is ["partners", var partner, "models", var sha256] && IsPartner(partner)
            ? (partner, ParseSha256(sha256, field))
            : throw Bad(name, field, "partners/{partner}/models/{sha256}");
    }

    public static (string Partner, Guid QuoteId) ParseQuote(string name, string field)
    {
        var parts = name.Split('/');
        return parts is ["partners", var partner, "quotes", var quote] && IsPartner(partner) && Guid.TryParseExact(quote, "D", out var id)
            ? (partner, id)
            : throw Bad(name, field, "partners/{partner}/quotes/{quote}");
    }

    /// <summary>The version is null for "active".</summary>
    public static (string ListId, int? Version) ParsePriceListVersion(string name, string field)
    {
        var parts = name.Split('/');
        if (parts is ["priceLists", { Length: > 0 } list, "versions", var version])
        {
            if (version == "active")
                return (list, null);
            if (int.TryParse(version, out var number) && number > 0)
                return (list, number);
        }
        throw Bad(name, field, "priceLists/{list}/versions/{version}");
    }

    public static byte[] ParseSha256(string hex, string field) =>
        hex.Length == 64 && !hex.AsSpan().ContainsAnyExcept(HexChars)
            ? Convert.FromHexString(hex)
            : throw RefusalException.Invalid("SHA256_INVALID", "A SHA-256 is written as 64 lower-case hex digits.", field, "64 hex digits", Shown(hex));

    static bool IsPartner(string partner) =>
        partner.Length is > 0 and <= Limits.Model.PartnerCharsMax && !partner.AsSpan().ContainsAnyExcept(PartnerChars);

    static RefusalException Bad(string name, string field, string shape) =>
        RefusalException.Invalid("NAME_INVALID", $"'{field}' must look like {shape}.", field, shape, Shown(name));

    /// <summary>A caller's text, short and plain enough to be repeated to him, logged and stored.</summary>
    public static string Shown(string text)
    {
        var shown = text.Length <= Limits.PriceList.QuotedCharsMax ? text : text[..Limits.PriceList.QuotedCharsMax] + "…";
        return shown.AsSpan().ContainsAnyInRange('\0', '\x1f') ? string.Concat(shown.Select(c => char.IsControl(c) ? ' ' : c)) : shown;
    }
}
