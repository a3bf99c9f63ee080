using System.Runtime.InteropServices;

namespace Pricing.Node.Workers;

/// <summary>
/// What ties a worker to its node on Linux: it is killed when the node ends, in whatever way and whatever it is doing. Elsewhere a worker notices
/// the closed pipe when it next reads.
/// </summary>
static class WorkerBonds
{
    const int SetParentDeathSignal = 1;
    const int SetPipeSize = 1031;
    const int Kill = 9;

    /// <summary>False when the node is gone already.</summary>
    public static bool Tie(int parentPid)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        _ = prctl(SetParentDeathSignal, Kill, 0, 0, 0);
        // The node may have ended before the tie held.
        if (getppid() != parentPid)
            return false;
        // A larger pipe, fewer changes between the two processes; where it is not allowed, the usual one does.
        _ = fcntl(0, SetPipeSize, Limits.Worker.PipeBytes);
        try
        {
            // When the machine runs out of memory a worker goes first, not the node.
            File.WriteAllText("/proc/self/oom_score_adj", "500");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // A wish, not a need.
        }
        return true;
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int getppid();

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int fcntl(int descriptor, int command, int argument);
}
