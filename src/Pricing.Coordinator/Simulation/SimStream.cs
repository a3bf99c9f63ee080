using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

enum FrameKind
{
    Heartbeat,
    Credit,
    Release,
    Welcome,
    Assign,
    LastBytes,
    Cancel,
    Drain,
}

/// <summary>One message of a stream, either way.</summary>
readonly record struct Frame(FrameKind Kind, LeaseId Lease = default, int Count = 0);

/// <summary>
/// A node's stream: ordered and reliable until it breaks, like the connection below it. While the network between the two is cut, messages wait;
/// each side notices by its own watchdog.
/// </summary>
sealed class SimStream(World world, long id, SimCoordinator coordinator, SimNode node)
{
    const int WatchMs = Limits.Wire.HeartbeatMs;
    const int SilenceMs = Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax;
    const int ResendMs = 300;

    readonly Queue<Frame> _toNode = new(), _toCoordinator = new();
    bool _toNodeMoves, _toCoordinatorMoves;
    long _heardByNode, _heardByCoordinator;

    public long Id { get; } = id;
    public SimCoordinator Coordinator { get; } = coordinator;
    public SimNode Node { get; } = node;
    public bool IsOpenHere { get; private set; } = true;
    public bool IsOpenThere { get; private set; } = true;

    public void Open()
    {
        _heardByNode = _heardByCoordinator = world.Now;
        Coordinator.After(WatchMs, SimEvent.Watchdog, Id, WatchHere);
        Node.After(WatchMs, SimEvent.Watchdog, Id, WatchThere);
    }

    public void ToNode(Frame frame)
    {
        if (!IsOpenHere)
            return;
        _toNode.Enqueue(frame);
        if (_toNodeMoves)
            return;
        _toNodeMoves = true;
        world.Plan(world.Latency(), SimEvent.StreamMoves, Node.Id, Id, MoveToNode);
    }

    public void ToCoordinator(Frame frame)
    {
        if (!IsOpenThere)
            return;
        _toCoordinator.Enqueue(frame);
        if (_toCoordinatorMoves)
            return;
        _toCoordinatorMoves = true;
        world.Plan(world.Latency(), SimEvent.StreamMoves, Coordinator.Id, Id, MoveToCoordinator);
    }

    /// <summary>The coordinator's side ends; the node hears of it when the network lets it.</summary>
    public void CloseHere()
    {
        if (!IsOpenHere)
            return;
        IsOpenHere = false;
        if (!world.IsCut(Coordinator.Id, Node.Id))
            Node.After(world.Latency() + world.Latency(), SimEvent.StreamBreaks, Id, BreakThere);
    }

    /// <summary>The node's side ends; the coordinator hears of it when the network lets it.</summary>
    public void CloseThere()
    {
        if (!IsOpenThere)
            return;
        IsOpenThere = false;
        if (!world.IsCut(Node.Id, Coordinator.Id))
            Coordinator.After(world.Latency() + world.Latency(), SimEvent.StreamBreaks, Id, BreakHere);
    }

    /// <summary>The connection is reset under both.</summary>
    public void Cut()
    {
        Coordinator.After(world.Latency(), SimEvent.StreamBreaks, Id, BreakHere);
        Node.After(world.Latency(), SimEvent.StreamBreaks, Id, BreakThere);
    }

    void BreakHere()
    {
        if (!IsOpenHere)
            return;
        IsOpenHere = false;
        Coordinator.Lost(this, "stream lost");
    }

    void BreakThere()
    {
        if (!IsOpenThere)
            return;
        IsOpenThere = false;
        Node.Lost(this);
    }

    void MoveToNode()
    {
        _toNodeMoves = false;
        if (!IsOpenThere || !Node.IsUp || _toNode.Count == 0)
            return;
        if (!world.IsCut(Coordinator.Id, Node.Id))
        {
            var frame = _toNode.Dequeue();
            Node.After(0, SimEvent.StreamMoves, Id, () =>
            {
                if (!IsOpenThere)
                    return;
                _heardByNode = world.Now;
                Node.Take(this, frame);
            });
        }
        if (_toNode.Count == 0)
            return;
        _toNodeMoves = true;
        world.Plan(world.IsCut(Coordinator.Id, Node.Id) ? ResendMs : 1, SimEvent.StreamMoves, Node.Id, Id, MoveToNode);
    }

    void MoveToCoordinator()
    {
        _toCoordinatorMoves = false;
        if (!IsOpenHere || !Coordinator.IsUp || _toCoordinator.Count == 0)
            return;
        if (!world.IsCut(Node.Id, Coordinator.Id))
        {
            var frame = _toCoordinator.Dequeue();
            Coordinator.After(0, SimEvent.StreamMoves, Id, () =>
            {
                if (!IsOpenHere)
                    return;
                _heardByCoordinator = world.Now;
                Coordinator.Take(this, frame);
            });
        }
        if (_toCoordinator.Count == 0)
            return;
        _toCoordinatorMoves = true;
        world.Plan(world.IsCut(Node.Id, Coordinator.Id) ? ResendMs : 1, SimEvent.StreamMoves, Coordinator.Id, Id, MoveToCoordinator);
    }

    void WatchHere()
    {
        if (!IsOpenHere)
            return;
        if (world.Now - _heardByCoordinator > SilenceMs)
        {
            CloseHere();
            Coordinator.Lost(this, "node silent");
            return;
        }
        ToNode(new Frame(FrameKind.Heartbeat));
        Coordinator.After(WatchMs, SimEvent.Watchdog, Id, WatchHere);
    }

    void WatchThere()
    {
        if (!IsOpenThere)
            return;
        if (world.Now - _heardByNode > SilenceMs)
        {
            CloseThere();
            Node.Lost(this);
            return;
        }
        ToCoordinator(new Frame(FrameKind.Heartbeat));
        Node.After(WatchMs, SimEvent.Watchdog, Id, WatchThere);
    }
}
