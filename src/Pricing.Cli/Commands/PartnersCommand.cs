using System.CommandLine;
using Grpc.Core;
using Grpc.Net.Client;
using Pricing.Cli.Output;
using Pricing.Client;
using Pricing.Ops.V1;

namespace Pricing.Cli.Commands;

/// <summary><c>pricing partners list|set</c>: in which lane a partner queues, and with what weight. Always asks a running platform.</summary>
static class PartnersCommand
{
    public static Command Create(Terminal terminal)
    {
        var server = new Option<string>("--server") { Description = "Platform to ask, e.g. http://127.0.0.1:50051.", HelpName = "URL", Required = true };
        var json = Inputs.Json();
        var list = new Command("list", "List partners with terms of their own; all others queue in lane b2c with weight 1.") { server, json };
        list.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetRequiredValue(server), ops => ListAsync(ops, cancellation), parsed.GetValue(json), terminal));

        var partner = new Argument<string>("partner") { Description = "The partner's id.", HelpName = "PARTNER" };
        var lane = new Option<string>("--lane") { Description = "b2b or b2c.", HelpName = "LANE", Required = true };
        var weight = new Option<int>("--weight") { Description = "Share within the lane, 1 to 100, relative to the others'.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var set = new Command("set", "Set a partner's lane and weight, for jobs enqueued from then on.") { partner, server, lane, weight, json };
        set.SetAction((parsed, cancellation) =>
        {
            var terms = new PartnerTerms
            {
                Name = $"partners/{parsed.GetRequiredValue(partner)}/terms",
                Lane = ParseLane(parsed.GetRequiredValue(lane)),
                Weight = parsed.GetValue(weight),
            };
            return RunAsync(parsed.GetRequiredValue(server), async ops =>
                [await ops.UpdatePartnerTermsAsync(new UpdatePartnerTermsRequest { PartnerTerms = terms }, cancellationToken: cancellation)], parsed.GetValue(json), terminal);
        });
        return new Command("partners", "How partners queue for the pool.") { list, set };
    }

    static async Task<int> RunAsync(
        string server, Func<OpsService.OpsServiceClient, Task<IReadOnlyList<PartnerTerms>>> ask, bool json, Terminal terminal)
    {
        using var channel = GrpcChannel.ForAddress(ParseServer(server));
        try
        {
            var terms = await ask(new OpsService.OpsServiceClient(channel));
            if (json)
                Write(terms, terminal);
            else
                foreach (var partner in terms)
                    await terminal.Out.WriteLineAsync($"{PartnerOf(partner),-40} {LaneOf(partner)} {partner.Weight,4}");
            return ExitCode.Ok;
        }
        catch (RpcException error)
        {
            throw PricingException.From(error);
        }
    }

    /// <summary>Every page; the platform bounds how many partners there are.</summary>
    static async Task<IReadOnlyList<PartnerTerms>> ListAsync(OpsService.OpsServiceClient ops, CancellationToken cancellation)
    {
        var all = new List<PartnerTerms>();
        var request = new ListPartnerTermsRequest { PageSize = Limits.Quote.PageSizeMax };
        do
        {
            var page = await ops.ListPartnerTermsAsync(request, cancellationToken: cancellation);
            all.AddRange(page.PartnerTerms);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return all;
    }

    static void Write(IReadOnlyList<PartnerTerms> terms, Terminal terminal) => JsonText.Write(terminal.Out, writer =>
    {
        writer.WriteStartArray();
        foreach (var partner in terms)
        {
            writer.WriteStartObject();
            writer.WriteString("partner", PartnerOf(partner));
            writer.WriteString("lane", LaneOf(partner));
            writer.WriteNumber("weight", partner.Weight);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    });

    static Lane ParseLane(string text) => text switch
    {
        "b2b" => Lane.B2B,
        "b2c" => Lane.B2C,
        _ => throw Inputs.Wrong("LANE_UNKNOWN", "The lane is not known.", "--lane", "b2b, b2c", text),
    };

    static Uri ParseServer(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
        ? address
        : throw Inputs.Wrong("NOT_AN_ADDRESS", "The server address is not understood.", "--server", "http://host:port or https://host:port", text);

    static string PartnerOf(PartnerTerms terms) => terms.Name.Split('/') is ["partners", var partner, "terms"] ? partner : terms.Name;

    static string LaneOf(PartnerTerms terms) => terms.Lane is Lane.B2B ? "b2b" : "b2c";
}
