using System.Collections.Concurrent;
using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Nodes;

/// <summary>The nodes that are connected to this coordinator.</summary>
public sealed class NodeRegistry : IDisposable
{
    readonly ConcurrentDictionary<Guid, NodeSession> _sessions = new();
    readonly JobSignals _signals;

    public NodeRegistry(JobSignals signals)
    {
        _signals = signals;
        _signals.JobEnded += RevokeEnded;
    }

    public IReadOnlyCollection<NodeSession> Sessions => [.. _sessions.Values];

    /// <summary>A node that dials again replaces its earlier stream, which we may not yet know to be dead.</summary>
    public void Add(NodeSession session)
    {
        if (_sessions.Count >= Limits.Job.NodesMax)
        {
            throw new RefusalException(StatusCode.ResourceExhausted, "TOO_MANY_NODES", "This coordinator serves no more nodes.", "", $"{Limits.Job.NodesMax} nodes",
                $"{_sessions.Count} nodes", TimeSpan.FromSeconds(5));
        }
        NodeSession? earlier = null;
        _sessions.AddOrUpdate(session.Incarnation, session, (_, before) =>
        {
            earlier = before;
            return session;
        });
        earlier?.End(new RefusalException(StatusCode.Aborted, "NODE_REPLACED", "This node has dialled again on another stream."));
    }

    public void Remove(NodeSession session) => _sessions.TryRemove(new KeyValuePair<Guid, NodeSession>(session.Incarnation, session));

    public NodeSession? Find(Guid incarnation) => _sessions.TryGetValue(incarnation, out var session) ? session : null;

    public void Dispose() => _signals.JobEnded -= RevokeEnded;

    void RevokeEnded(long jobId)
    {
        foreach (var session in _sessions.Values)
            session.Revoke(jobId, "JOB_ENDED");
    }
}
