using System.Globalization;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Rest;

/// <summary>The few headers and parameters that change what a request means.</summary>
static partial class RequestHeaders
{
    /// <summary>The request id to send on: the caller's Idempotency-Key, or a fresh one that makes this attempt unique.</summary>
    public static string RequestId(HttpRequest request)
    {
        var key = request.Headers["Idempotency-Key"].ToString().Trim();
        if (key.Length == 0) return Guid.NewGuid().ToString("D");
        // The draft writes the key as a quoted string; most clients do not.
        var bare = key.Length > 2 && key[0] == '"' && key[^1] == '"' ? key[1..^1] : key;
        return Guid.TryParseExact(bare, "D", out var id)
            ? id.ToString("D")
            : throw new RefusedException(StatusCode.InvalidArgument, "IDEMPOTENCY_KEY_INVALID", "The Idempotency-Key must be a UUID.", "Idempotency-Key",
                "UUID of 36 characters", Problems.Shown(key));
    }

    /// <summary>How long to hold the answer for a price: ?wait=10s, else Prefer: wait=10. A parameter beyond the bound is refused, a preference is cut to it.</summary>
    public static TimeSpan? Wait(HttpRequest request, string? wait)
    {
        var longest = TimeSpan.FromSeconds(Limits.Quote.WaitSecondsMax);
        if (wait is not null)
        {
            if (ParseWait(wait) is not { } asked)
                throw new RefusedException(StatusCode.InvalidArgument, "WAIT_INVALID", "wait is a number of seconds or milliseconds.", "wait", "10s, 500ms", Problems.Shown(wait));
            if (asked > longest)
                throw new RefusedException(StatusCode.InvalidArgument, "WAIT_OUT_OF_RANGE", "The wait is longer than one request may last.", "wait",
                    $"{Limits.Quote.WaitSecondsMax} s", Problems.Shown(wait));
            return asked;
        }
        var preferred = PreferWait().Match(request.Headers["Prefer"].ToString());
        if (!preferred.Success) return null;
        var seconds = Math.Min(int.Parse(preferred.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), Limits.Quote.WaitSecondsMax);
        request.HttpContext.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={seconds}");
        return TimeSpan.FromSeconds(seconds);
    }

    static TimeSpan? ParseWait(string text)
    {
        var match = WaitText().Match(text);
        if (!match.Success) return null;
        var amount = decimal.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        return TimeSpan.FromMilliseconds((double)(match.Groups[2].ValueSpan is "ms" ? amount : amount * 1000));
    }

    [GeneratedRegex(@"^([0-9]{1,6}(?:\.[0-9]{1,3})?)(s|ms)?\z")]
    private static partial Regex WaitText();

    [GeneratedRegex(@"(?:^|,)\s*wait\s*=\s*([0-9]{1,6})\s*(?:$|[,;])", RegexOptions.IgnoreCase)]
    private static partial Regex PreferWait();
}
