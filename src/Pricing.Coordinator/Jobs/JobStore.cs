using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Jobs;

/// <summary>
/// All moves of a job, each one statement or one transaction; docs/job-states.md draws them. Times are the database's.
/// Every move out of a lease names the epoch it speaks for: a holder whose lease passed on changes 0 rows.
/// </summary>
public sealed class JobStore(NpgsqlDataSource source)
{
    // A second asker joins the live job and lengthens its life; the partial unique index makes sure there is at most one.
    // A measurement in quarantine is not tried again: the asker gets the job that ended there, and fails as it did.
    //
    // The pass is the job's virtual start time (start-time fair queueing: Goyal, Vin, Cheng, SIGCOMM 1996): the later of the lane's virtual time
    // and the end of the partner's own last job, which is that one's pass plus its cost over his weight. The lane's virtual time is the pass of
    // what is served now or, when that is later, of what is served next; each is one look into an index, and no row of the partner or the lane
    // is locked. Hence two transactions at the same time may read the same "last job" and take the same pass: a partner gains by it at most
    // the charge of as many jobs as he has transactions open at once (bounded by the connections of all coordinators), and whatever
    // begins after their commit stands behind all of them. Who joins in the same lane may bring the job forward, never back; who joins from
    // the other lane leaves it where it is, because passes of two lanes are not comparable. A lane that is idle begins at idle_pass(), which
    // grows with time, so that a place is not used twice: see QueueFloor.
    public const string EnqueueOrJoin = """
        with quarantined as (
            select job_id from job
            where model_sha256 = $1 and options_key = $4 and engine_version = $6 and state = 'quarantined' and released_at is null
            order by job_id desc limit 1),
        terms as (
            select coalesce(t.lane, 'b2c') as lane, coalesce(t.weight, 1) as weight, coalesce(f.pass, 0) as floor
            from (select $8::text as partner) asked left join partner_terms t using (partner)
            left join queue_floor f on f.engine_version = $6 and f.lane = coalesce(t.lane, 'b2c')),
        place as (
            select t.lane, coalesce(greatest(
                (select min(pass) from job where state = 'available' and engine_version = $6 and lane = t.lane and pass >= t.floor),
                (select max(pass) from job where state = 'leased' and engine_version = $6 and lane = t.lane and pass >= t.floor),
                (select pass + greatest(1, cost * $10 / t.weight) from job
                 where state in ('available', 'leased') and engine_version = $6 and lane = t.lane and partner = $8 and pass >= t.floor
                 order by pass desc limit 1)), idle_pass()) as pass
            from terms t),
        live as (
            insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at, lane, partner, pass, cost)
            select $1, $2, $3, $4, $5, $6, clock_timestamp() + $7, p.lane, $8, p.pass, $9 from place p
            where not exists (select from quarantined)
            on conflict (model_sha256, options_key, engine_version) where state in ('available', 'leased')
            do update set deadline_at = greatest(job.deadline_at, excluded.deadline_at),
                pass = case when job.lane = excluded.lane then least(job.pass, excluded.pass) else job.pass end
            returning job_id, xmax = 0 as is_new)
        select job_id, is_new from live union all select job_id, false from quarantined
        """;

    const string Withdraw = "delete from job where job_id = $1";

