using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Pricing.Coordinator;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

[TestFixture]
public sealed class TieredCacheTests
{
    static readonly CacheKey Key = new(new byte[32]);
    static readonly CacheKind<string> Texts = new('t', TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60),
        text => text.Length, Encoding.UTF8.GetBytes, bytes => Encoding.UTF8.GetString(bytes.Span) is var text && text.StartsWith('!') ? null : text);

    ManualTime _time = null!;
    ScriptedStore _store = null!;
    CacheCounters _counters = null!;
    TieredCache _cache = null!;
    int _loads;

    [SetUp]
    public void Make()
    {
        (_time, _store, _counters, _loads) = (new ManualTime(), new ScriptedStore(), new CacheCounters(), 0);
        _cache = NewCache();
    }

    [TearDown]
    public async Task CloseAsync() => await _cache.DisposeAsync();

    [Test, CancelAfter(30_000)]
    public async Task A_thousand_who_miss_at_once_cost_one_load(CancellationToken cancel)
    {
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => GetAsync(() => gate.Task), cancel)).ToList();
        // All but the one that loads have joined it; only then the load may end.
        while (_counters.Joined < 999)
        {
            cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        gate.SetResult("value");
        Assert.That(await Task.WhenAll(asking).WaitAsync(cancel), Is.All.EqualTo("value"));
        Assert.That((_loads, _store.Gets), Is.EqualTo((1, 1)));
        Assert.That(await GetAsync(() => Task.FromResult<string?>("another")), Is.EqualTo("value"));
        Assert.That(_loads, Is.EqualTo(1));
    }

    [Test]
    public async Task What_one_process_loaded_another_finds()
    {
        await GetAsync("value");
        await using var other = NewCache();
        Assert.That(await GetAsync(() => Task.FromResult<string?>("another"), other), Is.EqualTo("value"));
        Assert.That(_loads, Is.EqualTo(1));
    }

    [Test]
    public async Task A_whole_value_that_is_not_of_its_kind_is_loaded_and_replaced()
    {
        await GetAsync("!broken");
        await using var other = NewCache();
        Assert.That(await GetAsync(() => Task.FromResult<string?>("good"), other), Is.EqualTo("good"));
        Assert.That(_counters.SharedCorrupt, Is.EqualTo(1));
        await using var third = NewCache();
        Assert.That(await GetAsync(() => Task.FromResult<string?>("unasked"), third), Is.EqualTo("good"));
    }

    [Test]
    public async Task Nothing_is_remembered_of_what_was_not_found()
    {
        Assert.That(await GetAsync(null), Is.Null);
        Assert.That(await GetAsync("value"), Is.EqualTo("value"));
    }

    [Test, CancelAfter(30_000)]
    public async Task Who_joined_a_load_that_found_nothing_looks_once_more(CancellationToken cancel)
    {
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var early = GetAsync(() => gate.Task);
        // Begun before the value was there; this caller asks after.
        var late = GetAsync(() => Task.FromResult<string?>("just stored"));
        gate.SetResult(null);
        Assert.That(await early.WaitAsync(cancel), Is.Null);
        Assert.That(await late.WaitAsync(cancel), Is.EqualTo("just stored"));
    }

    [Test]
    public async Task A_fault_reaches_who_waits_and_is_not_remembered()
    {
        await Assert.ThrowsAsync<IOException>(() => GetAsync(() => Task.FromException<string?>(new IOException("away"))));
        Assert.That(await GetAsync("value"), Is.EqualTo("value"));
    }

    [Test, CancelAfter(30_000)]
    public async Task Who_leaves_takes_the_load_from_nobody(CancellationToken cancel)
    {
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var leaving = new CancellationTokenSource();
        var first = GetUntilAsync(() => gate.Task, _cache, leaving.Token);
        var second = GetAsync("unasked");
        await leaving.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => first);
        gate.SetResult("value");
        Assert.That(await second.WaitAsync(cancel), Is.EqualTo("value"));
    }

    [Test, CancelAfter(30_000)]
    public async Task A_value_that_is_due_is_answered_at_once_and_loaded_anew_behind_it(CancellationToken cancel)
    {
        await GetAsync("old");
        _time.Advance(Texts.Fresh);
        var gate = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < 10; i++)
            Assert.That(await GetAsync(() => gate.Task).WaitAsync(cancel), Is.EqualTo("old"), "nobody waits for the new one");
        Assert.That(_loads, Is.EqualTo(2), "one load behind all of them");
        gate.SetResult("new");
        while (_cache.Peek<string>(Key) != "new")
        {
            cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        Assert.That(await GetAsync("unasked"), Is.EqualTo("new"));
    }

    [Test]
    public async Task A_value_that_cannot_be_loaded_anew_is_used_until_its_time_and_no_longer()
    {
        await using var alone = NewCache(withShared: false);
        await GetAsync(() => Task.FromResult<string?>("old"), alone);
        _time.Advance(Texts.Fresh);
        Assert.That(await GetAsync(() => Task.FromException<string?>(new IOException("away")), alone), Is.EqualTo("old"));
        Assert.That(_counters.RefreshFailures, Is.EqualTo(1));
        _time.Advance(Texts.Keep);
        await Assert.ThrowsAsync<IOException>(() => GetAsync(() => Task.FromException<string?>(new IOException("away")), alone));
    }

    [Test]
    public async Task A_value_that_is_no_longer_true_is_forgotten_when_it_is_due()
    {
        await using var alone = NewCache(withShared: false);
        await GetAsync(() => Task.FromResult<string?>("old"), alone);
        _time.Advance(Texts.Fresh);
        await GetAsync(() => Task.FromResult<string?>(null), alone);
        Assert.That(alone.Peek<string>(Key), Is.Null);
    }

    TieredCache NewCache(bool withShared = true) => new(new MemoryTier(_time),
        withShared ? new SharedTier(_store, new CircuitBreaker(_time), _counters, 1, _time, NullLogger<SharedTier>.Instance) : null,
        _counters, _time, NullLogger<TieredCache>.Instance);

    Task<string?> GetAsync(string? value) => GetAsync(() => Task.FromResult(value));

    Task<string?> GetAsync(Func<Task<string?>> load, TieredCache? cache = null) => GetUntilAsync(load, cache ?? _cache, CancellationToken.None);

    Task<string?> GetUntilAsync(Func<Task<string?>> load, TieredCache cache, CancellationToken cancel) =>
        cache.GetAsync(Texts, Key, load, (ask, _) =>
        {
            Interlocked.Increment(ref _loads);
            return ask();
        }, cancel).AsTask();
}
