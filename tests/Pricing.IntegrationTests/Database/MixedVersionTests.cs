using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;
using NUnit.Framework;
using Pricing.Coordinator.Archive;
using Pricing.Coordinator.Database;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests.Database;

/// <summary>Migrations expand first: what the release before sends still works on the new schema, and rows that are there survive each step.</summary>
[TestFixture]
public sealed partial class MixedVersionTests
{
    NpgsqlDataSource _source = null!;

    [SetUp]
    public async Task OpenAsync() => _source = DatabaseSource.Create(await PostgresServer.CreateDatabaseAsync());

    [TearDown]
    public async Task CloseAsync() => await _source.DisposeAsync();

    [Test, CancelAfter(120_000)]
    public async Task Every_statement_of_the_previous_release_is_still_understood(CancellationToken cancel)
    {
        await Migrator.MigrateAsync(_source, cancel);
        var statements = Previous();
        Assert.That(statements, Has.Count.GreaterThan(40));
        var refused = new List<string>();
        await using var connection = await _source.OpenConnectionAsync(cancel);
        foreach (var (name, sql) in statements)
        {
            try
            {
#pragma warning disable CA2100 // a file of this repository
                await using var prepare = new NpgsqlCommand($"prepare previous as {sql}; deallocate previous", connection);
#pragma warning restore CA2100
                await prepare.ExecuteNonQueryAsync(cancel);
            }
            catch (PostgresException e)
            {
                refused.Add($"{name}: {e.MessageText}");
            }
        }
        Assert.That(refused, Is.Empty);
    }

    [Test, CancelAfter(120_000)]
    public async Task A_job_goes_its_whole_way_by_the_statements_of_the_previous_release(CancellationToken cancel)
    {
        await Migrator.MigrateAsync(_source, cancel);
        await GoTheWholeWayAsync(1, cancel);
        // What the previous release ended, this one archives; and the other way round its rows read as ever.
        var archive = new JobArchive(_source);
        await archive.MakeMonthsAsync(cancel);
        Assert.That(await archive.MoveAsync(TimeSpan.Zero, cancel), Is.EqualTo(1));
        var quotes = await _source.Command(Previous()["QuoteStore.Page"], "local", null, Guid.Empty, 10).ReadAllAsync(r => r.GetString(8), cancel);
        Assert.That(quotes, Is.EqualTo(new[] { "failed" }));
    }

    [Test, CancelAfter(120_000)]
    public async Task Migrations_are_applied_one_by_one_with_rows_in_place(CancellationToken cancel)
    {
        // The release's statements fit from the schema of 0002 on.
        for (var count = 2; count <= Migrator.Embedded.Count; count++)
        {
            await Migrator.MigrateAsync(_source, [.. Migrator.Embedded.Take(count)], cancel);
            await GoTheWholeWayAsync((byte)count, cancel);
            await EnqueueAsync((byte)(100 + count), cancel);
        }
        var steps = Migrator.Embedded.Count - 1;
        await using var counts = _source.Command("select (select count(*) from job where state = 'completed') || ' ' || (select count(*) from job where state = 'available') || ' ' || (select count(*) from quote)");
        Assert.That(await counts.ExecuteScalarAsync(cancel), Is.EqualTo($"{steps} {steps} {steps}"));
    }

    async Task GoTheWholeWayAsync(byte which, CancellationToken cancel)
    {
        var previous = Previous();
        var node = Guid.NewGuid();
        var quoteId = Guid.NewGuid();
        var model = SHA256.HashData([which]);
        await _source.Command("""
            insert into price_list (list_id, version, document, sha256, state, effective_at) values ('l', 1, '', '', 'published', clock_timestamp()) on conflict do nothing
            """).RunAsync(cancel);
        var jobId = await EnqueueAsync(which, cancel);
        await _source.InTransactionAsync(async transaction =>
        {
            await transaction.Command(previous["QuoteStore.Remember"], "local", $"{quoteId}", model, quoteId).RunAsync(cancel);
            return await transaction.Command(previous["QuoteStore.InsertWaiting"], quoteId, "local", Array.Empty<byte>(), "", model, "l", 1, jobId, TimeSpan.FromMinutes(10)).RunAsync(cancel);
        }, cancel);
        var claimed = await _source.Command(previous["JobStore.Claim"], 1, 64, Enumerable.Repeat(node, 64).ToArray(), Enumerable.Repeat("n", 64).ToArray(), TimeSpan.FromSeconds(15))
            .ReadAllAsync(r => (JobId: r.GetInt64(0), Epoch: r.GetInt32(1)), cancel);
        var lease = claimed.Single(l => l.JobId == jobId);
        var held = await _source.Command(previous["JobStore.Renew"], new[] { lease.JobId }, new[] { lease.Epoch }, TimeSpan.FromSeconds(15)).ReadAllAsync(r => r.GetInt64(0), cancel);
        Assert.That(held, Is.EqualTo(new[] { jobId }));
        await _source.InTransactionAsync(async transaction =>
        {
            Assert.That(await transaction.Command(previous["JobStore.Complete"], lease.JobId, lease.Epoch, node, null).RunAsync(cancel), Is.EqualTo(1));
            await transaction.Command(previous["JobStore.NoteCompletion"], lease.JobId, lease.Epoch, "completed").RunAsync(cancel);
            return await transaction.Command(previous["MeasurementStore.Insert"], model, model, 1, Array.Empty<byte>(), model, jobId).RunAsync(cancel);
        }, cancel);
        await _source.InTransactionAsync(async transaction =>
        {
            var settleable = await transaction.Command(previous["QuoteStore.Settleable"], 10).ReadAllAsync(r => r.GetGuid(0), cancel);
            Assert.That(settleable, Is.EqualTo(new[] { quoteId }));
            return await transaction.Command(previous["QuoteStore.Settle"], quoteId, "failed", null, Array.Empty<byte>(), null, 0.0, 0.0, 0.0, TimeSpan.FromDays(1)).RunAsync(cancel);
        }, cancel);
        // Whatever else was claimed goes back into the queue, as a node that leaves gives it back.
        var others = claimed.Where(l => l.JobId != jobId).ToList();
        await _source.Command(previous["JobStore.EndLeases"], others.Select(l => l.JobId).ToArray(), others.Select(l => l.Epoch).ToArray(), false, 5,
            Array.Empty<byte>(), TimeSpan.Zero, "released", "test").ReadAllAsync(r => r.GetInt64(0), cancel);
    }

    async Task<long> EnqueueAsync(byte which, CancellationToken cancel)
    {
        var model = SHA256.HashData([which]);
        await _source.Command("insert into model (sha256, size_bytes) values ($1, 1)", model).RunAsync(cancel);
        return (await _source.Command(Previous()["JobStore.EnqueueOrJoin"], model, 1L, "part.stl", model, Array.Empty<byte>(), 1, TimeSpan.FromMinutes(10))
            .ReadAllAsync(r => r.GetInt64(0), cancel)).Single();
    }

    static Dictionary<string, string> Previous([CallerFilePath] string thisFile = "")
    {
        var text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "Statements", "previous-release.sql"));
        return Statement().Matches(text).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["sql"].Value.Trim());
    }

    [GeneratedRegex(@"^-- name: (?<name>\S+)\n(?<sql>.*?)(?=^-- name: |\z)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Statement();
}
