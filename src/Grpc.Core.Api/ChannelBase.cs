namespace Grpc.Core;

/// <summary>A long-lived way to a server.</summary>
public abstract class ChannelBase
{
    /// <summary>A channel to the target.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>Where the channel leads, as the caller gave it.</summary>
    public string Target { get; }

    /// <summary>An invoker that starts calls on this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Closes the channel.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Closes the channel; nothing to do by default.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
