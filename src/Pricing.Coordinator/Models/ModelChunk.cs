using Pricing.Coordinator.Edge;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Models;

/// <summary>A content-defined chunk of a file, and where the file has it.</summary>
sealed record ModelChunk(byte[] Sha256, long Offset, int Length)
{
    /// <summary>The chunks as a caller lists them: bounded, one after another.</summary>
    public static IReadOnlyList<ModelChunk> Parse(IReadOnlyList<ContentChunk> listed, string field)
    {
        if (listed.Count > Limits.Reuse.ContentChunksMax)
        {
            throw RefusalException.Invalid("TOO_MANY_CHUNKS", "The file is listed in too many chunks.", field,
                $"{Limits.Reuse.ContentChunksMax} chunks", $"{listed.Count} chunks");
        }
        var chunks = new ModelChunk[listed.Count];
        long offset = 0;
        for (var i = 0; i < chunks.Length; i++)
        {
            var chunk = listed[i];
            if (chunk.Sha256.Length != 32)
                throw RefusalException.Invalid("SHA256_INVALID", "A chunk's SHA-256 has 32 bytes.", $"{field}[{i}].sha256", "32 bytes", $"{chunk.Sha256.Length} bytes");
            if (chunk.Length is 0 or > Limits.Reuse.ContentChunkBytesMax)
            {
                throw RefusalException.Invalid("CHUNK_LENGTH_OUT_OF_RANGE", "A chunk's length is out of range.", $"{field}[{i}].length",
                    $"1 to {Limits.Reuse.ContentChunkBytesMax} bytes", $"{chunk.Length} bytes");
            }
            chunks[i] = new(chunk.Sha256.ToByteArray(), offset, (int)chunk.Length);
            offset += chunk.Length;
        }
        return chunks;
    }
}

/// <summary>Where bytes with a chunk's hash should lie.</summary>
sealed record ChunkPlace(byte[] ChunkSha256, byte[] ModelSha256, int Copy, long Offset, int Length)
{
    public ModelCopy Model => ModelCopy.Of(ModelSha256, Copy);
}
