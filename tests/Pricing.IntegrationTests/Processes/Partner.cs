using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Pricing.IntegrationTests.Models;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Processes;

/// <summary>A partner's calls as they are on the wire, without the SDK's own retries: the tests decide when to ask again.</summary>
sealed class Partner : IDisposable
{
    const string Parent = "partners/local";
    readonly GrpcChannel _channel;

    public Partner(Uri coordinator)
    {
        _channel = GrpcChannel.ForAddress(coordinator);
        Quotes = new QuoteService.QuoteServiceClient(_channel);
        Models = new ModelService.ModelServiceClient(_channel);
    }

    public QuoteService.QuoteServiceClient Quotes { get; }
    public ModelService.ModelServiceClient Models { get; }

    public static bool HasEnded(Quote quote) => quote.State is not (Quote.Types.State.Measuring or Quote.Types.State.Unspecified);

    /// <summary>Stores a model and answers its name.</summary>
    public async Task<string> UploadAsync(byte[] model)
    {
        using var call = Models.UploadModel();
        await call.RequestStream.WriteAsync(new UploadModelRequest
        {
            Header = new UploadHeader { Parent = Parent, Sha256 = GeneratedModel.Sha256(model), SizeBytes = model.Length, FileName = "torus.stl" },
        });
        foreach (var chunk in model.Chunk(Limits.Wire.ChunkBytes))
            await call.RequestStream.WriteAsync(new UploadModelRequest { Chunk = ByteString.CopyFrom(chunk) });
        await call.RequestStream.CompleteAsync();
        return (await call).Name;
    }

    public static CreateQuoteRequest Request(string model, string requestId, TimeSpan wait = default) => new()
    {
        Parent = Parent,
        RequestId = requestId,
        Wait = Duration.FromTimeSpan(wait),
        Quote = new Quote
        {
            Model = model,
            Configurations = { new Configuration { Process = "fdm", Material = "pla" } },
            Quantities = { 1, 10 },
        },
    };

    public async Task<IReadOnlyList<Quote>> ListAsync() =>
        [.. (await Quotes.ListQuotesAsync(new ListQuotesRequest { Parent = Parent })).Quotes];

    /// <summary>Watches a quote to its end; tells each progress frame. A lost stream is opened again, as a client must.</summary>
    public async Task<Quote> WatchAsync(string name, Func<QuoteProgress, Task>? progress = null)
    {
        using var patience = new CancellationTokenSource(PricingProcess.Patience);
        while (true)
        {
            try
            {
                using var call = Quotes.WatchQuote(new WatchQuoteRequest { Name = name }, cancellationToken: patience.Token);
                await foreach (var frame in call.ResponseStream.ReadAllAsync(patience.Token))
                {
                    if (frame.EventCase == WatchQuoteResponse.EventOneofCase.Quote)
                        return frame.Quote;
                    if (frame.EventCase == WatchQuoteResponse.EventOneofCase.Progress && progress is not null)
                        await progress(frame.Progress);
                }
            }
            catch (RpcException lost) when (lost.StatusCode == StatusCode.Unavailable && !patience.IsCancellationRequested)
            {
                // Each try dials, and dialling a dead port takes the channel's own back-off; the token bounds them all.
            }
        }
    }

    public void Dispose() => _channel.Dispose();
}
