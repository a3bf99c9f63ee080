using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// L2 behind its guard: every operation has a budget, so many may be under way, a breaker stops asking who does not answer, and every
/// value is checked. Nothing here throws: the worst that Redis can do to a caller is to cost him the budget.
/// </summary>
public sealed class SharedTier(ISharedStore store, CircuitBreaker breaker, CacheCounters counters, int engineVersion, TimeProvider time, ILogger<SharedTier> log) : IAsyncDisposable
{
    static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(Limits.Cache.RedisMs);

    readonly SemaphoreSlim _slots = new(Limits.Cache.RedisInFlightMax);

    public bool IsBreakerOpen => breaker.IsOpen;

    /// <summary>The payload kept under this key; null when there is none that can be trusted.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(char kind, CacheKey key)
    {
        var (answered, frame) = await GuardAsync(() => store.GetAsync(NameOf(kind, key)));
        if (!answered)
            return null;
        if (frame is null)
        {
            counters.SharedMiss();
            return null;
        }
        if (CacheFrame.Decode(kind, engineVersion, key, frame) is { } payload)
        {
            counters.SharedHit();
            return payload;
        }
        Distrust(kind, key);
        return null;
    }

    /// <summary>Keeps a value, in the background and only if Redis is well.</summary>
    public void Write(char kind, CacheKey key, ReadOnlySpan<byte> payload, TimeSpan keep)
    {
        if (payload.Length > Limits.Cache.ValueBytesMax)
            return;
        var frame = CacheFrame.Encode(kind, engineVersion, key, payload);
        _ = GuardAsync<object?>(async () =>
        {
            await store.SetAsync(NameOf(kind, key), frame, keep);
            return null;
        });
    }

    /// <summary>A value was whole and still not what it should be.</summary>
    public void Distrust(char kind, CacheKey key)
    {
        counters.SharedWasCorrupt();
        log.LogWarning("A value in Redis is not what was kept there: {Key}; it is replaced", NameOf(kind, key));
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();

    static string NameOf(char kind, CacheKey key) => $"pricing:{kind}:{key}";

    async Task<(bool Answered, T? Value)> GuardAsync<T>(Func<Task<T?>> operation)
    {
        // A slot is held until the operation has really ended, so that what hangs stays bounded too.
        if (!_slots.Wait(0))
        {
            counters.SharedWasSkipped();
            return default;
        }
        if (!breaker.TryEnter())
        {
            _slots.Release();
            counters.SharedWasSkipped();
            return default;
        }
        try
        {
            var running = StartAsync(operation);
            var value = await running.WaitAsync(Budget, time);
            if (breaker.Succeeded())
                log.LogInformation("Redis answers again");
            return (true, value);
        }
        catch (Exception e)
        {
            // Whatever it was, the caller goes on without Redis.
            counters.SharedFailed();
            var move = breaker.Failed();
            if (move is BreakerMove.Opened)
                log.LogWarning("Redis does not answer ({Reason}); it is asked again every {OpenMs} ms", e.Message, Limits.Cache.BreakerOpenMs);
            else if (move is BreakerMove.ProbeFailed && breaker.FailedProbes % Limits.Cache.ProbesPerConnectionMax == 0)
                store.Reconnect();
            return default;
        }
    }

    async Task<T?> StartAsync<T>(Func<Task<T?>> operation)
    {
        try
        {
            return await operation();
        }
        finally
        {
            _slots.Release();
        }
    }
}
