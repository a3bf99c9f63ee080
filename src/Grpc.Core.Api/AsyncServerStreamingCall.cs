namespace Grpc.Core;

/// <summary>A running call with one request and many responses.</summary>
public sealed class AsyncServerStreamingCall<TResponse> : IDisposable
{
    readonly CallState _state;

    /// <summary>A call over plain callbacks.</summary>
    public AsyncServerStreamingCall(IAsyncStreamReader<TResponse> responseStream,
        Task<Metadata> responseHeadersAsync, Func<Status> getStatusFunc, Func<Metadata> getTrailersFunc, Action disposeAction)
    {
        ArgumentNullException.ThrowIfNull(responseStream);
        ResponseStream = responseStream;
        _state = new CallState(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction);
    }

    /// <summary>A call over callbacks that get <paramref name="state"/> back, which spares a closure each.</summary>
    public AsyncServerStreamingCall(IAsyncStreamReader<TResponse> responseStream,
        Func<object, Task<Metadata>> responseHeadersAsync, Func<object, Status> getStatusFunc,
        Func<object, Metadata> getTrailersFunc, Action<object> disposeAction, object state)
    {
        ArgumentNullException.ThrowIfNull(responseStream);
        ResponseStream = responseStream;
        _state = new CallState(responseHeadersAsync, getStatusFunc, getTrailersFunc, disposeAction, state);
    }

    /// <summary>The responses to read.</summary>
    public IAsyncStreamReader<TResponse> ResponseStream { get; }

    /// <summary>The response headers, once they arrive.</summary>
    public Task<Metadata> ResponseHeadersAsync => _state.Headers;

    /// <summary>The status of the finished call. Throws while the call runs.</summary>
    public Status GetStatus() => _state.Status;

    /// <summary>The trailers of the finished call. Throws while the call runs.</summary>
    public Metadata GetTrailers() => _state.Trailers;

    /// <summary>Frees the call; one that is still running is cancelled.</summary>
    public void Dispose() => _state.Dispose();
}
