using System.Diagnostics;

namespace Pricing.Cli.Bench;

/// <summary>This program once more, as <c>pricing serve</c> with a coordinator and a node on a free port; asked to stop, then ended, when disposed.</summary>
sealed class BenchServer : IDisposable
{
    readonly Process _process;

    BenchServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static Task<BenchServer> StartAsync(string home, string? redis, CancellationToken cancellation)
    {
        List<string> arguments = ["serve", "--roles", "coordinator,node", "--listen", "127.0.0.1:0", "--home", home];
        if (redis is not null)
            arguments.AddRange(["--redis", redis]);
        return StartAsync(arguments, "ready node", cancellation);
    }

    /// <summary>This program with other arguments; ready once it has said where it listens, and this.</summary>
    public static async Task<BenchServer> StartAsync(IReadOnlyList<string> arguments, string lastWords, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        var program = typeof(BenchServer).Assembly.Location;
        // Started by the dotnet host or by an executable of its own.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(program);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Remove("PRICING_DATABASE");
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server could not be started.");
        try
        {
            // Its log is read and dropped: a full pipe would stop it.
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            Uri? address = null;
            while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
            {
                if (line.StartsWith("ready coordinator ", StringComparison.Ordinal))
                    address = new Uri(line["ready coordinator ".Length..]);
                if (line.StartsWith(lastWords, StringComparison.Ordinal) && address is not null)
                    return new BenchServer(process, address);
            }
            throw new FaultException(new Fault(ExitCode.Unavailable, "UNAVAILABLE", "The server ended before it was ready; 'pricing serve' says why.", "serve"));
        }
        catch (Exception)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    public TimeSpan CpuTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>The most memory it has been resident with.</summary>
    public long PeakRssBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) << 10;
    }

    public void Dispose()
    {
        // SIGTERM stops its database too; .NET itself can only kill.
        using (var stop = Process.Start("kill", ["-TERM", $"{_process.Id}"]))
            stop.WaitForExit();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(Limits.EmbeddedPostgres.StopSeconds)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
