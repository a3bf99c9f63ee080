using System.Globalization;
using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Quotes;
using Pricing.Coordinator.Simulation;
using Pricing.Node.V1;
using Pricing.Quoting.V1;
using JobRow = Pricing.Coordinator.Simulation.JobRow;
using QuoteRow = Pricing.Coordinator.Simulation.QuoteRow;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>
/// The real stores and the simulator's model of them, side by side: every move is made on both, their answers are compared, then their rows.
/// </summary>
/// <remarks>
/// Time: the model's clock only moves when the script says so; the database's runs. After each move the rows' times are written as the model's
/// difference to now, an hour for each millisecond, so that no test is ever slow enough to make a difference.
/// </remarks>
sealed class StoreTwin(NpgsqlDataSource source, string priceList, int priceListVersion)
{
    readonly JobStore _jobs = new(source);
    readonly QuarantineStore _quarantine = new(source, new LaggingReads(source, null, TimeProvider.System, NullLogger<LaggingReads>.Instance));
    readonly QuoteStore _quotes = new(source, new LaggingReads(source, null, TimeProvider.System, NullLogger<LaggingReads>.Instance));
    readonly StoreModel _model = new();
    // The database's job ids by the model's: a joined insert uses one up.
    readonly List<long> _ids = [];

    public long Now { get; private set; }
    public IReadOnlyList<JobRow> Jobs => _model.Jobs;
    public IReadOnlyList<QuoteRow> Quotes => _model.Quotes;

    public Task SetTermsAsync(string partner, Lane lane, int weight, CancellationToken cancel)
    {
        _model.Terms[partner] = (lane, weight);
        return new PartnerStore(source).SetAsync(new PartnerTerms(partner, lane, weight), cancel);
    }

    public Task PassAsync(int ms, CancellationToken cancel)
    {
        Now += ms;
        return AlignAsync(cancel);
    }

    public async Task AcceptAsync(string partner, string requestId, int body, ModelKey key, int timeLeftMs, CancellationToken cancel)
    {
        var quoteId = _model.Quotes.Count + 1;
        var answer = await source.InTransactionAsync(async transaction =>
        {
            if (await QuoteStore.RememberAsync(transaction, partner, requestId, SHA256.HashData([(byte)body]), Id(quoteId), cancel) is { } earlier)
                return (earlier.QuoteId, IsNew: false, IsRefused: !earlier.BodySha256.AsSpan().SequenceEqual(SHA256.HashData([(byte)body])), JobId: 0L, IsNewJob: false);
            var quote = new NewQuote(Id(quoteId), partner, [], requestId, KeyOf(key).ModelSha256, priceList, priceListVersion, Hours(timeLeftMs));
            if (await MeasurementStore.FindAsync(transaction, KeyOf(key), cancel) is { } known)
            {
                await QuoteStore.InsertEndedAsync(transaction, quote, known.MeasurementId, KeyOf(key), new QuoteEnd("priced", known.Body, null, 0), cancel);
                return (Id(quoteId), IsNew: true, IsRefused: false, JobId: 0L, IsNewJob: false);
            }
            var order = new JobOrder(KeyOf(key), 1, "part.stl", new MeasureOptions(), Hours(timeLeftMs), partner);
            var (jobId, isNewJob) = await JobStore.EnqueueOrJoinAsync(transaction, order, cancel);
            await QuoteStore.InsertWaitingAsync(transaction, quote, jobId, cancel);
            return (Id(quoteId), IsNew: true, IsRefused: false, JobId: jobId, IsNewJob: isNewJob);
        }, cancel);
        if (answer.IsNewJob)
        {
            _ids.Add(answer.JobId);
            // Where an idle lane begins goes by the database's clock: the model is told, and asks only when it finds the lane idle.
            var pass = (await source.Command("select pass from job where job_id = $1", answer.JobId).ReadAllAsync(r => r.GetInt64(0), cancel))[0];
            _model.IdlePass = _ => pass;
        }
        var before = _model.Jobs.Count;
        var expected = _model.Accept(Now, partner, requestId, body, key, quoteId, timeLeftMs);
        Same("accept", (Id(expected.QuoteId), expected.IsNew, expected.IsRefused, _model.Jobs.Count > before), (answer.Item1, answer.IsNew, answer.IsRefused, answer.IsNewJob));
    }

