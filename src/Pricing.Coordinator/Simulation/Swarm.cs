namespace Pricing.Coordinator.Simulation;

/// <summary>Kinds of faults, as they are counted.</summary>
public enum FaultKind
{
    CoordinatorCrash,
    CoordinatorPause,
    CoordinatorRestart,
    NodeCrash,
    NodePause,
    NodeDrain,
    StoreRestart,
    StorePause,
    CallNotCommitted,
    CallReplyLost,
    Partition,
    StreamCut,
    UnaryDropped,
    UnaryDuplicated,
    SlowNetwork,
    SendFailed,
    WorkerDeath,
    NodeFault,
    NodeLie,
    QuoteCancelled,
    QuarantineLifted,
    TightDeadline,
}

/// <summary>
/// How unlucky one seed is: each kind of fault is left out of about half of the seeds, and the others get a random rate. Runs with everything at once
/// hide as much as runs with nothing (Groce et al., swarm testing, 2012).
/// </summary>
sealed class Swarm
{
    readonly double[] _rates = new double[Enum.GetValues<FaultKind>().Length];

    public Swarm(SimRandom random, ulong leftOut)
    {
        for (var kind = 0; kind < _rates.Length; kind++)
        {
            var rate = random.Between(1, 100) / 100.0;
            if (random.Chance(0.5) && (leftOut >> kind & 1) == 0)
                _rates[kind] = rate;
        }
        Coordinators = random.Between(2, 3);
        Nodes = random.Between(1, 8);
        Partners = random.Between(1, 4);
        Quotes = random.Between(4, 40);
        Models = random.Between(1, 12);
        FaultPhaseMs = random.Between(8_000, 60_000);
        ComputeMsMax = random.Chance(0.4) ? random.Between(10_000, 60_000) : random.Between(50, 3_000);
        TransferMsMax = random.Chance(0.3) ? 4_000 : random.Between(1, 500);
        LatencyMsMax = random.Chance(0.3) ? 400 : random.Between(1, 40);
        FaultEveryMsMax = random.Chance(0.3) ? 400 : 2_000;
        HasTwoEngines = random.Chance(0.4);
        HasDedicatedNodes = random.Chance(0.3);
        HasPoison = Rate(FaultKind.WorkerDeath) > 0;
    }

    public int Coordinators { get; }
    public int Nodes { get; }
    public int Partners { get; }
    public int Quotes { get; }
    public int Models { get; }
    public int FaultPhaseMs { get; }
    public int ComputeMsMax { get; }
    public int TransferMsMax { get; }
    public int LatencyMsMax { get; }

    /// <summary>Between two faults that strike by themselves.</summary>
    public int FaultEveryMsMax { get; }

    /// <summary>Some nodes serve one lane only.</summary>
    public bool HasDedicatedNodes { get; }

    /// <summary>Some models end the process that measures them.</summary>
    public bool HasPoison { get; }

    /// <summary>An upgrade is under way: some coordinators and nodes are of the version before.</summary>
    public bool HasTwoEngines { get; }

    public double Rate(FaultKind kind) => _rates[(int)kind];

    /// <summary>From now on nothing goes wrong by itself.</summary>
    public void Heal() => Array.Clear(_rates);
}
