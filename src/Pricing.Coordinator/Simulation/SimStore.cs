namespace Pricing.Coordinator.Simulation;

/// <summary>
/// The database as a process: calls reach it over the network, commit or do not, and their replies may be lost. A caller that hears nothing gives up after
/// its time; the call may commit all the same, also later.
/// </summary>
sealed class SimStore(World world, int id, StoreModel model) : SimProcess(world, id)
{
    /// <summary>So long a caller waits; the shell's own time.</summary>
    public const int PatienceMs = (Limits.Database.ConnectSeconds + Limits.Database.StatementSeconds) * 1_000;

    public StoreModel Model { get; } = model;

    /// <summary>Runs one transaction. Exactly one of the two answers comes, unless the caller dies.</summary>
    public void Call<T>(SimProcess caller, long about, Func<StoreModel, T> transaction, Action<T> answered, Action failed, int patienceMs = PatienceMs)
    {
        var isOver = false;
        var run = caller.Run;
        void Fail()
        {
            if (isOver)
                return;
            isOver = true;
            failed();
        }
        caller.After(patienceMs, SimEvent.CallTimedOut, about, Fail);
        if (World.IsCut(caller.Id, Id))
            return;
        var arrival = World.Latency();
        if (!IsUp)
        {
            caller.After(arrival, SimEvent.CallAnswered, about, Fail);
            return;
        }
        if (World.Strikes(FaultKind.CallNotCommitted, 0.05))
        {
            caller.After(arrival * 2, SimEvent.CallAnswered, about, Fail);
            return;
        }
        var isReplyLost = World.Strikes(FaultKind.CallReplyLost, 0.05);
        After(arrival, SimEvent.CallArrives, about, () =>
        {
            var result = transaction(Model);
            if (isReplyLost || caller.Run != run || World.IsCut(Id, caller.Id))
                return;
            caller.After(World.Latency(), SimEvent.CallAnswered, about, () =>
            {
                if (isOver)
                    return;
                isOver = true;
                answered(result);
            });
        });
    }
}