    public async Task ClaimAsync(int engine, IReadOnlyList<JobOffer> offers, LaneSplit split, CancellationToken cancel)
    {
        var expected = _model.Claim(Now, engine, offers, split).Select(l => (l.JobId, l.Epoch, l.Incarnation, l.Attempt));
        var leases = await _jobs.ClaimAsync(engine, offers, split, cancel);
        Same("claim", Text(expected), Text(leases.Select(l => (ModelId(l.JobId), l.Epoch, l.Incarnation, l.Attempt))));
    }

    public async Task RenewAsync(List<LeaseId> leases, CancellationToken cancel)
    {
        var expected = _model.Renew(Now, leases);
        var renewed = await _jobs.RenewAsync(Real(leases), cancel);
        Same("renew", Text(expected.Order()), Text(renewed.Select(ModelId).Order()));
    }

    public async Task EndLeasesAsync(List<LeaseId> leases, LeaseEnd end, CancellationToken cancel)
    {
        var expected = _model.EndLeases(Now, leases, end);
        var failed = await _jobs.EndLeasesAsync(Real(leases), end, "script", cancel);
        Same("end leases", Text(expected.Order()), Text(failed.Select(ModelId).Order()));
    }

    public async Task RescueAsync(CancellationToken cancel)
    {
        var expected = _model.Rescue(Now);
        var (rescued, exhausted) = await _jobs.RescueAsync(cancel);
        Same("rescue", $"{expected.Rescued}: {Text(expected.Exhausted.Order())}", $"{rescued}: {Text(exhausted.Select(ModelId).Order())}");
    }

    public async Task FailPastDeadlineAsync(CancellationToken cancel)
    {
        var expected = _model.FailPastDeadline(Now);
        var failed = await _jobs.FailPastDeadlineAsync(cancel);
        Same("fail past deadline", Text(expected.Order()), Text(failed.Select(ModelId).Order()));
    }

    public async Task CompleteAsync(LeaseId lease, Guid incarnation, int figures, CancellationToken cancel)
    {
        var key = KeyOf(_model.Job(lease.JobId).Key);
        var expected = _model.Complete(lease, incarnation, figures);
        var measurement = new Measurement { ModelSha256 = Convert.ToHexStringLower(key.ModelSha256), Digest = ByteString.CopyFrom(BitConverter.GetBytes(figures)) };
        Same("complete", expected, await _jobs.CompleteAsync(Real(lease), incarnation, key, measurement, cancel));
    }

    public async Task FailAsync(LeaseId lease, Guid incarnation, CancellationToken cancel)
    {
        var expected = _model.Fail(lease, incarnation, "MODEL_AT_FAULT");
        Same("fail", expected, await _jobs.FailAsync(Real(lease), incarnation, new Failure { Reason = "MODEL_AT_FAULT" }, cancel));
    }

    public async Task StrikeAsync(LeaseId lease, Guid incarnation, CancellationToken cancel)
    {
        var (completion, state) = _model.Strike(Now, lease, incarnation);
        var struck = await _quarantine.StrikeAsync(Real(lease), incarnation, new WorkerDeath { Reason = "WORKER_DIED" }, cancel);
        Same("strike", (completion, completion is Completion.Applied ? Word(state) : ""), struck);
    }

