using System.CommandLine;
using System.Globalization;
using Pricing.Cli.Bench;
using Pricing.Cli.Load;
using Pricing.Cli.Output;
using Pricing.Cli.Serving;
using Pricing.Client;
using Spectre.Console;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing load</c>: a fixed rate of requests, whatever the answers; a line a second, percentiles at the end.</summary>
static class LoadCommand
{
    const string DefaultMix = "new=1,known-model=4,known-price=15";

    public static Command Create(Terminal terminal)
    {
        var rate = new Option<double>("--rate") { Description = "Requests per second, sent by the clock.", HelpName = "R", DefaultValueFactory = _ => 100 };
        var seconds = new Option<int>("--seconds") { Description = "How long to send.", HelpName = "S", DefaultValueFactory = _ => 10 };
        var mix = new Option<string>("--mix") { Description = "Shares of new models, quotes for known models, previews of known prices.", HelpName = "KIND=N,…", DefaultValueFactory = _ => DefaultMix };
        var server = new Option<string?>("--server") { Description = "Platform to load: http://host:port. Default: one is started for this call.", HelpName = "URL" };
        var partners = new Option<int>("--partners") { Description = "Partners the load comes from, in turn, each with a connection of its own.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var inFlight = new Option<int>("--in-flight") { Description = "Most requests unanswered at a time; what is due above that is counted as not sent.", HelpName = "N", DefaultValueFactory = _ => 1_000 };
        var save = new Option<string?>("--save") { Description = "Keep the table there, per machine, as JSON and Markdown.", HelpName = "DIR" };
        var json = Inputs.Json();
        var command = new Command("load", "Load a platform by a fixed schedule and tell how long answers took, counted from when each request was due.")
        {
            rate, seconds, mix, server, partners, inFlight, save, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var perSecond = parsed.GetValue(rate);
            if (perSecond is not (> 0 and <= Limits.Cli.LoadRateMax))
                throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", "--rate", $"more than 0, up to {Limits.Cli.LoadRateMax}", perSecond.ToString(CultureInfo.InvariantCulture));
            var shares = LoadMix.Parse(parsed.GetRequiredValue(mix))
                ?? throw Inputs.Wrong("MIX_NOT_UNDERSTOOD", "The mix is not understood.", "--mix", "kinds and shares: " + DefaultMix, parsed.GetRequiredValue(mix));
            return RunAsync(perSecond, InRange("--seconds", parsed.GetValue(seconds), Limits.Cli.LoadSecondsMax), shares, parsed.GetRequiredValue(mix),
                QuoteCommand.ParseServer(parsed.GetValue(server)), InRange("--partners", parsed.GetValue(partners), Limits.Cli.LoadPartnersMax),
                InRange("--in-flight", parsed.GetValue(inFlight), Limits.Cli.LoadInFlightMax), parsed.GetValue(save), parsed.GetValue(json), terminal, cancellation);
        });
        return command;
    }

    static async Task<int> RunAsync(double rate, int seconds, LoadMix mix, string mixText, Uri? server, int partners, int inFlight, string? save, bool json,
        Terminal terminal, CancellationToken cancellation)
    {
        await using var platform = server is null ? await Platform.StartAsync(PlatformPlan.ForOneCall(terminal), cancellation) : null;
        var address = server ?? platform!.Coordinator!;
        using var load = await ConnectAsync(address, partners, cancellation);
        var tally = new LoadTally(mix.Kinds);
        var before = Machine.Load();
        await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"loading {address}: {rate} requests/s for {seconds} s, {mixText}, {partners} partners"));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var lines = LinesAsync(tally, terminal, over.Token);
        try
        {
            await new OpenLoop(rate, TimeSpan.FromSeconds(seconds), inFlight, mix, tally, load.SendAsync, TimeProvider.System)
                .RunAsync(TimeSpan.FromSeconds(Limits.Cli.LoadDrainSeconds), cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop: the table tells what there was until now.
        }
        await over.CancelAsync();
        await lines;
        await ReportAsync(tally, string.Create(CultureInfo.InvariantCulture,
            $"load before {before}, after {Machine.Load()}; {rate} requests/s for {seconds} s by a fixed schedule, {mixText}, {partners} partners, at most {inFlight} in flight; "
            + $"times from when a request was due to its answer, ms; {(server is null ? "platform in this process, with its own database" : "platform elsewhere")}"),
            save, json, terminal);
        return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    static async Task<LoadPartners> ConnectAsync(Uri address, int partners, CancellationToken cancellation)
    {
        try
        {
            return await LoadPartners.ConnectAsync(address, partners, cancellation);
        }
        catch (PricingException error) when (error.Reason == "UNAVAILABLE")
        {
            throw new FaultException(new Fault(ExitCode.Unavailable, error.Reason, "The platform cannot be reached.", "server", "", address.ToString()), error);
        }
    }

    /// <summary>A line a second until told to stop.</summary>
    static async Task LinesAsync(LoadTally tally, Terminal terminal, CancellationToken over)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var second = 1; await timer.WaitForNextTickAsync(over); second++)
            {
                var s = tally.TakeSecond();
                await terminal.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                    $"{second,4} s: sent {s.Sent}, ok {s.Ok}, refused {s.Refused}, not sent {s.NotSent}, in flight {s.InFlight}, p50 {s.P50Ms:0.00} ms, p99 {s.P99Ms:0.00} ms"));
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    static async Task ReportAsync(LoadTally tally, string head, string? save, bool json, Terminal terminal)
    {
        string[] titles = ["kind", "sent", "ok", "refused", "not sent", "unanswered", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"];
        IReadOnlyList<object>[] rows = [.. tally.Rows().Select(row => (IReadOnlyList<object>)[row.Kind, row.Sent, row.Ok, row.Refused, row.NotSent, row.Unanswered,
            Ms(row.Times.PercentileNs(50)), Ms(row.Times.PercentileNs(90)), Ms(row.Times.PercentileNs(99)), Ms(row.Times.PercentileNs(99.9)), Ms(row.Times.HighestNs)])];
        var reasons = string.Join(", ", tally.Reasons().Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Key} {r.Value}")));
        if (reasons.Length > 0)
            head += "; refused: " + reasons;
        if (save is not null)
            SavedResults.Write(save, "load", "Load by a fixed schedule", head, titles, rows);
        if (json)
        {
            JsonText.Write(terminal.Out, writer => SavedResults.Json(writer, head, titles, rows));
            return;
        }
        await terminal.Out.WriteLineAsync(Machine.Describe());
        await terminal.Out.WriteLineAsync(head);
        await terminal.Out.FlushAsync();
        var table = new Table().Border(TableBorder.Rounded).AddColumn(titles[0]);
        foreach (var title in titles.Skip(1))
            table.AddColumn(new TableColumn(title).RightAligned());
        foreach (var row in rows)
            table.AddRow([.. row.Select(cell => Markup.Escape(SavedResults.Text(cell)))]);
        terminal.Tables().Write(table);
        await terminal.Out.FlushAsync();

        static double Ms(long ns) => Math.Round(ns / 1e6, 3);
    }

    static int InRange(string option, int value, int most) => value >= 1 && value <= most
        ? value
        : throw Inputs.Wrong("VALUE_OUT_OF_RANGE", "The value is out of range.", option, $"1 to {most}", $"{value}");
}
