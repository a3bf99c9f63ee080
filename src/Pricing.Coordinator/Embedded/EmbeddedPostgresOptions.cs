namespace Pricing.Coordinator.Embedded;

/// <summary>Where the private cluster lives and how it talks.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>The program's home folder; the cluster is kept in <c>postgres/</c> below it.</summary>
    public required string Home { get; init; }

    /// <summary>Receives one plain sentence for each step a person may wonder about (first creation, fallback folder, installation).</summary>
    public TextWriter Talk { get; init; } = TextWriter.Null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Folders searched for the binaries, in order; null = PRICING_PG_BIN, PATH, then /usr/lib/postgresql/*/bin, newest first.</summary>
    public IReadOnlyList<string>? BinFolders { get; init; }

    /// <summary>When the binaries are missing, root may install the Debian package; otherwise the command to type is the error's message.</summary>
    public bool InstallMissing { get; init; } = true;

    /// <summary>The unprivileged account the server runs as when this process is root; null = PRICING_PG_USER, then postgres, then nobody.</summary>
    public string? Account { get; init; }

    /// <summary>Starts the server again when it dies under us. Off only where a test wants to see it dead.</summary>
    public bool KeepRunning { get; init; } = true;
}

/// <summary>The private cluster cannot be had; the message says what to do, in one sentence.</summary>
public sealed class EmbeddedPostgresException(string reason, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>
    /// Stable UPPER_SNAKE code: POSTGRES_NOT_INSTALLED, POSTGRES_VERSION_MISSING, POSTGRES_ACCOUNT_MISSING, POSTGRES_FOLDER_UNUSABLE,
    /// POSTGRES_INIT_FAILED, POSTGRES_START_FAILED, POSTGRES_STOP_FAILED, POSTGRES_BUSY.
    /// </summary>
    public string Reason { get; } = reason;
}
