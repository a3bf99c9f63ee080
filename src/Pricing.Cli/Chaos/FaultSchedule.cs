namespace Pricing.Cli.Chaos;

/// <summary>What there is to break.</summary>
sealed record FaultScope(IReadOnlyList<string> Coordinators, IReadOnlyList<string> Nodes, bool Isolated)
{
    public const string Postgres = "postgres";
    public const string Redis = "redis";
    public const string Clients = "client";

    /// <summary>The edges that have a proxy.</summary>
    public IReadOnlyList<string> Edges { get; } =
    [
        .. Coordinators.Select(c => Edge(Clients, c)),
        .. Nodes.SelectMany(n => Coordinators.Select(c => Edge(n, c))),
        .. Coordinators.Select(c => Edge(c, Postgres)),
        .. Coordinators.Select(c => Edge(c, Redis)),
    ];

    public static string Edge(string from, string to) => $"{from}>{to}";
}

/// <summary>All faults of a run, from one seed: the same seed, length and scope give the same faults at the same times.</summary>
static class FaultSchedule
{
    /// <summary>Weight in the deck after the first round, and the range of the hold in milliseconds.</summary>
    static readonly (FaultKind Kind, int Weight, int HoldMsMin, int HoldMsMax)[] Kinds =
    [
        (FaultKind.NodeKill, 3, 500, 5_000),
        (FaultKind.CoordinatorKill, 3, 500, 5_000),
        (FaultKind.NodePause, 2, Limits.Job.LeaseMs + 2_000, Limits.Job.LeaseMs + 8_000),
        (FaultKind.CoordinatorPause, 2, Limits.Job.LeaseMs + 2_000, Limits.Job.LeaseMs + 8_000),
        (FaultKind.NodeDrain, 1, 200, 2_000),
        (FaultKind.CoordinatorDrain, 2, 200, 2_000),
        (FaultKind.PostgresKill, 2, 0, 3_000),
        (FaultKind.PostgresRestart, 1, 0, 1_000),
        (FaultKind.RedisKill, 1, 1_000, 8_000),
        (FaultKind.RedisFlush, 1, 0, 0),
        (FaultKind.RedisWrongBytes, 1, 0, 0),
        (FaultKind.LinkCut, 3, 0, 0),
        (FaultKind.LinkBlackhole, 4, 3_000, 20_000),
        (FaultKind.LinkSlow, 2, 4_000, 12_000),
        (FaultKind.LostReplyToClient, 3, 3_000, 6_000),
        (FaultKind.LostReplyFromDatabase, 3, 3_000, 6_000),
        (FaultKind.LostCommit, 3, 3_000, 6_000),
        (FaultKind.Overload, 1, 5_000, 8_000),
        (FaultKind.PoisonModel, 1, 0, 0),
    ];

    /// <summary>
    /// Kinds come from a shuffled deck: the first holds each kind once, so that a short run already has them all, the later ones hold them by
    /// weight. Gaps are drawn between the two bounds. Faults may overlap, but never on one target.
    /// </summary>
    public static IReadOnlyList<PlannedFault> Of(int seed, TimeSpan length, FaultScope scope)
    {
        var random = new Random(seed);
        var faults = new List<PlannedFault>();
        var busyUntil = new Dictionary<string, TimeSpan>();
        var deck = new Queue<FaultKind>();
        var first = true;
        var at = Gap(random) / 2;
        while (at < length)
        {
            if (deck.Count == 0)
            {
                var cards = Kinds.Where(k => scope.Isolated || k.Kind != FaultKind.PoisonModel)
                    .SelectMany(k => Enumerable.Repeat(k.Kind, first ? 1 : k.Weight)).ToArray();
                random.Shuffle(cards);
                foreach (var card in cards)
                    deck.Enqueue(card);
                first = false;
            }
            // A kind whose targets are all under another fault goes below the deck; there is always one that finds a target.
            for (var tried = 0; tried < deck.Count; tried++)
            {
                var kind = deck.Dequeue();
                var targets = Targets(kind, scope).Where(t => busyUntil.GetValueOrDefault(t) <= at).ToArray();
                if (targets.Length == 0)
                {
                    deck.Enqueue(kind);
                    continue;
                }
                var target = targets[random.Next(targets.Length)];
                var (_, _, least, most) = Kinds.First(k => k.Kind == kind);
                var hold = TimeSpan.FromMilliseconds(random.Next(least, most + 1));
                faults.Add(new PlannedFault(faults.Count + 1, at, kind, target, hold, random.Next(3)));
                busyUntil[target] = at + hold + TimeSpan.FromMilliseconds(Limits.Chaos.SettleMs);
                break;
            }
            at += Gap(random);
        }
        return faults;
    }

    static IEnumerable<string> Targets(FaultKind kind, FaultScope scope) => kind switch
    {
        FaultKind.NodeKill or FaultKind.NodePause or FaultKind.NodeDrain => scope.Nodes,
        FaultKind.CoordinatorKill or FaultKind.CoordinatorPause or FaultKind.CoordinatorDrain => scope.Coordinators,
        FaultKind.PostgresKill or FaultKind.PostgresRestart => [FaultScope.Postgres],
        FaultKind.RedisKill or FaultKind.RedisFlush or FaultKind.RedisWrongBytes => [FaultScope.Redis],
        FaultKind.LinkCut or FaultKind.LinkBlackhole or FaultKind.LinkSlow => scope.Edges,
        FaultKind.LostReplyToClient => scope.Coordinators.Select(c => FaultScope.Edge(FaultScope.Clients, c)),
        FaultKind.LostReplyFromDatabase or FaultKind.LostCommit => scope.Coordinators.Select(c => FaultScope.Edge(c, FaultScope.Postgres)),
        FaultKind.Overload or FaultKind.PoisonModel => [FaultScope.Clients],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    static TimeSpan Gap(Random random) => TimeSpan.FromMilliseconds(random.Next(Limits.Chaos.GapMsMin, Limits.Chaos.GapMsMax));
}
