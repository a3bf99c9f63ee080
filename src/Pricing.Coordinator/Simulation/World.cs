using System.Globalization;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

/// <summary>
/// The whole platform of one seed: coordinators, nodes, clients, a store and the network between them, in virtual time. One thread, one heap of planned
/// events, one source of randomness: the seed decides everything.
/// </summary>
sealed partial class World
{
    // Places in the network.
    const int StoreId = 0, ClientId = 1, FirstCoordinatorId = 2, FirstNodeId = 8, Places = 16;

    /// <summary>So long after healing every quote that can be measured has ended (and what nodes were busy with by then); so long after its deadline any quote.</summary>
    const int RecoveryMs = 60_000, AfterDeadlineMs = 30_000;

    readonly EventHeap _heap = new();
    readonly bool[,] _cut = new bool[Places, Places];
    readonly long[] _faults = new long[Enum.GetValues<FaultKind>().Length];
    readonly Promises _promises;
    readonly SimProcess _client;
    readonly List<string>? _trace;
    ulong _hash = 14_695_981_039_346_656_037UL;
    long _quoteIds, _streams, _events, _healedAt = long.MaxValue;
    bool _isOver;

    /// <param name="seed">Decides everything.</param>
    /// <param name="bug">What is planted.</param>
    /// <param name="leftOut">Bits of fault kinds that never happen.</param>
    /// <param name="traced">Keep what happened as text: slow, for reading.</param>
    public World(ulong seed, PlantedBug bug, ulong leftOut, bool traced)
    {
        Bug = bug;
        Random = new SimRandom(seed);
        Swarm = new Swarm(Random, leftOut);
        Store = new SimStore(this, StoreId, new StoreModel(bug));
        _promises = new Promises(Store.Model, IsTrusted);
        _client = new SimProcess(this, ClientId);
        _trace = traced ? [] : null;
        for (var i = 0; i < Swarm.Coordinators; i++)
            Coordinators.Add(new SimCoordinator(this, FirstCoordinatorId + i));
        for (var i = 0; i < Swarm.Nodes; i++)
        {
            Nodes.Add(new SimNode(this, FirstNodeId + i, Random.Between(1, 4), Random.Chance(Swarm.Rate(FaultKind.NodeLie)))
            {
                EngineVersion = Swarm.HasTwoEngines && Random.Chance(0.5) ? 2 : 1,
                DedicatedTo = !Swarm.HasDedicatedNodes || Random.Chance(0.5) ? null : Random.Chance(0.5) ? Lane.B2b : Lane.B2c,
            });
        }
        // The first partner has a contract, the second one a heavier place in the shop's lane.
        Store.Model.Terms["p1"] = (Lane.B2b, 1);
        Store.Model.Terms["p2"] = (Lane.B2c, 3);
    }

    public PlantedBug Bug { get; }
    public SimRandom Random { get; }
    public Swarm Swarm { get; }
    public SimStore Store { get; }
    public List<SimCoordinator> Coordinators { get; } = [];
    public List<SimNode> Nodes { get; } = [];

    /// <summary>Milliseconds since the beginning; the store's clock too.</summary>
    public long Now { get; private set; }

    /// <summary>Runs until everything has ended after healing, or a promise is broken.</summary>
    public SeedResult Run()
    {
        string promise = "", what = "";
        try
        {
            Begin();
            while (!_isOver)
            {
                var next = _heap.TakeFirst();
                Now = next.At;
                _events++;
                Mix(next);
                next.Action();
                Check();
            }
        }
        catch (BrokenPromiseException broken)
        {
            (promise, what) = (broken.Promise, broken.Message);
            Note($"{promise} is broken: {what}");
        }
        return new SeedResult(promise, what, _events, _promises.Checks, Now, _hash, _faults, _promises.Made, _trace ?? []);
    }

    public void Plan(int delayMs, SimEvent what, int who, long about, Action action) => _heap.Add(Now + delayMs, what, who, about, action);

    public void Hold(bool holds, string promise, FormattableString what) => _promises.Hold(holds, promise, what);

    /// <summary>Does this fault strike now? Scaled down for what is asked often.</summary>
    public bool Strikes(FaultKind kind, double scale)
    {
        var rate = Swarm.Rate(kind);
        if (rate == 0 || !Random.Chance(rate * scale))
            return false;
        Count(kind);
        return true;
    }

    public void Count(FaultKind kind) => _faults[(int)kind]++;

    public int Latency() => Random.Between(1, Swarm.LatencyMsMax) + (Strikes(FaultKind.SlowNetwork, 0.02) ? Random.Between(100, 4_000) : 0);

    public bool IsCut(int from, int to) => _cut[from, to];

    public int ComputeMs() => Random.Between(1, Now < _healedAt ? Swarm.ComputeMsMax : 500);

