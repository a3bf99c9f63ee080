using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Pricing.Facade.Errors;

/// <summary>Words a refusal as RFC 9457 problem details. Nothing of an exception but its refusal leaves the house.</summary>
static class Problems
{
    public const string ContentType = "application/problem+json";

    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(HttpContext http, Refusal refusal) => WriteAsync(http, HttpStatusMap.Of(refusal), refusal);

    public static async Task WriteAsync(HttpContext http, int status, Refusal refusal)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        http.Response.Headers.CacheControl = "no-store";
        if (refusal.RetryAfter is { } delay || NeedsRetryAfter(status, out delay))
            http.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        await http.Response.Body.WriteAsync(ToJson(http, status, refusal), http.RequestAborted);
    }

    /// <summary>The document itself; the event stream sends it as its last event.</summary>
    public static byte[] ToJson(HttpContext http, int status, Refusal refusal)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", $"/errors/{refusal.Reason}");
            json.WriteString("title", ReasonPhrases.GetReasonPhrase(status) is { Length: > 0 } phrase ? phrase : "Request Not Carried Out");
            json.WriteNumber("status", status);
            json.WriteString("detail", refusal.Message);
            json.WriteString("reason", refusal.Reason);
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("field", refusal.Field), ("limit", refusal.Limit), ("actual", refusal.Actual)])
                if (value.Length > 0) json.WriteString(name, value);
            if (refusal.Violations.Count > 1) WriteViolations(json, refusal);
            json.WriteString("traceId", Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>What the server itself found wrong with a request before or while a handler read it.</summary>
    public static Refusal Of(BadHttpRequestException exception) => exception.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new(StatusCode.ResourceExhausted, "BODY_TOO_LARGE", "The request body is larger than this path accepts.") { Field = "body" },
        StatusCodes.Status408RequestTimeout => new(StatusCode.DeadlineExceeded, "UPLOAD_TOO_SLOW", "The request body arrived too slowly.")
        {
            Field = "body",
            Limit = $"{Limits.Edge.BodyBytesPerSecondMin} bytes/s over {Limits.Edge.BodyGraceSeconds} s",
        },
        _ => new(StatusCode.InvalidArgument, "BAD_REQUEST", "The request is not valid HTTP, or its body or parameters cannot be read."),
    };

    /// <summary>Bodies for the statuses that routing gives by itself.</summary>
    public static Refusal Of(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new(StatusCode.NotFound, "ROUTE_NOT_FOUND", "There is nothing at this path. /openapi/v1.json lists what is.")
        {
            Field = "path",
            Actual = Shown(http.Request.Path),
        },
        StatusCodes.Status405MethodNotAllowed => new(StatusCode.Unimplemented, "METHOD_NOT_ALLOWED", "This path does not take this method.")
        {
            Field = "method",
            Limit = http.Response.Headers[HeaderNames.Allow].ToString(),
            Actual = Shown(http.Request.Method),
        },
        StatusCodes.Status415UnsupportedMediaType => new(StatusCode.InvalidArgument, "CONTENT_TYPE_UNSUPPORTED", "This path does not take this content type.")
        {
            Field = "content-type",
            Actual = Shown(http.Request.ContentType ?? ""),
        },
        >= 500 => new(StatusCode.Internal, "INTERNAL", "The request failed on our side. The trace id leads to the cause."),
        _ => new(StatusCode.InvalidArgument, "BAD_REQUEST", "The request cannot be understood."),
    };

    /// <summary>Something a caller wrote, short enough to be said back.</summary>
    public static string Shown(string text) => text.Length <= 128 ? text : $"{text[..127]}…";

    static bool NeedsRetryAfter(int status, out TimeSpan delay)
    {
        delay = TimeSpan.FromSeconds(Limits.Edge.RetryAfterSecondsDefault);
        return status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;
    }

    static void WriteViolations(Utf8JsonWriter json, Refusal refusal)
    {
        json.WriteStartArray("violations");
        foreach (var (field, message) in refusal.Violations)
        {
            json.WriteStartObject();
            json.WriteString("field", field);
            json.WriteString("detail", message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
