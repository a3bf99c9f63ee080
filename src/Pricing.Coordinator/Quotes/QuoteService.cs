using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>Quotes: accepted, read, listed, cancelled, watched, one by one or in bulk.</summary>
public sealed class QuoteService(QuoteAcceptor acceptor, QuoteStore quotes, QuoteWatch watch, QuoteFeed feed, JobSignals signals, BulkQuotes bulk)
    : Quoting.V1.QuoteService.QuoteServiceBase
{
    public override async Task<Quote> CreateQuote(CreateQuoteRequest request, ServerCallContext context)
    {
        var asked = QuoteRequest.Parse(request);
        if (asked.ValidateOnly)
            return await acceptor.ValidateAsync(asked, context.CancellationToken);
        var row = await acceptor.AcceptAsync(asked, context.CancellationToken);
        if (!row.IsTerminal && asked.Wait > TimeSpan.Zero)
            row = await watch.WaitAsync(row.Partner, row.QuoteId, asked.Wait, context.CancellationToken);
        return row.ToQuote();
    }

    public override async Task<Quote> GetQuote(GetQuoteRequest request, ServerCallContext context)
    {
        var (partner, quoteId) = ResourceNames.ParseQuote(request.Name, "name");
        var row = await quotes.ShowAsync(partner, quoteId, context.CancellationToken) ?? throw RefusalException.NoSuchQuote(ResourceNames.Quote(partner, quoteId));
        return row.ToQuote();
    }

    public override async Task<ListQuotesResponse> ListQuotes(ListQuotesRequest request, ServerCallContext context)
    {
        var partner = ResourceNames.ParsePartner(request.Parent, "parent");
        if (request.PageSize is < 0 or > Limits.Quote.PageSizeMax)
        {
            throw RefusalException.Invalid("PAGE_SIZE_OUT_OF_RANGE", "The page size is out of range.", "page_size",
                $"0 to {Limits.Quote.PageSizeMax}", $"{request.PageSize}");
        }
        var size = request.PageSize == 0 ? Limits.Quote.PageSizeDefault : request.PageSize;
        // One row more than asked says whether there is a next page.
        var rows = await quotes.ReadPageAsync(partner, PageToken.Decode(request.PageToken), size + 1, context.CancellationToken);
        var cutByBytes = rows.Count > 0 && rows.Count <= size && rows.Sum(r => r.Request.Length + (long)(r.Prices?.Length ?? 0)) >= Limits.Quote.PageBytesMax;
        var page = rows.Take(size).ToList();
        var response = new ListQuotesResponse { Quotes = { page.Select(r => r.ToQuote()) } };
        if (rows.Count > size || cutByBytes)
            response.NextPageToken = new PageToken(page[^1].CreatedAt, page[^1].QuoteId).Encode();
        return response;
    }

    /// <summary>Cancelling twice is cancelling once; a quote that ended another way stays as it ended.</summary>
    public override async Task<Quote> CancelQuote(CancelQuoteRequest request, ServerCallContext context)
    {
        var (partner, quoteId) = ResourceNames.ParseQuote(request.Name, "name");
        if (await quotes.CancelAsync(partner, quoteId, context.CancellationToken) is { } cancelled)
        {
            feed.Changed(quoteId);
            if (cancelled.JobCancelled)
                signals.Ended(cancelled.JobId);
        }
        var row = await FindAsync(partner, quoteId, context);
        return row.State == "cancelled"
            ? row.ToQuote()
            : throw new RefusalException(StatusCode.FailedPrecondition, "QUOTE_ENDED", "The quote has already ended.", "name", "MEASURING",
                row.State.ToUpperInvariant());
    }

    public override async Task WatchQuote(WatchQuoteRequest request, IServerStreamWriter<WatchQuoteResponse> responseStream, ServerCallContext context)
    {
        var (partner, quoteId) = ResourceNames.ParseQuote(request.Name, "name");
        await watch.WatchAsync(partner, quoteId, responseStream, context.CancellationToken);
    }

    public override Task StreamQuotes(
        IAsyncStreamReader<StreamQuotesRequest> requestStream, IServerStreamWriter<StreamQuotesResponse> responseStream, ServerCallContext context) =>
        bulk.RunAsync(requestStream, responseStream, context.CancellationToken);

    async Task<QuoteRow> FindAsync(string partner, Guid quoteId, ServerCallContext context) =>
        await quotes.FindAsync(partner, quoteId, context.CancellationToken) ?? throw RefusalException.NoSuchQuote(ResourceNames.Quote(partner, quoteId));
}
