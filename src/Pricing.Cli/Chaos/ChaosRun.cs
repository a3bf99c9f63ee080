using System.Globalization;
using Pricing.Cli.Bench;

namespace Pricing.Cli.Chaos;

/// <summary>What is asked of a run.</summary>
sealed record ChaosPlan(TimeSpan Length, int Seed, bool Isolated, string Folder, TextWriter Talk, TimeProvider Time);

/// <summary>What a run found; the command prints it, the tests read it.</summary>
sealed record ChaosVerdict
{
    public required IReadOnlyList<InjectedFault> Faults { get; init; }
    public required IReadOnlyList<RecoveryFigures> Recovery { get; init; }
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>Tries of all calls; of them answered, refused with a reason, of unknown outcome.</summary>
    public required long Calls { get; init; }
    public required long CallsOk { get; init; }
    public required long CallsRefused { get; init; }
    public required long CallsUnknown { get; init; }

    /// <summary>Requests for a quote; accepted as some client was told; in the database though no client was told.</summary>
    public required long Requests { get; init; }
    public required long Accepted { get; init; }
    public required long Recovered { get; init; }
    public required IReadOnlyDictionary<string, long> EndedBy { get; init; }

    /// <summary>Quotes accepted per second while faults were injected, and in the calm before.</summary>
    public required double GoodputPerS { get; init; }
    public required double CalmPerS { get; init; }

    /// <summary>Answers of nodes under an epoch that had passed on, refused; requests and answers sent again and taken once.</summary>
    public required long ZombieWritesRefused { get; init; }
    public required long DuplicatesAbsorbed { get; init; }
    public required long LeasesLost { get; init; }
    public required long RepliesLost { get; init; }
    public required long PricesWorkedOut { get; init; }
    public required double QuiesceS { get; init; }
    public required double TotalS { get; init; }

    public long Count(Rule rule) => Findings.Count(finding => finding.Rule == rule);
}

/// <summary>
/// One run: 1. start the site; 2. warm up in peace; 3. inject the schedule while clients work; 4. heal everything, work a little longer, stop
/// asking; 5. wait until everything accepted has ended, within a bound; 6. read the database past all proxies; 7. check.
/// </summary>
sealed class ChaosRun : IAsyncDisposable
{
    static readonly string[] Partners = ["ada", "bela", "cleo", "dana"];

    readonly ChaosPlan _plan;
    readonly Site _site;
    readonly History _history;
    readonly ModelShelf _shelf = new();
    readonly List<Door> _doors = [];
    readonly List<PartnerClient> _clients = [];
    readonly List<PartnerClient> _pulses = [];
    readonly PartnerClient _burst;
    readonly PartnerClient _poisoner;

    ChaosRun(ChaosPlan plan, Site site, History history)
    {
        (_plan, _site, _history) = (plan, site, history);
        for (var i = 0; i < Limits.Chaos.Clients; i++)
            _clients.Add(NewClient(i, Partners[i % Partners.Length], $"client-{i + 1}", site.Scope.Coordinators));
        _burst = NewClient(Limits.Chaos.Clients, Partners[0], "burst", site.Scope.Coordinators);
        _poisoner = NewClient(Limits.Chaos.Clients + 1, Partners[1], "poisoner", site.Scope.Coordinators);
        foreach (var coordinator in site.Scope.Coordinators)
            _pulses.Add(NewClient(Limits.Chaos.Clients + 2 + _pulses.Count, Partners[0], $"pulse-{coordinator}", [coordinator]));
        foreach (var client in _clients)
            client.Accepted += quote => _clients[(_clients.IndexOf(client) + 1) % _clients.Count].Overhear(quote);
    }

