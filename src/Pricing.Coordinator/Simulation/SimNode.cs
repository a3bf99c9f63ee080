using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Simulation;

enum AnswerKind
{
    Figures,
    Failure,
    WorkerDeath,
}

/// <summary>What a node says about a lease.</summary>
sealed record SimAnswer(LeaseId Lease, AnswerKind Kind, long Figures);

/// <summary>
/// A node as Pricing.Node behaves: credits for the jobs it may hold, bytes before it measures, an answer repeated at one coordinator after the other until
/// somebody takes it or its time is over. A lying one also says what it does not know.
/// </summary>
sealed class SimNode(World world, int id, int jobsMax, bool lies) : SimProcess(world, id)
{
    sealed class HeldRun(LeaseId lease, SimStream stream)
    {
        public LeaseId Lease { get; } = lease;
        public SimStream Stream { get; } = stream;
        public bool HasAllBytes { get; set; }
        public bool IsOver { get; set; }
    }

    readonly List<HeldRun> _held = [];
    SimStream? _stream;
    SimAnswer? _lastAnswer;
    int _favourite, _dials;
    bool _isDraining, _isWelcome;

    public Guid Incarnation { get; private set; }
    public int EngineVersion { get; set; } = 1;
    public Lane? DedicatedTo { get; init; }
    public int JobsHeld => _held.Count;

    /// <summary>The stream of the moment; null: it dials.</summary>
    public SimStream? Stream => _stream;

    protected override void OnStart()
    {
        Incarnation = World.Random.Guid();
        _favourite = World.Random.Between(0, World.Coordinators.Count - 1);
        Redial();
    }

    protected override void OnKilled()
    {
        _stream?.CloseThere();
        _stream = null;
        (_isDraining, _isWelcome, _dials, _lastAnswer) = (false, false, 0, null);
        foreach (var run in _held)
            run.IsOver = true;
        _held.Clear();
    }

    public void Take(SimStream stream, Frame frame)
    {
        switch (frame.Kind)
        {
            case FrameKind.Welcome:
                _isWelcome = true;
                _dials = 0;
                if (jobsMax > _held.Count)
                    stream.ToCoordinator(new Frame(FrameKind.Credit, Count: jobsMax - _held.Count));
                break;
            case FrameKind.Assign:
                TakeJob(stream, frame.Lease, frame.Count);
                break;
            case FrameKind.LastBytes when Find(frame.Lease) is { HasAllBytes: false } run:
                run.HasAllBytes = true;
                After(World.ComputeMs(), SimEvent.Measured, run.Lease.JobId, () => Measured(run));
                break;
            case FrameKind.Cancel when Find(frame.Lease) is { } run:
                End(run);
                break;
            case FrameKind.Drain:
                _isDraining = true;
                LeaveWhenIdle();
                break;
        }
    }

    public void Lost(SimStream stream)
    {
        if (_stream != stream)
            return;
        _stream = null;
        _isDraining = false;
        _isWelcome = false;
        foreach (var run in _held.ToArray())
        {
            if (run.Stream == stream && !run.HasAllBytes)
                End(run);
        }
        _favourite = (_favourite + 1) % World.Coordinators.Count;
        Redial();
    }

    void Redial()
    {
        var bound = Math.Min(Limits.Node.DialBackoffFirstMs << Math.Min(_dials++, 10), Limits.Node.DialBackoffMaxMs);
        After(World.Random.Between(1, bound), SimEvent.Dial, _favourite, Dial);
    }

    void Dial()
    {
        if (_stream is not null)
            return;
        var coordinator = World.Coordinators[_favourite];
        var stream = new SimStream(World, World.NextStream(), coordinator, this);
        if (World.IsCut(Id, coordinator.Id) || World.IsCut(coordinator.Id, Id))
        {
            Next(Limits.Node.ConnectSeconds * 1_000);
            return;
        }
        if (!coordinator.Dialled(stream))
        {
            Next(World.Latency());
            return;
        }
        _stream = stream;
    }

    void Next(int delayMs)
    {
        _favourite = (_favourite + 1) % World.Coordinators.Count;
        After(delayMs, SimEvent.Dial, _favourite, Redial);
    }

    void TakeJob(SimStream stream, LeaseId lease, int timeLeftMs)
    {
        if (_isDraining || _held.Count >= jobsMax || Find(lease) is not null)
        {
            stream.ToCoordinator(new Frame(FrameKind.Release, lease));
            return;
        }
        foreach (var older in _held.ToArray())
        {
            if (older.Lease.JobId == lease.JobId)
                End(older);
        }
        var run = new HeldRun(lease, stream);
        _held.Add(run);
        After(timeLeftMs, SimEvent.Deadline, lease.JobId, () =>
        {
            if (!run.IsOver)
                Release(run);
        });
    }

