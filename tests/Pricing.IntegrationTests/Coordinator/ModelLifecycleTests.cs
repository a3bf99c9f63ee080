using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Pricing.Coordinator.Models;
using Pricing.IntegrationTests.Servers;
using Pricing.Quoting.V1;
using static Pricing.IntegrationTests.Servers.CoordinatorServer;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>What becomes of bytes nobody asks for, of wrong bytes, and of bytes that cannot be had: rows and store together.</summary>
[TestFixture(StoreKind.Folder), TestFixture(StoreKind.Bucket)]
[CancelAfter(120_000)]
public sealed class ModelLifecycleTests(StoreKind kind)
{
    static readonly TimeSpan Long = TimeSpan.FromDays(Limits.Model.KeepDaysDefault);

    StoreUnderTest _place = null!;
    CoordinatorServer _server = null!;
    ModelRemovals _removals = null!;
    IModelStore _store = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _place = await StoreUnderTest.CreateAsync(kind);
        _store = _place.Open();
        _server = await CoordinatorServer.StartAsync(_place.Share);
        _removals = new ModelRemovals(_server.Database);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _server.DisposeAsync();
        await _place.DisposeAsync();
    }

    ModelCleaner Cleaner() => new(_removals, _store, _server.Options, NullLogger<ModelCleaner>.Instance);

    Task AgeAsync() => _server.ExecuteAsync("update model set used_at = clock_timestamp() - interval '200 days'");

    async Task<Model.Types.State> StateAsync(string name) => (await _server.Models.GetModelAsync(new GetModelRequest { Name = name })).State;

    [Test]
    public async Task A_model_nobody_asks_for_loses_its_bytes_and_an_upload_brings_it_back(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var name = await _server.UploadAsync(bytes);
        Assert.That(await _place.PeekAsync(ModelCopy.Of(SHA256.HashData(bytes))), Is.EqualTo(bytes));
        await Cleaner().RunOnceAsync(cancel);
        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.Stored), "it was asked for lately");

        await AgeAsync();
        // Two cleaners at once, as two coordinators have them.
        await Task.WhenAll(Cleaner().RunOnceAsync(cancel), Cleaner().RunOnceAsync(cancel));
        await Cleaner().RunOnceAsync(cancel);

        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.AwaitingUpload));
        Assert.That(await _place.PeekAsync(ModelCopy.Of(SHA256.HashData(bytes))), Is.Null);
        Assert.That(await _server.ScalarAsync<long>("select count(*) from model_removal where deleted_at is not null"), Is.EqualTo(1));
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await _server.Quotes.CreateQuoteAsync(Ask(name)));
        Assert.That(ReasonOf(refusal!), Is.EqualTo("MODEL_NOT_UPLOADED"));

        await _server.UploadAsync(bytes);
        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.Stored));
        await _server.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 1);
        Assert.That((await node.NextJobAsync(cancel)).Bytes, Is.EqualTo(bytes));
    }

    [Test]
    public async Task An_upload_between_the_row_and_the_bytes_of_a_removal_is_not_lost(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(100_000);
        var name = await _server.UploadAsync(bytes);
        await AgeAsync();
        Assert.That(await _removals.RemoveUnusedAsync(Long, cancel), Is.EqualTo(1));
        var due = await _removals.FindDueAsync(cancel);
        Assert.That(due, Has.Count.EqualTo(1));

        await _server.UploadAsync(bytes);
        // The cleaner was slow; or a second one has read the same row.
        await _store.DeleteAsync(due[0], cancel);
        await _store.DeleteAsync(due[0], cancel);
        await _removals.NoteDeletedAsync(due[0], cancel);

        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.Stored));
        Assert.That(await StoreUnderTest.ReadAsync(_place.Open(), ModelCopy.Of(SHA256.HashData(bytes), 1), cancel), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Uploads_and_removals_of_one_model_at_the_same_time_never_end_with_a_row_without_bytes(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(70_000);
        var name = await _server.UploadAsync(bytes);
        for (var round = 0; round < 6; round++)
        {
            await AgeAsync();
            var cleaning = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Cleaner().RunOnceAsync(cancel), cancel)));
            var uploading = Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => UploadOrAgainAsync(bytes), cancel)));
            await Task.WhenAll(cleaning, uploading);
            if (await StateAsync(name) is Model.Types.State.Stored)
            {
                var copy = ModelCopy.Of(SHA256.HashData(bytes), await _server.ScalarAsync<int>("select copy from model"));
                Assert.That(await StoreUnderTest.ReadAsync(_place.Open(), copy, cancel), Is.EqualTo(bytes), $"round {round}");
            }
        }
    }

    /// <summary>A removal in the middle of an upload refuses it with "come back soon".</summary>
    async Task UploadOrAgainAsync(byte[] bytes)
    {
        while (true)
        {
            try
            {
                await _server.UploadAsync(bytes);
                return;
            }
            catch (RpcException again) when (again.StatusCode is StatusCode.Unavailable)
            {
                await TestContext.Out.WriteLineAsync(again.Status.Detail);
            }
        }
    }

    [Test]
    public async Task Bytes_that_a_job_waits_for_or_a_quote_is_being_written_for_are_not_removed(CancellationToken cancel)
    {
        var name = await _server.UploadAsync([1, 2, 3]);
        await _server.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        await AgeAsync();
        Assert.That(await _removals.RemoveUnusedAsync(Long, cancel), Is.Zero, "a job is live");
        await _server.ExecuteAsync("update quote set state = 'cancelled', finished_at = clock_timestamp(); update job set state = 'cancelled', finished_at = clock_timestamp()");

        await using (var connection = await _server.Database.OpenConnectionAsync(cancel))
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            var seen = await ModelQueries.FindAsync(transaction, await _server.ScalarAsync<string>("select partner from partner_model"), SHA256.HashData([1, 2, 3]), cancel);
            Assert.That(seen!.IsStored, Is.True);
            await AgeAsyncBeside(transaction);
            Assert.That(await _removals.RemoveUnusedAsync(Long, cancel), Is.Zero, "somebody writes a quote on the strength of the bytes");
        }
        await AgeAsync();
        Assert.That(await _removals.RemoveUnusedAsync(Long, cancel), Is.EqualTo(1));
    }

    // Being asked for has made it fresh in that very transaction; the lock is what is tested.
    static async Task AgeAsyncBeside(Npgsql.NpgsqlTransaction transaction)
    {
        await using var command = new Npgsql.NpgsqlCommand("update model set used_at = clock_timestamp() - interval '200 days'", transaction.Connection, transaction);
        await command.ExecuteNonQueryAsync();
    }

    [Test]
    public async Task Wrong_bytes_in_the_store_fail_the_quote_with_a_clear_reason_and_an_upload_mends_them(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(200_000);
        var name = await _server.UploadAsync(bytes);
        await DamageAsync(bytes);
        var asking = _server.Quotes.CreateQuoteAsync(Ask(name, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 10);
        // The folder's bytes reach the node, who finds the fault; the bucket's are hashed on their way out of it.
        if (kind is StoreKind.Folder)
        {
            var job = await node.NextJobAsync(cancel);
            Assert.That(job.Bytes, Is.Not.EqualTo(bytes));
            await node.ReleaseAsync(job.Assign, "MODEL_HASH_MISMATCH");
        }
        var quote = await asking;
        while (quote.State is Quote.Types.State.Measuring)
            quote = await _server.Quotes.GetQuoteAsync(new GetQuoteRequest { Name = quote.Name }, cancellationToken: cancel);
        Assert.That((quote.State, quote.Failure?.Reason), Is.EqualTo((Quote.Types.State.Failed, "MODEL_DAMAGED")));
        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.AwaitingUpload));
        Assert.That(await _server.ScalarAsync<string>("select reason from model_removal"), Is.EqualTo("damaged"));

        await _server.UploadAsync(bytes);
        var again = _server.Quotes.CreateQuoteAsync(Ask(name, wait: TimeSpan.FromSeconds(30)), cancellationToken: cancel);
        var right = await node.NextJobAsync(cancel);
        Assert.That(right.Bytes, Is.EqualTo(bytes));
        await node.CompleteAsync(right);
        Assert.That((await again).State, Is.EqualTo(Quote.Types.State.Priced));
    }

    [Test]
    public async Task A_node_that_finds_right_bytes_wrong_costs_an_attempt_and_no_model(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(50_000);
        var name = await _server.UploadAsync(bytes);
        await _server.Quotes.CreateQuoteAsync(Ask(name), cancellationToken: cancel);
        await using var node = await ScriptedNode.ConnectAsync(_server, 3);
        var first = await node.NextJobAsync(cancel);
        await node.ReleaseAsync(first.Assign, "MODEL_HASH_MISMATCH");
        var second = await node.NextJobAsync(cancel);
        Assert.That((second.Assign.JobId, second.Assign.Epoch), Is.EqualTo((first.Assign.JobId, 2)));
        Assert.That(await _server.ScalarAsync<int>("select attempts from job"), Is.EqualTo(2), "it counts: a node that always says so ends the job");
        Assert.That(await StateAsync(name), Is.EqualTo(Model.Types.State.Stored));
    }

    async Task DamageAsync(byte[] bytes)
    {
        var wrong = bytes.ToArray();
        wrong[bytes.Length / 2] ^= 1;
        var copy = ModelCopy.Of(SHA256.HashData(bytes));
        await _place.PokeAsync(copy, wrong);
        // What the coordinator itself has in front of a bucket.
        if (kind is StoreKind.Bucket)
            File.Delete(Path.Combine(_server.Options.ModelFolder, copy.Path));
    }
}
