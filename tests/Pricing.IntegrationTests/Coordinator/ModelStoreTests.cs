using System.Security.Cryptography;
using NUnit.Framework;
using Pricing.Coordinator.Models;
using static Pricing.IntegrationTests.Coordinator.StoreUnderTest;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>What is promised of a model store, folder and bucket alike.</summary>
[TestFixture(StoreKind.Folder), TestFixture(StoreKind.Bucket)]
[CancelAfter(120_000)]
public sealed class ModelStoreTests(StoreKind kind)
{
    // More than two parts.
    const int Large = 2 * Limits.Model.PartBytes + 1_234_567;

    StoreUnderTest _place = null!;

    [SetUp]
    public async Task CreateAsync() => _place = await StoreUnderTest.CreateAsync(kind);

    [TearDown]
    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Test]
    public async Task Bytes_come_back_as_they_went_in_whatever_their_length_and_whether_they_were_announced(
        [Values(1, Limits.Wire.ChunkBytes, Limits.Model.PartBytes, Limits.Model.PartBytes + 1, Large)] int length, [Values] bool isAnnounced)
    {
        var store = _place.Open();
        var bytes = RandomNumberGenerator.GetBytes(length);
        var copy = await StoreAsync(store, bytes, isAnnounced);
        Assert.That(await store.ContainsAsync(copy, default), Is.True);
        Assert.That(await _place.PeekAsync(copy), Is.EqualTo(bytes));
        Assert.That(await ReadAsync(store, copy), Is.EqualTo(bytes));
        // As another coordinator reads them, which has nothing of its own yet.
        Assert.That(await ReadAsync(_place.Open(), copy), Is.EqualTo(bytes));
        Assert.That(_place.Leftovers(), Is.Empty);
        Assert.That(await _place.UploadsUnderWayAsync(), Is.Zero);
    }

    [Test]
    public async Task What_is_not_committed_is_not_there_and_leaves_nothing()
    {
        var store = _place.Open();
        var bytes = RandomNumberGenerator.GetBytes(Large);
        var copy = ModelCopy.Of(SHA256.HashData(bytes));
        await using (var upload = store.BeginUpload(copy, bytes.Length))
        {
            await AppendAsync(upload, bytes);
            Assert.That(upload.CurrentSha256(), Is.EqualTo(SHA256.HashData(bytes)));
            Assert.That(await _place.Open().ContainsAsync(copy, default), Is.False);
            Assert.That(await _place.UploadsUnderWayAsync(), Is.EqualTo(kind is StoreKind.Bucket ? 1 : 0), "the test's own view of the bucket works");
        }
        Assert.That(await store.ContainsAsync(copy, default), Is.False);
        Assert.That(await _place.PeekAsync(copy), Is.Null);
        Assert.That(_place.Leftovers(), Is.Empty);
        Assert.That(await _place.UploadsUnderWayAsync(), Is.Zero);
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync(store, copy));
    }

    [Test]
    public async Task A_reader_of_an_upload_under_way_waits_and_gets_the_last_byte_only_when_the_hash_is_right()
    {
        var store = _place.Open();
        var bytes = RandomNumberGenerator.GetBytes(300_000);
        await using var upload = store.BeginUpload(ModelCopy.Of(SHA256.HashData(bytes)), bytes.Length);
        using var reader = upload.TryRead()!;
        await upload.AppendAsync(bytes.AsMemory(0, 100_000), default);
        var buffer = new byte[200_000];
        Assert.That(await reader.ReadAsync(buffer, 0, default), Is.EqualTo(100_000));
        Assert.That(buffer[..100_000], Is.EqualTo(bytes[..100_000]));
        var waiting = reader.ReadAsync(buffer, 100_000, default).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        await upload.AppendAsync(bytes.AsMemory(100_000), default);
        var more = await waiting;
        Assert.That(100_000 + more, Is.LessThan(bytes.Length));
        while (100_000 + more < bytes.Length - 1)
            more += await reader.ReadAsync(buffer.AsMemory(more), 100_000 + more, default);
        var last = reader.ReadAsync(new byte[10], bytes.Length - 1, default).AsTask();
        Assert.That(last.IsCompleted, Is.False, "the hash is not known to be right yet");
        await upload.CommitAsync(ModelCopy.Of(SHA256.HashData(bytes)), default);
        Assert.That(await last, Is.EqualTo(1));
        Assert.That(await ReadAsync(reader), Is.EqualTo(bytes), "also once the file has its name");
    }

    [Test]
    public async Task A_reader_of_an_upload_that_is_given_up_is_told()
    {
        var upload = _place.Open().BeginUpload(null, 1000);
        using var reader = upload.TryRead()!;
        var waiting = reader.ReadAsync(new byte[10], 0, default).AsTask();
        await upload.DisposeAsync();
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => waiting);
    }

    [Test]
    public async Task What_a_broken_upload_leaves_can_be_read_until_it_is_let_go()
    {
        var upload = _place.Open().BeginUpload(null, 1_000_000);
        var bytes = RandomNumberGenerator.GetBytes(500_000);
        await AppendAsync(upload, bytes);
        using (var kept = upload.Keep()!)
        {
            await upload.DisposeAsync();
            Assert.That(kept.Length, Is.EqualTo(500_000));
            Assert.That(await ReadAsync(kept), Is.EqualTo(bytes));
            Assert.That(_place.Leftovers(), Is.Empty, "it has no name: a crash leaves nothing");
        }
    }

    [Test]
    public async Task Wrong_and_missing_bytes_are_told_from_right_ones()
    {
        var store = _place.Open();
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var copy = await StoreAsync(store, bytes);
        Assert.That(await store.CheckAsync(copy, default), Is.EqualTo(CopyState.Right));
        bytes[500_000] ^= 1;
        await _place.PokeAsync(copy, bytes);
        Assert.That(await store.CheckAsync(copy, default), Is.EqualTo(CopyState.Wrong));
        await store.DeleteAsync(copy, default);
        await store.DeleteAsync(copy, default);
        Assert.That(await store.CheckAsync(copy, default), Is.EqualTo(CopyState.Missing));
        Assert.That(await store.ContainsAsync(copy, default), Is.False);
    }

    [Test]
    public async Task Deleting_one_copy_leaves_the_next_one_alone()
    {
        var store = _place.Open();
        var bytes = RandomNumberGenerator.GetBytes(10_000);
        var first = await StoreAsync(store, bytes);
        var second = await StoreAsync(store, bytes, number: 1);
        await store.DeleteAsync(first, default);
        Assert.That(await ReadAsync(_place.Open(), second), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Twins_that_end_together_leave_one_right_copy()
    {
        var bytes = RandomNumberGenerator.GetBytes(Large);
        var stores = Enumerable.Range(0, 3).Select(_ => _place.Open()).ToList();
        var copies = await Task.WhenAll(stores.Select(store => Task.Run(() => StoreAsync(store, bytes))));
        Assert.That(copies.Distinct().Count(), Is.EqualTo(1));
        Assert.That(await ReadAsync(_place.Open(), copies[0]), Is.EqualTo(bytes));
        Assert.That(await _place.UploadsUnderWayAsync(), Is.Zero);
    }
}
