using System.Runtime.InteropServices;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>
/// A coordinator's scheduling as a step function: an event and the time go in, effects come out. No I/O, no task, no clock, no randomness;
/// the same events give the same effects, which is what the simulator relies on.
/// </summary>
/// <remarks>
/// 1. Leases that were not renewed within the lease time are no longer trusted: their nodes are told to stop before anything else is decided.
/// 2. The event changes what is known: nodes, credits, leases, outcomes of calls.
/// 3. Timers that are due ask for renewals, rescues and the end of jobs past their deadline; ends that could not be told are told again.
/// 4. Nodes with credit and work that may exist ask for a claim. One call of each kind is under way at a time.
/// A lease is in one of three places: under way in a claim, held for a node on a stream that lives, or on its way back (<see cref="LeaseEnds"/>).
/// What is lost between them (a reply, a process) the database's lease time brings back.
/// </remarks>
public sealed partial class Scheduler
{
    readonly SchedulerTimes _times;
    readonly SchedulerFault _fault;
    readonly List<SchedulerEffect> _effects = [];
    readonly List<NodeSlot> _nodes = [];
    readonly Dictionary<long, NodeSlot> _byStream = [];
    readonly Dictionary<Guid, NodeSlot> _byIncarnation = [];
    readonly Dictionary<long, HeldLease> _held = [];
    readonly LeaseEnds _ends;
    long _now, _calls, _trustCheckAt = long.MaxValue;
    long _renewAt, _rescueAt, _dispatchAt;
    long _renewCall, _rescueCall, _deadlineCall, _renewSentAt;
    IReadOnlyList<LeaseId> _renewing = [];
    bool _stopping;

    public Scheduler(SchedulerTimes times)
        : this(times, SchedulerFault.None)
    {
    }

    internal Scheduler(SchedulerTimes times, SchedulerFault fault)
    {
        _times = times;
        _fault = fault;
        _ends = new LeaseEnds(times.DispatchMs);
    }

    /// <summary>Leases held for connected nodes.</summary>
    public int LeasesHeld => _held.Count;

    /// <summary>What to do about what happened. The effects are good until the next step.</summary>
    /// <param name="happened">Events in the order they were heard of.</param>
    /// <param name="nowMs">This process's monotonic clock. Any origin; it never goes back.</param>
    public ReadOnlySpan<SchedulerEffect> Step(in SchedulerEvent happened, long nowMs)
    {
        _effects.Clear();
        _now = nowMs;
        StopUntrusted();
        Take(happened);
        RunTimers();
        Dispatch();
        return CollectionsMarshal.AsSpan(_effects);
    }

    /// <summary>Would this coordinator still act under the lease at this time?</summary>
    internal bool Trusts(LeaseId lease, long nowMs) => Find(lease) is { } held && held.TrustedUntilMs >= nowMs;

    /// <summary>Is the lease held, or on its way back?</summary>
    internal bool SpeaksFor(LeaseId lease) => Find(lease) is not null || _ends.Contains(lease);

    /// <summary>True when every lease is held for a stream that is here.</summary>
    internal bool HoldsOnlyForNodesHere()
    {
        var held = 0;
        foreach (var node in _nodes)
            held += node.Held.Count;
        return held == _held.Count;
    }

