using System.Collections.Concurrent;
using Grpc.Core;
using Pricing.Coordinator.Edge;

namespace Pricing.Coordinator.Nodes;

/// <summary>The nodes that are connected to this coordinator.</summary>
public sealed class NodeRegistry
{
    readonly ConcurrentDictionary<Guid, NodeSession> _sessions = new();
    // Also the stream that another one of the same node is about to replace.
    readonly ConcurrentDictionary<long, NodeSession> _byStream = new();

    public IReadOnlyCollection<NodeSession> Sessions => [.. _sessions.Values];

    /// <summary>A node that dials again replaces its earlier stream, which we may not yet know to be dead.</summary>
    public void Add(NodeSession session)
    {
        if (_sessions.Count >= Limits.Job.NodesMax)
        {
            throw new RefusalException(StatusCode.ResourceExhausted, "TOO_MANY_NODES", "This coordinator serves no more nodes.", "", $"{Limits.Job.NodesMax} nodes",
                $"{_sessions.Count} nodes", TimeSpan.FromSeconds(5));
        }
        _byStream[session.Stream] = session;
        NodeSession? earlier = null;
        _sessions.AddOrUpdate(session.Incarnation, session, (_, before) =>
        {
            earlier = before;
            return session;
        });
        earlier?.End(new RefusalException(StatusCode.Aborted, "NODE_REPLACED", "This node has dialled again on another stream."));
    }

    public void Remove(NodeSession session)
    {
        _byStream.TryRemove(session.Stream, out _);
        _sessions.TryRemove(new KeyValuePair<Guid, NodeSession>(session.Incarnation, session));
    }

    public NodeSession? Find(Guid incarnation) => _sessions.TryGetValue(incarnation, out var session) ? session : null;

    public NodeSession? Find(long stream) => _byStream.TryGetValue(stream, out var session) ? session : null;
}
