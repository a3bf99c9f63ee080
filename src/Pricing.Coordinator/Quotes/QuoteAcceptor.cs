using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// Accepts a quote in one transaction: the request is remembered, the quote is written, its job is joined or enqueued. Either the caller
/// has an id that will reach an end, or nothing happened.
/// </summary>
/// <remarks>
/// 1. The request id goes in first: a twin waits on it, and is answered with the same quote.
/// 2. The model must be this partner's and stored; the active price list must know what is asked for. That list is the quote's for good.
/// 3. Known measurement: priced here, ended in the same transaction, no job. One from memory is written only if its row is there.
/// 4. Otherwise the job is enqueued, if its wait would end before the quote's deadline, or the live one joined. A job that ended between 3 and 4 shows as "new job, known measurement":
///    the new one is withdrawn and the quote is priced.
/// 0. Before all that, and without writing: who would be refused in 4 even for the smallest model is refused now, unless what he asks for
///    needs no new job. Under overload a refusal costs one reading query.
/// </remarks>
public sealed class QuoteAcceptor(
    NpgsqlDataSource source, QuoteStore quotes, PriceListStore priceLists, PriceCache cache, QuotePricer pricer, Admission admission, QueueGauge gauge,
    JobSignals signals, PipelineCounters counters, CoordinatorOptions options)
{
    public async Task<QuoteRow> AcceptAsync(QuoteRequest request, CancellationToken cancel)
    {
        if (admission.Refusal(request.Partner, 1) is { } refusal
            && !await quotes.NeedsNoJobAsync(request.Partner, request.RequestId, request.KeyFor(options.EngineVersion), cancel))
        {
            throw refusal;
        }
        var quoteId = Guid.CreateVersion7(options.Time.GetUtcNow());
        var (row, isNew, isNewJob) = await source.InTransactionAsync(transaction => AcceptAsync(transaction, request, quoteId, cancel), cancel);
        if (isNewJob)
            gauge.Add(gauge.Now.TermsOf(request.Partner).Lane);
        if (isNew && row.MeasurementCached)
        {
            counters.CacheHit();
        }
        else if (isNew)
        {
            counters.CacheMiss();
            signals.WorkMayMatch.Ring();
            // The job may have ended already: a measurement in quarantine is joined, not made.
            signals.QuotesMaySettle.Ring();
        }
        return row;
    }

    /// <summary>Checks everything and stores nothing.</summary>
    public async Task<Quote> ValidateAsync(QuoteRequest request, CancellationToken cancel) =>
        await source.InTransactionAsync(async transaction =>
        {
            await FindModelAsync(transaction, request, cancel);
            var list = await priceLists.ReadActiveAsync(transaction, cancel);
            Pricer.Check(list, request.Terms);
            var quote = request.Asked.Clone();
            quote.PriceListVersion = ResourceNames.PriceListVersion(list.Id, list.Version);
            return quote;
        }, cancel);

    async Task<(QuoteRow Row, bool IsNew, bool IsNewJob)> AcceptAsync(NpgsqlTransaction transaction, QuoteRequest request, Guid quoteId, CancellationToken cancel)
    {
        if (request.RequestId.Length > 0
            && await QuoteStore.RememberAsync(transaction, request.Partner, request.RequestId, request.BodySha256, quoteId, cancel) is { } earlier)
        {
            if (!earlier.BodySha256.AsSpan().SequenceEqual(request.BodySha256))
                throw QuoteRequest.RequestIdReused(request.RequestId);
            return (await FindRowAsync(transaction, request.Partner, earlier.QuoteId, cancel), false, false);
        }

        // What memory knows needs no reading: that the model is here and the partner's, and its measurement.
        var model = cache.IsKnownVisible(request.Partner, request.ModelSha256) ? null : await FindModelAsync(transaction, request, cancel);
        var list = await priceLists.ReadActiveAsync(transaction, cancel);
        Pricer.Check(list, request.Terms);

        var quote = new NewQuote(quoteId, request.Partner, request.Asked.ToByteArray(), request.RequestId, request.ModelSha256, list.Id, list.Version, options.QuoteDeadline);
        var key = request.KeyFor(options.EngineVersion);
        if (cache.PeekMeasurement(key) is { } known && await EndAsync(transaction, quote, key, known, list, request, cancel))
            return (await FindRowAsync(transaction, request.Partner, quoteId, cancel), true, false);

        var enqueued = false;
        var measurement = await MeasurementStore.FindAsync(transaction, key, cancel);
        if (measurement is null)
        {
            model ??= await FindModelAsync(transaction, request, cancel);
            var order = new JobOrder(key, model.SizeBytes, model.FileName, MeasurementStore.Normalise(request.Asked.MeasureOptions), options.QuoteDeadline,
                request.Partner);
            var (jobId, isNewJob) = await JobStore.EnqueueOrJoinAsync(transaction, order, cancel);
            measurement = isNewJob ? await MeasurementStore.FindAsync(transaction, key, cancel) : null;
            enqueued = isNewJob && measurement is null;
            // Rolled back by it: nothing happened.
            if (enqueued && admission.Refusal(request.Partner, model.SizeBytes) is { } refusal)
                throw refusal;
            if (measurement is null)
                await QuoteStore.InsertWaitingAsync(transaction, quote, jobId, cancel);
            else
                await JobStore.WithdrawAsync(transaction, jobId, cancel);
        }
        if (measurement is not null && !await EndAsync(transaction, quote, key, cache.Remember(key, measurement), list, request, cancel))
            throw new InvalidOperationException($"Measurement {measurement.MeasurementId} was read in this transaction and is not there.");
        return (await FindRowAsync(transaction, request.Partner, quoteId, cancel), true, enqueued);
    }

    /// <summary>Prices and ends the quote. False when the row of a remembered measurement is not there (any more): it is forgotten.</summary>
    async Task<bool> EndAsync(
        NpgsqlTransaction transaction, NewQuote quote, MeasureKey key, KnownMeasurement known, PriceList list, QuoteRequest request, CancellationToken cancel)
    {
        var end = pricer.Price(known.Figures, list, request.Terms);
        if (await QuoteStore.InsertEndedAsync(transaction, quote, known.MeasurementId!.Value, key, end, cancel))
            return true;
        cache.Forget(key);
        return false;
    }

    async Task<ModelRow> FindModelAsync(NpgsqlTransaction transaction, QuoteRequest request, CancellationToken cancel)
    {
        var model = await ModelQueries.FindAsync(transaction, request.Partner, request.ModelSha256, cancel)
            ?? throw RefusalException.NoSuchModel("model", request.Asked.Model);
        if (!model.IsStored)
            throw RefusalException.ModelNotUploaded();
        cache.RememberVisible(request.Partner, request.ModelSha256);
        return model;
    }

    static async Task<QuoteRow> FindRowAsync(NpgsqlTransaction transaction, string partner, Guid quoteId, CancellationToken cancel) =>
        await QuoteStore.FindAsync(transaction, partner, quoteId, cancel)
            ?? throw new InvalidOperationException($"Quote {quoteId} was written in this transaction and is not there.");
}
