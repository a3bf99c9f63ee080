namespace Pricing.Coordinator.Simulation;

/// <summary>The course of a seed: clients ask, faults strike, everything heals, everything must end.</summary>
sealed partial class World
{
    const int LongDeadlineMs = 120_000, AskTriesMax = 8;

    /// <summary>Faults that strike by themselves; the others wait for an occasion.</summary>
    static readonly FaultKind[] OfThemselves =
    [
        FaultKind.CoordinatorCrash, FaultKind.CoordinatorPause, FaultKind.CoordinatorRestart, FaultKind.NodeCrash, FaultKind.NodePause, FaultKind.NodeDrain,
        FaultKind.StoreRestart, FaultKind.StorePause, FaultKind.Partition, FaultKind.StreamCut, FaultKind.QuarantineLifted,
    ];

    int _asking;

    void Begin()
    {
        Store.Start();
        _client.Start();
        foreach (var coordinator in Coordinators)
        {
            coordinator.EngineVersion = Swarm.HasTwoEngines && Random.Chance(0.5) ? 2 : 1;
            coordinator.Start();
        }
        foreach (var node in Nodes)
            node.Start();
        for (var i = 0; i < Swarm.Quotes; i++)
            PlanQuote(i);
        PlanFault();
        Plan(Swarm.FaultPhaseMs, SimEvent.Heals, ClientId, 0, Heal);
    }

    void PlanQuote(int i)
    {
        var partner = $"p{Random.Between(1, Swarm.Partners)}";
        var model = Random.Between(1, Swarm.Models);
        var timeLeftMs = Strikes(FaultKind.TightDeadline, 0.5) ? Random.Between(2_000, 20_000) : LongDeadlineMs;
        var asked = new AskedQuote(partner, $"r{i}", model, timeLeftMs);
        _asking++;
        _client.After(Random.Between(1, Swarm.FaultPhaseMs), SimEvent.QuoteAsked, i, () => Ask(asked, 0));
        // The impatient ask twice at once.
        if (Random.Chance(0.1))
        {
            _asking++;
            _client.After(Random.Between(1, Swarm.FaultPhaseMs), SimEvent.QuoteAsked, i, () => Ask(asked, 0));
        }
    }

    void Ask(AskedQuote asked, int tries)
    {
        var to = Coordinators[Random.Between(0, Coordinators.Count - 1)];
        Unary<long>(_client, to, asked.Model, 3_000, reply =>
        {
            if (to.Serves)
                to.Accept(asked.Partner, asked.RequestId, new ModelKey(asked.Model, to.EngineVersion), asked.TimeLeftMs, reply);
        }, quoteId =>
        {
            _asking--;
            _promises.Accepted(asked.Partner, asked.RequestId, quoteId);
            if (!Strikes(FaultKind.QuoteCancelled, 0.5))
                return;
            _client.After(Random.Between(1, 5_000), SimEvent.QuoteCancelled, quoteId, () =>
            {
                var at = Coordinators[Random.Between(0, Coordinators.Count - 1)];
                Unary<bool>(_client, at, quoteId, 3_000, _ => at.CancelQuote(asked.Partner, quoteId), _ => { }, () => { });
            });
        }, () =>
        {
            if (tries < AskTriesMax)
                _client.After(Random.Between(1, 1_000), SimEvent.QuoteAsked, asked.Model, () => Ask(asked, tries + 1));
            else
                _asking--;
        });
    }

    void PlanFault() => Plan(Random.Between(50, Swarm.FaultEveryMsMax), SimEvent.Fault, ClientId, 0, () =>
    {
        if (Now >= _healedAt)
            return;
        // Only what this seed is about: with few kinds left in it, each of them comes often.
        var kinds = Array.FindAll(OfThemselves, kind => Swarm.Rate(kind) > 0);
        if (kinds.Length == 0)
            return;
        Fault(kinds[Random.Between(0, kinds.Length - 1)]);
        PlanFault();
    });

    void Fault(FaultKind kind)
    {
        var coordinator = Coordinators[Random.Between(0, Coordinators.Count - 1)];
        var node = Nodes[Random.Between(0, Nodes.Count - 1)];
        if (!Random.Chance(Swarm.Rate(kind)))
            return;
        switch (kind)
        {
            case FaultKind.CoordinatorCrash when coordinator.IsUp:
                Crash(coordinator, kind, Random.Between(200, 8_000));
                break;
            case FaultKind.CoordinatorPause when coordinator is { IsUp: true, IsPaused: false }:
                Pause(coordinator, kind, Random.Between(500, 40_000));
                break;
            case FaultKind.CoordinatorRestart:
                Count(kind);
                RestartFrom(0);
                break;
            case FaultKind.NodeCrash when node.IsUp:
                Crash(node, kind, Random.Between(200, 10_000));
                break;
            case FaultKind.NodePause when node is { IsUp: true, IsPaused: false }:
                Pause(node, kind, Random.Between(500, 40_000));
                break;
            case FaultKind.NodeDrain when node.Stream is { } stream && stream.Coordinator is { IsUp: true, IsPaused: false }:
                Count(kind);
                stream.Coordinator.DrainNode(node);
                break;
            case FaultKind.StoreRestart when Store.IsUp:
                Crash(Store, kind, Random.Between(200, 8_000));
                break;
            case FaultKind.StorePause when Store is { IsUp: true, IsPaused: false }:
                Pause(Store, kind, Random.Between(200, 20_000));
                break;
            case FaultKind.Partition:
                Count(kind);
                // Half of them between a coordinator and the store, either way: that is where leases are lost.
                if (Random.Chance(0.25))
                    Cut(coordinator.Id, StoreId, Random.Between(500, 25_000));
                else if (Random.Chance(0.33))
                    Cut(StoreId, coordinator.Id, Random.Between(500, 25_000));
                else
                    Cut(Random.Between(0, FirstNodeId + Nodes.Count - 1), Random.Between(0, FirstNodeId + Nodes.Count - 1), Random.Between(500, 25_000));
                break;
            case FaultKind.StreamCut when node.Stream is { } open:
                Count(kind);
                open.Cut();
                break;
            case FaultKind.QuarantineLifted:
                LiftAny(coordinator);
                break;
        }
    }

