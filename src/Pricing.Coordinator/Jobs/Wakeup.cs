namespace Pricing.Coordinator.Jobs;

/// <summary>A bell: rung any number of times, it wakes its one waiter once. Loops wait for the bell or a slow tick, never for a sleep.</summary>
public sealed class Wakeup : IDisposable
{
    readonly SemaphoreSlim _bell = new(0, 1);

    public void Ring()
    {
        try
        {
            if (_bell.CurrentCount == 0)
                _bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two rang at once; one ring is enough.
        }
    }

    /// <summary>True when rung, false when the time passed first.</summary>
    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancel) => _bell.WaitAsync(atMost, cancel);

    public void Dispose() => _bell.Dispose();
}

/// <summary>Listeners by key: whoever waits for a quote or a job listens, whoever changes it rings them all.</summary>
public sealed class WakeupBoard<TKey> where TKey : notnull
{
    readonly Lock _lock = new();
    readonly Dictionary<TKey, List<Action>> _listeners = [];

    /// <summary>The listener must be quick and must not throw: it rings a bell. Stops listening when disposed.</summary>
    public IDisposable Listen(TKey key, Action listener)
    {
        lock (_lock)
        {
            if (!_listeners.TryGetValue(key, out var listeners))
                _listeners.Add(key, listeners = []);
            listeners.Add(listener);
        }
        return new Subscription(this, key, listener);
    }

    public void Ring(TKey key)
    {
        lock (_lock)
        {
            if (_listeners.TryGetValue(key, out var listeners))
                listeners.ForEach(listener => listener());
        }
    }

    /// <summary>What is being waited for right now.</summary>
    public TKey[] Keys
    {
        get
        {
            lock (_lock)
                return [.. _listeners.Keys];
        }
    }

    sealed class Subscription(WakeupBoard<TKey> board, TKey key, Action listener) : IDisposable
    {
        public void Dispose()
        {
            lock (board._lock)
            {
                if (board._listeners.TryGetValue(key, out var listeners) && listeners.Remove(listener) && listeners.Count == 0)
                    board._listeners.Remove(key);
            }
        }
    }
}
