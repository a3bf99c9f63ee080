using System.Globalization;
using Pricing.Client;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;
using Pricing.Quoting.V1;

namespace Pricing.Cli.Load;

/// <summary>The partners a load comes from: each has its own connection and one model that is measured before the load begins.</summary>
sealed class LoadPartners : IDisposable
{
    const int StlHeaderBytes = 80;

    readonly List<(PricingClient Client, Model Model)> _partners = [];
    readonly byte[] _part = MeshWriter.ToBytes(ExampleModels.All.Single(e => e.Name == "box").Build(), MeshFormat.StlBinary);

    /// <summary>Connects, uploads and measures; nothing of it is counted.</summary>
    public static async Task<LoadPartners> ConnectAsync(Uri server, int count, CancellationToken cancellation)
    {
        var partners = new LoadPartners();
        try
        {
            for (var i = 1; i <= count; i++)
            {
                // One try each: a load that repeats what was refused measures itself.
                var client = new PricingClient(server, new PricingClientOptions { Partner = string.Create(CultureInfo.InvariantCulture, $"partners/load-{i}"), Attempts = 1 });
                var model = (await client.Models.UploadAsync(new MemoryStream(partners._part), "load.stl", cancellation: cancellation)).Model;
                partners._partners.Add((client, model));
                await client.Quotes.PriceAsync(model, Asked(), cancellation: cancellation);
            }
            return partners;
        }
        catch (Exception)
        {
            partners.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request and waits for its end. Null when it was answered well, else the reason it was not.</summary>
    public async Task<string?> SendAsync(LoadKind kind, long number, CancellationToken cancellation)
    {
        var (client, model) = _partners[(int)(number % _partners.Count)];
        try
        {
            switch (kind)
            {
                case LoadKind.New:
                    var upload = await client.Models.UploadAsync(new MemoryStream(NeverSeen()), "load-new.stl", cancellation: cancellation);
                    return ReasonOf(await client.Quotes.PriceAsync(upload.Model, Asked(), cancellation: cancellation));
                case LoadKind.KnownModel:
                    return ReasonOf(await client.Quotes.PriceAsync(model, Asked(), cancellation: cancellation));
                default:
                    await client.Quotes.PreviewAsync(model, Asked(), cancellation);
                    return null;
            }
        }
        catch (PricingException refused)
        {
            return refused.Reason;
        }
    }

    public void Dispose() => _partners.ForEach(p => p.Client.Dispose());

    static string? ReasonOf(Quote quote) => quote.State is Quote.Types.State.Failed ? quote.Failure.Reason : null;

    static Client.QuoteRequest Asked() => new() { Configurations = [new Configuration { Process = "fdm" }], Quantities = [1, 10, 100] };

    /// <summary>The same part in a file of its own: 16 bytes of the header, which no decoder reads, are different every time.</summary>
    byte[] NeverSeen()
    {
        var bytes = _part.AsSpan().ToArray();
        Guid.NewGuid().TryWriteBytes(bytes.AsSpan(StlHeaderBytes - 16));
        return bytes;
    }
}
