using Pricing.Coordinator.Edge;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Models;

/// <summary>
/// An upload as its header announces it: a sequence of ranges that come from the sender or from models the partner has here. Without a list of
/// chunks it is one range that comes from the sender.
/// </summary>
sealed class UploadPlan
{
    /// <summary>The next bytes of the file: to be copied as one chunk, or to be received.</summary>
    public readonly record struct Step(long Length, ModelChunk? Copied);

    UploadPlan(IReadOnlyList<ModelChunk> chunks, IReadOnlyList<Step> steps) => (Chunks, Steps) = (chunks, steps);

    /// <summary>The whole file in chunks; empty when the sender does not say.</summary>
    public IReadOnlyList<ModelChunk> Chunks { get; }

    public IReadOnlyList<Step> Steps { get; }

    public IEnumerable<ModelChunk> Copied => Steps.Select(step => step.Copied).OfType<ModelChunk>();

    public static UploadPlan Of(UploadHeader header)
    {
        var chunks = ModelChunk.Parse(header.Chunks, "header.chunks");
        CheckReused(header.ReusedChunks, chunks.Count);
        if (chunks.Count == 0)
            return new([], [new(header.SizeBytes, null)]);
        if (header.Sha256.Length == 0)
            throw RefusalException.Invalid("SHA256_MISSING", "A file listed in chunks is announced with its SHA-256.", "header.sha256", "64 hex digits");
        var total = chunks[^1].Offset + chunks[^1].Length;
        if (total != header.SizeBytes)
            throw RefusalException.Invalid("CHUNKS_DISAGREE", "The chunks are not as long as the file.", "header.chunks", $"{header.SizeBytes} bytes", $"{total} bytes");

        List<Step> steps = [];
        var reused = header.ReusedChunks.GetEnumerator();
        var next = reused.MoveNext() ? reused.Current : uint.MaxValue;
        for (var i = 0; i < chunks.Count; i++)
        {
            if (i == next)
            {
                steps.Add(new(chunks[i].Length, chunks[i]));
                next = reused.MoveNext() ? reused.Current : uint.MaxValue;
            }
            else if (steps.Count > 0 && steps[^1] is { Copied: null } run)
                steps[^1] = new(run.Length + chunks[i].Length, null);
            else
                steps.Add(new(chunks[i].Length, null));
        }
        return new(chunks, steps);
    }

    static void CheckReused(IReadOnlyList<uint> indices, int chunks)
    {
        for (var i = 0; i < indices.Count; i++)
            if (indices[i] >= chunks || (i > 0 && indices[i] <= indices[i - 1]))
            {
                throw RefusalException.Invalid("CHUNK_INDEX_OUT_OF_RANGE", "Reused chunks are named by ascending indices of the list.",
                    $"header.reused_chunks[{i}]", $"below {chunks}, ascending", $"{indices[i]}");
            }
    }
}
