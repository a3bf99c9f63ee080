using System.Collections.Frozen;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Which headers are call metadata and pass through, and which belong to one hop or to the browser and stay behind.</summary>
static class CallHeaders
{
    static readonly FrozenSet<string> Stay = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host", "expect", "via", "http2-settings", "date", "server",
        "accept", "accept-charset", "accept-encoding", "accept-language", "user-agent", "origin", "referer", "cookie", "set-cookie", "dnt",
        "priority", "range", "pragma", "cache-control", "forwarded", "vary", "x-grpc-web",
        // The deadline is ours to bound; the trace context is written by the client instrumentation of this process.
        "grpc-timeout", "traceparent", "tracestate", "baggage");

    /// <summary>Names under "x-pricing-" are how the platform's own parts speak to each other; nobody outside may speak so.</summary>
    static readonly string[] StayPrefixes = ["x-pricing-", "sec-", "proxy-", "x-forwarded-", "content-", "access-control-", "if-", ":"];

    public static void CopyRequest(IHeaderDictionary from, HttpRequestHeaders to)
    {
        foreach (var (name, values) in from)
        {
            if (!Passes(name)) continue;
            foreach (var value in values)
                if (value is not null) to.TryAddWithoutValidation(name, value);
        }
    }

    public static void CopyResponse(HttpResponseHeaders from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from.NonValidated)
            if (Passes(name)) to[name] = values.ToArray();
    }

    static bool Passes(string name) =>
        !Stay.Contains(name) && !StayPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
