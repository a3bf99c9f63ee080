using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

/// <summary>The guard before Redis, with a store that misbehaves on purpose and a clock that is moved by hand.</summary>
[TestFixture]
public sealed class SharedTierTests
{
    const int Engine = 3;
    static readonly CacheKey Key = new(new byte[32]);
    static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(Limits.Cache.RedisMs);

    ManualTime _time = null!;
    ScriptedStore _store = null!;
    CacheCounters _counters = null!;
    SharedTier _shared = null!;

    [SetUp]
    public void Make()
    {
        (_time, _store, _counters) = (new ManualTime(), new ScriptedStore(), new CacheCounters());
        _shared = new SharedTier(_store, new CircuitBreaker(_time), _counters, Engine, _time, NullLogger<SharedTier>.Instance);
    }

    [TearDown]
    public async Task CloseAsync() => await _shared.DisposeAsync();

    [Test]
    public async Task What_is_written_is_read()
    {
        _shared.Write('p', Key, [1, 2, 3], TimeSpan.FromMinutes(1));
        Assert.That((await _shared.ReadAsync('p', Key))?.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(await _shared.ReadAsync('m', Key), Is.Null);
        Assert.That((_counters.SharedHits, _counters.SharedMisses), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public async Task A_value_that_is_not_whole_is_a_miss_and_counted()
    {
        _shared.Write('p', Key, [1, 2, 3], TimeSpan.FromMinutes(1));
        var name = _store.Kept.Keys.Single();
        _store.Kept[name][^1] ^= 1;
        Assert.That(await _shared.ReadAsync('p', Key), Is.Null);
        Assert.That((_counters.SharedCorrupt, _counters.SharedHits), Is.EqualTo((1L, 0L)));
        Assert.That(_shared.IsBreakerOpen, Is.False, "an answer is an answer");
    }

    [Test, CancelAfter(30_000)]
    public async Task Who_asks_a_hanging_store_waits_for_the_budget_and_no_longer(CancellationToken cancel)
    {
        _store.Hanging = new TaskCompletionSource();
        var reading = _shared.ReadAsync('p', Key).AsTask();
        await _time.TimerSetAsync(Budget).WaitAsync(cancel);
        Assert.That(reading.IsCompleted, Is.False);
        _time.Advance(Budget);
        Assert.That(await reading.WaitAsync(cancel), Is.Null);
        Assert.That(_counters.SharedFailures, Is.EqualTo(1));
    }

    [Test]
    public async Task A_failing_store_costs_no_error_and_soon_not_even_a_call()
    {
        _store.Failing = new IOException("gone");
        for (var i = 0; i < Limits.Cache.BreakerFailuresMax; i++)
            Assert.That(await _shared.ReadAsync('p', Key), Is.Null);
        Assert.That(_shared.IsBreakerOpen, Is.True);
        for (var i = 0; i < 10; i++)
            Assert.That(await _shared.ReadAsync('p', Key), Is.Null);
        Assert.That((_store.Gets, _counters.SharedSkipped), Is.EqualTo((Limits.Cache.BreakerFailuresMax, 10L)));

        _store.Failing = null;
        _time.Advance(TimeSpan.FromMilliseconds(Limits.Cache.BreakerOpenMs));
        Assert.That(await _shared.ReadAsync('p', Key), Is.Null);
        Assert.That((_shared.IsBreakerOpen, _counters.SharedMisses), Is.EqualTo((false, 1L)), "the probe was answered");
    }

    [Test]
    public async Task A_store_whose_probes_keep_failing_gets_a_new_connection()
    {
        _store.Failing = new IOException("gone");
        for (var i = 0; i < Limits.Cache.BreakerFailuresMax; i++)
            await _shared.ReadAsync('p', Key);
        for (var i = 0; i < 2 * Limits.Cache.ProbesPerConnectionMax; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(Limits.Cache.BreakerOpenMs));
            await _shared.ReadAsync('p', Key);
        }
        Assert.That(_store.Reconnects, Is.EqualTo(2));
    }

    [Test, CancelAfter(30_000)]
    public async Task What_hangs_stays_bounded_and_a_full_store_is_not_asked(CancellationToken cancel)
    {
        _store.Hanging = new TaskCompletionSource();
        var hanging = Enumerable.Range(0, Limits.Cache.RedisInFlightMax).Select(_ => _shared.ReadAsync('p', Key).AsTask()).ToList();
        Assert.That(await _shared.ReadAsync('p', Key), Is.Null, "answered at once, without the store");
        Assert.That((_store.Gets, _counters.SharedSkipped), Is.EqualTo((Limits.Cache.RedisInFlightMax, 1L)));

        _store.Hanging.SetResult();
        await Task.WhenAll(hanging).WaitAsync(cancel);
        _store.Hanging = null;
        await _shared.ReadAsync('p', Key);
        Assert.That(_store.Gets, Is.EqualTo(Limits.Cache.RedisInFlightMax + 1), "the slots are free again");
    }

    [Test]
    public void A_value_too_large_is_not_sent()
    {
        _shared.Write('p', Key, new byte[Limits.Cache.ValueBytesMax + 1], TimeSpan.FromMinutes(1));
        Assert.That(_store.Kept, Is.Empty);
    }
}
