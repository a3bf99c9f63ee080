using System.Buffers;
using System.Security.Cryptography;
using Grpc.Core;
using Pricing.Coordinator.Edge;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Copies chunks into a partner's upload: out of models he has here, or of uploads of his that broke. Nothing is believed: a chunk whose bytes are
/// not there, or do not have its hash, is unknown, and is forgotten so that the next question gets the true answer.
/// </summary>
sealed class ChunkCopier : IDisposable
{
    readonly string _partner;
    readonly ModelQueries _models;
    readonly IModelStore _store;
    readonly BrokenUploads _broken;
    readonly Dictionary<UInt128, ChunkPlace> _places = [];
    readonly byte[] _buffer;

    // Neighbouring chunks mostly come from one file: the last one stays open.
    IModelReader? _file;
    ModelCopy? _opened;

    ChunkCopier(string partner, ModelQueries models, IModelStore store, BrokenUploads broken, bool isNeeded)
    {
        _partner = partner;
        _models = models;
        _store = store;
        _broken = broken;
        _buffer = isNeeded ? ArrayPool<byte>.Shared.Rent(Limits.Reuse.ContentChunkBytesMax) : [];
    }

    /// <summary>Refuses with CHUNK_UNKNOWN before a byte is received when the partner does not have one of the chunks.</summary>
    public static async Task<ChunkCopier> OpenAsync(
        string partner, IReadOnlyList<ModelChunk> chunks, ModelQueries models, IModelStore store, BrokenUploads broken, CancellationToken cancel)
    {
        var copier = new ChunkCopier(partner, models, store, broken, chunks.Count > 0);
        try
        {
            if (chunks.Count == 0)
                return copier;
            foreach (var place in await models.FindChunksAsync(partner, chunks, cancel))
                copier._places[NameOf(place.ChunkSha256)] = place;
            var left = broken.Find(partner, chunks);
            foreach (var chunk in chunks)
            {
                var isStored = copier._places.TryGetValue(NameOf(chunk.Sha256), out var place) && place.Length == chunk.Length;
                if (!isStored && left.GetValueOrDefault(Convert.ToHexString(chunk.Sha256)) != chunk.Length)
                    throw Unknown(chunk);
            }
            return copier;
        }
        catch
        {
            copier.Dispose();
            throw;
        }
    }

    public async Task CopyAsync(ModelChunk chunk, IModelUpload upload, CancellationToken cancel)
    {
        var bytes = _buffer.AsMemory(0, chunk.Length);
        if (await _broken.TryReadAsync(_partner, chunk, bytes, cancel) && IsRight(chunk, bytes))
        {
            await upload.AppendAsync(bytes, cancel);
            return;
        }
        if (!_places.TryGetValue(NameOf(chunk.Sha256), out var place))
            throw Unknown(chunk);
        if (!await ReadAsync(place, bytes, cancel) || !IsRight(chunk, bytes))
        {
            await _models.ForgetChunkAsync(_partner, place, cancel);
            throw Unknown(chunk);
        }
        await upload.AppendAsync(bytes, cancel);
    }

    public void Dispose()
    {
        _file?.Dispose();
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
    }

    static bool IsRight(ModelChunk chunk, Memory<byte> bytes) => SHA256.HashData(bytes.Span).AsSpan().SequenceEqual(chunk.Sha256);

    async Task<bool> ReadAsync(ChunkPlace place, Memory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            if (_file is null || _opened != place.Model)
            {
                _file?.Dispose();
                _file = null;
                _file = await _store.OpenAsync(place.Model, cancel);
                _opened = place.Model;
            }
            for (var at = 0; at < bytes.Length;)
            {
                var read = await _file.ReadAsync(bytes[at..], place.Offset + at, cancel);
                if (read == 0)
                    return false;
                at += read;
            }
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ModelDamagedException && error is not ModelStoreUnavailableException)
        {
            // Not in this store, or not readable: as if it had never been indexed.
            return false;
        }
    }

    /// <summary>Half of a SHA-256 is enough to tell a partner's own chunks apart; the whole is compared with the bytes.</summary>
    static UInt128 NameOf(byte[] sha256) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(sha256);

    static RefusalException Unknown(ModelChunk chunk) => new(StatusCode.FailedPrecondition, "CHUNK_UNKNOWN",
        "A chunk that was to be reused is not here: send the whole file.", "header.reused_chunks", "",
        $"{Convert.ToHexStringLower(chunk.Sha256)} at byte {chunk.Offset}");
}
