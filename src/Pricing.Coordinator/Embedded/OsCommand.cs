using System.Diagnostics;

namespace Pricing.Coordinator.Embedded;

/// <summary>What a finished command said: both outputs together, cut to a bound.</summary>
sealed record CommandResult(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>Runs one program of the operating system to its end, within a time, with a neutral environment.</summary>
static class OsCommand
{
    /// <summary>Runs and waits. A command that outlives <paramref name="timeout"/> is killed with its children.</summary>
    public static async Task<CommandResult> RunAsync(
        IReadOnlyList<string> command, TimeSpan timeout, TimeProvider time, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(command[0])
        {
            // "/" because the other account may not be allowed to stand where we stand.
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1))
            start.ArgumentList.Add(argument);
        // PGDATA, PGPORT, PGOPTIONS … of the caller belong to another server.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
        process.StandardInput.Close();
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        var output = process.StandardOutput.ReadToEndAsync(either.Token);
        var errors = process.StandardError.ReadToEndAsync(either.Token);
        try
        {
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
            return new CommandResult(process.ExitCode, Cut(await output.ConfigureAwait(false) + await errors.ConfigureAwait(false)));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancel.ThrowIfCancellationRequested();
            return new CommandResult(-1, $"{Path.GetFileName(command[0])} did not finish within {timeout.TotalSeconds:0} s.");
        }
    }

    /// <summary>The full path of a program on the PATH, or null.</summary>
    public static string? Find(string program)
    {
        // /usr/sbin is not on every account's PATH, and runuser lives there.
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
    }

    static string Cut(string text)
    {
        text = text.Trim();
        return text.Length <= Limits.EmbeddedPostgres.OutputCharsMax ? text : text[^Limits.EmbeddedPostgres.OutputCharsMax..];
    }
}
