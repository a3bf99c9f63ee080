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

/// <summary>Bells by key: whoever waits for a quote or a job hangs one up, whoever changes it rings them all.</summary>
public sealed class WakeupBoard<TKey> where TKey : notnull
{
    readonly Lock _lock = new();
    readonly Dictionary<TKey, List<Wakeup>> _waiting = [];

    /// <summary>Takes the bell down when disposed.</summary>
    public IDisposable Hang(TKey key, Wakeup bell)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(key, out var bells))
                _waiting.Add(key, bells = []);
            bells.Add(bell);
        }
        return new Hook(this, key, bell);
    }

    public void Ring(TKey key)
    {
        lock (_lock)
        {
            if (_waiting.TryGetValue(key, out var bells))
                bells.ForEach(b => b.Ring());
        }
    }

    /// <summary>What is being waited for right now.</summary>
    public TKey[] Keys
    {
        get
        {
            lock (_lock)
                return [.. _waiting.Keys];
        }
    }

    sealed class Hook(WakeupBoard<TKey> board, TKey key, Wakeup bell) : IDisposable
    {
        public void Dispose()
        {
            lock (board._lock)
            {
                if (board._waiting.TryGetValue(key, out var bells) && bells.Remove(bell) && bells.Count == 0)
                    board._waiting.Remove(key);
            }
        }
    }
}
