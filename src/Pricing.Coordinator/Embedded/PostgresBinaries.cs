using System.Globalization;

namespace Pricing.Coordinator.Embedded;

/// <summary>Finds PostgreSQL's own programs, and installs the Debian package where that is allowed.</summary>
static class PostgresBinaries
{
    const string DebianFolder = "/usr/lib/postgresql";
    const string InstallCommand = "apt-get install --no-install-recommends postgresql";

    /// <summary>The folder that holds initdb, pg_ctl and postgres; of the wanted major version where a cluster already has one.</summary>
    public static async Task<string> FindOrInstallAsync(EmbeddedPostgresOptions options, string? wantedMajor, CancellationToken cancel)
    {
        if (await FindAsync(options, wantedMajor, cancel).ConfigureAwait(false) is { } found)
            return found;
        if (wantedMajor is not null && await FindAsync(options, null, cancel).ConfigureAwait(false) is { } other)
        {
            throw new EmbeddedPostgresException("POSTGRES_VERSION_MISSING",
                $"The data was made by PostgreSQL {wantedMajor}, but {other} is of another version. "
                + $"Type: sudo apt-get install --no-install-recommends postgresql-{wantedMajor}");
        }

        if (!options.InstallMissing || !Environment.IsPrivilegedProcess || OsCommand.Find("apt-get") is not { } aptGet)
        {
            throw new EmbeddedPostgresException("POSTGRES_NOT_INSTALLED",
                "PostgreSQL is not installed on this machine (and no --database was given). "
                + $"Type: {(Environment.IsPrivilegedProcess ? "" : "sudo ")}{InstallCommand}");
        }

        await InstallAsync(options, aptGet, cancel).ConfigureAwait(false);
        return await FindAsync(options, wantedMajor, cancel).ConfigureAwait(false)
            ?? throw new EmbeddedPostgresException("POSTGRES_NOT_INSTALLED",
                $"The package postgresql was installed but its programs are not in {DebianFolder}/*/bin. Set PRICING_PG_BIN to their folder.");
    }

    static async Task<string?> FindAsync(EmbeddedPostgresOptions options, string? wantedMajor, CancellationToken cancel)
    {
        foreach (var folder in options.BinFolders ?? SearchFolders())
        {
            if (!IsComplete(folder))
                continue;
            if (wantedMajor is null || await MajorAsync(folder, options.Time, cancel).ConfigureAwait(false) == wantedMajor)
                return folder;
        }
        return null;
    }

    static List<string> SearchFolders()
    {
        var folders = new List<string>();
        if (Environment.GetEnvironmentVariable("PRICING_PG_BIN") is { Length: > 0 } given)
            folders.Add(given);
        folders.AddRange((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries));
        if (Directory.Exists(DebianFolder))
        {
            folders.AddRange(Directory.GetDirectories(DebianFolder)
                .OrderByDescending(folder => double.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin")));
        }
        return folders;
    }

    static bool IsComplete(string folder) =>
        new[] { "initdb", "pg_ctl", "postgres" }.All(program => File.Exists(Path.Combine(folder, program)));

    // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)" → "15": what PG_VERSION in a data folder says.
    static async Task<string> MajorAsync(string folder, TimeProvider time, CancellationToken cancel)
    {
        var said = await OsCommand.RunAsync([Path.Combine(folder, "postgres"), "--version"],
            TimeSpan.FromSeconds(Limits.EmbeddedPostgres.CommandSeconds), time, cancel).ConfigureAwait(false);
        var version = said.Output.Split(' ').FirstOrDefault(word => word.Length > 0 && char.IsAsciiDigit(word[0])) ?? "";
        return new string([.. version.TakeWhile(char.IsAsciiDigit)]);
    }

    static async Task InstallAsync(EmbeddedPostgresOptions options, string aptGet, CancellationToken cancel)
    {
        await options.Talk.WriteLineAsync(
            $"PostgreSQL is not installed; installing the Debian package ({InstallCommand}) …").ConfigureAwait(false);

        // Debian's package makes and starts a cluster called main on port 5432; nobody asked for that one.
        const string dropIn = "/etc/postgresql-common/createcluster.d/pricing.conf";
        Directory.CreateDirectory(Path.GetDirectoryName(dropIn)!);
        await File.WriteAllTextAsync(dropIn,
            "# Written by pricing before it installed the package: it keeps a private cluster and needs no \"main\".\n"
            + "create_main_cluster = false\n", cancel).ConfigureAwait(false);

        var limit = TimeSpan.FromSeconds(Limits.EmbeddedPostgres.InstallSeconds);
        string[] install =
            ["/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", aptGet, "install", "-y", "-q", "--no-install-recommends", "postgresql"];
        var installed = await OsCommand.RunAsync(install, limit, options.Time, cancel).ConfigureAwait(false);
        if (!installed.Succeeded)
        {
            // A fresh container has no package lists; one update, one more try.
            await OsCommand.RunAsync([aptGet, "update", "-q"], limit, options.Time, cancel).ConfigureAwait(false);
            installed = await OsCommand.RunAsync(install, limit, options.Time, cancel).ConfigureAwait(false);
        }
        if (!installed.Succeeded)
        {
            throw new EmbeddedPostgresException("POSTGRES_NOT_INSTALLED",
                $"apt-get could not install postgresql. Type: {InstallCommand}\n{installed.Output}");
        }
    }
}
