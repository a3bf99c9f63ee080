namespace Grpc.Core;

/// <summary>What a call made on behalf of a server call inherits from it.</summary>
public class ContextPropagationOptions
{
    /// <summary>Everything is inherited.</summary>
    public static readonly ContextPropagationOptions Default = new();

    /// <summary>Chooses what is inherited.</summary>
    public ContextPropagationOptions(bool propagateDeadline = true, bool propagateCancellation = true)
    {
        IsPropagateDeadline = propagateDeadline;
        IsPropagateCancellation = propagateCancellation;
    }

    /// <summary>The child call ends no later than the parent.</summary>
    public bool IsPropagateDeadline { get; }

    /// <summary>Cancelling the parent cancels the child.</summary>
    public bool IsPropagateCancellation { get; }
}

/// <summary>Stands for the server call that a child call inherits from. Made by server implementations only.</summary>
public abstract class ContextPropagationToken
{
    private protected ContextPropagationToken()
    {
    }
}
