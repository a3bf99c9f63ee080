using System.Security.Cryptography;
using Google.Protobuf;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Jobs;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>The moves of a job on real PostgreSQL, without any host: what the database alone promises.</summary>
[TestFixture]
public sealed class JobStoreTests
{
    static readonly TimeSpan LongTime = TimeSpan.FromMinutes(10);

    readonly Guid _node = Guid.NewGuid();
    NpgsqlDataSource _source = null!;
    JobStore _jobs = null!;

    [SetUp]
    public async Task MigrateAsync()
    {
        _source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());
        await Migrator.MigrateAsync(_source, CancellationToken.None);
        _jobs = new JobStore(_source);
    }

    [TearDown]
    public async Task CloseAsync() => await _source.DisposeAsync();

    [Test, CancelAfter(60_000)]
    public async Task An_answer_with_a_stale_epoch_changes_nothing(CancellationToken cancel)
    {
        var (_, key) = await EnqueueAsync(1, cancel);
        var first = await ClaimOneAsync(cancel);
        await ExpireAsync(cancel);
        await _jobs.RescueAsync(cancel);
        var second = await ClaimOneAsync(cancel);
        var before = await RowAsync(cancel);

        var late = await _jobs.CompleteAsync(new LeaseId(first.JobId, first.Epoch), _node, key, Measured(key), cancel);

        Assert.That(late, Is.EqualTo(Completion.StaleEpoch));
        Assert.That(await RowAsync(cancel), Is.EqualTo(before));
        Assert.That(second.Epoch, Is.EqualTo(first.Epoch + 1));
        Assert.That(await CountAsync("measurement", cancel), Is.Zero);
    }

    [Test, CancelAfter(60_000)]
    public async Task An_expired_lease_is_offered_again_exactly_once(CancellationToken cancel)
    {
        await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        Assert.That((await _jobs.RescueAsync(cancel)).Rescued, Is.Zero, "the lease is good");
        await ExpireAsync(cancel);

        var rescues = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _jobs.RescueAsync(cancel)));
        var claims = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _jobs.ClaimAsync(1, [new JobOffer(Guid.NewGuid(), "n")], cancel)));

        Assert.That(rescues.Sum(r => r.Rescued), Is.EqualTo(1));
        Assert.That(claims.SelectMany(c => c).Select(l => (l.JobId, l.Epoch, l.Attempt)), Is.EqualTo(new[] { (lease.JobId, 2, 2) }));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_late_answer_is_still_good_while_nobody_else_has_the_job(CancellationToken cancel)
    {
        var (_, key) = await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        await ExpireAsync(cancel);
        await _jobs.RescueAsync(cancel);

        var late = await _jobs.CompleteAsync(new LeaseId(lease.JobId, lease.Epoch), _node, key, Measured(key), cancel);

        Assert.That(late, Is.EqualTo(Completion.Applied));
        Assert.That(await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task The_same_answer_twice_is_applied_once(CancellationToken cancel)
    {
        var (_, key) = await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        var id = new LeaseId(lease.JobId, lease.Epoch);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _jobs.CompleteAsync(id, _node, key, Measured(key), cancel)));

        Assert.That(answers.Count(a => a == Completion.Applied), Is.EqualTo(1));
        Assert.That(answers.Count(a => a == Completion.AlreadyApplied), Is.EqualTo(4));
        Assert.That(await CountAsync("measurement", cancel), Is.EqualTo(1));
    }

    [Test, CancelAfter(60_000)]
    public async Task An_answer_of_another_incarnation_is_refused(CancellationToken cancel)
    {
        var (_, key) = await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        var answer = await _jobs.CompleteAsync(new LeaseId(lease.JobId, lease.Epoch), Guid.NewGuid(), key, Measured(key), cancel);
        Assert.That(answer, Is.EqualTo(Completion.StaleEpoch));
    }

    [Test, CancelAfter(60_000)]
    public async Task Attempts_are_bounded(CancellationToken cancel)
    {
        await EnqueueAsync(1, cancel);
        for (var attempt = 1; attempt <= Limits.Job.AttemptsMax; attempt++)
        {
            var lease = await ClaimOneAsync(cancel);
            Assert.That(lease.Attempt, Is.EqualTo(attempt));
            if (attempt % 2 == 0)
            {
                await ExpireAsync(cancel);
                var (_, failed) = await _jobs.RescueAsync(cancel);
                Assert.That(failed, Is.Empty);
            }
            else
            {
                var failed = await _jobs.EndLeasesAsync([new LeaseId(lease.JobId, lease.Epoch)], LeaseEnd.Lost, "killed", cancel);
                Assert.That(failed.Count, Is.EqualTo(attempt == Limits.Job.AttemptsMax ? 1 : 0));
            }
        }
        Assert.That(await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel), Is.Empty);
        var failure = (byte[])(await ScalarAsync("select failure from job where state = 'failed'", cancel))!;
        Assert.That(Failure.Parser.ParseFrom(failure).Reason, Is.EqualTo("ATTEMPTS_EXHAUSTED"));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_released_lease_does_not_count_as_an_attempt(CancellationToken cancel)
    {
        await EnqueueAsync(1, cancel);
        for (var i = 0; i < Limits.Job.AttemptsMax + 2; i++)
        {
            var lease = await ClaimOneAsync(cancel);
            Assert.That(lease.Attempt, Is.EqualTo(1));
            await _jobs.EndLeasesAsync([new LeaseId(lease.JobId, lease.Epoch)], LeaseEnd.Released, "drain", cancel);
            // The back-off of a released job is over.
            await RunAsync("update job set run_at = clock_timestamp()", cancel);
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task Concurrent_claims_never_share_a_job(CancellationToken cancel)
    {
        await EnqueueAsync(120, cancel);
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            var mine = new List<long>();
            var offers = Enumerable.Range(0, 7).Select(_ => new JobOffer(Guid.NewGuid(), $"n{i}")).ToList();
            while (await _jobs.ClaimAsync(1, offers, cancel) is { Count: > 0 } leases)
                mine.AddRange(leases.Select(l => l.JobId));
            return mine;
        }));
        var all = claims.SelectMany(c => c).ToList();
        Assert.That(all, Has.Count.EqualTo(120));
        Assert.That(all, Is.Unique);
    }

    [Test, CancelAfter(60_000)]
    public async Task A_node_of_another_engine_gets_no_job(CancellationToken cancel)
    {
        await EnqueueAsync(1, cancel);
        Assert.That(await _jobs.ClaimAsync(2, [new JobOffer(_node, "n")], cancel), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public async Task Renewing_tells_which_leases_are_lost(CancellationToken cancel)
    {
        await EnqueueAsync(2, cancel);
        var leases = await _jobs.ClaimAsync(1, [new JobOffer(_node, "n"), new JobOffer(_node, "n")], cancel);
        var held = await _jobs.RenewAsync([new LeaseId(leases[0].JobId, leases[0].Epoch), new LeaseId(leases[1].JobId, leases[1].Epoch + 1)], cancel);
        Assert.That(held, Is.EqualTo(new[] { leases[0].JobId }));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_terminal_state_is_final_even_for_the_database_itself(CancellationToken cancel)
    {
        var (_, key) = await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        await _jobs.CompleteAsync(new LeaseId(lease.JobId, lease.Epoch), _node, key, Measured(key), cancel);

        var leaving = await Assert.ThrowsAsync<PostgresException>(() =>
            RunAsync("update job set state = 'available', finished_at = null", cancel));
        Assert.That(leaving!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
        Assert.That(await _jobs.FailAsync(new LeaseId(lease.JobId, lease.Epoch), _node, new Failure { Reason = "X" }, cancel), Is.EqualTo(Completion.AlreadyApplied));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_job_past_its_deadline_fails_and_its_late_answer_finds_it_ended(CancellationToken cancel)
    {
        var (jobId, key) = await EnqueueAsync(1, cancel);
        var lease = await ClaimOneAsync(cancel);
        await RunAsync("update job set deadline_at = clock_timestamp() - interval '1 s'", cancel);
        Assert.That(await _jobs.FailPastDeadlineAsync(cancel), Is.EqualTo(new[] { jobId }));
        Assert.That(await _jobs.CompleteAsync(new LeaseId(lease.JobId, lease.Epoch), _node, key, Measured(key), cancel), Is.EqualTo(Completion.Terminal));
    }

    async Task<(long JobId, MeasureKey Key)> EnqueueAsync(int count, CancellationToken cancel)
    {
        (long, MeasureKey) last = default;
        for (var i = 0; i < count; i++)
        {
            var key = new MeasureKey(SHA256.HashData([(byte)i]), MeasurementStore.OptionsKey(new MeasureOptions()), 1);
            await _source.Command("insert into model (sha256, size_bytes) values ($1, 1)", key.ModelSha256).RunAsync(cancel);
            last = await _source.InTransactionAsync(async transaction =>
            {
                var order = new JobOrder(key, 1, "part.stl", new MeasureOptions(), LongTime);
                return ((await JobStore.EnqueueOrJoinAsync(transaction, order, cancel)).JobId, key);
            }, cancel);
        }
        return last;
    }

    async Task<Lease> ClaimOneAsync(CancellationToken cancel) => (await _jobs.ClaimAsync(1, [new JobOffer(_node, "n")], cancel)).Single();

    static Measurement Measured(MeasureKey key) => new()
    {
        ModelSha256 = Convert.ToHexStringLower(key.ModelSha256),
        EngineVersion = 1,
        Digest = ByteString.CopyFrom(SHA256.HashData(key.ModelSha256)),
    };

    Task ExpireAsync(CancellationToken cancel) => RunAsync("update job set lease_until = clock_timestamp() - interval '1 s' where state = 'leased'", cancel);

    async Task<string> RowAsync(CancellationToken cancel) => (string)(await ScalarAsync("select job::text from job", cancel))!;

    async Task<long> CountAsync(string table, CancellationToken cancel) => (long)(await ScalarAsync($"select count(*) from {table}", cancel))!;

    async Task<object?> ScalarAsync(string sql, CancellationToken cancel)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancel);
    }

    async Task RunAsync(string sql, CancellationToken cancel)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