    public int TransferMs() => Random.Between(1, Now < _healedAt ? Swarm.TransferMsMax : 300);

    public long NextQuoteId() => ++_quoteIds;

    public long NextStream() => ++_streams;

    /// <summary>What waits in a lane: the gauge's word, which may be old in the real one.</summary>
    public long Waiting(Lane lane)
    {
        long units = 0;
        foreach (var quote in Store.Model.Waiting)
        {
            if (Store.Model.Job(quote.JobId) is { State: JobState.Available } job && job.Lane == lane)
                units += JobRow.Cost;
        }
        return units;
    }

    public ModelKey KeyOf(long jobId) => Store.Model.Job(jobId).Key;

    /// <summary>Ends every process that measures it.</summary>
    public bool IsPoison(ModelKey key) => Swarm.HasPoison && key.Model % 5 == 1;

    /// <summary>Cannot be measured, and every node says so.</summary>
    public static bool IsAtFault(ModelKey key) => key.Model % 7 == 3;

    /// <summary>What an honest node measures, on any machine.</summary>
    public static long FiguresOf(ModelKey key) => key.Model * 1_000L + key.Engine;

    public static int TimeLeftMs(Lease lease) => (int)Math.Max(1, lease.TimeLeft.TotalMilliseconds);

    /// <summary>A call that may be dropped or arrive twice, on either way. Exactly one of the two answers comes, unless the caller dies.</summary>
    public void Unary<T>(SimProcess from, SimProcess to, long about, int patienceMs, Action<Action<T>> serve, Action<T> answered, Action failed)
    {
        var isOver = false;
        var run = from.Run;
        from.After(patienceMs, SimEvent.UnaryTimedOut, about, () =>
        {
            if (isOver)
                return;
            isOver = true;
            failed();
        });
        if (IsCut(from.Id, to.Id) || Strikes(FaultKind.UnaryDropped, 0.15))
            return;
        var copies = Strikes(FaultKind.UnaryDuplicated, 0.3) ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            to.After(Latency() + copy * Random.Between(0, 3_000), SimEvent.UnaryArrives, about, () => serve(reply =>
            {
                if (from.Run != run || IsCut(to.Id, from.Id) || Strikes(FaultKind.UnaryDropped, 0.15))
                    return;
                from.After(Latency(), SimEvent.UnaryAnswered, about, () =>
                {
                    if (isOver)
                        return;
                    isOver = true;
                    answered(reply);
                });
            }));
        }
    }

    /// <summary>Holds every promise against what has just moved.</summary>
    public void Check()
    {
        if (_trace is not null)
        {
            foreach (var (move, job, under, _) in Store.Model.Moves)
                Note($"         job {job.JobId}: {move}{(under.Epoch > 0 ? $" under epoch {under.Epoch}" : "")}, now {job.State} in epoch {job.Epoch}, attempt {job.Attempts}");
            foreach (var quote in Store.Model.MovedQuotes)
                Note($"         quote {quote.QuoteId}: {quote.State} {quote.Failure}, job {quote.JobId}");
        }
        _promises.Check(Now);
    }

    /// <summary>A line of the trace, if there is one.</summary>
    public void Note(FormattableString line) => _trace?.Add(string.Create(CultureInfo.InvariantCulture, $"{Now,8} ms  ") + line.ToString(CultureInfo.InvariantCulture));

    bool IsTrusted(LeaseId lease)
    {
        foreach (var coordinator in Coordinators)
        {
            if (coordinator.Trusts(lease))
                return true;
        }
        return false;
    }

    void Mix(in Planned next)
    {
        // FNV-1a over what happened, to whom and when.
        _hash = (_hash ^ (ulong)next.At) * 1_099_511_628_211UL;
        _hash = (_hash ^ (((ulong)next.What << 8) + (ulong)next.A)) * 1_099_511_628_211UL;
        _hash = (_hash ^ (ulong)next.B ^ ((ulong)Store.Model.Moves.Count << 32)) * 1_099_511_628_211UL;
        if (_trace is not null)
            Note($"{NameOf(next.A),-6} {next.What} {next.B}");
    }

    static string NameOf(int place) => place switch
    {
        StoreId => "store",
        ClientId => "client",
        >= FirstNodeId => string.Create(CultureInfo.InvariantCulture, $"node{place - FirstNodeId}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"coord{place - FirstCoordinatorId}"),
    };
}

/// <summary>What became of one seed. An empty promise: all held.</summary>
public sealed record SeedResult(
    string Promise, string What, long Events, long Checks, long VirtualMs, ulong TraceHash, IReadOnlyList<long> Faults, IReadOnlyList<long> Moves,
    IReadOnlyList<string> Trace)
{
    public bool Holds => Promise.Length == 0;
}