    void Take(in SchedulerEvent e)
    {
        switch (e.Kind)
        {
            case SchedulerEventKind.NodeJoined:
                Join(new NodeSlot(e.Stream, e.Node!) { IsDraining = _stopping });
                break;
            case SchedulerEventKind.NodeLeft:
                Leave(e.Stream, e.Reason);
                break;
            case SchedulerEventKind.CreditGranted when _byStream.TryGetValue(e.Stream, out var node):
                node.Credits += e.Count;
                Seek(node.Facts.EngineVersion);
                break;
            case SchedulerEventKind.LeaseReleased when Find(e.Lease) is { } held && held.Node.Stream == e.Stream:
                Drop(held);
                _ends.Add(held.Id, LeaseEnd.Released, e.Reason, held.TrustedUntilMs);
                break;
            case SchedulerEventKind.AllBytesSent when Find(e.Lease) is { } held && held.Node.Stream == e.Stream:
                held.AllBytesSent = true;
                break;
            case SchedulerEventKind.SendFailed when Find(e.Lease) is { } held && held.Node.Stream == e.Stream:
                Revoke(held, e.Reason);
                _ends.Add(held.Id, e.End, e.Reason, held.TrustedUntilMs);
                break;
            case SchedulerEventKind.AnswerTaken when Find(e.Lease) is { } held && held.Node.Stream == e.Stream:
                Drop(held);
                break;
            case SchedulerEventKind.JobEnded when _held.TryGetValue(e.Lease.JobId, out var held):
                Revoke(held, e.Reason);
                break;
            case SchedulerEventKind.LeaseBorn:
                Hand(e.Claimed[0], _byStream.GetValueOrDefault(e.Stream), e.SentAtMs);
                break;
            case SchedulerEventKind.QueueSeen:
                (_waitingB2b, _waitingB2c) = (e.WaitingB2b, e.WaitingB2c);
                break;
            case SchedulerEventKind.WorkMayExist:
                SeekAll();
                break;
            case SchedulerEventKind.DrainNode when _byStream.TryGetValue(e.Stream, out var node):
                Drain(node);
                break;
            case SchedulerEventKind.Stop:
                Stop();
                break;
            case SchedulerEventKind.ClaimDone when e.Call == _claimCall:
                TakeClaimed(e.Claimed);
                break;
            case SchedulerEventKind.ClaimFailed when e.Call == _claimCall:
                // It may have committed: those leases run out at the database, and are offered again.
                _claimCall = 0;
                break;
            case SchedulerEventKind.RenewDone when e.Call == _renewCall:
                TakeRenewed(e.Renewed);
                break;
            case SchedulerEventKind.RenewFailed when e.Call == _renewCall:
                _renewCall = 0;
                _renewAt = _now + _times.DispatchMs;
                break;
            case SchedulerEventKind.EndLeasesDone:
                if (_ends.Told(e.Call))
                    SeekAll();
                break;
            case SchedulerEventKind.EndLeasesFailed:
                _ends.NotTold(e.Call, _now);
                break;
            case SchedulerEventKind.RescueDone or SchedulerEventKind.RescueFailed when e.Call == _rescueCall:
                TakeRescued(e.Kind is SchedulerEventKind.RescueDone ? e.Count : 0);
                break;
            case SchedulerEventKind.FailPastDeadlineDone or SchedulerEventKind.FailPastDeadlineFailed when e.Call == _deadlineCall:
                _deadlineCall = 0;
                if (e.Count == Limits.Job.RescueBatchMax)
                    _rescueAt = _now;
                break;
        }
    }

