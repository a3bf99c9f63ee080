using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>Brings jobs and free nodes together: one claim for as many jobs as nodes of one engine would take, in batches, engine after engine.</summary>
public sealed partial class Scheduler
{
    // Engines in the order they were first seen; a handful during an upgrade. A flag says that its nodes and its jobs may match.
    readonly List<(int Version, bool Seeks)> _engines = [];
    readonly List<NodeSlot> _candidates = [];
    readonly LaneClaims _lanes = new();
    IReadOnlyList<JobOffer> _claimOffers = [];
    LaneSplit _claimSplit;
    int _nextEngine, _firstNode, _claimEngine;
    long _claimCall, _claimSentAt, _waitingB2b, _waitingB2c;

    void Seek(int engineVersion)
    {
        var i = _engines.FindIndex(e => e.Version == engineVersion);
        if (i < 0)
            _engines.Add((engineVersion, true));
        else
            _engines[i] = (engineVersion, true);
    }

    void SeekAll()
    {
        _dispatchAt = _now + _times.DispatchMs;
        for (var i = 0; i < _engines.Count; i++)
            _engines[i] = (_engines[i].Version, true);
    }

    void Dispatch()
    {
        if (_claimCall != 0 || _stopping)
            return;
        for (var turn = 0; turn < _engines.Count; turn++)
        {
            var i = (_nextEngine + turn) % _engines.Count;
            var (version, seeks) = _engines[i];
            if (!seeks)
                continue;
            _engines[i] = (version, false);
            if (Offers(version) is not { Count: > 0 } offers)
                continue;
            _nextEngine = i + 1;
            (_claimOffers, _claimEngine, _claimSentAt) = (offers, version, _now);
            _claimSplit = _lanes.Split(offers, _waitingB2b, _waitingB2c);
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.Claim)
            {
                Call = _claimCall = ++_calls,
                EngineVersion = version,
                Offers = offers,
                Split = _claimSplit,
            });
            return;
        }
    }

    /// <summary>Each kind of node has a batch of its own, so that idle nodes of one lane never crowd out the others.</summary>
    List<JobOffer> Offers(int engineVersion)
    {
        var offers = new List<JobOffer>();
        _firstNode++;
        AddOffers(offers, engineVersion, null);
        AddOffers(offers, engineVersion, Lane.B2b);
        AddOffers(offers, engineVersion, Lane.B2c);
        return offers;
    }

    /// <summary>One job each in turn, so that a batch spreads over the nodes; each batch begins with another node.</summary>
    void AddOffers(List<JobOffer> offers, int engineVersion, Lane? dedicatedTo)
    {
        _candidates.Clear();
        foreach (var node in _nodes)
        {
            if (node.Facts.EngineVersion == engineVersion && node.Facts.DedicatedTo == dedicatedTo && node.Free > 0)
                _candidates.Add(node);
        }
        var most = offers.Count + Limits.Job.ClaimBatchMax;
        for (int round = 0, before = -1; offers.Count < most && offers.Count > before; round++)
        {
            before = offers.Count;
            for (var i = 0; i < _candidates.Count && offers.Count < most; i++)
            {
                var node = _candidates[(_firstNode + i) % _candidates.Count];
                if (node.Free > round)
                    offers.Add(new JobOffer(node.Facts.Incarnation, node.Facts.Name, dedicatedTo));
            }
        }
    }

    /// <summary>A lease for a node that has left meanwhile, or one that is no longer ours to trust, is given back.</summary>
    void TakeClaimed(IReadOnlyList<Lease> leases)
    {
        _claimCall = 0;
        _lanes.Claimed(_claimOffers, _claimSplit, leases);
        // A full batch: there may be more.
        if (leases.Count == _claimOffers.Count || leases.Count >= Limits.Job.ClaimBatchMax)
            Seek(_claimEngine);
        foreach (var lease in leases)
        {
            var node = _byIncarnation.GetValueOrDefault(lease.Incarnation);
            if (_fault is SchedulerFault.ForgetsClaimOfGoneNode && node is null)
                continue;
            Hand(lease, node, _claimSentAt);
        }
    }

    void Hand(Lease lease, NodeSlot? node, long sentAtMs)
    {
        var id = new LeaseId(lease.JobId, lease.Epoch);
        // The row was given out again, so whatever was held of it is over.
        if (_held.TryGetValue(lease.JobId, out var older))
            Revoke(older, "LEASE_LOST");
        if (node is null || node.Free == 0 || sentAtMs + _times.LeaseMs < _now)
        {
            _ends.Add(id, LeaseEnd.Released, "node left", sentAtMs + _times.LeaseMs);
            return;
        }
        // Renewed with the others, but no later than its own time says: the reply may have been slow.
        var renewAt = sentAtMs + _times.RenewMs;
        _renewAt = _held.Count == 0 ? renewAt : Math.Min(_renewAt, renewAt);
        var held = new HeldLease(id, node, 0);
        Trust(held, sentAtMs);
        node.Credits--;
        node.Held.Add(held);
        _held.Add(lease.JobId, held);
        _effects.Add(new SchedulerEffect(SchedulerEffectKind.Assign) { Stream = node.Stream, Lease = lease });
    }
}
