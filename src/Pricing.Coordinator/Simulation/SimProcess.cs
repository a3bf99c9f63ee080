namespace Pricing.Coordinator.Simulation;

/// <summary>
/// A process: it can be killed (what it had planned is gone), stopped (what reaches it waits) and continued. Whatever it plans is its own:
/// a later run of the same process never sees it.
/// </summary>
class SimProcess(World world, int id)
{
    readonly List<Action> _backlog = [];

    public World World { get; } = world;

    /// <summary>Its place in the network.</summary>
    public int Id { get; } = id;

    /// <summary>Counts starts and ends: what was meant for an earlier run, or for nobody, finds nobody.</summary>
    public int Run { get; private set; }
    public bool IsUp { get; private set; }
    public bool IsPaused { get; private set; }

    /// <summary>Happens in this run of the process, or never.</summary>
    public void After(int delayMs, SimEvent what, long about, Action action)
    {
        var run = Run;
        World.Plan(delayMs, what, Id, about, () =>
        {
            if (run != Run || !IsUp)
                return;
            if (IsPaused)
                _backlog.Add(action);
            else
                action();
        });
    }

    public void Start()
    {
        Run++;
        IsUp = true;
        OnStart();
    }

    /// <summary>kill −9.</summary>
    public void Kill()
    {
        if (!IsUp)
            return;
        Run++;
        IsUp = false;
        IsPaused = false;
        _backlog.Clear();
        OnKilled();
    }

    /// <summary>SIGSTOP.</summary>
    public void Pause() => IsPaused = IsUp;

    /// <summary>SIGCONT: everything that came meanwhile is there at once, in its order.</summary>
    public void Continue()
    {
        if (!IsPaused)
            return;
        IsPaused = false;
        var run = Run;
        for (var i = 0; i < _backlog.Count && run == Run; i++)
        {
            _backlog[i]();
            World.Check();
        }
        _backlog.Clear();
    }

    protected virtual void OnStart()
    {
    }

    protected virtual void OnKilled()
    {
    }
}
