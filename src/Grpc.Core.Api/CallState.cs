namespace Grpc.Core;

/// <summary>The questions every call object answers, and the state that the transport's callbacks want back.</summary>
readonly struct CallState
{
    readonly Func<object, Task<Metadata>> _headers;
    readonly Func<object, Status> _status;
    readonly Func<object, Metadata> _trailers;
    readonly Action<object> _dispose;
    readonly object _state;

    public CallState(Func<object, Task<Metadata>> headers, Func<object, Status> status, Func<object, Metadata> trailers,
        Action<object> dispose, object state)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(trailers);
        ArgumentNullException.ThrowIfNull(dispose);
        _headers = headers;
        _status = status;
        _trailers = trailers;
        _dispose = dispose;
        _state = state;
    }

    public CallState(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(_ => headers, _ => status(), _ => trailers(), _ => dispose(), null!)
    {
        ArgumentNullException.ThrowIfNull(headers);
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(trailers);
        ArgumentNullException.ThrowIfNull(dispose);
    }

    public Task<Metadata> Headers => _headers(_state);

    public Status Status => _status(_state);

    public Metadata Trailers => _trailers(_state);

    public void Dispose() => _dispose(_state);
}
