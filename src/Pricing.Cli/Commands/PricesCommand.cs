using System.CommandLine;
using Pricing.Cli.Output;
using Pricing.Cost;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing prices check FILE</c>: reads a price list as the platform would and prints everything that is wrong with it.</summary>
static class PricesCommand
{
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("file") { Description = "A price list (YAML).", HelpName = "FILE.yaml" };
        var json = Inputs.Json();
        var check = new Command("check", "Check a price list and print all faults at once: line, path, reason.") { file, json };
        check.SetAction((parsed, _) => Task.FromResult(Check(parsed.GetRequiredValue(file), parsed.GetValue(json), terminal)));
        return new Command("prices", "Work on price lists.") { check };
    }

    static int Check(string file, bool json, Terminal terminal)
    {
        var length = new FileInfo(file).Length;
        if (length > Limits.PriceList.DocumentBytesMax)
            throw new FaultException(new Fault(ExitCode.Data, "DOCUMENT_TOO_LARGE", "The price list is too large.", "file",
                $"{Limits.PriceList.DocumentBytesMax} bytes", $"{length} bytes"));
        var result = PriceListParser.Parse(File.ReadAllText(file));
        if (json)
            JsonText.Write(terminal.Out, writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", file);
                writer.WriteBoolean("valid", result.PriceList is not null);
                writer.WriteString("id", result.PriceList?.Id);
                if (result.PriceList is { } list)
                    writer.WriteNumber("version", list.Version);
                writer.WriteStartArray("faults");
                foreach (var fault in result.Faults)
                {
                    writer.WriteStartObject();
                    writer.WriteString("path", fault.Path);
                    writer.WriteNumber("line", fault.Line);
                    writer.WriteString("reason", fault.Reason);
                    writer.WriteString("limit", fault.Limit);
                    writer.WriteString("actual", fault.Actual);
                    writer.WriteString("message", fault.Message);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
        else
        {
            // file:line: message, as compilers say it, so that editors can jump there.
            foreach (var fault in result.Faults)
                terminal.Out.WriteLine($"{file}:{fault.Line}: {fault.Path}: {fault.Message}{Facts(fault)} [{fault.Reason}]");
            terminal.Out.WriteLine(result.PriceList is { } list
                ? $"{file}: valid; {list.Id} version {list.Version}, {list.CurrencyCode}, sha256 {list.Sha256}"
                : $"{file}: {result.Faults.Count} {(result.Faults.Count == 1 ? "fault" : "faults")}");
        }
        return result.PriceList is not null ? ExitCode.Ok : ExitCode.Data;
    }

    static string Facts(PriceListFault fault) => string.Concat(
        fault.Limit.Length > 0 ? $" Limit: {fault.Limit}." : "", fault.Actual.Length > 0 ? $" Actual: {fault.Actual}." : "");
}
