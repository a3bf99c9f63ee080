namespace Grpc.Core;

/// <summary>The state of the connections of a channel.</summary>
public enum ConnectivityState
{
    /// <summary>Not connected, and nobody asked.</summary>
    Idle,

    /// <summary>Connecting.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>The last attempt failed; another follows after a pause.</summary>
    TransientFailure,

    /// <summary>Closed for good.</summary>
    Shutdown,
}
