using System.Diagnostics;
using Pricing.Node.Workers;

namespace Pricing.IntegrationTests.Node;

/// <summary>The worker processes of a node as the operating system shows them, and the signals a test sends to them.</summary>
static class WorkerProcesses
{
    public static WorkerOptions Options => new() { Command = ["dotnet", Path.Combine(AppContext.BaseDirectory, "pricing.dll"), "worker"] };

    /// <summary>Living workers of a process, by id.</summary>
    public static IReadOnlyList<int> Of(int node) => [.. Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && IsWorkerOf(pid, node))
        .Order()];

    public static IReadOnlyList<int> OfThisProcess => Of(Environment.ProcessId);

    public static async Task SignalAsync(int pid, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{pid}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends when a process is gone.</summary>
    public static async Task GoneAsync(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            using var patience = new CancellationTokenSource(ScriptedCoordinator.Patience);
            await process.WaitForExitAsync(patience.Token);
        }
        catch (ArgumentException)
        {
            // It is gone.
        }
    }

    /// <summary>Resident memory now, and the most it ever was.</summary>
    public static (long Now, long Peak) RssBytesOf(int pid)
    {
        var status = File.ReadLines($"/proc/{pid}/status").Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
        return (Kilobytes(status["VmRSS"]), Kilobytes(status["VmHWM"]));

        static long Kilobytes(string text) => long.Parse(text.Replace("kB", "").Trim(), System.Globalization.CultureInfo.InvariantCulture) << 10;
    }

    static bool IsWorkerOf(int pid, int node)
    {
        try
        {
            // State Z has died and is not yet collected.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is not ("Z" or "X") && fields[1] == $"{node}"
                && File.ReadAllText($"/proc/{pid}/cmdline").Split('\0') is [.., "worker", "--parent", _, ""];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
