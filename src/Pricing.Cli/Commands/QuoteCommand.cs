using System.CommandLine;
using System.Diagnostics;
using Pricing.Cli.Output;
using Pricing.Cli.Serving;
using Pricing.Client;
using Pricing.Quoting.V1;
using Unit = Pricing.Geometry.LengthUnit;

namespace Pricing.Cli.Commands;

/// <summary>
/// <c>pricing quote FILE…</c>: prices models through the partner SDK, on a server or on a platform that lives for this call.
/// Both ways are the same gRPC calls; only the address differs.
/// </summary>
static class QuoteCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = Inputs.Files();
        var process = List("--process", "-p", "Process, e.g. fdm, sla, sls, mjf, lpbf, casting. Default: every process of the price list.", "ID");
        var material = List("--material", "-m", "Material of the price list. Default: the process's standard material.", "ID");
        var finish = List("--finish", "-f", "Finish of the price list. Default: as made.", "ID");
        var leadTime = List("--lead-time", "-l", "economy, standard or express. Default: standard.", "ID");
        var quantities = List("--qty", "-q", "Quantities to price. Default: 1,10,100.", "N,N,…");
        var currency = new Option<string>("--currency", "-c") { Description = "Currency, ISO 4217. Default: the price list's own.", HelpName = "CODE", DefaultValueFactory = _ => "" };
        var unit = Inputs.Unit();
        var scale = Inputs.Scale();
        var explain = new Option<bool>("--explain") { Description = "Print how every price comes about: each line with formula and inputs." };
        var server = new Option<string?>("--server") { Description = "Platform to ask, e.g. http://127.0.0.1:50051. Default: one that runs for this call, with its data in $PRICING_HOME.", HelpName = "URL" };
        var json = Inputs.Json();
        var command = new Command("quote", "Price models: a ladder of prices per process, material and quantity, with reasons.")
        {
            files, process, material, finish, leadTime, quantities, currency, unit, scale, explain, server, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var asked = Inputs.ParseQuantities(parsed.GetValue(quantities) ?? []);
            var measure = MeasureOptionsOf(Inputs.ParseUnit(parsed.GetValue(unit)), Inputs.CheckScale(parsed.GetValue(scale)));
            // A fresh request id per file: each is its own quote.
            QuoteRequest Request() => new()
            {
                Configurations = Combine(parsed.GetValue(process), parsed.GetValue(material), parsed.GetValue(finish), parsed.GetValue(leadTime)),
                Quantities = asked.Count > 0 ? asked : [1, 10, 100],
                CurrencyCode = parsed.GetValue(currency) ?? "",
                MeasureOptions = measure,
            };
            return RunAsync(parsed.GetRequiredValue(files), Request, ParseServer(parsed.GetValue(server)), parsed.GetValue(json),
                parsed.GetValue(explain), terminal, cancellation);
        });
        return command;
    }

    /// <summary>Every combination of what was listed; nothing listed is the platform's own default.</summary>
    internal static IReadOnlyList<Configuration> Combine(string[]? processes, string[]? materials, string[]? finishes, string[]? leadTimes)
    {
        var all =
            from process in OrDefault(processes)
            from material in OrDefault(materials)
            from finish in OrDefault(finishes)
            from leadTime in OrDefault(leadTimes)
            select new Configuration { Process = process, Material = material, Finish = finish, LeadTime = leadTime };
        // One more than allowed is enough for the platform to refuse it, whatever the product of the lists.
        return [.. all.Take(Limits.Quote.ConfigurationsMax + 1)];

        static string[] OrDefault(string[]? texts) => Inputs.Split(texts ?? []).ToArray() is { Length: > 0 } given ? given : [""];
    }

    static async Task<int> RunAsync(string[] files, Func<QuoteRequest> request, Uri? server, bool json, bool explain, Terminal terminal,
        CancellationToken cancellation)
    {
        // Nothing is started for files that cannot be read.
        if (server is null && !files.Any(File.Exists))
            return await FileLoop.RunAsync(files, json, terminal, (_, _) => throw new UnreachableException());

        var started = Stopwatch.GetTimestamp();
        await using var platform = server is null ? await Platform.StartAsync(PlatformPlan.ForOneCall(terminal), cancellation) : null;
        var startMs = server is null ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : 0;
        var address = server ?? platform!.Coordinator!;
        await using var client = new PricingClient(address, new PricingClientOptions
        {
            // Once per call: the last try speaks for itself.
            OnRetry = notice =>
            {
                if (notice.Attempt == 1)
                    terminal.Error.WriteLine($"pricing: {address} does not answer; trying again");
            },
        });
        return await FileLoop.RunAsync(files, json, terminal, async (file, progress) =>
        {
            PricedFile priced;
            try
            {
                priced = await PriceAsync(client, file, request(), progress, startMs, cancellation);
            }
            catch (PricingException error) when (error.Reason == "UNAVAILABLE")
            {
                throw new FaultException(new Fault(ExitCode.Unavailable, error.Reason, "The platform cannot be reached.", "server", "", address.ToString()), error);
            }
            progress.Clear();
            if (priced.Quote.State == Quote.Types.State.Failed)
                throw new FaultException(Fault.From(priced.Quote.Failure));
            if (priced.Quote.State == Quote.Types.State.Cancelled)
                throw new FaultException(new Fault(ExitCode.Temporary, "QUOTE_CANCELLED", "The quote was cancelled.", "quote", "", priced.Quote.Name));
            if (!json)
                QuoteText.Write(terminal, file, priced, explain);
            return new FileOutcome(priced.Quote.State == Quote.Types.State.Priced ? ExitCode.Ok : ExitCode.NotFirm,
                writer => QuoteJson.Write(writer, file, priced));
        });
    }

    static async Task<PricedFile> PriceAsync(PricingClient client, string file, QuoteRequest request, ProgressLine progress, double startMs,
        CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        var upload = await client.Models.UploadAsync(file, new TellingUpload(progress), cancellation);
        var uploadMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var quote = await client.Quotes.PriceAsync(upload.Model, request, new TellingQuote(progress), cancellation);
        var totalMs = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        var firstMs = quote.MeasurementCached ? await FirstMsAsync(client, quote, cancellation) : null;
        return new PricedFile(quote, upload.AlreadyKnown, startMs, uploadMs, totalMs - uploadMs, totalMs, firstMs, upload.BytesSent, upload.BytesReused);
    }

    /// <summary>How long the quote took that measured the same model in the same way, if it is among the newest.</summary>
    static async Task<double?> FirstMsAsync(PricingClient client, Quote known, CancellationToken cancellation)
    {
        await foreach (var earlier in client.Quotes.ListAsync(cancellation).Take(Limits.Quote.PageSizeDefault))
            if (!earlier.MeasurementCached && earlier.Timing is not null && earlier.Model == known.Model && Equals(earlier.MeasureOptions, known.MeasureOptions))
                return earlier.Timing.TotalMs;
        return null;
    }

    internal static Uri? ParseServer(string? text)
    {
        if (text is null)
            return null;
        // "host:port" alone parses as a scheme; a person means http.
        var withScheme = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(withScheme, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "unix"
            ? uri
            : throw Inputs.Wrong("NOT_AN_ADDRESS", "The server address is not understood.", "--server", "http://host:port, https://host:port or unix:///path", text);
    }

    /// <summary>Absent options stay absent, so that the question equals the default one and shares its cached measurement.</summary>
    static MeasureOptions? MeasureOptionsOf(Unit? unit, double scale) => unit is null && scale == 1
        ? null
        : new MeasureOptions
        {
            Unit = unit switch
            {
                null => LengthUnit.Unspecified,
                Unit.Millimetre => LengthUnit.Millimetre,
                Unit.Centimetre => LengthUnit.Centimetre,
                Unit.Metre => LengthUnit.Metre,
                Unit.Inch => LengthUnit.Inch,
                Unit.Foot => LengthUnit.Foot,
                Unit.Micrometre => LengthUnit.Micrometre,
                _ => throw new UnreachableException(),
            },
            Scale = scale == 1 ? 0 : scale,
        };

    static Option<string[]> List(string name, string alias, string description, string helpName) => new(name, alias)
    {
        Description = description,
        HelpName = helpName,
    };

    sealed class TellingUpload(ProgressLine line) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => line.Show(value.Stage == UploadStage.Hashing ? "reading" : "uploading",
            value.BytesDone, value.BytesTotal, Words.Bytes(value.BytesDone));
    }

    sealed class TellingQuote(ProgressLine line) : IProgress<QuoteProgress>
    {
        public void Report(QuoteProgress value)
        {
            switch (value.Stage)
            {
                case QuoteProgress.Types.Stage.Queued:
                    line.Show("waiting", 0, 0, value.QueuePosition > 0 ? $"place {value.QueuePosition} in the queue" : "");
                    break;
                case QuoteProgress.Types.Stage.Measuring:
                    line.Show("measuring", value.BytesDone, value.BytesTotal, Words.Bytes(value.BytesDone));
                    break;
                case QuoteProgress.Types.Stage.Estimating:
                    line.Show("estimating", value.LayersDone, value.LayersTotal, value.LayersTotal > 0 ? $"layer {value.LayersDone} of {value.LayersTotal}" : "");
                    break;
                default:
                    line.Show("pricing", 0, 0, "");
                    break;
            }
        }
    }
}
