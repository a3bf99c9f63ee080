using Google.Protobuf.WellKnownTypes;

namespace Pricing.Coordinator.Edge;

/// <summary>Durations and timestamps as callers send them: any pair of numbers may be on the wire.</summary>
public static class WellKnown
{
    const int NanosPerSecond = 1_000_000_000;

    public static TimeSpan ParseDuration(Duration? duration, string field, TimeSpan max)
    {
        if (duration is null)
            return TimeSpan.Zero;
        if (duration.Seconds < 0 || duration.Seconds > max.TotalSeconds || duration.Nanos is < 0 or >= NanosPerSecond || duration.ToTimeSpan() > max)
            throw RefusalException.Invalid("DURATION_OUT_OF_RANGE", "The duration is out of range.", field, $"0 to {max.TotalSeconds} s", $"{duration.Seconds} s");
        return duration.ToTimeSpan();
    }

    public static DateTime? ParseTime(Timestamp? time, string field)
    {
        if (time is null)
            return null;
        if (time.Seconds < 0 || time.Seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds() || time.Nanos is < 0 or >= NanosPerSecond)
            throw RefusalException.Invalid("TIME_OUT_OF_RANGE", "The time is out of range.", field, "years 1970 to 9999", $"{time.Seconds} s since 1970");
        return time.ToDateTime();
    }
}
