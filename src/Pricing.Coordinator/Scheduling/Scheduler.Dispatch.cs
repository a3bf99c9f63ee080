using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Scheduling;

/// <summary>Brings jobs and free nodes together: one claim for as many jobs as nodes of one engine would take, in batches, engine after engine.</summary>
public sealed partial class Scheduler
{
    // Engines in the order they were first seen; a handful during an upgrade. A flag says that its nodes and its jobs may match.
    readonly List<(int Version, bool Seeks)> _engines = [];
    readonly List<NodeSlot> _candidates = [];
    int _nextEngine, _firstNode, _claimOffers, _claimEngine;
    long _claimCall, _claimSentAt;

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
            (_claimOffers, _claimEngine, _claimSentAt) = (offers.Count, version, _now);
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.Claim) { Call = _claimCall = ++_calls, EngineVersion = version, Offers = offers });
            return;
        }
    }

    /// <summary>One job each in turn, so that a batch spreads over the nodes; each batch begins with another node.</summary>
    List<JobOffer> Offers(int engineVersion)
    {
        _candidates.Clear();
        foreach (var node in _nodes)
        {
            if (node.Facts.EngineVersion == engineVersion && node.Free > 0)
                _candidates.Add(node);
        }
        if (_candidates.Count == 0)
            return [];
        _firstNode++;
        var offers = new List<JobOffer>();
        for (int round = 0, before = -1; offers.Count < Limits.Job.ClaimBatchMax && offers.Count > before; round++)
        {
            before = offers.Count;
            for (var i = 0; i < _candidates.Count && offers.Count < Limits.Job.ClaimBatchMax; i++)
            {
                var node = _candidates[(_firstNode + i) % _candidates.Count];
                if (node.Free > round)
                    offers.Add(new JobOffer(node.Facts.Incarnation, node.Facts.Name));
            }
        }
        return offers;
    }

    /// <summary>A lease for a node that has left meanwhile, or one that is no longer ours to trust, is given back.</summary>
    void TakeClaimed(IReadOnlyList<Lease> leases)
    {
        _claimCall = 0;
        // A full batch: there may be more.
        if (leases.Count == _claimOffers)
            Seek(_claimEngine);
        foreach (var lease in leases)
        {
            var id = new LeaseId(lease.JobId, lease.Epoch);
            // The row was given out again, so whatever was held of it is over.
            if (_held.TryGetValue(lease.JobId, out var older))
                Revoke(older, "LEASE_LOST");
            var node = _byIncarnation.GetValueOrDefault(lease.Incarnation);
            if (_fault is SchedulerFault.ForgetsClaimOfGoneNode && node is null)
                continue;
            if (node is null || node.Free == 0 || _claimSentAt + _times.LeaseMs < _now)
            {
                _ends.Add(id, LeaseEnd.Released, "node left", _claimSentAt + _times.LeaseMs);
                continue;
            }
            // Renewed with the others, but no later than its own time says: the reply may have been slow.
            var renewAt = _claimSentAt + _times.RenewMs;
            _renewAt = _held.Count == 0 ? renewAt : Math.Min(_renewAt, renewAt);
            var held = new HeldLease(id, node, 0);
            Trust(held, _claimSentAt);
            node.Credits--;
            node.Held.Add(held);
            _held.Add(lease.JobId, held);
            _effects.Add(new SchedulerEffect(SchedulerEffectKind.Assign) { Stream = node.Stream, Lease = lease });
        }
    }
}
