using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pricing.IntegrationTests.Chaos;

/// <summary><c>pricing chaos</c> as a process of its own, with a folder for temporary files that tells its processes from all others.</summary>
sealed class ChaosProgram : IAsyncDisposable
{
    /// <summary>Only against a hang: a run waits for everything it started, on however slow a machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(40);

    readonly Process _process;
    readonly StringBuilder _said = new();
    readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Task<string> _out;
    readonly Task _reading;

    public ChaosProgram(params string[] arguments)
    {
        Folder = Path.Combine(Path.GetTempPath(), $"pricing-fire-{Guid.NewGuid():n}"[..22]);
        // Not created as a private folder: the database's account must be able to pass through it.
        Directory.CreateDirectory(Folder);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "pricing.dll"), "chaos", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment["TMPDIR"] = Folder;
        start.Environment.Remove("PRICING_DEBUG");
        _process = Process.Start(start)!;
        _out = _process.StandardOutput.ReadToEndAsync();
        _reading = ReadAsync();
    }

    public string Folder { get; }

    public int Id => _process.Id;

    /// <summary>What it told a person so far.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>Ends when all servers run and the clients have begun.</summary>
    public Task UpAsync() => _up.Task.WaitAsync(Patience);

    public async Task<(int ExitCode, JsonElement Json)> WaitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await _reading;
        var said = await _out;
        return (_process.ExitCode, said.Length > 0 ? JsonDocument.Parse(said).RootElement : default);
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Everything this run has started and that still lives: each names the run's folder in its command line.</summary>
    public IReadOnlyList<int> Processes() => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0 && pid != _process.Id && CommandLine(pid).Contains(Folder, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    async Task ReadAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_said)
                _said.AppendLine(line);
            if (line.StartsWith("warming up", StringComparison.Ordinal))
                _up.TrySetResult();
        }
        _up.TrySetException(new InvalidOperationException($"It ended before everything ran:\n{Said}"));
    }

    // Empty for a process that is gone, and for one that has died and is not yet collected.
    static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