    public async Task LiftQuarantineAsync(long jobId, int timeLeftMs, CancellationToken cancel)
    {
        var before = _model.Jobs.Count;
        var expected = _model.LiftQuarantine(Now, jobId, timeLeftMs);
        var row = await _quarantine.ReleaseAsync(_ids[(int)jobId - 1], Hours(timeLeftMs), cancel);
        if (_model.Jobs.Count > before)
            _ids.Add(row!.RetriedAs!.Value);
        Same("lift quarantine", expected, row is not null);
    }

    public async Task CancelQuoteAsync(string partner, long quoteId, CancellationToken cancel)
    {
        var expected = _model.CancelQuote(partner, quoteId);
        var cancelled = await _quotes.CancelAsync(partner, Id(quoteId), cancel);
        Same("cancel quote", expected, cancelled is { } c ? (ModelId(c.JobId), c.JobCancelled) : null);
    }

    public async Task FailQuotesPastDeadlineAsync(CancellationToken cancel)
    {
        var expected = _model.FailQuotesPastDeadline(Now);
        var (quotes, jobs) = await _quotes.FailPastDeadlineAsync(new Failure { Reason = "DEADLINE" }.ToByteArray(), cancel);
        Same("fail quotes past deadline", $"{Text(expected.Quotes.Select(Id).Order())}; {Text(expected.CancelledJobs.Order())}",
            $"{Text(quotes.Order())}; {Text(jobs.Select(ModelId).Order())}");
    }

    public async Task SettleAsync(CancellationToken cancel)
    {
        var expected = _model.Settle();
        var settled = await source.InTransactionAsync(async transaction =>
        {
            var waiting = await QuoteStore.TakeSettleableAsync(transaction, cancel);
            foreach (var quote in waiting)
            {
                var end = quote.JobState is "failed" or "quarantined" ? new QuoteEnd("failed", null, quote.JobFailure, 0)
                    : quote.Measurement is null ? new QuoteEnd("failed", null, new Failure { Reason = "MEASUREMENT_MISSING" }.ToByteArray(), 0)
                    : new QuoteEnd("priced", quote.Measurement, null, 0);
                await QuoteStore.SettleAsync(transaction, quote, end, cancel);
            }
            return waiting.Count;
        }, cancel);
        Same("settle", expected, settled);
    }

    /// <summary>Compares all rows, then writes the model's times over the database's.</summary>
    public async Task CompareAsync(CancellationToken cancel)
    {
        var expected = _model.Jobs.Select(j => $"{j.JobId} {Word(j.State)} epoch {j.Epoch} attempts {j.Attempts} strikes {j.Strikes} owner {j.Owner} '{j.Failure}' "
            + $"retry of {j.RetryOf} released {j.Released} tries {string.Join(", ", j.Tries.Select(t => $"{t.Epoch} {t.Incarnation} {t.Outcome}"))} "
            + $"{(j.IsLive ? j.DeadlineAt - Now : 0)} {Word(j.Lane)} {j.Partner} {j.Pass}");
        var actual = (await source.Command("""
            select j.job_id, j.state, j.epoch, j.attempts, j.strikes, coalesce(j.owner, '00000000-0000-0000-0000-000000000000'), j.failure, coalesce(j.retry_of, 0),
                   j.released_at is not null, coalesce((select string_agg(a.epoch || ' ' || a.incarnation || ' ' || coalesce(a.outcome, ''), ', ' order by a.epoch)
                   from job_attempt a where a.job_id = j.job_id), ''), case when j.state in ('available', 'leased')
                   then round(extract(epoch from j.deadline_at - clock_timestamp()) / 3600)::bigint else 0 end, j.lane, j.partner, j.pass
            from job j order by j.job_id
            """).ReadAllAsync(r => $"{ModelId(r.GetInt64(0))} {r.GetString(1)} epoch {r.GetInt32(2)} attempts {r.GetInt32(3)} strikes {r.GetInt32(4)} owner {r.GetGuid(5)} "
            + $"'{Reason(r.Maybe<byte[]>(6))}' retry of {(r.GetInt64(7) is > 0 and var id ? ModelId(id) : 0)} released {r.GetBoolean(8)} tries {r.GetString(9)} {r.GetInt64(10)} "
            + $"{r.GetString(11)} {r.GetString(12)} {r.GetInt64(13)}", cancel));
        Same("rows of jobs", string.Join('\n', expected), string.Join('\n', actual));

        var quotes = _model.Quotes.Select(q => $"{Id(q.QuoteId)} {Word(q.State)} job {q.JobId} '{q.Failure}' {q.Figures}").Order(StringComparer.Ordinal);
        var found = await source.Command("select quote_id, state, coalesce(job_id, 0), failure, prices from quote").ReadAllAsync(r =>
            $"{r.GetGuid(0)} {r.GetString(1)} job {(r.GetInt64(2) is > 0 and var job ? ModelId(job) : 0)} '{Reason(r.Maybe<byte[]>(3))}' {FiguresOf(r.Maybe<byte[]>(4))}", cancel);
        Same("rows of quotes", string.Join('\n', quotes), string.Join('\n', found.Order(StringComparer.Ordinal)));
        await AlignAsync(cancel);
    }