    // One statement serves every waiting node of both lanes. Slots are of three kinds: those of nodes dedicated to a lane ($9 b2b, $10 b2c) and
    // those that serve both ($8). $6 and $7 say how many jobs each lane may take first, its dedicated slots and its share of the others; what
    // one lane leaves empty of the others is filled from the other lane ("topped"). Within a lane the order is (pass, job_id).
    // The CTEs are materialized on purpose: inlined, the planner may lock and update more rows than the limits say. A row that another
    // coordinator has locked is passed over, and then this claim is short by one; the next round finds the rest.
    // Looked at with explain (analyze, buffers), 100,000 available and 1,000,000 finished rows, as generic and as custom plan: three scans of
    // job_queue that read as many rows as they take, job_pkey for the update, no sort but that of the batch; 32 jobs in 11 ms, of which
    // 9 ms are the update and its six indexes.
    public const string Claim = """
        with b2b as materialized (
            select job_id, pass from job
            where state = 'available' and engine_version = $1 and lane = 'b2b' and run_at <= now() and deadline_at > now()
              and pass >= coalesce((select pass from queue_floor where engine_version = $1 and lane = 'b2b'), 0)
            order by pass, job_id limit $6
            for no key update skip locked),
        b2c as materialized (
            select job_id, pass from job
            where state = 'available' and engine_version = $1 and lane = 'b2c' and run_at <= now() and deadline_at > now()
              and pass >= coalesce((select pass from queue_floor where engine_version = $1 and lane = 'b2c'), 0)
            order by pass, job_id limit $7
            for no key update skip locked),
        room as materialized (
            select case when b.n < $6 then 'b2c' else 'b2b' end as lane, $8 - greatest(b.n - $9, 0) - greatest(c.n - $10, 0) as slots
            from (select count(*)::int as n from b2b) b, (select count(*)::int as n from b2c) c),
        topped as materialized (
            select job_id, pass from job
            where state = 'available' and engine_version = $1 and lane = (select lane from room) and run_at <= now() and deadline_at > now()
              and pass >= coalesce((select f.pass from queue_floor f where f.engine_version = $1 and f.lane = (select lane from room)), 0)
              and job_id not in (select job_id from b2b union all select job_id from b2c)
            order by pass, job_id limit (select slots from room)
            for no key update skip locked),
        ranked as materialized (
            select job_id, lane, row_number() over (partition by lane order by pass, job_id)::int as rank
            from (select job_id, pass, 'b2b' as lane from b2b union all select job_id, pass, 'b2c' from b2c
                  union all select t.job_id, t.pass, r.lane from topped t, room r) as picked),
        placed as materialized (
            select job_id, case when rank <= own then lane else '' end as slots,
                   case when rank <= own then rank when lane = 'b2b' then rank - own
                        else rank - own + (select greatest(count(*)::int - $9, 0) from ranked where lane = 'b2b') end as slot
            from (select *, case lane when 'b2b' then $9 else $10 end as own from ranked) as r),
        offers as materialized (
            select incarnation, node, slots, row_number() over (partition by slots order by nr)::int as slot
            from unnest($2::uuid[], $3::text[], $4::text[]) with ordinality as o(incarnation, node, slots, nr)),
        leased as (
            update job j
            set state = 'leased', epoch = j.epoch + 1, attempts = j.attempts + 1, owner = o.incarnation,
                leased_at = clock_timestamp(), lease_until = clock_timestamp() + $5
            from placed p join offers o using (slots, slot)
            where j.job_id = p.job_id
            returning j.*, o.node),
        noted as (
            insert into job_attempt (job_id, epoch, node, incarnation)
            select job_id, epoch, node, owner from leased)
        select job_id, epoch, owner, attempts, model_sha256, model_bytes, file_name, options, deadline_at - clock_timestamp(), lane, cost
        from leased order by pass, job_id
        """;

    const string Renew = """
        update job j set lease_until = clock_timestamp() + $3
        from unnest($1::bigint[], $2::int[]) as held(job_id, epoch)
        where j.job_id = held.job_id and j.epoch = held.epoch and j.state = 'leased'
        returning j.job_id
        """;

    // A job that comes back keeps its place, which may lie before the noted beginning of its lane: that is forgotten (QueueFloor).
    // $3: does it count as an attempt. The last counted attempt ends the job.
    const string EndLeases = """
        with freed as (
            update job j
            set state = case when $3 and j.attempts >= $4 then 'failed' else 'available' end,
                failure = case when $3 and j.attempts >= $4 then $5::bytea end,
                finished_at = case when $3 and j.attempts >= $4 then clock_timestamp() end,
                attempts = case when $3 then j.attempts else greatest(j.attempts - 1, 0) end,
                run_at = case when $3 then j.run_at else clock_timestamp() + $6 end,
                owner = null, lease_until = null
            from unnest($1::bigint[], $2::int[]) as held(job_id, epoch)
            where j.job_id = held.job_id and j.epoch = held.epoch and j.state = 'leased'
            returning j.job_id, j.epoch, j.state),
        noted as (
            update job_attempt a set ended_at = clock_timestamp(), outcome = $7, detail = $8
            from freed f where a.job_id = f.job_id and a.epoch = f.epoch),
        looked as (
            delete from queue_floor where exists (select from freed))
        select job_id, state from freed
        """;