    void Measured(HeldRun run)
    {
        if (run.IsOver)
            return;
        var key = World.KeyOf(run.Lease.JobId);
        if (World.IsPoison(key))
        {
            World.Count(FaultKind.WorkerDeath);
            // A liar has figures as well, of a model that nobody can measure.
            if (lies && World.Strikes(FaultKind.NodeLie, 1))
                Say(new SimAnswer(run.Lease, AnswerKind.Figures, World.FiguresOf(key)), World.Random.Between(0, World.Coordinators.Count - 1), _ => { }, () => { });
            Answer(run, new SimAnswer(run.Lease, AnswerKind.WorkerDeath, 0), 0);
            return;
        }
        if (World.IsAtFault(key))
        {
            Answer(run, new SimAnswer(run.Lease, AnswerKind.Failure, 0), 0);
            return;
        }
        if (World.Strikes(FaultKind.NodeFault, 0.1))
        {
            // Our own fault: another node may succeed, but not for ever.
            if (run.Lease.Epoch < Limits.Job.AttemptsMax)
                Release(run);
            else
                Answer(run, new SimAnswer(run.Lease, AnswerKind.Failure, 0), 0);
            return;
        }
        var figures = World.FiguresOf(key);
        if (lies && World.Strikes(FaultKind.NodeLie, 1))
            figures = Lie(run.Lease, figures);
        Answer(run, new SimAnswer(run.Lease, AnswerKind.Figures, figures), 0);
    }

    /// <summary>Speaks for leases that are not its own, repeats what it said long ago, or says something wrong.</summary>
    long Lie(LeaseId lease, long figures)
    {
        var told = World.Random.Between(0, 3) switch
        {
            0 => new SimAnswer(lease with { Epoch = lease.Epoch + 1 }, AnswerKind.Figures, figures),
            1 => new SimAnswer(new LeaseId(World.Random.Between(1, (int)lease.JobId + 1), World.Random.Between(1, 3)), AnswerKind.Figures, figures + 2),
            2 when lease.Epoch > 1 => new SimAnswer(lease with { Epoch = lease.Epoch - 1 }, AnswerKind.WorkerDeath, 0),
            _ => _lastAnswer,
        };
        if (told is not null)
            Say(told, World.Random.Between(0, World.Coordinators.Count - 1), _ => { }, () => { });
        if (_stream is { } stream && World.Random.Chance(0.3))
            stream.ToCoordinator(new Frame(FrameKind.Release, new LeaseId(World.Random.Between(1, (int)lease.JobId), World.Random.Between(1, 3))));
        return World.Random.Chance(0.3) ? figures + 1 : figures;
    }

    void Answer(HeldRun run, SimAnswer answer, int attempt)
    {
        _lastAnswer = answer;
        Say(answer, (_favourite + attempt) % World.Coordinators.Count, _ => End(run), () =>
        {
            if (run.IsOver)
                return;
            var bound = Math.Min(Limits.Node.CompleteBackoffFirstMs << Math.Min(attempt, 10), Limits.Node.CompleteBackoffMaxMs);
            After(World.Random.Between(1, bound), SimEvent.AnswerLeaves, answer.Lease.JobId, () =>
            {
                if (!run.IsOver)
                    Answer(run, answer, attempt + 1);
            });
        });
    }

    void Say(SimAnswer answer, int coordinator, Action<Completion> answered, Action failed)
    {
        var to = World.Coordinators[coordinator];
        var incarnation = Incarnation;
        World.Unary<Completion>(this, to, answer.Lease.JobId, Limits.Node.CompleteSeconds * 1_000, reply => to.CompleteJob(answer, incarnation, reply), answered, failed);
    }

    void Release(HeldRun run)
    {
        run.Stream.ToCoordinator(new Frame(FrameKind.Release, run.Lease));
        End(run);
    }

    void End(HeldRun run)
    {
        if (run.IsOver)
            return;
        run.IsOver = true;
        _held.Remove(run);
        if (_isWelcome && !_isDraining)
            _stream?.ToCoordinator(new Frame(FrameKind.Credit, Count: 1));
        LeaveWhenIdle();
    }

    void LeaveWhenIdle()
    {
        if (!_isDraining || _stream is not { } stream)
            return;
        foreach (var run in _held)
        {
            if (run.Stream == stream)
                return;
        }
        stream.CloseThere();
        Lost(stream);
    }

    HeldRun? Find(LeaseId lease)
    {
        foreach (var run in _held)
        {
            if (run.Lease == lease)
                return run;
        }
        return null;
    }
}
