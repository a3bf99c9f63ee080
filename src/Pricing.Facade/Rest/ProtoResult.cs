using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Pricing.Facade.Rest;

/// <summary>A message as JSON with its entity tag; 304 when the caller of a GET holds it already.</summary>
sealed class ProtoResult(IMessage message, int status = StatusCodes.Status200OK) : IResult
{
    /// <summary>The resource's own etag; without one the tag is taken from the bytes and is weak.</summary>
    public string ETag { get; init; } = "";
    public string? Location { get; init; }
    public string? Link { get; init; }
    public TimeSpan? RetryAfter { get; init; }

    public async Task ExecuteAsync(HttpContext http)
    {
        var body = Encoding.UTF8.GetBytes(ProtoJson.Write(message));
        var tag = Tag(body);
        var headers = http.Response.Headers;
        headers.ETag = tag.ToString();
        // Always ask again, and be told "not modified" when nothing did.
        headers.CacheControl = "private, no-cache";
        if (Location is not null) headers.Location = Location;
        if (Link is not null) headers.Link = Link;
        if (RetryAfter is { } delay) headers.RetryAfter = $"{Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds))}";

        if (HttpMethods.IsGet(http.Request.Method) && http.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } held
            && held.Any(candidate => candidate.Equals(EntityTagHeaderValue.Any) || candidate.Compare(tag, useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    EntityTagHeaderValue Tag(byte[] body)
    {
        var bare = ETag.Trim('"');
        return bare.Length > 0 && bare.All(c => c is '!' or (>= '#' and <= '~'))
            ? new EntityTagHeaderValue($"\"{bare}\"")
            : new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(body))[..32]}\"", isWeak: true);
    }
}
