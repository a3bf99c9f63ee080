using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Cache;
using Pricing.IntegrationTests.Servers;
using StackExchange.Redis;

namespace Pricing.IntegrationTests.Cache;

/// <summary>The cache over a real Redis that is lost, frozen and filled with rubbish. Redis may cost time, never an answer.</summary>
[TestFixture]
public sealed class RedisTests
{
    const int Engine = 3;

    // Far above the budget of 50 ms, for a machine with other things to do; far below "hangs".
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    static readonly CacheKey Key = new(SHA256.HashData("question"u8));
    static readonly CacheKind<string> Texts = new('t', TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        text => text.Length, Encoding.UTF8.GetBytes, bytes => Encoding.UTF8.GetString(bytes.Span));

    RedisServer _server = null!;
    ConnectionMultiplexer _redis = null!;
    readonly List<TieredCache> _caches = [];

    [SetUp]
    public async Task StartAsync()
    {
        _server = await RedisServer.StartAsync();
        _redis = await _server.ConnectAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        foreach (var cache in _caches)
            await cache.DisposeAsync();
        _caches.Clear();
        _redis.Dispose();
        await _server.DisposeAsync();
    }

    [Test, CancelAfter(60_000)]
    public async Task What_one_coordinator_loaded_another_finds_in_Redis(CancellationToken cancel)
    {
        var (one, other) = (NewCache(), NewCache());
        Assert.That(await GetAsync(one, "loaded"), Is.EqualTo("loaded"));
        await KeptAsync(cancel);
        Assert.That(await GetAsync(other, "unasked"), Is.EqualTo("loaded"));
        Assert.That((other.Counters.SharedHits, other.Counters.Loads), Is.EqualTo((1L, 0L)));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_value_is_kept_for_its_time_only(CancellationToken cancel)
    {
        await GetAsync(NewCache(), "loaded");
        var name = await KeptAsync(cancel);
        Assert.That(await _redis.GetDatabase().KeyTimeToLiveAsync(name), Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(Texts.KeepShared));
        await _redis.GetDatabase().KeyDeleteAsync(name);
        Assert.That(await GetAsync(NewCache(), "loaded anew"), Is.EqualTo("loaded anew"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Rubbish_is_a_miss_that_is_counted_and_replaced(CancellationToken cancel)
    {
        await GetAsync(NewCache(), "loaded");
        var name = await KeptAsync(cancel);
        var whole = (byte[])(await _redis.GetDatabase().StringGetAsync(name))!;
        var flipped = (byte[])whole.Clone();
        flipped[^1] ^= 1;
        foreach (var (what, rubbish) in new (string, byte[])[]
        {
            ("nothing", []), ("noise", RandomNumberGenerator.GetBytes(whole.Length)), ("cut off", whole[..^1]), ("a flipped bit", flipped), ("a tail", [.. whole, 0]),
            ("another key's value", CacheFrame.Encode('t', Engine, new CacheKey(new byte[32]), "loaded"u8)),
            ("another engine's value", CacheFrame.Encode('t', Engine + 1, Key, "loaded"u8)),
            ("another kind of value", CacheFrame.Encode('p', Engine, Key, "loaded"u8)),
        })
        {
            await _redis.GetDatabase().StringSetAsync(name, rubbish);
            var cache = NewCache();
            Assert.That(await GetAsync(cache, "loaded anew"), Is.EqualTo("loaded anew"), what);
            Assert.That((cache.Counters.SharedCorrupt, cache.Counters.SharedHits), Is.EqualTo((1L, 0L)), what);
            while ((byte[])(await _redis.GetDatabase().StringGetAsync(name))! is var now && now.AsSpan().SequenceEqual(rubbish))
                cancel.ThrowIfCancellationRequested();
            Assert.That(await GetAsync(NewCache(), "unasked"), Is.EqualTo("loaded anew"), $"{what} was replaced");
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task A_value_of_another_type_costs_an_error_inside_and_none_outside(CancellationToken cancel)
    {
        await GetAsync(NewCache(), "loaded");
        var name = await KeptAsync(cancel);
        await _redis.GetDatabase().KeyDeleteAsync(name);
        await _redis.GetDatabase().ListLeftPushAsync(name, "a list");
        var cache = NewCache();
        Assert.That(await GetAsync(cache, "loaded anew"), Is.EqualTo("loaded anew"));
        Assert.That(cache.Counters.SharedFailures, Is.EqualTo(1));
    }

    [Test, CancelAfter(120_000)]
    public async Task Redis_killed_half_way_costs_no_error_and_is_used_again_when_it_is_back(CancellationToken cancel)
    {
        var cache = NewCache();
        for (var i = 0; i < 200; i++)
        {
            if (i == 50)
                await _server.KillAsync();
            Assert.That(await GetAsync(cache, $"{i}", KeyOf(i)).WaitAsync(Soon, cancel), Is.EqualTo($"{i}"));
        }
        Assert.That(cache.Shared!.IsBreakerOpen, Is.True);
        Assert.That(cache.Counters.SharedSkipped, Is.GreaterThan(0), "an open breaker asks nobody");

        await _server.StartAgainAsync();
        await ClosesAsync(cache, cancel);
        await GetAsync(cache, "again", KeyOf(-1));
        Assert.That(cache.Counters.Loads, Is.GreaterThan(200));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_frozen_Redis_costs_the_budget_a_few_times_and_then_nothing(CancellationToken cancel)
    {
        var cache = NewCache();
        await GetAsync(cache, "warm");
        await KeptAsync(cancel);
        await _server.FreezeAsync();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 200; i++)
            Assert.That(await GetAsync(cache, $"{i}", KeyOf(i)).WaitAsync(Soon, cancel), Is.EqualTo($"{i}"));
        // Without budget it hangs for ever, without breaker it is 200 budgets and more: 10 s.
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(8)));
        Assert.That(cache.Shared!.IsBreakerOpen, Is.True);
        Assert.That(cache.Counters.SharedSkipped, Is.GreaterThan(100));

        await _server.ThawAsync();
        await ClosesAsync(cache, cancel);
    }

    [Test, CancelAfter(120_000)]
    public async Task A_coordinator_starts_without_Redis_and_finds_it_later(CancellationToken cancel)
    {
        await _server.KillAsync();
        var cache = NewCache();
        Assert.That(await GetAsync(cache, "loaded").WaitAsync(Soon, cancel), Is.EqualTo("loaded"));
        for (var i = 0; i < 20; i++)
            await GetAsync(cache, "loaded", KeyOf(i)).WaitAsync(Soon, cancel);
        await _server.StartAgainAsync();
        await ClosesAsync(cache, cancel);
    }

    [Test, CancelAfter(60_000)]
    public async Task Giving_up_a_frozen_connection_lets_go_of_what_waits_on_it(CancellationToken cancel)
    {
        await using var store = new RedisStore(_server.Address, NullLogger<RedisStore>.Instance);
        await store.SetAsync("key", [1], TimeSpan.FromMinutes(1));
        await _server.FreezeAsync();
        var waiting = store.GetAsync("key");
        store.Reconnect();
        await Assert.CatchAsync<Exception>(() => waiting.WaitAsync(Soon, cancel));
        Assert.That(waiting.IsCompleted, Is.True, "the driver has let go of it");
        await _server.ThawAsync();
        Assert.That(await store.GetAsync("key").WaitAsync(Soon, cancel), Is.EqualTo(new byte[] { 1 }));
    }

    [TestCase("127.0.0.1:6379", true)]
    [TestCase("redis.example:6379,password=secret,ssl=true", true)]
    [TestCase("", false)]
    [TestCase("127.0.0.1:6379,colour=blue", false)]
    public void An_address_is_understood_or_refused(string text, bool isAddress)
        => Assert.That(RedisStore.IsConnectionString(text), Is.EqualTo(isAddress));

    TieredCache NewCache()
    {
        var counters = new CacheCounters();
        var store = new RedisStore(_server.Address, NullLogger<RedisStore>.Instance);
        var shared = new SharedTier(store, new CircuitBreaker(TimeProvider.System), counters, Engine, TimeProvider.System, NullLogger<SharedTier>.Instance);
        var cache = new TieredCache(new MemoryTier(TimeProvider.System), shared, counters, TimeProvider.System, NullLogger<TieredCache>.Instance);
        _caches.Add(cache);
        return cache;
    }

    static async Task<string?> GetAsync(TieredCache cache, string truth, CacheKey? key = null)
    {
        var value = await cache.GetAsync(Texts, key ?? Key, truth, static (text, _) => Task.FromResult<string?>(text), CancellationToken.None);
        return value;
    }

    /// <summary>Waits until the value, which is written in the background, is in Redis; answers its name.</summary>
    async Task<string> KeptAsync(CancellationToken cancel)
    {
        var name = $"pricing:t:{Key}";
        while (!await _redis.GetDatabase().KeyExistsAsync(name))
            cancel.ThrowIfCancellationRequested();
        return name;
    }

    /// <summary>Asks on until the breaker has let a probe through that was answered.</summary>
    static async Task ClosesAsync(TieredCache cache, CancellationToken cancel)
    {
        // Nobody tells when the breaker lets the next probe through: it is asked, not waited for.
        using var between = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Cache.RedisMs));
        for (var i = 1_000_000; cache.Shared!.IsBreakerOpen; i++)
        {
            await GetAsync(cache, "probe", KeyOf(i));
            await between.WaitForNextTickAsync(cancel);
        }
    }

    static CacheKey KeyOf(int i) => new(SHA256.HashData(BitConverter.GetBytes(i)));
}
