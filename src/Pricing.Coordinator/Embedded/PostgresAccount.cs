namespace Pricing.Coordinator.Embedded;

/// <summary>
/// Who runs the server. PostgreSQL refuses to run as root, so a root process lends it an unprivileged account;
/// any other process runs it as itself.
/// </summary>
sealed record PostgresAccount(string? Name, IReadOnlyList<string> Prefix, TimeProvider Time)
{
    /// <summary>The owner of the data that is there already, else the account asked for, else postgres, else nobody.</summary>
    public static async Task<PostgresAccount> ChooseAsync(EmbeddedPostgresOptions options, CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess)
            return new PostgresAccount(null, [], options.Time);

        var given = options.Account ?? Environment.GetEnvironmentVariable("PRICING_PG_USER");
        List<string> candidates = string.IsNullOrEmpty(given) ? ["postgres", "nobody"] : [given];
        if (ClusterFolder.ExistingData(options) is { } data)
        {
            var owner = await RunAsync(options.Time, cancel, "stat", "-c", "%U", data).ConfigureAwait(false);
            candidates.Insert(0, owner.Output);
        }
        foreach (var name in candidates)
        {
            var group = await RunAsync(options.Time, cancel, "id", "-g", name).ConfigureAwait(false);
            var uid = await RunAsync(options.Time, cancel, "id", "-u", name).ConfigureAwait(false);
            if (group.Succeeded && uid.Succeeded && uid.Output != "0")
                return new PostgresAccount(name, PrefixFor(name, group.Output), options.Time);
        }
        throw new EmbeddedPostgresException("POSTGRES_ACCOUNT_MISSING",
            $"PostgreSQL does not run as root and the account {(string.IsNullOrEmpty(given) ? "postgres" : given)} cannot be used. "
            + "Set PRICING_PG_USER to an unprivileged account.");
    }

    /// <summary>Runs a command as this account.</summary>
    public Task<CommandResult> RunAsync(IEnumerable<string> command, int seconds, CancellationToken cancel) =>
        OsCommand.RunAsync([.. Prefix, .. command], TimeSpan.FromSeconds(seconds), Time, cancel);

    /// <summary>Makes a folder that only this account (and root) may enter.</summary>
    public async Task MakeFolderAsync(string folder, CancellationToken cancel)
    {
        if (OperatingSystem.IsWindows())
            throw new EmbeddedPostgresException("POSTGRES_NOT_INSTALLED", "The private database needs Linux. Give a connection string with --database.");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Name is not null)
            await OwnAsync(folder, cancel).ConfigureAwait(false);
    }

    /// <summary>Gives a file or folder (not what is in it) to this account.</summary>
    public async Task OwnAsync(string path, CancellationToken cancel)
    {
        if (Name is null)
            return;
        // -h: a symbolic link someone planted is given away itself, not what it points at.
        var done = await RunAsync(Time, cancel, "chown", "-h", Name, path).ConfigureAwait(false);
        if (!done.Succeeded)
            throw new EmbeddedPostgresException("POSTGRES_FOLDER_UNUSABLE", $"{path} cannot be given to {Name}: {done.Output}");
    }

    /// <summary>Whether this account can reach and write a folder, asked of the kernel and not computed from mode bits.</summary>
    public async Task<bool> CanUseAsync(string folder, CancellationToken cancel) =>
        (await RunAsync(["test", "-w", folder, "-a", "-x", folder], Limits.EmbeddedPostgres.CommandSeconds, cancel).ConfigureAwait(false))
        .Succeeded;

    /// <summary>Whether a folder in a place others may write to is really ours: owned by this account, closed to all others, not a link.</summary>
    public async Task<bool> IsPrivateAsync(string folder, CancellationToken cancel)
    {
        var facts = await RunAsync(Time, cancel, "stat", "-c", "%U %a %F", folder).ConfigureAwait(false);
        return facts.Output == $"{Name ?? Environment.UserName} 700 directory";
    }

    static IReadOnlyList<string> PrefixFor(string name, string group)
    {
        if (OsCommand.Find("setpriv") is { } setpriv)
            return [setpriv, $"--reuid={name}", $"--regid={group}", "--init-groups", "--"];
        if (OsCommand.Find("runuser") is { } runuser)
            return [runuser, "-u", name, "--"];
        if (OsCommand.Find("su") is { } su)
            return [su, name, "-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", "--"];
        throw new EmbeddedPostgresException("POSTGRES_ACCOUNT_MISSING",
            $"PostgreSQL does not run as root, and setpriv, runuser and su are all missing, so it cannot run as {name} either.");
    }

    static Task<CommandResult> RunAsync(TimeProvider time, CancellationToken cancel, params string[] command) =>
        OsCommand.RunAsync(command, TimeSpan.FromSeconds(Limits.EmbeddedPostgres.CommandSeconds), time, cancel);
}
