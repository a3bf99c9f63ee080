using System.Runtime.CompilerServices;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>Quotes: ask, watch, read, cancel.</summary>
public sealed class Quotes
{
    readonly QuoteService.QuoteServiceClient _service;
    readonly PriceService.PriceServiceClient _prices;
    readonly PricingClientOptions _options;
    readonly Retry _retry;

    internal Quotes(QuoteService.QuoteServiceClient service, PriceService.PriceServiceClient prices, PricingClientOptions options, Retry retry)
    {
        _service = service;
        _prices = prices;
        _options = options;
        _retry = retry;
    }

    /// <summary>Accepts a quote. The reply is finished when the measurement was known (or finished within <see cref="QuoteRequest.Wait"/>).</summary>
    public Task<Quote> CreateAsync(Model model, QuoteRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(request);
        var message = new CreateQuoteRequest
        {
            Parent = _options.Partner,
            RequestId = request.RequestId.ToString(),
            ValidateOnly = request.ValidateOnly,
            Wait = request.Wait > TimeSpan.Zero ? Duration.FromTimeSpan(request.Wait) : null,
            Quote = ToQuote(model, request),
        };
        return _retry.RunAsync("CreateQuote", token => _service.CreateQuoteAsync(message, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);
    }

    /// <summary>
    /// What a quote would say now, without making one: nothing is stored, no price is held, and the answer comes from memory where the
    /// model is known. One that has not been measured with these options is refused with MEASUREMENT_UNKNOWN; a quote measures it.
    /// </summary>
    public Task<PreviewPricesResponse> PreviewAsync(Model model, QuoteRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(request);
        var message = new PreviewPricesRequest { Parent = _options.Partner, Quote = ToQuote(model, request) };
        return _retry.RunAsync("PreviewPrices", token => _prices.PreviewPricesAsync(message, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);
    }

    /// <summary>
    /// Accepts a quote and stays with it until it has ended: priced, needing review, failed or cancelled (see <see cref="Quote.State"/>).
    /// </summary>
    /// <param name="model">An uploaded model.</param>
    /// <param name="request">What to price.</param>
    /// <param name="progress">Told about queue place, bytes and layers while the model is measured.</param>
    /// <param name="cancellation">Ends the waiting; the quote itself goes on (see <see cref="CancelAsync"/>).</param>
    public async Task<Quote> PriceAsync(Model model, QuoteRequest request, IProgress<QuoteProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var quote = await CreateAsync(model, request, cancellation).ConfigureAwait(false);
        if (request.ValidateOnly || IsFinished(quote))
            return quote;
        await foreach (var update in WatchAsync(quote.Name, cancellation).ConfigureAwait(false))
        {
            if (update.EventCase == WatchQuoteResponse.EventOneofCase.Quote)
                return update.Quote;
            progress?.Report(update.Progress);
        }
        throw new PricingException(StatusCode.Unavailable, "WATCH_ENDED", "The platform ended the watch before the quote had ended.", "name");
    }

    /// <summary>
    /// Progress as it happens and the finished quote last; heartbeats are consumed here. A lost or silent stream is taken up again; the
    /// count of tries starts anew whenever something arrived.
    /// </summary>
    public async IAsyncEnumerable<WatchQuoteResponse> WatchAsync(string name, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            RpcException? lost = null;
            using var silence = new CancellationTokenSource(Silence, _options.Clock);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, silence.Token);
            using var call = _service.WatchQuote(new WatchQuoteRequest { Name = name }, cancellationToken: linked.Token);
            while (true)
            {
                try
                {
                    if (!await call.ResponseStream.MoveNext(linked.Token).ConfigureAwait(false))
                        yield break;
                }
                catch (RpcException error)
                {
                    cancellation.ThrowIfCancellationRequested();
                    lost = silence.IsCancellationRequested ? new RpcException(new Status(StatusCode.Unavailable, "The watch fell silent.")) : error;
                    break;
                }
                catch (OperationCanceledException)
                {
                    cancellation.ThrowIfCancellationRequested();
                    lost = new RpcException(new Status(StatusCode.Unavailable, "The watch fell silent."));
                    break;
                }
                attempt = 1;
                silence.CancelAfter(Silence);
                var update = call.ResponseStream.Current;
                if (update.EventCase is WatchQuoteResponse.EventOneofCase.Heartbeat or WatchQuoteResponse.EventOneofCase.None)
                    continue;
                yield return update;
                if (update.EventCase == WatchQuoteResponse.EventOneofCase.Quote)
                    yield break;
            }
            if (!_retry.ShouldRepeat(lost, attempt))
                throw PricingException.From(lost);
            await _retry.PauseAsync("WatchQuote", attempt, lost, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Reads one quote.</summary>
    public Task<Quote> GetAsync(string name, CancellationToken cancellation = default) =>
        _retry.RunAsync("GetQuote", token => _service.GetQuoteAsync(new GetQuoteRequest { Name = name }, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);

    /// <summary>All quotes of the partner, newest first; pages are fetched as the enumeration goes on.</summary>
    public async IAsyncEnumerable<Quote> ListAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var request = new ListQuotesRequest { Parent = _options.Partner, PageSize = Limits.Quote.PageSizeDefault };
        do
        {
            var page = await _retry.RunAsync("ListQuotes", token => _service.ListQuotesAsync(request, deadline: CallDeadline(),
                cancellationToken: token).ResponseAsync, cancellation).ConfigureAwait(false);
            foreach (var quote in page.Quotes)
                yield return quote;
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>Cancels a quote that has not ended; the answer is the quote as it is then.</summary>
    public Task<Quote> CancelAsync(string name, CancellationToken cancellation = default)
    {
        var request = new CancelQuoteRequest { Name = name, RequestId = Guid.NewGuid().ToString() };
        return _retry.RunAsync("CancelQuote", token => _service.CancelQuoteAsync(request, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);
    }

    /// <summary>True when a quote will not change any more.</summary>
    public static bool IsFinished(Quote quote) => quote.State
        is Quote.Types.State.Priced or Quote.Types.State.NeedsReview or Quote.Types.State.Failed or Quote.Types.State.Cancelled;

    static Quote ToQuote(Model model, QuoteRequest request) => new()
    {
        Model = model.Name,
        MeasureOptions = request.MeasureOptions,
        CurrencyCode = request.CurrencyCode,
        Configurations = { request.Configurations },
        Quantities = { request.Quantities },
    };

    DateTime CallDeadline() => _options.Clock.GetUtcNow().UtcDateTime.AddSeconds(Limits.Client.CallSeconds);

    /// <summary>The platform sends something at least at every heartbeat.</summary>
    static TimeSpan Silence => TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax);
}
