using System.Globalization;

namespace Pricing.Facade.Upstream;

/// <summary>The grpc-timeout header: one to eight digits and a unit of H, M, S, m, u or n.</summary>
static class GrpcTimeout
{
    const int Digits = 8;

    public static bool TryParse(string value, out TimeSpan timeout)
    {
        timeout = default;
        if (value.Length is < 2 or > Digits + 1) return false;
        if (!long.TryParse(value.AsSpan(0, value.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount)) return false;
        TimeSpan? parsed = value[^1] switch
        {
            'H' => TimeSpan.FromHours(amount),
            'M' => TimeSpan.FromMinutes(amount),
            'S' => TimeSpan.FromSeconds(amount),
            'm' => TimeSpan.FromMilliseconds(amount),
            'u' => TimeSpan.FromMicroseconds(amount),
            // A tick is 100 ns; anything shorter has passed already.
            'n' => TimeSpan.FromTicks(amount / 100),
            _ => null,
        };
        timeout = parsed.GetValueOrDefault();
        return parsed is not null;
    }

    /// <summary>In milliseconds where eight digits hold them, else in seconds.</summary>
    public static string Format(TimeSpan timeout)
    {
        var milliseconds = Math.Max(0, (long)timeout.TotalMilliseconds);
        return milliseconds < 100_000_000
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000}S");
    }
}