    // The epoch is bumped by the next claim only: an answer that comes late but before that claim is still good.
    const string Rescue = """
        with late as materialized (
            select job_id from job
            where state = 'leased' and lease_until < now()
            order by lease_until
            limit $1
            for no key update skip locked),
        freed as (
            update job j
            set state = case when j.attempts >= $2 then 'failed' else 'available' end,
                failure = case when j.attempts >= $2 then $3::bytea end,
                finished_at = case when j.attempts >= $2 then clock_timestamp() end,
                owner = null, lease_until = null
            from late l where j.job_id = l.job_id
            returning j.job_id, j.epoch, j.state),
        noted as (
            update job_attempt a set ended_at = clock_timestamp(), outcome = 'expired'
            from freed f where a.job_id = f.job_id and a.epoch = f.epoch),
        looked as (
            delete from queue_floor where exists (select from freed))
        select job_id, state from freed
        """;

    const string FailPastDeadline = """
        with past as materialized (
            select job_id from job
            where state in ('available', 'leased') and deadline_at < now()
            order by deadline_at
            limit $1
            for no key update skip locked),
        ended as (
            update job j
            set state = 'failed', failure = $2, finished_at = clock_timestamp(), owner = null, lease_until = null
            from past p where j.job_id = p.job_id
            returning j.job_id, j.epoch),
        noted as (
            update job_attempt a set ended_at = clock_timestamp(), outcome = 'ended', detail = 'deadline'
            from ended e where a.job_id = e.job_id and a.epoch = e.epoch and a.outcome is null)
        select job_id from ended
        """;

    // A job that ended a while ago is in job_done: a late answer finds it there. The archive is not looked at when the first half has a row.
    public const string ReadKey = """
        select model_sha256, options_key, engine_version from job where job_id = $1
        union all
        select model_sha256, options_key, engine_version from job_done where job_id = $1
        limit 1
        """;

    // Fence: this epoch, this incarnation, and nobody else has been given the job since. State 'available' means the lease
    // ran out but was not claimed again; up to half an hour of work is kept. A lease that was answered with a death has been answered.
    public const string Complete = """
        update job j
        set state = case when $4::bytea is null then 'completed' else 'failed' end,
            failure = $4, finished_at = clock_timestamp(), owner = null, lease_until = null
        where j.job_id = $1 and j.epoch = $2 and j.state in ('available', 'leased')
          and exists (select from job_attempt a where a.job_id = $1 and a.epoch = $2 and a.incarnation = $3 and a.outcome is distinct from 'worker_died')
        """;

    public const string NoteCompletion = """
        update job_attempt set ended_at = clock_timestamp(), outcome = $3, detail = null where job_id = $1 and epoch = $2
        """;

    const string WhyNot = """
        select j.state, j.epoch, coalesce(a.outcome, '') from job j
        left join job_attempt a on a.job_id = j.job_id and a.epoch = $2 and a.incarnation = $3
        where j.job_id = $1
        union all
        select d.state, d.epoch, coalesce(l ->> 'outcome', '') from job_done d
        left join jsonb_array_elements(d.leases) l on (l ->> 'epoch')::int = $2 and (l ->> 'incarnation')::uuid = $3
        where d.job_id = $1
        """;

    internal const string LockJob = "select job_id from job where job_id = $1 for no key update";

    const string CancelUnwanted = """
        with ended as (
            update job j
            set state = 'cancelled', finished_at = clock_timestamp(), owner = null, lease_until = null
            where j.job_id = $1 and j.state in ('available', 'leased')
              and not exists (select from quote q where q.job_id = $1 and q.state = 'measuring')
            returning j.job_id, j.epoch),
        noted as (
            update job_attempt a set ended_at = clock_timestamp(), outcome = 'ended', detail = 'cancelled'
            from ended e where a.job_id = e.job_id and a.epoch = e.epoch and a.outcome is null)
        select job_id from ended
        """;

    internal static readonly byte[] ExhaustedFailure = new Failure
    {
        Reason = "ATTEMPTS_EXHAUSTED",
        Message = "Every node that took this model was lost before it answered.",
        Limit = $"{Limits.Job.AttemptsMax} attempts",
        Actual = $"{Limits.Job.AttemptsMax} attempts",
    }.ToByteArray();

