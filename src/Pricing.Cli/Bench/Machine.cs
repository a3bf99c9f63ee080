using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Pricing.Node;

namespace Pricing.Cli.Bench;

/// <summary>What a figure was measured on and with: printed above every table and kept with every result.</summary>
static class Machine
{
    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} threads, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {MeasurementMapping.InstructionSet}";

    /// <summary>A file name for this machine's results: processor and threads.</summary>
    public static string Slug() => new string([.. $"{Processor()}-{Environment.ProcessorCount}".ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Replace("--", "-", StringComparison.Ordinal);

    /// <summary>Load averages over one, five and fifteen minutes: what else the machine did.</summary>
    public static string Load()
    {
        const string path = "/proc/loadavg";
        return File.Exists(path) ? string.Join(' ', File.ReadAllText(path).Split(' ')[..3]) : "unknown";
    }

    /// <summary>The build writes the commit behind the plus sign of the version.</summary>
    public static string Commit()
    {
        var version = typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        var plus = version.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? "unknown" : version[(plus + 1)..][..Math.Min(12, version.Length - plus - 1)];
    }

    public static string Day(TimeProvider time) => time.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    static string Processor()
    {
        const string cpuInfo = "/proc/cpuinfo";
        var model = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return model is null ? RuntimeInformation.ProcessArchitecture.ToString() : model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