    void Crash(SimProcess process, FaultKind kind, int forMs)
    {
        Count(kind);
        process.Kill();
        Plan(forMs, SimEvent.Recovers, process.Id, (long)kind, () => Recover(process));
    }

    void Pause(SimProcess process, FaultKind kind, int forMs)
    {
        Count(kind);
        process.Pause();
        Plan(forMs, SimEvent.Recovers, process.Id, (long)kind, process.Continue);
    }

    static void Recover(SimProcess process)
    {
        if (!process.IsUp)
            process.Start();
    }

    // A rolling restart: one coordinator after the other stops as asked and comes back, with the next version during an upgrade.
    void RestartFrom(int index)
    {
        if (index >= Coordinators.Count || Now >= _healedAt)
            return;
        var coordinator = Coordinators[index];
        coordinator.BeginStop();
        Plan(4_000, SimEvent.Recovers, coordinator.Id, (long)FaultKind.CoordinatorRestart, () =>
        {
            if (Swarm.HasTwoEngines)
                coordinator.EngineVersion = 2;
            Recover(coordinator);
            RestartFrom(index + 1);
        });
    }

    void Cut(int from, int to, int forMs)
    {
        if (from == to)
            return;
        _cut[from, to] = true;
        Plan(forMs, SimEvent.Recovers, from, to, () => _cut[from, to] = false);
    }

    void LiftAny(SimCoordinator coordinator)
    {
        if (!coordinator.Serves || coordinator.IsPaused)
            return;
        foreach (var job in Store.Model.Jobs)
        {
            if (job is not { State: JobState.Quarantined, Released: false })
                continue;
            Count(FaultKind.QuarantineLifted);
            coordinator.LiftQuarantine(job.JobId, LongDeadlineMs);
            return;
        }
    }

    void Heal()
    {
        _healedAt = Now;
        Swarm.Heal();
        Array.Clear(_cut);
        Store.Continue();
        Recover(Store);
        foreach (var coordinator in Coordinators)
        {
            coordinator.Continue();
            Recover(coordinator);
        }
        foreach (var node in Nodes)
        {
            node.Continue();
            Recover(node);
        }
        Plan(1_000, SimEvent.Heals, ClientId, 1, Watch);
    }

    /// <summary>Everything ends: what can be measured soon after healing, the rest soon after its deadline, and then nobody holds anything.</summary>
    void Watch()
    {
        var latest = _healedAt;
        foreach (var quote in Store.Model.Quotes)
        {
            latest = Math.Max(latest, quote.DeadlineAt);
            if (quote.State is not QuoteState.Measuring)
                continue;
            Hold(Now < quote.DeadlineAt + AfterDeadlineMs, "I1", $"quote {quote.QuoteId} waits at {Now}, its deadline was {quote.DeadlineAt}");
            Hold(Now < _healedAt + RecoveryMs + Swarm.ComputeMsMax || !HasNodeFor(Store.Model.Job(quote.JobId)), "LIVE", $"quote {quote.QuoteId} waits for job {quote.JobId} at {Now}, all was healed at {_healedAt}");
        }
        foreach (var job in Store.Model.Jobs)
        {
            if (job.IsLive)
                latest = Math.Max(latest, job.DeadlineAt);
        }
        if (IsIdle())
        {
            _isOver = true;
            return;
        }
        Hold(Now < latest + AfterDeadlineMs + RecoveryMs, "LIVE", $"at {Now} somebody still works, all was healed at {_healedAt}, the last deadline was {latest}");
        Plan(1_000, SimEvent.Heals, ClientId, 1, Watch);
    }

    bool HasNodeFor(JobRow job)
    {
        foreach (var node in Nodes)
        {
            if (node.EngineVersion == job.Key.Engine && (node.DedicatedTo is not { } only || only == job.Lane))
                return true;
        }
        return false;
    }

    bool IsIdle()
    {
        if (_asking > 0 || Store.Model.Waiting.Count > 0)
            return false;
        foreach (var job in Store.Model.Jobs)
        {
            if (job.IsLive)
                return false;
        }
        foreach (var coordinator in Coordinators)
        {
            if (coordinator.LeasesHeld > 0)
                return false;
        }
        foreach (var node in Nodes)
        {
            if (node.JobsHeld > 0)
                return false;
        }
        return true;
    }

    sealed record AskedQuote(string Partner, string RequestId, int Model, int TimeLeftMs);
}
