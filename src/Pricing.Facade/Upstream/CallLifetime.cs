using Grpc.Core;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Upstream;

/// <summary>How long one call through the edge may last, and afterwards why it ended: caller gone, its deadline, our bound, or our own stop.</summary>
sealed class CallLifetime : IDisposable
{
    readonly CancellationTokenSource _ended;
    readonly CancellationToken _stopping;
    readonly TimeProvider _clock;
    CancellationTokenSource? _timer;
    CancellationTokenSource? _linked;
    ITimer? _grace;
    CancellationTokenRegistration _stop;
    readonly long _startedAt;
    TimeSpan _bound;
    bool _callersDeadline;
    bool _isStream;

    public CallLifetime(TimeProvider clock, CancellationToken aborted, CancellationToken stopping)
    {
        (_clock, _stopping) = (clock, stopping);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _startedAt = clock.GetTimestamp();
    }

    public CancellationToken Token => _linked?.Token ?? _ended.Token;

    /// <summary>What the coordinator is told; nothing for a stream that only our own bound will end, for that end has another status.</summary>
    public TimeSpan? Deadline => _isStream && !_callersDeadline ? null : _bound - _clock.GetElapsedTime(_startedAt);

    /// <summary>Starts the clock: the caller's grpc-timeout if it is the shorter one, else ours.</summary>
    public void Bound(string grpcTimeout, bool isStream)
    {
        _isStream = isStream;
        _bound = TimeSpan.FromSeconds(isStream ? Limits.Edge.UpstreamSecondsMax : Limits.Edge.UnarySecondsMax);
        if (grpcTimeout.Length > 0)
        {
            if (!GrpcTimeout.TryParse(grpcTimeout, out var asked))
            {
                throw new RefusedException(StatusCode.InvalidArgument, "TIMEOUT_INVALID", "grpc-timeout is one to eight digits and a unit of H, M, S, m, u or n.",
                    "grpc-timeout", actual: grpcTimeout.Length > 32 ? grpcTimeout[..32] : grpcTimeout);
            }
            if (asked < _bound) (_bound, _callersDeadline) = (asked, true);
        }
        _timer = new CancellationTokenSource(_bound, _clock);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, _timer.Token);
        // A stream ends at once when we stop. A unary call gets most of the shutdown time to finish.
        var grace = isStream ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Limits.Wire.ShutdownMs / 2);
        _stop = _stopping.Register(() => _grace = _clock.CreateTimer(_ => End(), null, grace, Timeout.InfiniteTimeSpan));
    }

    /// <summary>The status for a call that this lifetime ended; null while nothing here ended it.</summary>
    public Refusal? WhyEnded => this switch
    {
        _ when _stopping.IsCancellationRequested && _ended.IsCancellationRequested => Refusal.ShuttingDown,
        { _timer.IsCancellationRequested: true, _callersDeadline: true } => new(StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED", "The time given for the call is up.")
        {
            Field = "grpc-timeout",
            Limit = $"{_bound.TotalMilliseconds:0} ms",
        },
        { _timer.IsCancellationRequested: true, _isStream: true } => new(StatusCode.Unavailable, "STREAM_RECYCLED", "Streams are closed from time to time; open it again.")
        {
            Limit = $"{Limits.Edge.UpstreamSecondsMax} s",
            RetryAfter = TimeSpan.Zero,
        },
        { _timer.IsCancellationRequested: true } => new(StatusCode.DeadlineExceeded, "UPSTREAM_TIMEOUT", "The pricing service did not answer in time.")
        {
            Limit = $"{Limits.Edge.UnarySecondsMax} s",
        },
        _ => null,
    };

    void End()
    {
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call finished while the grace period ran.
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _grace?.Dispose();
        _linked?.Dispose();
        _timer?.Dispose();
        _ended.Dispose();
    }
}
