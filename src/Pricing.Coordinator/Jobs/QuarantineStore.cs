using Google.Protobuf;
using Npgsql;
using Pricing.Coordinator.Database;
using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Jobs;

/// <summary>One worker process that died on a job, with the node it belonged to.</summary>
public sealed record RecordedDeath(string Node, int Epoch, DateTime At, byte[] Evidence);

/// <summary>A job that is kept out of the queue, and what it did. <see cref="RetriedAs"/> is the job that tries again once it was released.</summary>
public sealed record QuarantinedRow(
    long JobId, byte[] ModelSha256, long ModelBytes, string FileName, byte[] Options, int EngineVersion, DateTime At, long? RetriedAs,
    IReadOnlyList<RecordedDeath> Deaths);

/// <summary>
/// What a job does to the processes that measure it: each death is a strike, and at <c>Limits.Job.WorkerDeathsMax</c> strikes the job is
/// quarantined. While it is, everyone who asks for the same measurement is sent to it and fails at once (<see cref="JobStore.EnqueueOrJoinAsync"/>),
/// so that a poisonous model costs that many processes, not that many for each quote.
/// </summary>
public sealed class QuarantineStore(NpgsqlDataSource source, LaggingReads lagging)
{
    // The same fence as an answer's; a death that was counted before is not counted again. $4 strikes, $5 attempts: whichever bound is met first.
    const string Strike = """
        update job j
        set strikes = j.strikes + 1,
            state = case when j.strikes + 1 >= $4 then 'quarantined' when j.attempts >= $5 then 'failed' else 'available' end,
            failure = case when j.strikes + 1 >= $4 then $6::bytea when j.attempts >= $5 then $7::bytea end,
            finished_at = case when j.strikes + 1 >= $4 or j.attempts >= $5 then clock_timestamp() end,
            run_at = clock_timestamp() + $8, owner = null, lease_until = null
        where j.job_id = $1 and j.epoch = $2 and j.state in ('available', 'leased')
          and exists (select from job_attempt a where a.job_id = $1 and a.epoch = $2 and a.incarnation = $3 and a.outcome is distinct from 'worker_died')
        returning j.state
        """;

    const string NoteDeath = """
        with looked as (delete from queue_floor)
        update job_attempt set ended_at = clock_timestamp(), outcome = 'worker_died', detail = $3, evidence = $4 where job_id = $1 and epoch = $2
        """;

    // The deaths of an earlier try are evidence too: a released job was quarantined for them.
    const string Rows = """
        with recursive shown as (
            select job_id from job
            where state = 'quarantined' and job_id < $1 and (job_id = $3::bigint or ($3::bigint is null and released_at is null))
            order by job_id desc limit $2),
        tries as (
            select job_id as shown_id, job_id as try_id from shown
            union all
            select t.shown_id, j.retry_of from tries t join job j on j.job_id = t.try_id where j.retry_of is not null)
        select j.job_id, j.model_sha256, j.model_bytes, j.file_name, j.options, j.engine_version, j.finished_at,
               (select r.job_id from job r where r.retry_of = j.job_id), a.node, a.epoch, a.ended_at, a.evidence
        from shown s join job j on j.job_id = s.job_id
        left join tries t on t.shown_id = s.job_id
        left join job_attempt a on a.job_id = t.try_id and a.outcome = 'worker_died'
        order by j.job_id desc, a.ended_at
        """;

    const string MarkReleased = """
        update job set released_at = clock_timestamp() where job_id = $1 and state = 'quarantined' and released_at is null
        """;

    // One strike short of the bound: one more death and it is back. A person asked for it, so it is next in its lane.
    const string TryAgain = """
        insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at, strikes, retry_of,
                         lane, partner, cost, pass)
        select model_sha256, model_bytes, file_name, options_key, options, engine_version, clock_timestamp() + $2, $3, job_id, lane, partner, cost,
               coalesce((select min(pass) from job a where a.state = 'available' and a.engine_version = q.engine_version and a.lane = q.lane), 0)
        from job q where job_id = $1
        on conflict (model_sha256, options_key, engine_version) where state in ('available', 'leased')
        do update set strikes = greatest(job.strikes, excluded.strikes), retry_of = excluded.retry_of
        """;

