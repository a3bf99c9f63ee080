using System.Collections.Concurrent;

namespace Pricing.Coordinator.Cache;

/// <summary>One load per key at a time; who comes while it is under way waits for the same one. As many keys as callers wait for, no more.</summary>
public sealed class SingleFlight
{
    readonly ConcurrentDictionary<CacheKey, Task<object?>> _flights = new();

    /// <summary>
    /// Starts the load, or joins the one under way. A load belongs to nobody: it goes on when its callers leave. One that was joined
    /// began before the caller asked, so what it did not find may be there by now.
    /// </summary>
    public Task<object?> Run<TState>(CacheKey key, TState state, Func<TState, Task<object?>> load, out bool joined)
    {
        if (_flights.TryGetValue(key, out var flying))
        {
            joined = true;
            return flying;
        }
        var landing = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var flight = _flights.GetOrAdd(key, landing.Task);
        joined = flight != landing.Task;
        if (!joined)
            _ = FlyAsync(key, state, load, landing);
        return flight;
    }

    async Task FlyAsync<TState>(CacheKey key, TState state, Func<TState, Task<object?>> load, TaskCompletionSource<object?> landing)
    {
        try
        {
            var value = await load(state);
            _flights.TryRemove(key, out _);
            landing.SetResult(value);
        }
        catch (Exception e)
        {
            // Everyone who waits gets it; when nobody does, it has been seen here.
            _flights.TryRemove(key, out _);
            landing.SetException(e);
            _ = landing.Task.Exception;
        }
    }
}
