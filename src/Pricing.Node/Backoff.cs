namespace Pricing.Node;

/// <summary>Pauses between tries: anywhere below a bound that doubles up to a maximum, so that a crowd does not come back at once.</summary>
sealed class Backoff(int firstMs, int maxMs, TimeProvider time)
{
    int _doublings;

    public void Reset() => _doublings = 0;

    /// <summary>Waits the next pause; a cancelled wait just ends.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        var boundMs = Math.Min(firstMs << _doublings, maxMs);
        if (boundMs < maxMs)
            _doublings++;
        var pauseMs = Random.Shared.Next(1, boundMs + 1);
        await Task.Delay(TimeSpan.FromMilliseconds(pauseMs), time, cancel)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
