using Microsoft.Net.Http.Headers;

namespace Pricing.Facade.GrpcWeb;

/// <summary>How one call is written: plain frames or base64 text, and which message codec the client named.</summary>
readonly record struct GrpcWebFormat(bool IsText, string ContentType)
{
    /// <summary>The coordinator speaks protobuf alone; "+json" and the like are not ours.</summary>
    public static GrpcWebFormat? Parse(string? contentType)
    {
        if (!MediaTypeHeaderValue.TryParse(contentType, out var parsed)) return null;
        return parsed.MediaType.Value?.ToLowerInvariant() switch
        {
            "application/grpc-web" => new(false, "application/grpc-web"),
            "application/grpc-web+proto" => new(false, "application/grpc-web+proto"),
            "application/grpc-web-text" => new(true, "application/grpc-web-text"),
            "application/grpc-web-text+proto" => new(true, "application/grpc-web-text+proto"),
            _ => null,
        };
    }
}
