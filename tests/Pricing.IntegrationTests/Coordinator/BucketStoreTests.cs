using System.Security.Cryptography;
using NUnit.Framework;
using Pricing.Coordinator.Models;
using Pricing.IntegrationTests.Servers;
using Pricing.Tests;
using static Pricing.IntegrationTests.Coordinator.StoreUnderTest;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>A real bucket with faults on the way to it.</summary>
[TestFixture]
[CancelAfter(120_000)]
public sealed class BucketStoreTests
{
    StoreUnderTest _place = null!;
    FaultyProxy _proxy = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        _place = await StoreUnderTest.CreateAsync(StoreKind.Bucket);
        _proxy = new FaultyProxy(_place.Port);
    }

    [TearDown]
    public async Task DisposeAsync()
    {
        await _place.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task A_read_that_stalls_is_taken_up_where_it_stopped(CancellationToken cancel)
    {
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        var copy = await StoreAsync(_place.Open(), bytes);
        var time = new ManualTime();
        var store = _place.Open(time, port: _proxy.Port);
        _proxy.StallAfter(1_000_000, times: 1);
        using var reader = await store.OpenAsync(copy, cancel);
        // Once a byte is here, silence is being timed.
        await reader.ReadAsync(new byte[1], 0, cancel);
        await _proxy.NextStallAsync(cancel);
        time.Advance(TimeSpan.FromMilliseconds(Limits.Model.ReadStallMs));
        Assert.That(await ReadAsync(reader, cancel), Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_read_that_breaks_more_often_than_allowed_ends_and_the_next_one_does_better(CancellationToken cancel)
    {
        const int BytesEach = 200_000;
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        var copy = await StoreAsync(_place.Open(), bytes);
        var time = new ManualTime();
        var store = _place.Open(time, port: _proxy.Port);
        _proxy.StallAfter(BytesEach, times: 1 + Limits.Model.ResumesMax);
        var reader = await store.OpenAsync(copy, cancel);
        for (var broken = 0; broken <= Limits.Model.ResumesMax; broken++)
        {
            // A byte that only this connection brings: from then on its silence is being timed.
            await reader.ReadAsync(new byte[1], broken * BytesEach, cancel);
            await _proxy.NextStallAsync(cancel);
            time.Advance(TimeSpan.FromMilliseconds(Limits.Model.ReadStallMs));
        }
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => ReadAsync(reader, cancel));
        reader.Dispose();
        _proxy.Heal();
        Assert.That(await ReadAsync(store, copy, cancel), Is.EqualTo(bytes));
    }

    [Test]
    public async Task A_byte_changed_on_the_way_is_noticed_and_the_copy_read_once_more()
    {
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var copy = await StoreAsync(_place.Open(), bytes);
        var store = _place.Open(port: _proxy.Port);
        _proxy.FlipAt(700_000);
        // Who read along the first time is told to come again, before the last byte.
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => ReadAsync(store, copy));
        Assert.That(await store.CheckAsync(copy, default), Is.EqualTo(CopyState.Right));
        Assert.That(await ReadAsync(store, copy), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Bytes_that_are_wrong_twice_are_never_given_on_whole()
    {
        var bytes = RandomNumberGenerator.GetBytes(1_000_000);
        var copy = await StoreAsync(_place.Open(), bytes);
        bytes[^1] ^= 1;
        await _place.PokeAsync(copy, bytes);
        var store = _place.Open();
        var read = 0;
        var buffer = new byte[bytes.Length];
        Exception? end = null;
        try
        {
            using var reader = await store.OpenAsync(copy, default);
            while (await reader.ReadAsync(buffer.AsMemory(read), read, default) is > 0 and var got)
                read += got;
        }
        catch (Exception fault) when (fault is ModelStoreUnavailableException or ModelDamagedException)
        {
            end = fault;
        }
        Assert.That(end, Is.Not.Null);
        Assert.That(read, Is.LessThan(bytes.Length));
        Assert.That(await store.CheckAsync(copy, default), Is.EqualTo(CopyState.Wrong));
    }

    [Test]
    public async Task A_bucket_that_is_down_is_said_to_be_at_once_and_local_copies_are_read_all_the_same()
    {
        var store = _place.Open(port: _proxy.Port);
        var kept = RandomNumberGenerator.GetBytes(100_000);
        var here = await StoreAsync(store, kept);
        var away = await StoreAsync(_place.Open(), RandomNumberGenerator.GetBytes(50_000));
        _proxy.Cut();

        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => StoreAsync(store, RandomNumberGenerator.GetBytes(10_000)));
        for (var i = 0; i < Limits.Model.BucketFailuresMax; i++)
            await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => ReadAsync(store, away));
        var asked = _proxy.Accepted;
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(async () => await store.ContainsAsync(away, default));
        Assert.That(_proxy.Accepted, Is.EqualTo(asked), "nobody is asked while the breaker is open");
        Assert.That(await ReadAsync(store, here), Is.EqualTo(kept));
        Assert.That(await store.ContainsAsync(here, default), Is.True);
    }

    [Test]
    public async Task A_first_byte_that_does_not_come_is_not_waited_for_long(CancellationToken cancel)
    {
        var copy = await StoreAsync(_place.Open(), RandomNumberGenerator.GetBytes(100_000));
        var time = new ManualTime();
        var store = _place.Open(time, port: _proxy.Port);
        _proxy.StallAfter(0, times: 100);
        var reading = ReadAsync(store, copy, cancel);
        await _proxy.NextStallAsync(cancel);
        time.Advance(TimeSpan.FromMilliseconds(Limits.Model.FirstByteMs));
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => reading);
    }

    [Test]
    public async Task Uploads_nobody_ended_are_aborted_by_anyone_once_they_are_old()
    {
        var dead = _place.Open().BeginUpload(ModelCopy.Of(new byte[32]), 2 * Limits.Model.PartBytes);
        await AppendAsync(dead, new byte[Limits.Model.PartBytes]);
        Assert.That(await _place.UploadsUnderWayAsync(), Is.EqualTo(1));
        Assert.That(await _place.Open().SweepAsync(TimeSpan.FromHours(Limits.Model.LeftoverHours), default), Is.Zero, "it may be alive");
        // A clock that stands in 2030.
        Assert.That(await _place.Open(new ManualTime()).SweepAsync(TimeSpan.FromHours(Limits.Model.LeftoverHours), default), Is.EqualTo(1));
        Assert.That(await _place.UploadsUnderWayAsync(), Is.Zero);
        await dead.DisposeAsync();
    }

    [Test]
    public async Task Local_copies_are_bounded_and_the_one_used_longest_ago_goes_first()
    {
        var store = _place.Open(port: _proxy.Port, localBytes: 250_000);
        var copies = new List<ModelCopy>();
        for (var i = 0; i < 3; i++)
        {
            copies.Add(await StoreAsync(store, RandomNumberGenerator.GetBytes(100_000)));
            if (i == 1)
                await ReadAsync(store, copies[0]);
        }
        _proxy.Cut();
        Assert.That(await ReadAsync(store, copies[0]), Has.Length.EqualTo(100_000));
        Assert.That(await ReadAsync(store, copies[2]), Has.Length.EqualTo(100_000));
        await Assert.ThrowsAsync<ModelStoreUnavailableException>(() => ReadAsync(store, copies[1]));
    }
}
