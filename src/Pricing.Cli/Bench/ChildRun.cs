using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pricing.Cli.Bench;

/// <summary>What a run of another program cost, by the operating system's account; file reading included.</summary>
/// <param name="CpuS">User and system time of the process.</param>
/// <param name="WallS">From start to end.</param>
/// <param name="PeakBytes">Largest resident set seen.</param>
/// <param name="Ended">Null, or why there is no figure: not installed, too long, its exit code.</param>
sealed partial record ChildRun(double CpuS, double WallS, long PeakBytes, string? Ended)
{
    const int RusageChildren = -1;

    /// <summary>Runs a program to its end, one at a time, its output read and dropped.</summary>
    public static ChildRun Of(string program, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        var cpuBefore = CpuOfChildrenS();
        var started = Stopwatch.GetTimestamp();
        using var child = new Process { StartInfo = start };
        child.OutputDataReceived += (_, _) => { };
        child.ErrorDataReceived += (_, _) => { };
        child.Start();
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        long peak = 0;
        while (!child.WaitForExit(TimeSpan.FromMilliseconds(5)))
        {
            peak = Math.Max(peak, PeakOf(child.Id));
            if (cancellation.IsCancellationRequested || Stopwatch.GetElapsedTime(started).TotalSeconds > Limits.Cli.PeerSeconds)
            {
                child.Kill(entireProcessTree: true);
                child.WaitForExit();
                cancellation.ThrowIfCancellationRequested();
                return new(CpuOfChildrenS() - cpuBefore, Stopwatch.GetElapsedTime(started).TotalSeconds, peak, $"ended after {Limits.Cli.PeerSeconds} s");
            }
        }
        var wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
        child.WaitForExit();
        return new(CpuOfChildrenS() - cpuBefore, wall, peak, child.ExitCode == 0 ? null : $"exit code {child.ExitCode}");
    }

    /// <summary>The first of the folders of PATH that has the program; null when none has.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    static long PeakOf(int id)
    {
        try
        {
            var line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), System.Globalization.CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            // It has ended between two looks.
            return 0;
        }
    }

    static double CpuOfChildrenS()
    {
        var usage = default(Usage);
        return GetUsage(RusageChildren, ref usage) == 0 ? usage.UserS + usage.SystemS + (usage.UserMicroseconds + usage.SystemMicroseconds) / 1e6 : 0;
    }

    /// <summary>struct rusage of 64-bit Linux: two timevals and fourteen longs that nobody here reads.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 144)]
    struct Usage
    {
        public long UserS, UserMicroseconds, SystemS, SystemMicroseconds;
    }

    [DllImport("libc", EntryPoint = "getrusage")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int GetUsage(int who, ref Usage usage);
}