    /// <summary>Runs and checks. Whatever happens, every process is ended before it returns.</summary>
    public static async Task<ChaosVerdict> RunAsync(ChaosPlan plan, CancellationToken cancellation)
    {
        Directory.CreateDirectory(plan.Folder);
        var servers = Directory.CreateTempSubdirectory("pricing-chaos-");
        // The database's account must be able to pass through, not to look around.
        if (!OperatingSystem.IsWindows())
            servers.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        using var history = new History(Path.Combine(plan.Folder, "history.jsonl"), plan.Time);
        await using var site = await Site.StartAsync(new SiteOptions(servers.FullName, plan.Folder, plan.Isolated), plan.Talk, plan.Time, cancellation);
        await using var run = new ChaosRun(plan, site, history);
        return await run.RunAsync(servers.FullName, cancellation);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var door in _doors)
            door.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<ChaosVerdict> RunAsync(string home, CancellationToken cancellation)
    {
        using var closing = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // A client that breaks is a fault of the harness: the run must not go on without it.
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var workFromS = _history.NowS;
        var working = _clients.Select(client => WorkAsync(() => client.RunAsync(closing.Token, broken.Token), broken))
            .Concat(_pulses.Select(pulse => WorkAsync(() => pulse.PulseAsync(closing.Token, broken.Token), broken))).ToList();
        IReadOnlyList<InjectedFault> faults;
        FaultInjector injector;
        double faultsFromS, faultsToS, quiesceFromS;
        try
        {
            await _plan.Talk.WriteLineAsync($"warming up for {Limits.Chaos.WarmUpSeconds} s …");
            await Task.Delay(TimeSpan.FromSeconds(Limits.Chaos.WarmUpSeconds), _plan.Time, broken.Token);

            var schedule = FaultSchedule.Of(_plan.Seed, _plan.Length, _site.Scope);
            await _plan.Talk.WriteLineAsync($"{schedule.Count} faults in {_plan.Length.TotalMinutes:0.#} min, seed {_plan.Seed}");
            faultsFromS = _history.NowS;
            injector = new FaultInjector(_site, _history, OverloadAsync, PoisonAsync, new Random(_plan.Seed + 1), _plan.Talk, _plan.Time);
            faults = await injector.RunAsync(schedule, broken.Token);
            faultsToS = _history.NowS;

            await _plan.Talk.WriteLineAsync("all healed; quiescing …");
            await Task.Delay(TimeSpan.FromSeconds(Limits.Chaos.CalmSeconds), _plan.Time, broken.Token);
            quiesceFromS = _history.NowS;
        }
        finally
        {
            await closing.CancelAsync();
            await Task.WhenAll(working);
        }
        await QuiesceAsync(cancellation);
        var quiesceS = _history.NowS - quiesceFromS;

        await _plan.Talk.WriteLineAsync("checking …");
        var dump = await DatabaseDump.ReadAsync(_site.Database, Path.Combine(home, "models"), _history.NowS, cancellation);
        var events = _history.Snapshot();
        var own = OwnPrices.WorkOut(_shelf.Asked, _shelf, cancellation);
        IReadOnlyList<Finding> findings =
        [
            .. HistoryChecker.Check(events, dump, own),
            .. _site.Roles.SelectMany(role => role.Deaths).Concat(injector.BadEnds).Select(death => new Finding(Rule.ProcessDied, "process", death)),
        ];
        Keep(faults, dump, findings);
        return Sum(events, dump, faults, findings) with
        {
            GoodputPerS = AcceptedPerS(events, faultsFromS, faultsToS),
            CalmPerS = AcceptedPerS(events, workFromS, faultsFromS),
            QuiesceS = quiesceS,
            PricesWorkedOut = own.Count,
            TotalS = _history.NowS,
        };
    }

    static Task WorkAsync(Func<Task> workAsync, CancellationTokenSource broken) => Task.Run(async () =>
    {
        try
        {
            await workAsync();
        }
        catch (Exception)
        {
            await broken.CancelAsync();
            throw;
        }
    });

