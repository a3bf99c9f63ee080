using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pricing.Cli.Chaos;

/// <summary>
/// Starts the run's processes so that none outlives it: the kernel kills each when its parent dies, in whatever way. The kernel means the
/// parent's thread, therefore all are started by one thread that lives as long as the run.
/// </summary>
sealed class ChildProcesses : IDisposable
{
    const int SignalKill = 9, SignalTerminate = 15, SignalContinue = 18, SignalStop = 19;

    readonly BlockingCollection<Action> _work = [];
    readonly Thread _starter;
    readonly string? _setpriv = Bench.ChildRun.Find("setpriv");

    public ChildProcesses()
    {
        _starter = new Thread(() =>
        {
            foreach (var start in _work.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "chaos-starter" };
        _starter.Start();
    }

    public async Task<Process> StartAsync(string program, IEnumerable<string> arguments)
    {
        // setpriv puts itself out of the way by exec: the process id is the program's.
        var start = _setpriv is null
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo(_setpriv, ["--pdeathsig", "KILL", "--", program, .. arguments]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PRICING_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start) ?? throw new InvalidOperationException($"{program} could not be started."));
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        return await started.Task;
    }

    public static void Kill(Process process) => Send(process, SignalKill);

    public static void Terminate(Process process) => Send(process, SignalTerminate);

    public static void Pause(Process process) => Send(process, SignalStop);

    public static void Continue(Process process) => Send(process, SignalContinue);

    public void Dispose()
    {
        _work.CompleteAdding();
        _starter.Join();
        _work.Dispose();
    }

    // A child that has ended but was not collected yet keeps its id, so the signal can never reach a stranger.
    static void Send(Process process, int signal)
    {
        if (!process.HasExited)
            _ = SendSignal(process.Id, signal);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int SendSignal(int pid, int signal);
}
