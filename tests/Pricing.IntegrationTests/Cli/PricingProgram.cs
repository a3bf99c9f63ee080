using System.Diagnostics;
using System.Text;
using System.Text.Json;
using NUnit.Framework;

namespace Pricing.IntegrationTests.Cli;

/// <summary>The real program as a process of its own: the file a user runs, with its own data folder.</summary>
sealed class PricingProgram : IAsyncDisposable
{
    /// <summary>Only against a hang: nothing is asserted about how long a call takes.</summary>
    static readonly TimeSpan HangAfter = TimeSpan.FromMinutes(3);

    readonly Process _process;
    readonly Task<string> _error;

    PricingProgram(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts the program; <paramref name="home"/> is its PRICING_HOME.</summary>
    public static PricingProgram Start(string home, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(TestContext.CurrentContext.TestDirectory, "pricing.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["PRICING_HOME"] = home;
        start.Environment.Remove("PRICING_DEBUG");
        start.Environment.Remove("PRICING_DATABASE");
        return new PricingProgram(Process.Start(start)!);
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<Ended> RunAsync(string home, params string[] arguments)
    {
        await using var program = Start(home, arguments);
        return await program.WaitAsync();
    }

    /// <summary>Everything it still says, and its exit code.</summary>
    public async Task<Ended> WaitAsync()
    {
        using var hang = new CancellationTokenSource(HangAfter);
        var output = await _process.StandardOutput.ReadToEndAsync(hang.Token);
        await _process.WaitForExitAsync(hang.Token);
        return new Ended(_process.ExitCode, output, await _error);
    }

    /// <summary>The next line on stdout; fails with all it said when the program ends instead.</summary>
    public async Task<string> ReadLineAsync()
    {
        using var hang = new CancellationTokenSource(HangAfter);
        var line = await _process.StandardOutput.ReadLineAsync(hang.Token);
        if (line is null)
            Assert.Fail((await WaitAsync()).ToString());
        return line!;
    }

    /// <summary>The address of a role from its <c>ready</c> line.</summary>
    public async Task<string> ReadyAsync(string role)
    {
        var line = await ReadLineAsync();
        Assert.That(line, Does.StartWith($"ready {role} "));
        return line[$"ready {role} ".Length..];
    }

    /// <summary>Sends a signal, e.g. TERM.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // Politely first: the embedded database is stopped by its program.
            await SignalAsync("TERM");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }
        _process.Dispose();
    }
}

/// <summary>What a run of the program left behind.</summary>
sealed record Ended(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;
}
