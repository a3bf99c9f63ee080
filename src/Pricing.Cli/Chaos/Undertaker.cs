using System.Diagnostics;

namespace Pricing.Cli.Chaos;

/// <summary>
/// A postmaster leaves its parent, so the kernel cannot be told to end it with us. This shell waits at the other end of a pipe: when we are gone,
/// however we went, the pipe closes, and the server is killed if it still runs, and its folder removed.
/// </summary>
sealed class Undertaker : IDisposable
{
    // Only a process whose command line names this very data folder: a number in a stale file may belong to a stranger by now.
    const string Script = """
        cat >/dev/null
        pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$1"; then kill -9 "$pid"; fi
        rm -rf -- "$2"
        """;

    readonly Process _shell;

    public Undertaker(string dataFolder, string serversFolder)
    {
        // A session of its own: Ctrl-C at the terminal must not reach it before us.
        var start = new ProcessStartInfo("setsid", ["sh", "-c", Script, "undertaker", dataFolder, serversFolder])
        {
            RedirectStandardInput = true,
        };
        _shell = Process.Start(start) ?? throw new InvalidOperationException("The undertaker could not be started.");
    }

    /// <summary>Nothing is left to do for it but to remove the folder.</summary>
    public void Dispose()
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
    }
}
