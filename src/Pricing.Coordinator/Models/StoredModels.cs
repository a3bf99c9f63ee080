using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Models;

/// <summary>Opens models by their hash, and acts when stored bytes turn out not to be what was uploaded.</summary>
public sealed class StoredModels(IModelStore store, ModelQueries models, ModelRemovals removals, ILogger<StoredModels> log)
{
    // One look at a suspect at a time, whoever suspects it.
    readonly ConcurrentDictionary<ModelCopy, Lazy<Task<bool>>> _looks = new();
    // Which copy was the stored one lately. It saves a query and decides nothing: where it is wrong, the bytes are not found and the row is read.
    readonly ConcurrentDictionary<string, int> _copies = new(StringComparer.Ordinal);
    long _damaged;

    /// <summary>Copies found damaged since the start.</summary>
    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>
    /// Throws <see cref="ModelDamagedException"/> when nobody can have the bytes any more, <see cref="FileNotFoundException"/> when another coordinator
    /// may have them, <see cref="ModelStoreUnavailableException"/> when nobody knows right now.
    /// </summary>
    public async ValueTask<IModelReader> OpenAsync(byte[] sha256, CancellationToken cancel)
    {
        var hex = Convert.ToHexStringLower(sha256);
        if (_copies.TryGetValue(hex, out var remembered))
        {
            try
            {
                return await store.OpenAsync(new(hex, remembered), cancel);
            }
            catch (Exception stale) when (stale is FileNotFoundException or ModelDamagedException)
            {
                _copies.TryRemove(hex, out _);
            }
        }
        var facts = await models.FindFactsAsync(sha256, cancel);
        if (facts is not { IsStored: true })
            throw new ModelDamagedException($"The model's bytes are not here any more: {Convert.ToHexStringLower(sha256)}.");
        var copy = ModelCopy.Of(sha256, facts.Copy);
        try
        {
            var reader = await store.OpenAsync(copy, cancel);
            Remember(copy);
            return reader;
        }
        catch (FileNotFoundException) when (store.IsShared)
        {
            await NoteAsync(sha256, copy, "missing", cancel);
            throw new ModelDamagedException($"The model's bytes are lost: {copy}.");
        }
        catch (ModelDamagedException)
        {
            await NoteAsync(sha256, copy, "wrong bytes, twice", cancel);
            throw;
        }
    }

    /// <summary>The copy was stored, or found, this moment.</summary>
    public void Remember(ModelCopy copy)
    {
        if (_copies.Count >= Limits.Model.CopiesRememberedMax)
            _copies.Clear();
        _copies[copy.Sha256] = copy.Number;
    }

    /// <summary>
    /// A node found the bytes it was sent to have another hash. They are read anew, once for all who ask: true when the copy is damaged,
    /// false when it is right, and the fault was on the way or the node's.
    /// </summary>
    public async Task<bool> IsDamagedAsync(byte[] sha256, CancellationToken cancel)
    {
        var facts = await models.FindFactsAsync(sha256, cancel);
        if (facts is not { IsStored: true })
            return true;
        var copy = ModelCopy.Of(sha256, facts.Copy);
        var look = _looks.GetOrAdd(copy, key => new(() => LookAsync(sha256, key)));
        return await look.Value.WaitAsync(cancel);
    }

    async Task<bool> LookAsync(byte[] sha256, ModelCopy copy)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Limits.Model.CheckSeconds));
            var state = await store.CheckAsync(copy, patience.Token);
            log.LogWarning("A node found wrong bytes of {Copy}; read anew they are {State}", copy, state);
            if (state is CopyState.Right || (state is CopyState.Missing && !store.IsShared))
                return false;
            await NoteAsync(sha256, copy, state is CopyState.Wrong ? "wrong bytes" : "missing", patience.Token);
            return true;
        }
        finally
        {
            _looks.TryRemove(copy, out _);
        }
    }

    async Task NoteAsync(byte[] sha256, ModelCopy copy, string what, CancellationToken cancel)
    {
        _copies.TryRemove(copy.Sha256, out _);
        if (!await removals.RemoveDamagedAsync(sha256, copy.Number, $"{what} in {store.Place}", cancel))
            return;
        Interlocked.Increment(ref _damaged);
        log.LogError("MODEL_DAMAGED: {Copy} in {Place}: {What}. Its jobs fail; the bytes stay {Days} days as evidence; an upload of the same file mends it",
            copy, store.Place, what, Limits.Model.EvidenceDays);
    }
}
