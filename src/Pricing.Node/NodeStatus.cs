namespace Pricing.Node;

/// <summary>What the rest of the process may ask a node: is it connected, and to whom.</summary>
public sealed class NodeStatus
{
    readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Random UUID of this run; leases belong to it.</summary>
    public string Incarnation { get; } = Guid.NewGuid().ToString();

    /// <summary>Ends with the first Welcome of any coordinator.</summary>
    public Task Welcomed => _welcomed.Task;

    /// <summary>The coordinator whose stream is open and welcomed, or null.</summary>
    public Uri? Coordinator { get; private set; }

    internal void Enter(Uri coordinator)
    {
        Coordinator = coordinator;
        _welcomed.TrySetResult();
    }

    internal void Leave() => Coordinator = null;
}
