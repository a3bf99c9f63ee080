using Google.Protobuf;

namespace Pricing.Node;

/// <summary>
/// Bytes of models this node measured lately, in the very buffers they came in: the next job of the same model needs no transfer. Bounded; the one
/// used longest ago goes first. The hash is checked again by whoever measures.
/// </summary>
sealed class KeptModels
{
    readonly Lock _gate = new();
    readonly LinkedList<Kept> _byUse = new();
    readonly Dictionary<string, LinkedListNode<Kept>> _nodes = new(StringComparer.Ordinal);
    long _bytes;

    sealed record Kept(string Sha256, long Bytes, IReadOnlyList<ByteString> Chunks);

    public long Bytes { get { lock (_gate) return _bytes; } }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<ByteString> Names
    {
        get
        {
            lock (_gate)
                return [.. _byUse.Reverse().Take(Limits.Node.KeptModelsMax).Select(kept => ByteString.CopyFrom(Convert.FromHexString(kept.Sha256)))];
        }
    }

    /// <summary>Is a model of this size worth collecting?</summary>
    public static bool Fits(long bytes) => bytes <= Limits.Node.KeptModelBytesMax;

    public IReadOnlyList<ByteString>? Find(string sha256, long bytes)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(sha256, out var node) || node.Value.Bytes != bytes)
                return null;
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value.Chunks;
        }
    }

    public void Keep(string sha256, long bytes, IReadOnlyList<ByteString> chunks)
    {
        if (!Fits(bytes))
            return;
        lock (_gate)
        {
            Remove(sha256);
            _nodes[sha256] = _byUse.AddLast(new Kept(sha256, bytes, chunks));
            _bytes += bytes;
            while (_bytes > Limits.Node.KeptBytesMax || _nodes.Count > Limits.Node.KeptModelsMax)
                Remove(_byUse.First!.Value.Sha256);
        }
    }

    public void Forget(string sha256)
    {
        lock (_gate)
            Remove(sha256);
    }

    void Remove(string sha256)
    {
        if (!_nodes.Remove(sha256, out var node))
            return;
        _byUse.Remove(node);
        _bytes -= node.Value.Bytes;
    }
}
