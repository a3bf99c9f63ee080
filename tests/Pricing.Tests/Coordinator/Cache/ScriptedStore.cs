using System.Collections.Concurrent;
using Pricing.Coordinator.Cache;

namespace Pricing.Tests.Coordinator.Cache;

/// <summary>A shared store that does what the test says: keeps, hangs until it is let go, or fails.</summary>
sealed class ScriptedStore : ISharedStore
{
    public ConcurrentDictionary<string, byte[]> Kept { get; } = new();
    public TaskCompletionSource? Hanging { get; set; }
    public Exception? Failing { get; set; }
    public int Gets;
    public int Reconnects;

    public async Task<byte[]?> GetAsync(string key)
    {
        Interlocked.Increment(ref Gets);
        await TroubleAsync();
        return Kept.GetValueOrDefault(key);
    }

    public async Task SetAsync(string key, byte[] value, TimeSpan keep)
    {
        await TroubleAsync();
        Kept[key] = value;
    }

    public void Reconnect() => Reconnects++;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    async Task TroubleAsync()
    {
        if (Hanging is { } hanging)
            await hanging.Task;
        if (Failing is { } failing)
            throw failing;
    }
}
