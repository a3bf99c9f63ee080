using System.Globalization;
using Npgsql;
using Pricing.Coordinator.Database;

namespace Pricing.Coordinator.Archive;

/// <summary>
/// Moves what has ended out of the tables that are worked on: jobs with their leases into <c>job_done</c>, by months; old months and old
/// quotes away. Every step is one short transaction over a bounded batch, taken with SKIP LOCKED: any number of coordinators may do it at once.
/// </summary>
/// <remarks>
/// A job may leave when nothing asks for its row in <c>job</c> any more: it has ended, all its quotes have, and a while has passed in which
/// late answers mostly come. Those that come later find it in <c>job_done</c> (JobStore). A quarantined job stays, since it is what keeps its
/// measurement out of the queue; it and its tries leave a month after their release, the last try first.
/// </remarks>
public sealed class JobArchive(NpgsqlDataSource source)
{
    // now(), not clock_timestamp(): only a stable bound is looked up in the index.
    const string Move = """
        with taken as materialized (
            select j.job_id from job j
            where j.finished_at is not null and j.finished_at < now() - $1::interval
              and ((j.state <> 'quarantined' and j.retry_of is null)
                   or (j.finished_at < now() - $3::interval and (j.state <> 'quarantined' or j.released_at < now() - $3::interval)
                       and not exists (select from job later where later.retry_of = j.job_id)))
              and not exists (select from quote q where q.job_id = j.job_id and q.state = 'measuring')
            order by j.finished_at
            limit $2
            for update of j skip locked),
        gone as (
            delete from job j using taken t where j.job_id = t.job_id returning j.*)
        insert into job_done (job_id, model_sha256, model_bytes, file_name, options_key, options, engine_version, state, epoch, attempts, strikes,
                              retry_of, released_at, lane, partner, cost, run_at, deadline_at, created_at, leased_at, finished_at, failure, leases)
        select job_id, model_sha256, model_bytes, file_name, options_key, options, engine_version, state, epoch, attempts, strikes,
               retry_of, released_at, lane, partner, cost, run_at, deadline_at, created_at, leased_at, finished_at, failure,
               coalesce((select jsonb_agg(to_jsonb(a) - 'job_id' order by a.epoch) from job_attempt a where a.job_id = g.job_id), '[]')
        from gone g
        """;

    // From the oldest job that may still come to the month after this one, so that a change of month finds its table made.
    const string MissingMonths = """
        select m::date from generate_series(
            date_trunc('month', (select coalesce(min(finished_at), now()) from job where finished_at is not null) at time zone 'utc'),
            date_trunc('month', now() at time zone 'utc') + interval '1 month', interval '1 month') m
        where to_regclass('job_done_' || to_char(m, 'YYYY_MM')) is null
        """;

    const string OldMonths = """
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'job_done'::regclass
          and c.relname < 'job_done_' || to_char(now() at time zone 'utc' - make_interval(months => $1), 'YYYY_MM')
        order by c.relname
        """;

    const string OldQuotes = """
        delete from quote where quote_id = any (array(
            select quote_id from quote where state <> 'measuring' and created_at < now() - $1::interval
            order by created_at limit $2
            for update skip locked))
        """;

    /// <summary>Any number, the same in every coordinator: they make and drop months one at a time.</summary>
    const string OneAtATime = "select pg_advisory_xact_lock(5787213827046133842)";

    static readonly TimeSpan QuarantineKept = TimeSpan.FromDays(Limits.Archive.QuarantineDaysMax);

    /// <summary>Moves one batch of jobs that ended at least <paramref name="age"/> ago; says how many.</summary>
    public Task<int> MoveAsync(TimeSpan age, CancellationToken cancel) =>
        source.Command(Move, age, Limits.Archive.BatchMax, QuarantineKept).RunAsync(cancel);

    /// <summary>Makes the tables of the months that ended jobs may fall into.</summary>
    public async Task MakeMonthsAsync(CancellationToken cancel)
    {
        if ((await ReadMissingAsync()).Count == 0)
            return;
        await source.InTransactionAsync(async transaction =>
        {
            await transaction.Command(OneAtATime).RunAsync(cancel);
            foreach (var month in await transaction.Command(MissingMonths).ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), cancel))
            {
#pragma warning disable CA2100 // digits only
                await using var create = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture,
                    $"create table job_done_{month:yyyy_MM} partition of job_done for values from ('{month:yyyy-MM-dd}+00') to ('{month.AddMonths(1):yyyy-MM-dd}+00')"),
                    transaction.Connection, transaction);
#pragma warning restore CA2100
                await create.ExecuteNonQueryAsync(cancel);
            }
            return true;
        }, cancel);

        Task<List<DateOnly>> ReadMissingAsync() => source.Command(MissingMonths).ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), cancel);
    }

    /// <summary>Drops the months that are older than what is kept; says which.</summary>
    public async Task<IReadOnlyList<string>> DropOldMonthsAsync(int monthsKept, CancellationToken cancel)
    {
        if ((await source.Command(OldMonths, monthsKept).ReadAllAsync(r => r.GetString(0), cancel)).Count == 0)
            return [];
        return await source.InTransactionAsync(async transaction =>
        {
            await transaction.Command(OneAtATime).RunAsync(cancel);
            var old = await transaction.Command(OldMonths, monthsKept).ReadAllAsync(r => r.GetString(0), cancel);
            foreach (var month in old)
            {
#pragma warning disable CA2100 // a name the catalogue gave, of our own making
                await using var drop = new NpgsqlCommand($"drop table {month}", transaction.Connection, transaction);
#pragma warning restore CA2100
                await drop.ExecuteNonQueryAsync(cancel);
            }
            return old;
        }, cancel);
    }

    /// <summary>Removes one batch of quotes that ended and are older than what is kept; says how many.</summary>
    public Task<int> RemoveOldQuotesAsync(TimeSpan kept, CancellationToken cancel) =>
        source.Command(OldQuotes, kept, Limits.Archive.BatchMax).RunAsync(cancel);
}
