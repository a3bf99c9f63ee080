using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Which pages may call, and what they may read of an answer. No cookies are used, so no credentials are allowed.</summary>
static class EdgeCors
{
    /// <summary>The star exposes custom metadata too; the names beside it are for browsers and proxies that do not know the star.</summary>
    static readonly string[] Exposed =
        ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding", "ETag", "Location", "Retry-After", "Link", "Preference-Applied", "*"];

    public static void Configure(CorsPolicyBuilder policy, FacadeOptions options)
    {
        if (options.AllowedOrigins.Contains("*")) policy.AllowAnyOrigin();
        else policy.WithOrigins([.. options.AllowedOrigins]);
        policy.WithMethods("GET", "POST", "PUT")
            .AllowAnyHeader()
            .WithExposedHeaders(Exposed)
            .SetPreflightMaxAge(TimeSpan.FromSeconds(Limits.Edge.PreflightSecondsMax));
    }
}
