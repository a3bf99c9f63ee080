using System.Buffers;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Pricing.Coordinator.Edge;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Copies chunks out of models that a partner has here into one of his uploads. Nothing is believed: a chunk whose bytes are not there, or do
/// not have its hash, is unknown, and is forgotten so that the next question gets the true answer.
/// </summary>
sealed class ChunkCopier : IDisposable
{
    readonly string _partner;
    readonly ModelQueries _models;
    readonly ModelStore _store;
    readonly Dictionary<UInt128, ChunkPlace> _places = [];
    readonly byte[] _buffer;

    // Neighbouring chunks mostly come from one file: the last one stays open.
    SafeFileHandle? _file;
    byte[] _opened = [];

    ChunkCopier(string partner, ModelQueries models, ModelStore store, bool isNeeded)
    {
        _partner = partner;
        _models = models;
        _store = store;
        _buffer = isNeeded ? ArrayPool<byte>.Shared.Rent(Limits.Reuse.ContentChunkBytesMax) : [];
    }

    /// <summary>Refuses with CHUNK_UNKNOWN before a byte is received when the partner does not have one of the chunks.</summary>
    public static async Task<ChunkCopier> OpenAsync(string partner, IReadOnlyCollection<ModelChunk> chunks, ModelQueries models, ModelStore store, CancellationToken cancel)
    {
        var copier = new ChunkCopier(partner, models, store, chunks.Count > 0);
        try
        {
            if (chunks.Count > 0)
                foreach (var place in await models.FindChunksAsync(partner, chunks, cancel))
                    copier._places[NameOf(place.ChunkSha256)] = place;
            foreach (var chunk in chunks)
                if (!copier._places.TryGetValue(NameOf(chunk.Sha256), out var place) || place.Length != chunk.Length)
                    throw Unknown(chunk);
            return copier;
        }
        catch
        {
            copier.Dispose();
            throw;
        }
    }

    public async Task CopyAsync(ModelChunk chunk, ModelStore.ModelUpload upload, CancellationToken cancel)
    {
        var place = _places[NameOf(chunk.Sha256)];
        var bytes = _buffer.AsMemory(0, chunk.Length);
        if (!await ReadAsync(place, bytes, cancel) || !SHA256.HashData(bytes.Span).AsSpan().SequenceEqual(chunk.Sha256))
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

    async Task<bool> ReadAsync(ChunkPlace place, Memory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            if (_file is null || !_opened.AsSpan().SequenceEqual(place.ModelSha256))
            {
                _file?.Dispose();
                _file = null;
                _file = _store.OpenRead(place.ModelSha256);
                _opened = place.ModelSha256;
            }
            for (var at = 0; at < bytes.Length;)
            {
                var read = await RandomAccess.ReadAsync(_file, bytes[at..], place.Offset + at, cancel);
                if (read == 0)
                    return false;
                at += read;
            }
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not in this folder, or not readable: as if it had never been indexed.
            return false;
        }
    }

    /// <summary>Half of a SHA-256 is enough to tell a partner's own chunks apart; the whole is compared with the bytes.</summary>
    static UInt128 NameOf(byte[] sha256) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(sha256);

    static RefusalException Unknown(ModelChunk chunk) => new(StatusCode.FailedPrecondition, "CHUNK_UNKNOWN",
        "A chunk that was to be reused is not here: send the whole file.", "header.reused_chunks", "",
        $"{Convert.ToHexStringLower(chunk.Sha256)} at byte {chunk.Offset}");
}
