using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// Memory, then Redis, then the truth. One load per key at a time in this process; what is loaded fills both tiers on the way back.
/// Nothing is remembered of what was not found.
/// </summary>
public sealed class TieredCache(MemoryTier memory, SharedTier? shared, CacheCounters counters, TimeProvider time, ILogger<TieredCache> log) : IAsyncDisposable
{
    readonly SingleFlight _flights = new();

    public MemoryTier Memory => memory;
    public SharedTier? Shared => shared;
    public CacheCounters Counters => counters;

    /// <summary>What memory holds; asks nobody.</summary>
    public T? Peek<T>(CacheKey key) where T : class => memory.TryGet<T>(key, out _);

    public void Put<T>(CacheKind<T> kind, CacheKey key, T value) where T : class
    {
        if (kind.Weigh(value) is var weight && weight <= Limits.Cache.ValueBytesMax)
            memory.Set(key, value, weight, kind.Fresh, kind.Keep);
    }

    public void Forget(CacheKey key) => memory.Remove(key);

    /// <summary>The value of a key, from wherever it is nearest; null when the truth does not have it.</summary>
    /// <param name="kind">What kind of value it is.</param>
    /// <param name="key">Everything the value depends on.</param>
    /// <param name="state">Handed to <paramref name="load"/>, so that a hit allocates nothing.</param>
    /// <param name="load">Asks the truth. Its token is not the caller's: others may wait for the same load.</param>
    /// <param name="cancel">Ends the waiting.</param>
    public ValueTask<T?> GetAsync<T, TState>(CacheKind<T> kind, CacheKey key, TState state, Func<TState, CancellationToken, Task<T?>> load, CancellationToken cancel)
        where T : class
    {
        if (memory.TryGet<T>(key, out var isDue) is { } value)
        {
            counters.MemoryHit();
            if (isDue)
                Refresh(kind, key, state, load);
            return new ValueTask<T?>(value);
        }
        counters.MemoryMiss();
        return new ValueTask<T?>(MissAsync(kind, key, state, load, cancel));
    }

    public async ValueTask DisposeAsync()
    {
        if (shared is not null)
            await shared.DisposeAsync();
    }

    async Task<T?> MissAsync<T, TState>(CacheKind<T> kind, CacheKey key, TState state, Func<TState, CancellationToken, Task<T?>> load, CancellationToken cancel)
        where T : class
    {
        for (var again = false; ; again = true)
        {
            var flight = _flights.Run(key, (Cache: this, kind, key, state, load), static f => f.Cache.LoadAsync(f.kind, f.key, f.state, f.load, askShared: true), out var joined);
            if (joined)
                counters.JoinedLoad();
            var value = (T?)await flight.WaitAsync(cancel);
            // "Not found" of a load that began before this caller asked may be out of date; the next one begins after.
            if (value is not null || !joined || again)
                return value;
        }
    }

    /// <summary>In the background: whoever found the value due has been answered with it.</summary>
    void Refresh<T, TState>(CacheKind<T> kind, CacheKey key, TState state, Func<TState, CancellationToken, Task<T?>> load) where T : class =>
        _ = _flights.Run(key, (Cache: this, kind, key, state, load), static async f =>
        {
            try
            {
                var value = await f.Cache.LoadAsync(f.kind, f.key, f.state, f.load, askShared: false);
                if (value is null)
                    f.Cache.Forget(f.key);
                return value;
            }
            catch (Exception e)
            {
                f.Cache.RefreshFailed(e);
                throw;
            }
        }, out _);

    void RefreshFailed(Exception fault)
    {
        counters.RefreshFailed();
        log.LogDebug("A cached value could not be loaded anew and is used on: {Reason}", fault.Message);
    }

    async Task<object?> LoadAsync<T, TState>(CacheKind<T> kind, CacheKey key, TState state, Func<TState, CancellationToken, Task<T?>> load, bool askShared) where T : class
    {
        if (askShared && await FromSharedAsync(kind, key) is { } kept)
        {
            Put(kind, key, kept);
            return kept;
        }
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Limits.Cache.LoadSeconds), time);
        counters.Loaded();
        var value = await load(state, patience.Token);
        if (value is null)
            return null;
        Put(kind, key, value);
        if (shared is not null && kind.Encode is { } encode)
            shared.Write(kind.Code, key, encode(value), kind.KeepShared);
        return value;
    }

    async ValueTask<T?> FromSharedAsync<T>(CacheKind<T> kind, CacheKey key) where T : class
    {
        if (shared is null || kind.Decode is not { } decode || await shared.ReadAsync(kind.Code, key) is not { } payload)
            return null;
        var value = decode(payload);
        if (value is null)
            shared.Distrust(kind.Code, key);
        return value;
    }
}
