namespace Pricing.Coordinator.Cache;

/// <summary>
/// Bytes under a key, shared by all coordinators: Redis, or what a test makes of it. May be slow, throw, hang or answer something else;
/// <see cref="SharedTier"/> is who copes.
/// </summary>
public interface ISharedStore : IAsyncDisposable
{
    /// <summary>Null when there is nothing.</summary>
    Task<byte[]?> GetAsync(string key);

    Task SetAsync(string key, byte[] value, TimeSpan keep);

    /// <summary>Gives up the connection, and what waits on it, for a new one.</summary>
    void Reconnect();
}
