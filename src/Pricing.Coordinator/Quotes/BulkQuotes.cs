using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Edge;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// Many quotes over one stream: read while there is room in flight, answered as they end, matched by request id. Reading stops when the
/// bound is reached, which the caller feels as backpressure.
/// </summary>
public sealed class BulkQuotes(QuoteAcceptor acceptor, QuoteWatch watch, IHostApplicationLifetime lifetime, CoordinatorOptions options, ILogger<BulkQuotes> log)
{
    public async Task RunAsync(IAsyncStreamReader<StreamQuotesRequest> requests, IServerStreamWriter<StreamQuotesResponse> responses, CancellationToken cancel)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        using var room = new SemaphoreSlim(Limits.Quote.BulkInFlightMax);
        var answers = Channel.CreateBounded<StreamQuotesResponse>(Limits.Wire.StreamWriterQueueMax);
        var writing = WriteAsync(answers.Reader, responses, ending);
        try
        {
            while (await requests.MoveNext(ending.Token))
            {
                await room.WaitAsync(ending.Token);
                _ = AnswerAndLeaveAsync(requests.Current.Request, answers.Writer, room, ending.Token);
            }
            await AllLeftAsync(room, ending.Token);
            answers.Writer.Complete();
            await writing;
        }
        catch (Exception)
        {
            // Nobody may use the stream after this method returns.
            await ending.CancelAsync();
            answers.Writer.TryComplete();
            await AllLeftAsync(room, CancellationToken.None);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    static async Task AllLeftAsync(SemaphoreSlim room, CancellationToken cancel)
    {
        for (var i = 0; i < Limits.Quote.BulkInFlightMax; i++)
            await room.WaitAsync(cancel);
        room.Release(Limits.Quote.BulkInFlightMax);
    }

    async Task AnswerAndLeaveAsync(CreateQuoteRequest? request, ChannelWriter<StreamQuotesResponse> answers, SemaphoreSlim room, CancellationToken cancel)
    {
        try
        {
            await answers.WriteAsync(await AnswerAsync(request, cancel), cancel);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // The stream is ending; the quote is in the database and goes on.
            log.LogDebug("A bulk answer was not wanted any more: {Reason}", e.Message);
        }
        finally
        {
            room.Release();
        }
    }

    async Task<StreamQuotesResponse> AnswerAsync(CreateQuoteRequest? request, CancellationToken cancel)
    {
        var requestId = request?.RequestId ?? "";
        try
        {
            if (request is null || requestId.Length == 0)
                throw RefusalException.Invalid("REQUEST_ID_MISSING", "Answers of a bulk stream are matched by request id.", "request.request_id");
            var asked = QuoteRequest.Parse(request);
            var row = await acceptor.AcceptAsync(asked, cancel);
            if (!row.IsTerminal)
                row = await watch.WaitAsync(row.Partner, row.QuoteId, options.QuoteDeadline + TimeSpan.FromSeconds(Limits.Quote.WaitSecondsMax), cancel);
            return new StreamQuotesResponse { RequestId = requestId, Quote = row.ToQuote() };
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            var refusal = ErrorMapping.AsRefusal(e);
            if (refusal.Status is StatusCode.Internal)
                log.LogError(e, "Unexpected fault in a bulk quote");
            return new StreamQuotesResponse
            {
                RequestId = requestId,
                Failure = new Failure { Reason = refusal.Reason, Message = refusal.Message, Field = refusal.Field, Limit = refusal.Limit, Actual = refusal.Actual },
            };
        }
    }

    static async Task WriteAsync(ChannelReader<StreamQuotesResponse> answers, IServerStreamWriter<StreamQuotesResponse> responses, CancellationTokenSource ending)
    {
        try
        {
            await foreach (var answer in answers.ReadAllAsync(ending.Token))
                await responses.WriteAsync(answer, ending.Token);
        }
        catch (Exception)
        {
            await ending.CancelAsync();
            throw;
        }
    }
}
