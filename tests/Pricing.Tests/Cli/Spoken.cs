using System.Text.Json;
using Pricing.Cli;

namespace Pricing.Tests.Cli;

/// <summary>The program run in this process, with what it said on both streams.</summary>
sealed class Spoken
{
    readonly StringWriter _out = new();
    readonly StringWriter _error = new();

    Spoken() => Terminal = new Terminal { Out = _out, Error = _error, Home = Path.Combine(Path.GetTempPath(), "pricing-tests-none") };

    public Terminal Terminal { get; }
    public int ExitCode { get; private set; }
    public string Out => _out.ToString();
    public string Error => _error.ToString();
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public static Spoken Silent() => new();

    public static async Task<Spoken> By(params string[] arguments)
    {
        var spoken = new Spoken();
        spoken.ExitCode = await Door.RunAsync(arguments, spoken.Terminal, CancellationToken.None);
        return spoken;
    }
}