    static readonly byte[] DeadlineFailure = new Failure
    {
        Reason = "DEADLINE",
        Message = "The model was not measured in time.",
        Field = "deadline_time",
    }.ToByteArray();

    static readonly TimeSpan LeaseTime = TimeSpan.FromMilliseconds(Limits.Job.LeaseMs);

    /// <summary>Enqueues the job, or joins the live one with the same key. In the caller's transaction: a quote and its job are one fact.</summary>
    public static async Task<(long JobId, bool IsNew)> EnqueueOrJoinAsync(NpgsqlTransaction transaction, JobOrder order, CancellationToken cancel)
    {
        await using var command = transaction.Command(EnqueueOrJoin,
            order.Key.ModelSha256, order.ModelBytes, order.FileName, order.Key.OptionsKey, order.Options.ToByteArray(), order.Key.EngineVersion, order.TimeLeft,
            order.Partner, JobCost.Of(order.ModelBytes), (long)JobCost.PassPerUnit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), reader.GetBoolean(1));
    }

    /// <summary>Takes back a job this very transaction enqueued.</summary>
    public static Task WithdrawAsync(NpgsqlTransaction transaction, long jobId, CancellationToken cancel) =>
        transaction.Command(Withdraw, jobId).RunAsync(cancel);

    /// <summary>
    /// Leases as many jobs as there are offers, in the fair order of each lane. Offers of dedicated nodes take their lane's jobs; the others are
    /// split over the lanes as <paramref name="split"/> says, and none of them stays empty while either lane has work.
    /// </summary>
    public async Task<IReadOnlyList<Lease>> ClaimAsync(int engineVersion, IReadOnlyList<JobOffer> offers, LaneSplit split, CancellationToken cancel)
    {
        var (b2b, b2c) = (offers.Count(o => o.DedicatedTo is Lane.B2b), offers.Count(o => o.DedicatedTo is Lane.B2c));
        var either = offers.Count - b2b - b2c;
        if (split.B2b < 0 || split.B2c < 0 || split.B2b + split.B2c != either)
            throw new ArgumentException($"{either} offers serve both lanes; the split says {split.B2b} and {split.B2c}.", nameof(split));
        return await source.Command(Claim, engineVersion, offers.Select(o => o.Incarnation).ToArray(), offers.Select(o => o.Node).ToArray(),
                offers.Select(o => o.DedicatedTo?.Text() ?? "").ToArray(), LeaseTime, b2b + split.B2b, b2c + split.B2c, either, b2b, b2c)
            .ReadAllAsync(r => new Lease(r.GetInt64(0), r.GetInt32(1), r.GetGuid(2), r.GetInt32(3), r.GetFieldValue<byte[]>(4), r.GetInt64(5),
                r.GetString(6), r.GetFieldValue<byte[]>(7), r.GetTimeSpan(8), Lanes.Parse(r.GetString(9)), r.GetInt64(10)), cancel);
    }

    /// <summary>Lengthens the leases; returns the jobs that are still held. The rest is lost: their nodes must stop.</summary>
    public async Task<HashSet<long>> RenewAsync(IReadOnlyCollection<LeaseId> leases, CancellationToken cancel) =>
        [.. await source.Command(Renew, JobIds(leases), Epochs(leases), LeaseTime).ReadAllAsync(r => r.GetInt64(0), cancel)];

    /// <summary>Gives leases back before they run out. Returns jobs that failed by it (their last attempt).</summary>
    public async Task<IReadOnlyList<long>> EndLeasesAsync(IReadOnlyCollection<LeaseId> leases, LeaseEnd end, string detail, CancellationToken cancel)
    {
        var counts = end is LeaseEnd.Lost;
        var freed = await source.Command(EndLeases, JobIds(leases), Epochs(leases), counts, Limits.Job.AttemptsMax, ExhaustedFailure,
                TimeSpan.FromMilliseconds(Limits.Job.ReleaseBackoffMs), counts ? "lost" : "released", detail)
            .ReadAllAsync(r => (JobId: r.GetInt64(0), State: r.GetString(1)), cancel);
        return [.. freed.Where(f => f.State == "failed").Select(f => f.JobId)];
    }

    /// <summary>Offers expired leases again, or fails them after the last attempt. Returns all of them with the ones that failed.</summary>
    public async Task<(int Rescued, IReadOnlyList<long> Failed)> RescueAsync(CancellationToken cancel)
    {
        var freed = await source.Command(Rescue, Limits.Job.RescueBatchMax, Limits.Job.AttemptsMax, ExhaustedFailure)
            .ReadAllAsync(r => (JobId: r.GetInt64(0), State: r.GetString(1)), cancel);
        return (freed.Count, [.. freed.Where(f => f.State == "failed").Select(f => f.JobId)]);
    }

    public async Task<IReadOnlyList<long>> FailPastDeadlineAsync(CancellationToken cancel) =>
        await source.Command(FailPastDeadline, Limits.Job.RescueBatchMax, DeadlineFailure).ReadAllAsync(r => r.GetInt64(0), cancel);

    /// <summary>What the job was to measure, or null when there is no such job.</summary>
    public Task<MeasureKey?> ReadKeyAsync(long jobId, CancellationToken cancel) =>
        source.Command(ReadKey, jobId).ReadOneAsync(r => new MeasureKey(r.GetFieldValue<byte[]>(0), r.GetFieldValue<byte[]>(1), r.GetInt32(2)), cancel);

    /// <summary>The job is measured: job, attempt and measurement in one transaction, or none of them.</summary>
    public Task<Completion> CompleteAsync(LeaseId lease, Guid incarnation, MeasureKey key, Measurement measurement, CancellationToken cancel) =>
        EndAsync(lease, incarnation, null, "completed",
            transaction => MeasurementStore.InsertAsync(transaction, key, lease.JobId, measurement, cancel), cancel);

    /// <summary>The model is at fault: final, no other node is tried.</summary>
    public Task<Completion> FailAsync(LeaseId lease, Guid incarnation, Failure failure, CancellationToken cancel) =>
        EndAsync(lease, incarnation, failure.ToByteArray(), "model_failed", _ => Task.CompletedTask, cancel);

    /// <summary>Cancels the job when no quote waits for it any more. Call after the quote's own row changed, in the same transaction.</summary>
    public static async Task<bool> CancelIfUnwantedAsync(NpgsqlTransaction transaction, long jobId, CancellationToken cancel)
    {
        // Two statements: the second one's snapshot is taken once the lock is ours, so that a quote which joined meanwhile is seen.
        await transaction.Command(LockJob, jobId).RunAsync(cancel);
        return (await transaction.Command(CancelUnwanted, jobId).ReadAllAsync(r => r.GetInt64(0), cancel)).Count > 0;
    }

    async Task<Completion> EndAsync(
        LeaseId lease, Guid incarnation, byte[]? failure, string outcome, Func<NpgsqlTransaction, Task> alsoAsync, CancellationToken cancel) =>
        await source.InTransactionAsync(async transaction =>
        {
            if (await transaction.Command(Complete, lease.JobId, lease.Epoch, incarnation, failure).RunAsync(cancel) == 0)
                return await WhyNotAsync(transaction, lease, incarnation, cancel);
            await transaction.Command(NoteCompletion, lease.JobId, lease.Epoch, outcome).RunAsync(cancel);
            await alsoAsync(transaction);
            return Completion.Applied;
        }, cancel);

    /// <summary>Why an answer changed no row.</summary>
    internal static async Task<Completion> WhyNotAsync(NpgsqlTransaction transaction, LeaseId lease, Guid incarnation, CancellationToken cancel)
    {
        var found = await transaction.Command(WhyNot, lease.JobId, lease.Epoch, incarnation)
            .ReadAllAsync(r => (State: r.GetString(0), Epoch: r.GetInt32(1), Outcome: r.GetString(2)), cancel);
        if (found.Count == 0)
            return Completion.UnknownJob;
        var (state, epoch, outcome) = found[0];
        if (outcome is "completed" or "model_failed" or "worker_died")
            return Completion.AlreadyApplied;
        return epoch == lease.Epoch && state is not ("available" or "leased") ? Completion.Terminal : Completion.StaleEpoch;
    }

    static long[] JobIds(IEnumerable<LeaseId> leases) => [.. leases.Select(l => l.JobId)];

    static int[] Epochs(IEnumerable<LeaseId> leases) => [.. leases.Select(l => l.Epoch)];
}
