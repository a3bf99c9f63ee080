using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Pricing.Node.Workers;

/// <summary>How a worker process ended. A signal's number stands apart; the exit code is then 128 more.</summary>
readonly record struct WorkerExit(int ExitCode, int Signal);

/// <summary>
/// One child process and its pipes. It gets a bounded heap, none of our secrets (an environment of a few names), and dies with the thread that
/// started it, so that thread must live as long as the pool.
/// </summary>
sealed class WorkerProcess : IDisposable
{
    static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "DOTNET_ROOT", "PRICING_ISA"];

    readonly Process _process;
    readonly TaskCompletionSource<WorkerExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly StringBuilder _stderr = new();
    readonly Thread _listening;

    WorkerProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        Frames = new FrameStream(process.StandardOutput.BaseStream, process.StandardInput.BaseStream);
        _listening = new Thread(KeepLastWords, maxStackSize: 256 << 10) { IsBackground = true, Name = $"worker-{Id}-stderr" };
        _listening.Start();
    }

    public int Id { get; }
    public FrameStream Frames { get; }

    /// <summary>Jobs it was given.</summary>
    public int Jobs { get; set; }

    /// <summary>To be replaced: it has done its share, or has grown.</summary>
    public bool IsTired { get; set; }

    public bool HasExited => _exit.Task.IsCompleted;

    /// <summary>Throws <see cref="Win32Exception"/> when the system starts no process.</summary>
    public static WorkerProcess Start(WorkerOptions options, Action<WorkerProcess> exited)
    {
        var start = new ProcessStartInfo(options.Command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in options.Command.Skip(1))
            start.ArgumentList.Add(argument);
        start.ArgumentList.Add(WorkerMain.ParentOption);
        start.ArgumentList.Add(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        foreach (var name in start.Environment.Keys.Except(Inherited).ToList())
            start.Environment.Remove(name);
        start.Environment["DOTNET_GCHeapHardLimit"] = options.HeapBytes.ToString("x", CultureInfo.InvariantCulture);
        // A small heap that gives back what a large mesh took.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        // No instrumented tier: a worker's life is short. No diagnostics socket, which a killed process would leave behind.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var process = new Process { StartInfo = start };
        process.Start();
        var worker = new WorkerProcess(process);
        // The event is raised under the process's own lock: what others do about it, they do elsewhere. From here on nobody asks the process.
        process.Exited += (_, _) =>
        {
            var code = process.ExitCode;
            worker._exit.TrySetResult(new(code, code > 128 ? code - 128 : 0));
            ThreadPool.QueueUserWorkItem(_ =>
            {
                process.Dispose();
                exited(worker);
            });
        };
        process.EnableRaisingEvents = true;
        return worker;
    }

    /// <summary>SIGKILL; nothing when it is gone.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It ended by itself.
        }
    }

    /// <summary>How it ended, or null when it did not within the bound.</summary>
    public WorkerExit? WaitForExit()
    {
        if (!_exit.Task.Wait(TimeSpan.FromSeconds(Limits.Worker.ExitSeconds)))
            return null;
        // Its last words are read to the end.
        _listening.Join(TimeSpan.FromSeconds(Limits.Worker.ExitSeconds));
        return _exit.Task.Result;
    }

    /// <summary>The end of what it wrote to standard error.</summary>
    public string LastWords
    {
        get
        {
            lock (_stderr)
                return _stderr.ToString();
        }
    }

    /// <summary>Ends it, if it has not ended.</summary>
    public void Dispose()
    {
        Kill();
        Frames.Dispose();
    }

    void KeepLastWords()
    {
        var buffer = new char[1024];
        try
        {
            using var words = _process.StandardError;
            for (int count; (count = words.Read(buffer)) > 0;)
            {
                lock (_stderr)
                {
                    _stderr.Append(buffer, 0, count);
                    if (_stderr.Length > Limits.Worker.StderrCharsMax)
                        _stderr.Remove(0, _stderr.Length - Limits.Worker.StderrCharsMax);
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Nobody asks for its last words any more.
        }
    }
}
