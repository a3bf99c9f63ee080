using System.Globalization;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Quotes;

/// <summary>A quote to accept.</summary>
public sealed record NewQuote(
    Guid QuoteId, string Partner, byte[] Request, string RequestId, byte[] ModelSha256, string PriceListId, int PriceListVersion, TimeSpan TimeLeft);

/// <summary>All SQL about quotes. Every way out of 'measuring' says "where state = 'measuring'": the first one wins, the others change 0 rows.</summary>
public sealed class QuoteStore(NpgsqlDataSource source, LaggingReads lagging)
{
    const string Columns = """
        q.quote_id, q.partner, q.request, q.request_id, q.job_id, q.measurement_cached, q.price_list_id, q.price_list_version,
        q.state, q.prices, q.failure, q.created_at, q.deadline_at, q.finished_at, q.expire_at, q.queue_ms, q.measure_ms, q.price_ms, q.revision
        """;

    // Inserted first: a concurrent twin waits here for the winner's commit, then finds the winner's quote.
    public const string Remember = """
        insert into request (partner, operation, request_id, body_sha256, quote_id) values ($1, 'create_quote', $2, $3, $4)
        on conflict (partner, operation, request_id) do nothing
        """;

    const string Recall = """
        select quote_id, body_sha256 from request where partner = $1 and operation = 'create_quote' and request_id = $2
        """;

    public const string InsertWaiting = """
        insert into quote (quote_id, partner, request, request_id, model_sha256, job_id, measurement_cached,
                           price_list_id, price_list_version, state, deadline_at)
        values ($1, $2, $3, $4, $5, $8, false, $6, $7, 'measuring', clock_timestamp() + $9)
        """;

    // The row itself says that the measurement is this one: whoever remembers an id from elsewhere writes nothing.
    const string InsertEnded = """
        insert into quote (quote_id, partner, request, request_id, model_sha256, measurement_id, measurement_cached,
                           price_list_id, price_list_version, state, deadline_at, prices, failure, finished_at, expire_at, price_ms)
        select $1, $2, $3, $4, $5, m.measurement_id, true, $6, $7, $9, clock_timestamp() + $10, $11::bytea, $12::bytea, clock_timestamp(),
               case when $11::bytea is not null then clock_timestamp() + $13 end, $14
        from measurement m
        where m.measurement_id = $8 and m.model_sha256 = $5 and m.options_key = $15 and m.engine_version = $16
        """;

    const string Find = $"""
        select {Columns}, m.body from quote q left join measurement m using (measurement_id) where q.partner = $1 and q.quote_id = $2
        """;

    // Keyset on the immutable (created_at, quote_id): a page never skips or repeats a quote.
    const string Page = $"""
        select {Columns}, null::bytea from quote q
        where q.partner = $1 and ($2::timestamptz is null or (q.created_at, q.quote_id) < ($2, $3))
        order by q.created_at desc, q.quote_id desc
        limit $4
        """;

    const string Settleable = """
        select q.quote_id, q.request, q.price_list_id, q.price_list_version, j.state, j.failure, m.measurement_id, m.body,
               greatest(0, extract(epoch from coalesce(j.leased_at, j.finished_at) - q.created_at)) * 1000,
               greatest(0, extract(epoch from j.finished_at - greatest(j.leased_at, q.created_at))) * 1000
        from quote q
        join job j on j.job_id = q.job_id
        left join measurement m on j.state = 'completed'
            and m.model_sha256 = j.model_sha256 and m.options_key = j.options_key and m.engine_version = j.engine_version
        where q.state = 'measuring' and j.state in ('completed', 'failed', 'cancelled', 'quarantined')
        order by q.created_at
        limit $1
        for update of q skip locked
        """;

    const string Settle = """
        update quote set state = $2, prices = $3, failure = $4, measurement_id = $5, queue_ms = $6, measure_ms = $7, price_ms = $8,
            finished_at = clock_timestamp(), revision = revision + 1,
            expire_at = case when $3::bytea is not null then clock_timestamp() + $9 end
        where quote_id = $1 and state = 'measuring'
        """;

    const string Cancel = """
        update quote set state = 'cancelled', finished_at = clock_timestamp(), revision = revision + 1
        where partner = $1 and quote_id = $2 and state = 'measuring'
        returning job_id
        """;

    const string FailPastDeadline = """
        with past as materialized (
            select quote_id from quote where state = 'measuring' and deadline_at < now()
            order by deadline_at limit $1
            for no key update skip locked)
        update quote q set state = 'failed', failure = $2, finished_at = clock_timestamp(), revision = revision + 1
        from past p where q.quote_id = p.quote_id
        returning q.quote_id, q.job_id
        """;

    const string WhichEnded = "select quote_id from quote where quote_id = any($1) and state <> 'measuring'";

    // A request that was answered before, a measurement that is known, a job that is live or in quarantine: each one look into an index.
    const string NeedsNoJob = """
        select 1::bigint where exists (select from request where partner = $1 and operation = 'create_quote' and request_id = $2)
            or exists (select from measurement where model_sha256 = $3 and options_key = $4 and engine_version = $5)
            or exists (select from job where model_sha256 = $3 and options_key = $4 and engine_version = $5 and state in ('available', 'leased'))
            or exists (select from job where model_sha256 = $3 and options_key = $4 and engine_version = $5 and state = 'quarantined' and released_at is null)
        """;

