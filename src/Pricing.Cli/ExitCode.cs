namespace Pricing.Cli;

/// <summary>What the program answers to its caller; the numbers of BSD's sysexits.h where one fits. Documented in docs/cli.md.</summary>
static class ExitCode
{
    /// <summary>Done as asked.</summary>
    public const int Ok = 0;

    /// <summary>Ended without a firm price, or some of several files failed.</summary>
    public const int NotFirm = 1;

    /// <summary>The command line, or what it asks for, is not understood: unknown option, process, material, currency, quantity.</summary>
    public const int Usage = 64;

    /// <summary>The input file is at fault.</summary>
    public const int Data = 65;

    /// <summary>The input file does not exist or cannot be opened.</summary>
    public const int NoInput = 66;

    /// <summary>The platform cannot be reached or started.</summary>
    public const int Unavailable = 69;

    /// <summary>A fault of this program. Nothing a caller can mend.</summary>
    public const int Internal = 70;

    /// <summary>An output file cannot be written.</summary>
    public const int CannotCreate = 73;

    /// <summary>Reading or writing failed half-way.</summary>
    public const int InputOutput = 74;

    /// <summary>Not now: try again later.</summary>
    public const int Temporary = 75;

    /// <summary>Not allowed.</summary>
    public const int NoPermission = 77;

    /// <summary>Ended by Ctrl-C or SIGTERM: 128 + the signal's number, as a shell reports it.</summary>
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
