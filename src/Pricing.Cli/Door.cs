using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;
using Pricing.Cli.Commands;
using Pricing.Cli.Output;

namespace Pricing.Cli;

/// <summary>The door of the program: arguments in, exit code out. Tests enter here too.</summary>
static partial class Door
{
    /// <summary>
    /// 1. Parses; a mistake is one sentence and exit code 64. 2. Runs the verb. 3. Turns whatever it throws into one sentence on stderr,
    /// with <c>--json</c> also an error object on stdout, and the exit code of the fault. No stack trace reaches a user
    /// (<c>PRICING_DEBUG=1</c> prints it for us).
    /// </summary>
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellation)
    {
        var root = Root(terminal);
        var parsed = root.Parse(arguments.Length > 0 ? arguments : ["--help"]);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
            return Report(new Fault(ExitCode.Usage, "USAGE", Plain(parsed.Errors[0].Message, parsed.CommandResult.Command), "arguments"), parsed, terminal,
                $"Try: pricing {string.Join(' ', NamesOf(parsed.CommandResult.Command))}--help");
        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                // Signals are the program's own business: see Program.cs.
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(invocation, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception error) when (Environment.GetEnvironmentVariable("PRICING_DEBUG") != "1")
        {
            var fault = Fault.From(error)
                ?? new Fault(ExitCode.Internal, "INTERNAL", $"The program failed: {error.Message} Please report this; PRICING_DEBUG=1 shows where.");
            return Report(fault, parsed, terminal);
        }
    }

    static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand("Prices 3D models for manufacturing: measures a mesh once, prices it in microseconds, explains every line.")
        {
            QuoteCommand.Create(terminal),
            MeasureCommand.Create(terminal),
            ServeCommand.Create(terminal),
            PricesCommand.Create(terminal),
            PartnersCommand.Create(terminal),
            ExamplesCommand.Create(terminal),
            GenerateCommand.Create(terminal),
            BenchCommand.Create(terminal),
            SimCommand.Create(terminal),
            LoadCommand.Create(terminal),
            ChaosCommand.Create(terminal),
        };
        return root;
    }

    static int Report(Fault fault, ParseResult parsed, Terminal terminal, string? hint = null)
    {
        terminal.Error.WriteLine($"pricing: {fault.Line()}");
        if (hint is not null)
            terminal.Error.WriteLine(hint);
        if (parsed.Tokens.Any(token => token.Value == "--json"))
            JsonText.Write(terminal.Out, json => JsonText.Error(json, fault));
        return fault.ExitCode;
    }

    /// <summary>The parser's two sentences that speak of .NET types and commands, said for a person.</summary>
    static string Plain(string message, Command command)
    {
        if (Unreadable().Match(message) is { Success: true } unreadable)
            return $"{unreadable.Groups["option"]} does not take '{unreadable.Groups["value"]}'" + unreadable.Groups["type"].Value switch
            {
                "Int32" or "Int64" => ": a whole number is expected.",
                "Double" => ": a number is expected.",
                _ => ".",
            };
        return message.StartsWith("Required argument missing", StringComparison.Ordinal) && command.Arguments is [var missing, ..]
            ? $"'{command.Name}' needs {missing.HelpName ?? missing.Name}."
            : message;
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for option '(?<option>[^']*)' as expected type '(.*\.)?(?<type>[^'.]*)'", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Unreadable();

    static IEnumerable<string> NamesOf(Command command) => command is RootCommand ? [] : [.. NamesOf((Command)command.Parents.First()), command.Name + " "];
}
