using System.Globalization;
using Pricing.Quoting.V1;
// Inside the Pricing namespaces the plain name means the room.
using Body = Pricing.Quoting.V1.Geometry;
using Unit = Pricing.Quoting.V1.LengthUnit;

namespace Pricing.Cli.Output;

/// <summary>The program's words for the platform's enums (part of the JSON contract) and its way of writing figures for people.</summary>
static class Words
{
    public static string Of(Orientation.Types.Goal goal) => goal switch
    {
        Orientation.Types.Goal.Fdm => "filament",
        Orientation.Types.Goal.Sla => "resin",
        Orientation.Types.Goal.Powder => "powder",
        Orientation.Types.Goal.Lpbf => "metal powder",
        _ => "another process",
    };

    public static string Of(ModelFormat format) => format switch
    {
        ModelFormat.StlBinary => "stl-binary",
        ModelFormat.StlAscii => "stl-ascii",
        ModelFormat.Obj => "obj",
        ModelFormat.Ply => "ply",
        ModelFormat.Off => "off",
        ModelFormat.ThreeMf => "3mf",
        ModelFormat.Gltf => "gltf",
        ModelFormat.Glb => "glb",
        ModelFormat.Amf => "amf",
        _ => "unknown",
    };

    public static string Of(Unit unit) => unit switch
    {
        Unit.Centimetre => "cm",
        Unit.Metre => "m",
        Unit.Inch => "in",
        Unit.Foot => "ft",
        Unit.Micrometre => "um",
        _ => "mm",
    };

    public static string Of(Body.Types.Verdict verdict) => verdict switch
    {
        Body.Types.Verdict.Exact => "exact",
        Body.Types.Verdict.Repaired => "repaired",
        Body.Types.Verdict.Bounded => "bounded",
        Body.Types.Verdict.Estimate => "estimate",
        _ => "unknown",
    };

    public static string Of(Quote.Types.State state) => state switch
    {
        Quote.Types.State.Measuring => "MEASURING",
        Quote.Types.State.Priced => "PRICED",
        Quote.Types.State.NeedsReview => "NEEDS_REVIEW",
        Quote.Types.State.Failed => "FAILED",
        Quote.Types.State.Cancelled => "CANCELLED",
        _ => "UNKNOWN",
    };

    public static string Of(Price.Types.State state) => state switch
    {
        Price.Types.State.Firm => "FIRM",
        Price.Types.State.NeedsReview => "NEEDS_REVIEW",
        Price.Types.State.NotManufacturable => "NOT_MANUFACTURABLE",
        _ => "UNKNOWN",
    };

    public static string Of(Finding.Types.Severity severity) => severity switch
    {
        Finding.Types.Severity.Review => "review",
        Finding.Types.Severity.Block => "block",
        _ => "info",
    };

    /// <summary>"1,234.6": a figure with a few significant digits and thousands set apart.</summary>
    public static string Figure(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.0#", CultureInfo.InvariantCulture),
        0 => "0",
        _ => value.ToString("G3", CultureInfo.InvariantCulture),
    };

    /// <summary>"90.0", "1,084.4": millimetres with the same digits beside each other.</summary>
    public static string Length(double mm) => mm >= 10 ? mm.ToString("N1", CultureInfo.InvariantCulture) : Figure(mm);

    /// <summary>"22,142.83": an amount as the platform wrote it, thousands set apart.</summary>
    public static string Amount(string amount)
    {
        var end = amount.IndexOf('.', StringComparison.Ordinal) is >= 0 and var point ? point : amount.Length;
        for (var at = end - 3; at > (amount.StartsWith('-') ? 1 : 0); at -= 3)
            amount = amount.Insert(at, ",");
        return amount;
    }

    /// <summary>"13.4 g", "29.0 kg".</summary>
    public static string Mass(double grams) => grams >= 10_000 ? $"{Figure(grams / 1000)} kg" : $"{Figure(grams)} g";

    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 20 => $"{bytes / (double)(1 << 20):0.0} MiB",
        >= 1L << 10 => $"{bytes / 1024.0:0.0} KiB",
        _ => $"{bytes} B",
    };

    /// <summary>What part of a file's triangles was not summed up again; nothing when all were.</summary>
    public static string Reused(long reusedBytes, long modelBytes) => reusedBytes == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"; sums of {100.0 * reusedBytes / modelBytes:0.#} % were known");

    /// <summary>"sent 0.4 of 12.3 MiB: the rest was known"; nothing when the whole file was sent, or nothing of it.</summary>
    public static string Sent(long sentBytes, long reusedBytes)
    {
        if (reusedBytes == 0)
            return "";
        var total = Bytes(sentBytes + reusedBytes);
        var scale = total[(total.IndexOf(' ') + 1)..] switch { "MiB" => 1 << 20, "KiB" => 1 << 10, _ => 1 };
        return string.Create(CultureInfo.InvariantCulture, $"sent {sentBytes / (double)scale:0.0} of {total}: the rest was known");
    }

    public static string Milliseconds(double ms) => ms switch
    {
        >= 10_000 => $"{ms / 1000:0.0} s",
        >= 100 => $"{ms:0} ms",
        >= 1 => $"{ms:0.0} ms",
        _ => $"{ms:0.00} ms",
    };

    /// <summary>"3 h 12 min": machine time as a person says it.</summary>
    public static string MachineTime(double seconds)
    {
        var time = TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));
        return time.TotalHours >= 1 ? $"{Count((long)time.TotalHours)} h {time.Minutes} min"
            : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds} s"
            : $"{time.TotalSeconds:0} s";
    }
}