    // The place in the job's own lane, in the order of claims; counted no further than the bound, however long the queue is: an index-only scan of
    // job_queue. Without the order by the planner may read the whole queue to find the first thousand.
    const string Standing = """
        select j.state, j.attempts, j.model_bytes, j.lane, j.pass, ahead.jobs, ahead.units
        from quote q join job j on j.job_id = q.job_id
        cross join lateral (
            select count(*) as jobs, coalesce(sum(cost), 0)::bigint as units from (
                select a.cost from job a
                where j.state = 'available' and a.state = 'available' and a.engine_version = j.engine_version and a.lane = j.lane
                  and (a.pass, a.job_id) < (j.pass, j.job_id)
                order by a.pass, a.job_id
                limit $2) as counted) as ahead
        where q.quote_id = $1
        """;

    const string ForgetRequests = """
        delete from request where ctid = any (array(
            select ctid from request where created_at < clock_timestamp() - $1::interval limit $2))
        """;

    static readonly TimeSpan Validity = TimeSpan.FromDays(Limits.Quote.ValidDays);

    /// <summary>
    /// Remembers the request, or finds the quote it was answered with. Null: this is the first of its kind, go on in this transaction.
    /// </summary>
    public static async Task<(Guid QuoteId, byte[] BodySha256)?> RememberAsync(
        NpgsqlTransaction transaction, string partner, string requestId, byte[] bodySha256, Guid quoteId, CancellationToken cancel)
    {
        if (await transaction.Command(Remember, partner, requestId, bodySha256, quoteId).RunAsync(cancel) > 0)
            return null;
        var earlier = await transaction.Command(Recall, partner, requestId).ReadAllAsync(r => (r.GetGuid(0), r.GetFieldValue<byte[]>(1)), cancel);
        return earlier[0];
    }

    public static Task InsertWaitingAsync(NpgsqlTransaction transaction, NewQuote quote, long jobId, CancellationToken cancel) =>
        transaction.Command(InsertWaiting, quote.QuoteId, quote.Partner, quote.Request, quote.RequestId, quote.ModelSha256,
            quote.PriceListId, quote.PriceListVersion, jobId, quote.TimeLeft).RunAsync(cancel);

    /// <summary>False when there is no measurement of that id and key.</summary>
    public static async Task<bool> InsertEndedAsync(
        NpgsqlTransaction transaction, NewQuote quote, long measurementId, MeasureKey key, QuoteEnd end, CancellationToken cancel) =>
        await transaction.Command(InsertEnded, quote.QuoteId, quote.Partner, quote.Request, quote.RequestId, quote.ModelSha256,
            quote.PriceListId, quote.PriceListVersion, measurementId, end.State, quote.TimeLeft, end.Prices, end.Failure, Validity, end.PricingMs,
            key.OptionsKey, key.EngineVersion).RunAsync(cancel) > 0;

    public Task<QuoteRow?> FindAsync(string partner, Guid quoteId, CancellationToken cancel) =>
        source.Command(Find, partner, quoteId).ReadOneAsync(Read, cancel);

    /// <summary>For showing, not for deciding: a quote that has ended is final, so a replica's word for it is as good.</summary>
    public Task<QuoteRow?> ShowAsync(string partner, Guid quoteId, CancellationToken cancel) =>
        lagging.ReadAsync(LaggingRead.EndedQuote, from => from.Command(Find, partner, quoteId).ReadOneAsync(Read, cancel), cancel, row => row is { IsTerminal: true });

    public static Task<QuoteRow?> FindAsync(NpgsqlTransaction transaction, string partner, Guid quoteId, CancellationToken cancel) =>
        transaction.Command(Find, partner, quoteId).ReadOneAsync(Read, cancel);

    /// <summary>Newest first. Stops early when the rows grow too large for one message; the caller pages on from the last one.</summary>
    public Task<List<QuoteRow>> ReadPageAsync(string partner, PageToken? after, int size, CancellationToken cancel) =>
        lagging.ReadAsync(LaggingRead.QuotePage, from => ReadPageAsync(from, partner, after, size, cancel), cancel);

