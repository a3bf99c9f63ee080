using System.Text.RegularExpressions;
using Grpc.Core;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Rest;

/// <summary>Between the short ids of URLs and the resource names of the API.</summary>
static partial class Names
{
    public static string Quote(string partner, string id) => $"{partner}/quotes/{Checked(id, "id")}";

    public static string Model(string partner, string sha256) =>
        Sha256().IsMatch(sha256)
            ? $"{partner}/models/{sha256}"
            : throw new RefusedException(StatusCode.InvalidArgument, "SHA256_INVALID", "A model is named by the SHA-256 of its bytes, in lower-case hex.", "sha256",
                "64 characters of 0-9a-f", Problems.Shown(sha256));

    /// <summary>The last segment: "partners/local/quotes/7f3a" is "7f3a".</summary>
    public static string IdOf(string name) => name[(name.LastIndexOf('/') + 1)..];

    /// <summary>A body may name the model by its bare hash.</summary>
    public static string ModelOfBody(string partner, string model) => Sha256().IsMatch(model) ? $"{partner}/models/{model}" : model;

    public static bool IsSha256(string text) => Sha256().IsMatch(text);

    // An id goes into a resource name, where a slash would name something else.
    static string Checked(string id, string field) =>
        id.Length <= Limits.Edge.ResourceIdCharsMax && Id().IsMatch(id)
            ? id
            : throw new RefusedException(StatusCode.InvalidArgument, "RESOURCE_ID_INVALID", "An id is made of letters, digits, '-' and '_'.", field,
                $"{Limits.Edge.ResourceIdCharsMax} characters", Problems.Shown(id));

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