    /// <summary>
    /// A worker process died on this lease: the job is offered again, or quarantined at the bound. Idempotent and fenced as an answer is.
    /// Says also how the job stands after it.
    /// </summary>
    public async Task<(Completion Completion, string State)> StrikeAsync(LeaseId lease, Guid incarnation, WorkerDeath death, CancellationToken cancel) =>
        await source.InTransactionAsync(async transaction =>
        {
            // Two statements: the second one's snapshot is taken once the lock is ours, so that a twin's note is seen.
            await transaction.Command(JobStore.LockJob, lease.JobId).RunAsync(cancel);
            var states = await transaction.Command(Strike, lease.JobId, lease.Epoch, incarnation, Limits.Job.WorkerDeathsMax, Limits.Job.AttemptsMax,
                FailureOf(death), JobStore.ExhaustedFailure, TimeSpan.FromMilliseconds(Limits.Job.ReleaseBackoffMs)).ReadAllAsync(r => r.GetString(0), cancel);
            if (states.Count == 0)
                return (await JobStore.WhyNotAsync(transaction, lease, incarnation, cancel), "");
            await transaction.Command(NoteDeath, lease.JobId, lease.Epoch, death.Reason, death.ToByteArray()).RunAsync(cancel);
            return (Completion.Applied, states[0]);
        }, cancel);

    /// <summary>Jobs in quarantine, newest first, below a job id; those that were released are left out.</summary>
    public Task<IReadOnlyList<QuarantinedRow>> ReadPageAsync(long below, int size, CancellationToken cancel) =>
        lagging.ReadAsync(LaggingRead.QuarantinePage, from => ReadAsync(from, below, size, null, cancel), cancel);

    /// <summary>
    /// Lets a job be tried once more, as a new job: a terminal state is final. Releasing twice is releasing once. Null when it is not quarantined.
    /// </summary>
    public async Task<QuarantinedRow?> ReleaseAsync(long jobId, TimeSpan timeLeft, CancellationToken cancel)
    {
        await source.InTransactionAsync(async transaction =>
        {
            if (await transaction.Command(MarkReleased, jobId).RunAsync(cancel) > 0)
                await transaction.Command(TryAgain, jobId, timeLeft, Limits.Job.WorkerDeathsMax - 1).RunAsync(cancel);
            return true;
        }, cancel);
        return (await ReadAsync(source, long.MaxValue, 1, jobId, cancel)).SingleOrDefault();
    }

    static async Task<IReadOnlyList<QuarantinedRow>> ReadAsync(NpgsqlDataSource from, long below, int size, long? only, CancellationToken cancel)
    {
        var rows = await from.Command(Rows, below, size, only).ReadAllAsync(r => (
            Job: new QuarantinedRow(r.GetInt64(0), r.GetFieldValue<byte[]>(1), r.GetInt64(2), r.GetString(3), r.GetFieldValue<byte[]>(4), r.GetInt32(5),
                r.GetDateTime(6), r.MaybeValue<long>(7), []),
            Death: r.IsDBNull(8) ? null : new RecordedDeath(r.GetString(8), r.GetInt32(9), r.GetDateTime(10), r.GetFieldValue<byte[]>(11))), cancel);
        return [.. rows.GroupBy(row => row.Job.JobId)
            .Select(job => job.First().Job with { Deaths = [.. job.Select(row => row.Death).OfType<RecordedDeath>()] })];
    }

    static byte[] FailureOf(WorkerDeath death) => new Failure
    {
        Reason = "MODEL_QUARANTINED",
        Message = "This model cannot be measured: it ended every process that tried. A person has to look at it; asking again changes nothing until then.",
        Field = "model",
        Limit = $"{Limits.Job.WorkerDeathsMax} processes",
        Actual = death.Reason,
    }.ToByteArray();
}