    async Task AlignAsync(CancellationToken cancel)
    {
        var live = _model.Jobs.Where(j => j.IsLive).ToList();
        // One moment for all rows (now, not clock_timestamp): what is equally old stays so. Half an hour is between two milliseconds: a lease or deadline of this very moment has not passed yet.
        await source.Command("""
            update job j set run_at = now() + t.run * interval '1 hour', deadline_at = now() + t.deadline * interval '1 hour',
                lease_until = case when j.state = 'leased' then now() + (t.lease + 0.5) * interval '1 hour' end
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) as t(job_id, run, deadline, lease) where j.job_id = t.job_id
            """, live.Select(j => _ids[(int)j.JobId - 1]).ToArray(), live.Select(j => j.RunAt - Now).ToArray(), live.Select(j => j.DeadlineAt - Now).ToArray(),
            live.Select(j => j.LeaseUntil - Now).ToArray()).RunAsync(cancel);
        var waiting = _model.Quotes.Where(q => q.State is QuoteState.Measuring).ToList();
        await source.Command("""
            update quote q set deadline_at = now() + t.deadline * interval '1 hour'
            from unnest($1::uuid[], $2::bigint[]) as t(quote_id, deadline) where q.quote_id = t.quote_id
            """, waiting.Select(q => Id(q.QuoteId)).ToArray(), waiting.Select(q => q.DeadlineAt - Now).ToArray()).RunAsync(cancel);
    }

    public static MeasureKey KeyOf(ModelKey key) => new(SHA256.HashData([(byte)key.Model]), MeasurementStore.OptionsKey(new MeasureOptions()), key.Engine);

    List<LeaseId> Real(List<LeaseId> leases) => leases.ConvertAll(Real);

    LeaseId Real(LeaseId lease) => lease with { JobId = _ids[(int)lease.JobId - 1] };

    long ModelId(long id) => _ids.IndexOf(id) + 1;

    static Guid Id(long quoteId) => new((int)quoteId, 0, 0, new byte[8]);

    static TimeSpan Hours(int ms) => TimeSpan.FromHours(ms);

    static string Word(Enum state) => state.ToString().ToLowerInvariant();

    static string Reason(byte[]? failure) => failure is null ? "" : Failure.Parser.ParseFrom(failure).Reason;

    static int FiguresOf(byte[]? prices) => prices is null ? 0 : BitConverter.ToInt32(Measurement.Parser.ParseFrom(prices).Digest.Span);

    static string Text<T>(IEnumerable<T> values) => string.Join(" | ", values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)));

    static void Same<T>(string what, T model, T real)
    {
        if (!EqualityComparer<T>.Default.Equals(model, real))
            throw new InvalidOperationException($"{what}: the model says\n{model}\nthe database says\n{real}");
    }
}
