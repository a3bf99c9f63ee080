using System.Web;

namespace Pricing.Coordinator.Models;

/// <summary>
/// A bucket as an address: <c>s3://bucket/prefix?endpoint=http://host:port&amp;region=eu-central-1</c>. Credentials are not part of it: they come from
/// the environment or from files, as everywhere (AWS_ACCESS_KEY_ID, AWS_SHARED_CREDENTIALS_FILE, a role).
/// </summary>
public sealed record BucketOptions
{
    const string Scheme = "s3://";

    public required string Bucket { get; init; }

    /// <summary>Before every key; empty, or ends with a slash.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Null: AWS itself.</summary>
    public Uri? Endpoint { get; init; }

    public string Region { get; init; } = "us-east-1";

    /// <summary>Access key and secret of tests and embedders; null: the usual places.</summary>
    public (string AccessKey, string Secret)? Credentials { get; init; }

    public static bool IsBucket(string address) => address.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the text is no bucket's address.</summary>
    public static BucketOptions? TryParse(string address)
    {
        if (!IsBucket(address) || !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Host.Length == 0 || uri.Fragment.Length > 0)
            return null;
        var options = new BucketOptions { Bucket = uri.Host, Prefix = PrefixOf(uri.AbsolutePath) };
        var query = HttpUtility.ParseQueryString(uri.Query);
        foreach (var name in query.AllKeys)
        {
            var value = query[name] ?? "";
            switch (name)
            {
                case "endpoint" when Uri.TryCreate(value, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" && endpoint.UserInfo.Length == 0:
                    options = options with { Endpoint = endpoint };
                    break;
                case "region" when value.Length > 0:
                    options = options with { Region = value };
                    break;
                default:
                    return null;
            }
        }
        return options;
    }

    public override string ToString() => $"{Scheme}{Bucket}/{Prefix}{(Endpoint is null ? "" : $" at {Endpoint.GetLeftPart(UriPartial.Authority)}")}";

    static string PrefixOf(string path) => path.Trim('/') is { Length: > 0 } prefix ? prefix + "/" : "";
}
