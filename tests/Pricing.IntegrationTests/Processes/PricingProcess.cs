using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pricing.IntegrationTests.Processes;

/// <summary>A real <c>pricing</c> process. Its words on stdout are the signals; its log is shown when a test fails.</summary>
sealed class PricingProcess : IAsyncDisposable
{
    /// <summary>Creating a database on a busy machine takes its time; waiting for anything ends here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    const int LogLinesMax = 400;

    readonly Process _process;
    readonly ConcurrentQueue<string> _log = new();
    readonly Task _logging;

    PricingProcess(Process process)
    {
        _process = process;
        _logging = KeepLogAsync();
    }

    public int Id => _process.Id;
    public string Log => string.Join('\n', _log);

    /// <summary>The coordinator's or facade's address, from its ready line.</summary>
    public Uri? Address { get; private set; }

    /// <summary>Starts <c>pricing serve</c> and waits for the ready line of <paramref name="role"/>.</summary>
    public static async Task<PricingProcess> ServeAsync(string role, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "pricing.dll"));
        foreach (var argument in (string[])["serve", "--roles", role, .. arguments])
            start.ArgumentList.Add(argument);
        // A developer's own database is not for tests.
        start.Environment.Remove("PRICING_DATABASE");
        start.Environment.Remove("PRICING_HOME");
        var process = new PricingProcess(Process.Start(start)!);
        try
        {
            await process.ReadyAsync(role).WaitAsync(Patience);
            return process;
        }
        catch (Exception)
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL: no word to anybody, no handler runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        await _logging;
        if (NUnit.Framework.TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            await NUnit.Framework.TestContext.Out.WriteLineAsync($"--- log of process {Id} ---\n{Log}");
        _process.Dispose();
    }

    async Task ReadyAsync(string role)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split(' ') is not ["ready", var ready, ..] || ready != role)
                continue;
            Address = Uri.TryCreate(line.Split(' ')[^1], UriKind.Absolute, out var address) ? address : null;
            // Whatever else it says must not fill the pipe.
            _ = _process.StandardOutput.ReadToEndAsync();
            return;
        }
        await _logging;
        throw new InvalidOperationException($"The process ended before it was ready as {role}:\n{Log}");
    }

    async Task KeepLogAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _log.Enqueue(line);
            if (_log.Count > LogLinesMax)
                _log.TryDequeue(out _);
        }
    }
}
