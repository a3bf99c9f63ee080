using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Archive;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.IntegrationTests.Servers;
using Pricing.Node.V1;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Database;

/// <summary>What has ended leaves the tables that are worked on, and nobody who asks notices.</summary>
[TestFixture]
public sealed class JobArchiveTests
{
    readonly Guid _node = Guid.NewGuid();
    NpgsqlDataSource _source = null!;
    JobStore _jobs = null!;
    JobArchive _archive = null!;

    [SetUp]
    public async Task MigrateAsync()
    {
        _source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_source, CancellationToken.None);
        _jobs = new JobStore(_source);
        _archive = new JobArchive(_source);
        await _archive.MakeMonthsAsync(CancellationToken.None);
    }

    [TearDown]
    public async Task CloseAsync() => await _source.DisposeAsync();

    [Test, CancelAfter(120_000)]
    public async Task Only_what_nobody_needs_in_the_hot_table_leaves_it(CancellationToken cancel)
    {
        var waiting = await EnqueueAsync(1, cancel);
        var leased = await EnqueueAsync(2, cancel);
        await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel);
        await RunAsync("update job set state = 'available', owner = null, lease_until = null where job_id = " + waiting.JobId, cancel);
        var young = await EndAsync(3, cancel);
        var priced = await EndAsync(4, cancel);
        var unsettled = await EndAsync(5, cancel);
        var poison = await EndAsync(6, cancel);
        await RunAsync($"update job set finished_at = clock_timestamp() - interval '2 minutes' where finished_at is not null and job_id <> {young}", cancel);
        await RunAsync($"alter table job disable trigger all; update job set state = 'quarantined', failure = 'x' where job_id = {poison}; alter table job enable trigger all", cancel);
        await QuoteAsync(unsettled, cancel);
        await QuoteAsync(priced, cancel);
        await RunAsync($"update quote set state = 'cancelled', finished_at = clock_timestamp() where job_id = {priced}", cancel);

        Assert.That(await _archive.MoveAsync(TimeSpan.FromMinutes(1), cancel), Is.EqualTo(1));

        Assert.That(await ColumnAsync("select job_id from job_done", cancel), Is.EqualTo(new[] { priced }));
        Assert.That(await ColumnAsync("select job_id from job order by 1", cancel), Is.EqualTo(new[] { waiting.JobId, leased.JobId, young, unsettled, poison }.Order()));
        Assert.That(await ColumnAsync("select job_id from job_attempt where job_id = " + priced, cancel), Is.Empty, "its leases went with it");

        // Its last quote ends: it may leave.
        await RunAsync("update quote set state = 'cancelled', finished_at = clock_timestamp() where state = 'measuring'", cancel);
        Assert.That(await _archive.MoveAsync(TimeSpan.FromMinutes(1), cancel), Is.EqualTo(1));
        Assert.That(await ColumnAsync("select job_id from job_history order by 1", cancel),
            Is.EqualTo(new[] { waiting.JobId, leased.JobId, young, priced, unsettled, poison }.Order()), "each job is in exactly one of the two");
    }

    [Test, CancelAfter(120_000)]
    public async Task A_late_answer_is_told_the_same_after_the_move_as_before(CancellationToken cancel)
    {
        var other = Guid.NewGuid();
        var measured = await EnqueueAsync(1, cancel);
        var lease = (await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel)).Single();
        await ExpireAsync(cancel);
        await _jobs.RescueAsync(cancel);
        await _jobs.ClaimAsync(1, [new JobOffer(other, "m")], cancel);
        await _jobs.CompleteAsync(new LeaseId(measured.JobId, 2), other, measured.Key, Measured(measured.Key), cancel);
        var late = await EnqueueAsync(2, cancel);
        await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel);
        await RunAsync($"update job set deadline_at = clock_timestamp() - interval '1 s' where job_id = {late.JobId}", cancel);
        await _jobs.FailPastDeadlineAsync(cancel);
        var refused = await EnqueueAsync(3, cancel);
        await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel);
        await _jobs.FailAsync(new LeaseId(refused.JobId, 1), _node, new Failure { Reason = "STL_TRUNCATED" }, cancel);

        var before = await AnswersAsync();
        Assert.That(before.Distinct(), Is.EquivalentTo(new[]
            { nameof(Completion.AlreadyApplied), nameof(Completion.StaleEpoch), nameof(Completion.Terminal), nameof(Completion.UnknownJob) }), "every kind of answer is asked for");
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(3));
        Assert.That(await ColumnAsync("select job_id from job", cancel), Is.Empty);
        Assert.That(await AnswersAsync(), Is.EqualTo(before));
        Assert.That(lease.JobId, Is.EqualTo(measured.JobId));

        async Task<List<string>> AnswersAsync()
        {
            var quarantine = new QuarantineStore(_source, new LaggingReads(_source, null, TimeProvider.System, NullLogger<LaggingReads>.Instance));
            var answers = new List<string>();
            foreach (var job in new[] { measured, late, refused, (JobId: 999_999L, measured.Key) })
            {
                var key = await _jobs.ReadKeyAsync(job.JobId, cancel);
                Assert.That(key is null || key.OptionsKey.SequenceEqual(job.Key.OptionsKey));
                foreach (var epoch in new[] { 1, 2, 3 })
                    foreach (var node in new[] { _node, other })
                    {
                        var id = new LeaseId(job.JobId, epoch);
                        answers.Add($"{await _jobs.CompleteAsync(id, node, job.Key, Measured(job.Key), cancel)}");
                        answers.Add($"{await _jobs.FailAsync(id, node, new Failure { Reason = "X" }, cancel)}");
                        answers.Add($"{(await quarantine.StrikeAsync(id, node, new WorkerDeath { Reason = "WORKER_DIED" }, cancel)).Completion}");
                    }
            }
            return answers;
        }
    }

    [Test, CancelAfter(120_000)]
    public async Task Many_archivists_move_each_job_once_in_bounded_batches(CancellationToken cancel)
    {
        var count = Limits.Archive.BatchMax * 3 + 7;
        await BulkEndedAsync(count, "1 hour", cancel);
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(Limits.Archive.BatchMax));
        var moved = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            var sum = 0;
            // Zero may mean that the others hold the rest; whoever sees rows left goes on.
            while (await _archive.MoveAsync(TimeSpan.Zero, cancel) is var batch && (batch > 0 || (await ColumnAsync("select count(*) from job", cancel))[0] > 0))
                sum += batch;
            return sum;
        }));
        Assert.That(moved.Sum(), Is.EqualTo(count - Limits.Archive.BatchMax));
        Assert.That(await ColumnAsync("select count(distinct job_id) from job_done union all select count(*) from job_done", cancel), Is.EqualTo(new[] { (long)count, count }));
    }

    [Test, CancelAfter(120_000)]
    public async Task Months_are_made_when_they_are_needed_and_dropped_by_age(CancellationToken cancel)
    {
        await BulkEndedAsync(1, "1 hour", cancel);
        await BulkEndedAsync(1, "3 months", cancel);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _archive.MakeMonthsAsync(cancel)));
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(2));
        var months = await ColumnAsync("select count(*) from pg_inherits where inhparent = 'job_done'::regclass", cancel);
        Assert.That(months[0], Is.EqualTo(5).Or.EqualTo(6), "three months back to the next one");

        Assert.That(await _archive.DropOldMonthsAsync(6, cancel), Is.Empty);
        Assert.That((await _archive.DropOldMonthsAsync(1, cancel)).Count, Is.EqualTo(2).Or.EqualTo(3));
        Assert.That(await ColumnAsync("select count(*) from job_done", cancel), Is.EqualTo(new[] { 1L }));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_quarantined_job_stays_until_a_month_after_its_release_and_the_last_try_leaves_first(CancellationToken cancel)
    {
        await BulkEndedAsync(3, "60 days", cancel);
        var ids = await ColumnAsync("select job_id from job order by 1", cancel);
        await RunAsync($"""
            alter table job disable trigger all;
            update job set state = 'quarantined', failure = 'x', released_at = clock_timestamp() - interval '59 days' where job_id in ({ids[0]}, {ids[2]});
            update job set retry_of = {ids[0]} where job_id = {ids[1]};
            update job set released_at = null where job_id = {ids[2]};
            alter table job enable trigger all
            """, cancel);
        await RunAsync($"update job set finished_at = clock_timestamp() where job_id = {ids[1]}", cancel);

        await _archive.MakeMonthsAsync(cancel);
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.Zero, "its try has just ended");
        await RunAsync($"update job set finished_at = clock_timestamp() - interval '31 days' where job_id = {ids[1]}", cancel);
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(1));
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(1));
        Assert.That(await _archive.MoveAsync(TimeSpan.Zero, cancel), Is.Zero);
        Assert.That(await ColumnAsync("select job_id from job", cancel), Is.EqualTo(new[] { ids[2] }), "nobody released it: it keeps its measurement out of the queue");
    }

    [Test, CancelAfter(120_000)]
    public async Task Old_quotes_go_and_waiting_ones_never(CancellationToken cancel)
    {
        var job = await EnqueueAsync(1, cancel);
        for (var i = 0; i < 3; i++)
            await QuoteAsync(job.JobId, cancel);
        await RunAsync("update quote set created_at = clock_timestamp() - interval '4 years' where ctid in (select ctid from quote limit 2)", cancel);
        await RunAsync("update quote set state = 'cancelled', finished_at = clock_timestamp() where ctid in (select ctid from quote order by created_at limit 1)", cancel);
        Assert.That(await _archive.RemoveOldQuotesAsync(TimeSpan.FromDays(Limits.Archive.QuoteDaysMax), cancel), Is.EqualTo(1));
        Assert.That(await _archive.RemoveOldQuotesAsync(TimeSpan.FromDays(Limits.Archive.QuoteDaysMax), cancel), Is.Zero);
        Assert.That(await ColumnAsync("select count(*) from quote where state = 'measuring'", cancel), Is.EqualTo(new[] { 2L }));
    }

    [Test, CancelAfter(180_000)]
    public async Task An_idle_snapshot_does_not_make_claims_look_at_ever_more(CancellationToken cancel)
    {
        await RunAsync("insert into model (sha256, size_bytes) values (decode(repeat('ab', 32), 'hex'), 1)", cancel);
        await using var holder = await _source.OpenConnectionAsync(cancel);
        await using var snapshot = await holder.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel);
        await using (var look = new NpgsqlCommand("set local idle_in_transaction_session_timeout = 0; select count(*) from job", holder, snapshot))
            await look.ExecuteScalarAsync(cancel);

        // What the snapshot keeps alive: the queue entries of everything that was done since.
        await BulkAvailableAsync(20_000, 0, cancel);
        await RunAsync("update job set state = 'cancelled', finished_at = clock_timestamp()", cancel);
        await RunAsync("vacuum job", cancel);
        await BulkAvailableAsync(50, 1_000_000, cancel);

        var whole = await BuffersAsync();
        using var floor = new QueueFloor(_source, new CoordinatorOptions { ConnectionString = "", ModelFolder = "", EngineVersion = 1 }, NullLogger<QueueFloor>.Instance);
        await floor.LookAsync(1, TimeSpan.Zero, cancel);
        var near = await BuffersAsync();
        TestContext.Out.WriteLine($"buffers of a claim beside the snapshot: from the beginning {whole}, from the floor {near}");
        Assert.That(whole, Is.GreaterThan(500), "the snapshot does hold vacuum back");
        Assert.That(near, Is.LessThan(whole / 4));

        // What is offered again before the floor is found after the next look.
        await RunAsync("update job set pass = 5 where job_id = (select max(job_id) from job where state = 'available')", cancel);
        await floor.LookAsync(1, TimeSpan.Zero, cancel);
        var claimed = (await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel)).Single();
        Assert.That(await ColumnAsync("select max(job_id) from job where pass = 5", cancel), Does.Contain(claimed.JobId));
        // Who offers a job again forgets the floor: the job keeps its place, and the next claim finds it.
        await _jobs.EndLeasesAsync([new LeaseId(claimed.JobId, claimed.Epoch)], LeaseEnd.Lost, "test", cancel);
        Assert.That(await ColumnAsync("select count(*) from queue_floor", cancel), Is.EqualTo(new[] { 0L }));
        Assert.That((await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel)).Single().JobId, Is.EqualTo(claimed.JobId));
        await floor.LookAsync(1, TimeSpan.Zero, cancel);
        Assert.That(await ColumnAsync("select count(*) from queue_floor", cancel), Is.EqualTo(new[] { 2L }));
        // A quick look forgets it too.
        await floor.LookAsync(1, TimeSpan.FromHours(1), cancel);
        Assert.That(await ColumnAsync("select count(*) from queue_floor", cancel), Is.EqualTo(new[] { 0L }));

        // The statement itself, rolled back: how many pages it touched.
        async Task<long> BuffersAsync()
        {
            await using var connection = await _source.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await using var explain = transaction.Command($"explain (analyze, buffers, format json) {JobStore.Claim}",
                1, new[] { _node }, new[] { "n" }, new[] { "" }, TimeSpan.FromSeconds(15), 0, 1, 1, 0, 0);
            using var plan = System.Text.Json.JsonDocument.Parse((string)(await explain.ExecuteScalarAsync(cancel))!);
            var root = plan.RootElement[0].GetProperty("Plan");
            return root.GetProperty("Shared Hit Blocks").GetInt64() + root.GetProperty("Shared Read Blocks").GetInt64();
        }
    }

    [Test, CancelAfter(120_000)]
    public async Task A_lane_that_was_idle_begins_behind_everything_it_served_before(CancellationToken cancel)
    {
        var passes = new List<long>();
        for (byte i = 1; i <= 3; i++)
        {
            var (jobId, key) = await EnqueueAsync(i, cancel);
            passes.Add((await ColumnAsync($"select pass from job where job_id = {jobId}", cancel))[0]);
            await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel);
            await _jobs.CompleteAsync(new LeaseId(jobId, 1), _node, key, Measured(key), cancel);
        }
        Assert.That(passes, Is.Ordered.Ascending);
        Assert.That(passes, Is.Unique, "or the queue's index would be used in the same place again and again");
    }

    [Test, CancelAfter(120_000)]
    public async Task A_transaction_of_ours_that_is_open_too_long_is_ended_and_a_strangers_is_named(CancellationToken cancel)
    {
        await using var mine = await _source.OpenConnectionAsync(cancel);
        await using var chain = await mine.BeginTransactionAsync(cancel);
        await chain.Command("select 1").RunAsync(cancel);
        await using var foreign = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_source.ConnectionString) { ApplicationName = "report", Pooling = false }.ConnectionString);
        await foreign.OpenAsync(cancel);
        await using var report = await foreign.BeginTransactionAsync(cancel);
        await report.Command("select 1").RunAsync(cancel);

        using var watch = new TransactionWatch(_source, NullLogger<TransactionWatch>.Instance);
        Assert.That(await watch.EndOldAsync(TimeSpan.FromHours(1), TimeSpan.FromHours(1), cancel), Is.Empty);
        var open = await watch.EndOldAsync(TimeSpan.Zero, TimeSpan.Zero, cancel);

        Assert.That(open.Select(o => (o.Application, o.Ended)), Is.EquivalentTo(new[] { (DatabaseSource.ApplicationName, true), ("report", false) }));
        await Assert.ThrowsAsync(Is.InstanceOf<NpgsqlException>(), () => chain.Command("select 1").RunAsync(cancel));
        await report.Command("select 1").RunAsync(cancel);
    }

    async Task<(long JobId, MeasureKey Key)> EnqueueAsync(byte which, CancellationToken cancel)
    {
        var key = new MeasureKey(SHA256.HashData([which]), MeasurementStore.OptionsKey(new MeasureOptions()), 1);
        await _source.Command("insert into model (sha256, size_bytes) values ($1, 1) on conflict do nothing", key.ModelSha256).RunAsync(cancel);
        var order = new JobOrder(key, 1, "part.stl", new MeasureOptions(), TimeSpan.FromMinutes(10));
        return ((await _source.InTransactionAsync(t => JobStore.EnqueueOrJoinAsync(t, order, cancel), cancel)).JobId, key);
    }

    /// <summary>A job that was leased and cancelled.</summary>
    async Task<long> EndAsync(byte which, CancellationToken cancel)
    {
        var (jobId, _) = await EnqueueAsync(which, cancel);
        await RunAsync($"""
            insert into job_attempt (job_id, epoch, node, incarnation, ended_at, outcome) values ({jobId}, 1, 'n', '{_node}', clock_timestamp(), 'ended');
            update job set state = 'cancelled', epoch = 1, attempts = 1, finished_at = clock_timestamp() where job_id = {jobId}
            """, cancel);
        return jobId;
    }

    Task BulkEndedAsync(int count, string ago, CancellationToken cancel) => RunAsync($"""
        insert into model (sha256, size_bytes) values (decode(repeat('ab', 32), 'hex'), 1) on conflict do nothing;
        insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at, state, finished_at)
        select decode(repeat('ab', 32), 'hex'), 1, 'part.stl', sha256(i::text::bytea), '', 1, clock_timestamp(), 'cancelled', clock_timestamp() - interval '{ago}'
        from generate_series(1, {count}) i
        """, cancel);

    Task BulkAvailableAsync(int count, long pass, CancellationToken cancel) => RunAsync($"""
        insert into job (model_sha256, model_bytes, file_name, options_key, options, engine_version, deadline_at, pass)
        select decode(repeat('ab', 32), 'hex'), 1, 'part.stl', sha256(i::text::bytea), '', 1, clock_timestamp() + interval '1 hour', {pass} + i
        from generate_series(1, {count}) i
        """, cancel);

    async Task QuoteAsync(long jobId, CancellationToken cancel)
    {
        await RunAsync("""
            insert into price_list (list_id, version, document, sha256, state, effective_at) values ('l', 1, '', '', 'published', clock_timestamp()) on conflict do nothing
            """, cancel);
        await RunAsync($"""
            insert into quote (quote_id, partner, request, request_id, model_sha256, job_id, measurement_cached, price_list_id, price_list_version, state, deadline_at)
            select gen_random_uuid(), 'local', '', '', model_sha256, job_id, false, 'l', 1, 'measuring', deadline_at from job where job_id = {jobId}
            """, cancel);
    }

    static Measurement Measured(MeasureKey key) => new()
    {
        ModelSha256 = Convert.ToHexStringLower(key.ModelSha256),
        EngineVersion = 1,
        Digest = ByteString.CopyFrom(SHA256.HashData(key.ModelSha256)),
    };

    Task ExpireAsync(CancellationToken cancel) => RunAsync("update job set lease_until = clock_timestamp() - interval '1 s' where state = 'leased'", cancel);

    async Task<List<long>> ColumnAsync(string sql, CancellationToken cancel) => await _source.Command(sql).ReadAllAsync(r => r.GetInt64(0), cancel);

    Task RunAsync(string sql, CancellationToken cancel) => _source.Command(sql).RunAsync(cancel);
}
