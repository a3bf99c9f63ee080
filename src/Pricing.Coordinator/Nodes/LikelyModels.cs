using Google.Protobuf;

namespace Pricing.Coordinator.Nodes;

/// <summary>Models a node most likely still has: what it said at its hello, and what it measured since. Only a belief: the node is asked before nothing is sent.</summary>
sealed class LikelyModels
{
    readonly Lock _gate = new();
    readonly Queue<string> _order = new();
    readonly HashSet<string> _names = new(StringComparer.Ordinal);

    public LikelyModels(IEnumerable<ByteString> told)
    {
        // The newest comes first, and is forgotten last.
        foreach (var name in told.Take(Limits.Node.KeptModelsMax).Reverse())
            Add(name.Span);
    }

    public bool Contains(ReadOnlySpan<byte> sha256)
    {
        lock (_gate)
            return _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(Convert.ToHexString(sha256));
    }

    public void Add(ReadOnlySpan<byte> sha256)
    {
        var name = Convert.ToHexString(sha256);
        lock (_gate)
        {
            if (!_names.Add(name))
                return;
            _order.Enqueue(name);
            if (_order.Count > Limits.Node.KeptModelsMax)
                _names.Remove(_order.Dequeue());
        }
    }
}