    ChaosVerdict Sum(IReadOnlyList<HistoryEvent> events, DatabaseDump dump, IReadOnlyList<InjectedFault> faults, IReadOnlyList<Finding> findings)
    {
        var accepted = HistoryChecker.Accepted(events);
        var created = events.Where(e => e is { Op: "create", Type: CallEnd.Ok, Value.MustFail: not true }).ToList();
        var logs = new NodeLogs(_site.Roles.Select(role => role.LogPath));
        return new ChaosVerdict
        {
            Faults = faults,
            Recovery = Recovery.Of(faults, events, dump),
            Findings = findings,
            Calls = events.Count(e => e.Type is CallEnd.Invoke),
            CallsOk = events.Count(e => e.Type is CallEnd.Ok),
            CallsRefused = events.Count(e => e.Type is CallEnd.Fail || e is { Type: CallEnd.Info, Value.HasDetails: true }),
            CallsUnknown = events.Count(e => e is { Type: CallEnd.Info, Value.HasDetails: not true }),
            Requests = events.Where(e => e is { Op: "create", Type: CallEnd.Invoke, Value.MustFail: not true }).Select(e => (e.Value.Partner, e.Key)).Distinct().LongCount(),
            Accepted = accepted.Count,
            Recovered = dump.Quotes.Count(q => !accepted.ContainsKey(q.Name)),
            EndedBy = dump.Quotes.GroupBy(q => q.State + (q.Failure is { } failure ? $" {failure}" : "")).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.LongCount()),
            ZombieWritesRefused = logs.ZombieWrites,
            DuplicatesAbsorbed = created.Count - created.Select(e => (e.Value.Partner, e.Key)).Distinct().Count() + logs.AnswersAgain,
            LeasesLost = dump.Attempts.Count(a => a.Outcome is "expired" or "lost"),
            RepliesLost = _site.Links.Sum(link => link.RepliesLost),
            GoodputPerS = 0,
            CalmPerS = 0,
            QuiesceS = 0,
            PricesWorkedOut = 0,
            TotalS = 0,
        };
    }

    /// <summary>Requests first accepted in a span, per second.</summary>
    static double AcceptedPerS(IReadOnlyList<HistoryEvent> events, double fromS, double toS) =>
        HistoryChecker.Accepted(events).Values.Count(t => t >= fromS && t < toS) / Math.Max(1, toS - fromS);

    /// <summary>Ten times the calls of the last seconds, on a fixed schedule whatever the answers do.</summary>
    async Task OverloadAsync(CancellationToken until)
    {
        var now = _history.NowS;
        var recent = _history.Snapshot().Count(e => e.Type is CallEnd.Invoke && e.T > now - Limits.Chaos.WarmUpSeconds);
        var perSecond = Math.Clamp(10.0 * recent / Limits.Chaos.WarmUpSeconds, Limits.Chaos.OverloadPerSecondMin, Limits.Chaos.OverloadPerSecondMax);
        var began = _plan.Time.GetTimestamp();
        var flying = new List<Task>();
        for (var sent = 0; !until.IsCancellationRequested;)
        {
            // Open loop: what is due by now is sent, however late the loop is.
            var due = (int)(_plan.Time.GetElapsedTime(began).TotalSeconds * perSecond);
            flying.RemoveAll(call => call.IsCompleted);
            for (; sent < due; sent++)
                if (flying.Count < Limits.Chaos.OverloadInFlightMax)
                    flying.Add(_burst.AskOnceAsync(CancellationToken.None));
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(Limits.Chaos.PollMs), _plan.Time, until));
        }
        await Task.WhenAll(flying);
    }

    Task PoisonAsync(CancellationToken cancellation) => _poisoner.AskForNewAsync(Limits.Chaos.PoisonTriangles, broken: false, cancellation, keep: false);

    /// <summary>Everything the platform has taken must end; when it does not in time the checker says what.</summary>
    async Task QuiesceAsync(CancellationToken cancellation)
    {
        var began = _plan.Time.GetTimestamp();
        while (_plan.Time.GetElapsedTime(began) < TimeSpan.FromSeconds(Limits.Chaos.QuiesceSeconds))
        {
            if (await DatabaseDump.CountOpenAsync(_site.Database, cancellation) == 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.Chaos.LookPauseMs), _plan.Time, cancellation);
        }
    }

    /// <summary>The evidence, beside the history and the logs.</summary>
    void Keep(IReadOnlyList<InjectedFault> faults, DatabaseDump dump, IReadOnlyList<Finding> findings)
    {
        string Beside(string name) => Path.Combine(_plan.Folder, name);
        History.WriteLines(Beside("faults.jsonl"), faults);
        History.WriteLines(Beside("quotes.jsonl"), dump.Quotes);
        History.WriteLines(Beside("jobs.jsonl"), dump.Jobs);
        History.WriteLines(Beside("attempts.jsonl"), dump.Attempts);
        History.WriteLines(Beside("measurements.jsonl"), dump.Measurements);
        History.WriteLines(Beside("findings.jsonl"), findings);
        File.WriteAllText(Beside("run.txt"), string.Create(CultureInfo.InvariantCulture, $"seed {_plan.Seed}, {_plan.Length.TotalMinutes} min, {Machine.Describe()}, commit {Machine.Commit()}\n"));
    }

    PartnerClient NewClient(int index, string partner, string name, IReadOnlyList<string> coordinators)
    {
        var random = new Random(_plan.Seed * 1_000 + index);
        Door[] doors = [.. coordinators.Select(c => new Door(c, _site.Link(FaultScope.Clients, c).Port))];
        _doors.AddRange(doors);
        return new PartnerClient(partner, new RecordedCalls(name, doors, _history, random, _plan.Time), _shelf, random);
    }
}