    void Join(NodeSlot node)
    {
        _nodes.Add(node);
        _byStream.Add(node.Stream, node);
        // A node that dials again is reached by its newest stream; the older one is about to end.
        _byIncarnation[node.Facts.Incarnation] = node;
        if (node.IsDraining)
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.SendDrain) { Stream = node.Stream });
    }

    /// <summary>The stream is gone. What a drained node already has in full it answers elsewhere, within its lease; the rest goes back.</summary>
    void Leave(long stream, string reason)
    {
        if (!_byStream.Remove(stream, out var node))
            return;
        _nodes.Remove(node);
        if (_byIncarnation.TryGetValue(node.Facts.Incarnation, out var newest) && newest == node)
            _byIncarnation.Remove(node.Facts.Incarnation);
        foreach (var held in node.Held)
        {
            _held.Remove(held.Id.JobId);
            if (!node.IsDraining)
                _ends.Add(held.Id, LeaseEnd.Lost, reason, held.TrustedUntilMs);
            else if (!held.AllBytesSent)
                _ends.Add(held.Id, LeaseEnd.Released, reason, held.TrustedUntilMs);
        }
    }

    void Drain(NodeSlot node)
    {
        node.IsDraining = true;
        _effects.Add(new SchedulerEffect(SchedulerEffectKind.SendDrain) { Stream = node.Stream });
    }

    void Stop()
    {
        _stopping = true;
        foreach (var node in _nodes)
        {
            Drain(node);
            for (var i = node.Held.Count - 1; i >= 0; i--)
            {
                var held = node.Held[i];
                if (held.AllBytesSent)
                    continue;
                Revoke(held, "COORDINATOR_STOPS");
                _ends.Add(held.Id, LeaseEnd.Released, "coordinator stops", held.TrustedUntilMs);
            }
        }
    }

    void StopUntrusted()
    {
        if (_now <= _trustCheckAt)
            return;
        _trustCheckAt = long.MaxValue;
        foreach (var node in _nodes)
        {
            for (var i = node.Held.Count - 1; i >= 0; i--)
            {
                var held = node.Held[i];
                if (held.TrustedUntilMs >= _now)
                    _trustCheckAt = Math.Min(_trustCheckAt, held.TrustedUntilMs);
                else
                    Revoke(held, "LEASE_LOST");
            }
        }
    }

    void RunTimers()
    {
        if (_now >= _renewAt && _renewCall == 0 && _held.Count > 0)
        {
            _renewAt = _now + _times.RenewMs;
            _renewSentAt = _now;
            var leases = new List<LeaseId>(_held.Count);
            foreach (var node in _nodes)
            {
                foreach (var held in node.Held)
                    leases.Add(held.Id);
            }
            _renewing = leases;
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.Renew) { Call = _renewCall = ++_calls, Leases = leases });
        }
        if (_now >= _rescueAt && _rescueCall == 0 && _deadlineCall == 0 && !_stopping)
        {
            _rescueAt = _now + _times.RescueMs;
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.Rescue) { Call = _rescueCall = ++_calls });
        }
        if (_now >= _dispatchAt)
            SeekAll();
        if (_ends.Next(_now, ref _calls) is { } ending)
            _effects.Add(ending);
    }

    void TakeRenewed(IReadOnlySet<long> renewed)
    {
        _renewCall = 0;
        foreach (var id in _renewing)
        {
            if (Find(id) is not { } held)
                continue;
            if (renewed.Contains(id.JobId))
                Trust(held, _renewSentAt);
            else
                Revoke(held, "LEASE_LOST");
        }
        _renewing = [];
    }

    void TakeRescued(int rescued)
    {
        _rescueCall = 0;
        if (rescued > 0)
            SeekAll();
        if (rescued == Limits.Job.RescueBatchMax)
            _rescueAt = _now;
        if (!_stopping)
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.FailPastDeadline) { Call = _deadlineCall = ++_calls });
    }

    void Trust(HeldLease held, long sentAtMs)
    {
        held.TrustedUntilMs = _fault is SchedulerFault.TrustFromReply ? _now + _times.LeaseMs : sentAtMs + _times.LeaseMs;
        _trustCheckAt = Math.Min(_trustCheckAt, held.TrustedUntilMs);
    }

    HeldLease? Find(LeaseId lease) => _held.TryGetValue(lease.JobId, out var held) && held.Id.Epoch == lease.Epoch ? held : null;

    void Drop(HeldLease held)
    {
        _held.Remove(held.Id.JobId);
        held.Node.Held.Remove(held);
    }

    void Revoke(HeldLease held, string reason)
    {
        Drop(held);
        _effects.Add(new SchedulerEffect(SchedulerEffectKind.Revoke) { Stream = held.Node.Stream, LeaseId = held.Id, Reason = reason });
    }
}
