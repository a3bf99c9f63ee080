using Spectre.Console;

namespace Pricing.Cli;

/// <summary>
/// Where a command talks: data to <see cref="Out"/>, everything else to <see cref="Error"/>. Tests put strings in their place.
/// </summary>
sealed class Terminal
{
    /// <summary>Width of tables that go into a file or a pipe.</summary>
    const int PipeWidth = 160;

    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }

    /// <summary>True when a person watches stderr: progress may rewrite its line.</summary>
    public bool IsErrorLive { get; init; }

    /// <summary>True when stdout is a terminal that shows colours.</summary>
    public bool HasColour { get; init; }

    public int Width { get; init; } = PipeWidth;

    /// <summary>The data folder of the embedded platform: <c>PRICING_HOME</c>, else the XDG data folder.</summary>
    public string Home { get; init; } = "";

    /// <summary>The process's own terminal. <c>NO_COLOR</c> and <c>TERM=dumb</c> are obeyed.</summary>
    public static Terminal OfProcess()
    {
        var plain = Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 } || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal
        {
            Out = Console.Out,
            Error = Console.Error,
            IsErrorLive = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
            HasColour = !Console.IsOutputRedirected && !plain,
            Width = Console.IsOutputRedirected ? PipeWidth : Math.Max(60, WindowWidth()),
            Home = HomeOf(Environment.GetEnvironmentVariable("PRICING_HOME"), Environment.GetEnvironmentVariable("XDG_DATA_HOME"),
                Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)),
        };
    }

    /// <summary>The embedded platform's folder, from the three places that may say it.</summary>
    public static string HomeOf(string? pricingHome, string? xdgDataHome, string userProfile) =>
        pricingHome is { Length: > 0 } ? Path.GetFullPath(pricingHome)
        : xdgDataHome is { Length: > 0 } && Path.IsPathRooted(xdgDataHome) ? Path.Combine(xdgDataHome, "pricing")
        : Path.Combine(userProfile, ".local", "share", "pricing");

    /// <summary>A Spectre console that writes tables to <see cref="Out"/>.</summary>
    public IAnsiConsole Tables()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = HasColour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = HasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(Out),
        });
        console.Profile.Width = Width;
        console.Profile.Capabilities.Unicode = true;
        return console;
    }

    static int WindowWidth()
    {
        try
        {
            return Console.WindowWidth;
        }
        catch (IOException)
        {
            // No window behind the terminal (some CI runners).
            return PipeWidth;
        }
    }
}
