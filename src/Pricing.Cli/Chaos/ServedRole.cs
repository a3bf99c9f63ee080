using System.Diagnostics;
using System.Net;

namespace Pricing.Cli.Chaos;

/// <summary>One coordinator or node as a process of its own, kept alive as a service manager would: what ends without being asked is noted and started again.</summary>
sealed class ServedRole(string name, string role, Func<IReadOnlyList<string>> arguments, string logPath, ChildProcesses children, TimeProvider time) : IAsyncDisposable
{
    readonly SemaphoreSlim _oneAtATime = new(1, 1);
    readonly CancellationTokenSource _closing = new();
    Process? _process;
    bool _wanted;
    Task _keeping = Task.CompletedTask;

    public string Name => name;
    public string LogPath => logPath;

    /// <summary>Where it listens, from its ready line; changes with every start, and is null while it does not run.</summary>
    public event Action<IPEndPoint?>? Listening;

    /// <summary>Times it ended though nobody asked, with the exit code: each is a fault of the platform.</summary>
    public List<string> Deaths { get; } = [];

    /// <summary>Starts it and waits until it says it is ready; tries again while it cannot (its database is away), within a bound.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            await StartLockedAsync(cancellation);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            _wanted = false;
            if (_process is { } process)
            {
                ChildProcesses.Kill(process);
                await process.WaitForExitAsync(cancellation);
            }
            Listening?.Invoke(null);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>SIGTERM, and how long it took; null exit code: it had to be killed.</summary>
    public async Task<(int? ExitCode, TimeSpan Took)> DrainAsync(CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            _wanted = false;
            if (_process is not { HasExited: false } process)
                return (0, TimeSpan.Zero);
            var asked = time.GetTimestamp();
            ChildProcesses.Terminate(process);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(Limits.Chaos.DrainSeconds));
            try
            {
                await process.WaitForExitAsync(patience.Token);
                return (process.ExitCode, time.GetElapsedTime(asked));
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                ChildProcesses.Kill(process);
                await process.WaitForExitAsync(cancellation);
                return (null, time.GetElapsedTime(asked));
            }
        }
        finally
        {
            Listening?.Invoke(null);
            _oneAtATime.Release();
        }
    }

    public void Pause()
    {
        if (_process is { } process)
            ChildProcesses.Pause(process);
    }

    public void Continue()
    {
        if (_process is { } process)
            ChildProcesses.Continue(process);
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await KillAsync(CancellationToken.None);
        await _keeping;
        _process?.Dispose();
        _oneAtATime.Dispose();
        _closing.Dispose();
    }

    async Task StartLockedAsync(CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var process = await StartOnceAsync(cancellation);
            if (process is not null)
            {
                _process = process;
                _wanted = true;
                _keeping = KeepAsync(process);
                return;
            }
            if (time.GetElapsedTime(began) > TimeSpan.FromSeconds(Limits.Chaos.StartSeconds))
                throw new FaultException(new Fault(ExitCode.Unavailable, "CHAOS_START_FAILED", $"{name} did not start; its log is {logPath}.", name));
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.Chaos.StartPauseMs), time, cancellation);
        }
    }

    /// <summary>Null when it ended before it was ready.</summary>
    async Task<Process?> StartOnceAsync(CancellationToken cancellation)
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The program does not know its own path.");
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ServedRole).Assembly.Location] : [];
        var process = await children.StartAsync(program, [.. self, "serve", "--roles", role, .. arguments()]);
        var log = File.AppendText(logPath);
        process.ErrorDataReceived += (_, line) => Write(log, line.Data);
        process.BeginErrorReadLine();
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(Limits.Chaos.StartSeconds));
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                if (!line.StartsWith($"ready {role} ", StringComparison.Ordinal))
                    continue;
                if (Uri.TryCreate(line.Split(' ')[^1], UriKind.Absolute, out var address))
                    Listening?.Invoke(new IPEndPoint(IPAddress.Loopback, address.Port));
                // Whatever else it says must not fill the pipe.
                _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
                return process;
            }
        }
        catch (OperationCanceledException)
        {
            ChildProcesses.Kill(process);
            cancellation.ThrowIfCancellationRequested();
        }
        await process.WaitForExitAsync(cancellation);
        process.Dispose();
        return null;
    }

    /// <summary>The service manager: an end that nobody asked for is noted, and the process started again.</summary>
    async Task KeepAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(_closing.Token);
            await _oneAtATime.WaitAsync(_closing.Token);
            try
            {
                if (!_wanted || process != _process)
                    return;
                Deaths.Add($"{name} ended by itself with exit code {process.ExitCode}");
                await StartLockedAsync(_closing.Token);
            }
            finally
            {
                _oneAtATime.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Null ends the log.</summary>
    static void Write(StreamWriter log, string? line)
    {
        lock (log)
        {
            if (line is null)
                log.Dispose();
            else if (log.BaseStream.Length < Limits.Chaos.LogBytesMax)
                log.WriteLine(line);
        }
    }
}