    static async Task<List<QuoteRow>> ReadPageAsync(NpgsqlDataSource from, string partner, PageToken? after, int size, CancellationToken cancel)
    {
        var rows = new List<QuoteRow>();
        long bytes = 0;
        await using var command = from.Command(Page, partner, after?.CreatedAt, after?.QuoteId ?? Guid.Empty, size);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (bytes < Limits.Quote.PageBytesMax && await reader.ReadAsync(cancel))
        {
            var row = Read(reader);
            bytes += row.Request.Length + (row.Prices?.Length ?? 0);
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>Waiting quotes whose job has ended, locked for this transaction; another coordinator's share is skipped.</summary>
    public static Task<List<SettleableQuote>> TakeSettleableAsync(NpgsqlTransaction transaction, CancellationToken cancel) =>
        transaction.Command(Settleable, Limits.Quote.SettleBatchMax).ReadAllAsync(
            r => new SettleableQuote(r.GetGuid(0), r.GetFieldValue<byte[]>(1), r.GetString(2), r.GetInt32(3), r.GetString(4), r.Maybe<byte[]>(5),
                r.MaybeValue<long>(6), r.Maybe<byte[]>(7), Number(r, 8), Number(r, 9)), cancel);

    public static Task SettleAsync(NpgsqlTransaction transaction, SettleableQuote quote, QuoteEnd end, CancellationToken cancel) =>
        transaction.Command(Settle, quote.QuoteId, end.State, end.Prices, end.Failure, quote.MeasurementId, quote.QueueMs, quote.MeasureMs, end.PricingMs, Validity)
            .RunAsync(cancel);

    /// <summary>
    /// Cancels a waiting quote, and its job when nobody else waits for it. Null when it was not waiting (any more).
    /// </summary>
    public Task<(long JobId, bool JobCancelled)?> CancelAsync(string partner, Guid quoteId, CancellationToken cancel) =>
        source.InTransactionAsync<(long, bool)?>(async transaction =>
        {
            var jobs = await transaction.Command(Cancel, partner, quoteId).ReadAllAsync(r => r.GetInt64(0), cancel);
            return jobs.Count == 0 ? null : (jobs[0], await JobStore.CancelIfUnwantedAsync(transaction, jobs[0], cancel));
        }, cancel);

    /// <summary>Fails quotes whose time is up, and cancels jobs that nobody waits for any more.</summary>
    public Task<(IReadOnlyList<Guid> Quotes, IReadOnlyList<long> CancelledJobs)> FailPastDeadlineAsync(byte[] failure, CancellationToken cancel) =>
        source.InTransactionAsync<(IReadOnlyList<Guid>, IReadOnlyList<long>)>(async transaction =>
        {
            var failed = await transaction.Command(FailPastDeadline, Limits.Job.RescueBatchMax, failure)
                .ReadAllAsync(r => (QuoteId: r.GetGuid(0), JobId: r.GetInt64(1)), cancel);
            var cancelled = new List<long>();
            // In one order everywhere, so that two coordinators never wait for each other.
            foreach (var jobId in failed.Select(f => f.JobId).Distinct().Order())
            {
                if (await JobStore.CancelIfUnwantedAsync(transaction, jobId, cancel))
                    cancelled.Add(jobId);
            }
            return ([.. failed.Select(f => f.QuoteId)], cancelled);
        }, cancel);

    public Task<List<Guid>> WhichEndedAsync(Guid[] quoteIds, CancellationToken cancel) =>
        lagging.ReadAsync(LaggingRead.WatchedQuotes, from => from.Command(WhichEnded, quoteIds).ReadAllAsync(r => r.GetGuid(0), cancel), cancel);

    public Task<QueueStanding?> FindStandingAsync(Guid quoteId, CancellationToken cancel) =>
        lagging.ReadAsync(LaggingRead.QueueStanding, from => from.Command(Standing, quoteId, Limits.Quote.QueuePositionMax).ReadOneAsync(
            r => new QueueStanding(r.GetString(0), r.GetInt32(1), r.GetInt64(2), Lanes.Parse(r.GetString(3)), r.GetInt64(4), r.GetInt64(5), r.GetInt64(6)), cancel),
            cancel, standing => standing is not null);

    /// <summary>Whether a quote can be answered, or join what is under way, without new work for the nodes.</summary>
    public async Task<bool> NeedsNoJobAsync(string partner, string requestId, MeasureKey key, CancellationToken cancel) =>
        (await source.Command(NeedsNoJob, partner, requestId, key.ModelSha256, key.OptionsKey, key.EngineVersion).ReadAllAsync(r => r.GetInt64(0), cancel)).Count > 0;

    /// <summary>Forgets requests too old to be repeated; the quotes stay.</summary>
    public Task<int> ForgetRequestsAsync(CancellationToken cancel) =>
        source.Command(ForgetRequests, TimeSpan.FromDays(Limits.Quote.RequestDaysMax), Limits.Job.CleanBatchMax).RunAsync(cancel);

    static double Number(NpgsqlDataReader r, int ordinal) =>
        r.IsDBNull(ordinal) ? 0 : Convert.ToDouble(r.GetValue(ordinal), CultureInfo.InvariantCulture);

    static QuoteRow Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetString(1), r.GetFieldValue<byte[]>(2), r.GetString(3), r.MaybeValue<long>(4), r.GetBoolean(5), r.GetString(6), r.GetInt32(7),
        r.GetString(8), r.Maybe<byte[]>(9), r.Maybe<byte[]>(10), r.GetDateTime(11), r.GetDateTime(12), r.MaybeValue<DateTime>(13), r.MaybeValue<DateTime>(14),
        r.GetDouble(15), r.GetDouble(16), r.GetDouble(17), r.GetInt32(18), r.Maybe<byte[]>(19));
}
