namespace Pricing.Coordinator;

/// <summary>What a failure did to the breaker.</summary>
public enum BreakerMove
{
    None,
    Opened,
    ProbeFailed,
}

/// <summary>
/// Stops asking somebody who does not answer: closed until so many failures in a row, then open, and each time a while has passed one
/// probe is let through, whose outcome closes it or keeps it open.
/// </summary>
public sealed class CircuitBreaker(TimeProvider time, int failuresMax = Limits.Cache.BreakerFailuresMax, int openMs = Limits.Cache.BreakerOpenMs)
{
    readonly Lock _gate = new();
    readonly TimeSpan _open = TimeSpan.FromMilliseconds(openMs);
    int _failures;
    long _since;
    bool _isOpen, _probing;

    public bool IsOpen { get { lock (_gate) return _isOpen; } }

    /// <summary>Probes that failed since it opened.</summary>
    public int FailedProbes { get; private set; }

    /// <summary>May the caller ask now? Who was let in says how it went.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (!_isOpen)
                return true;
            if (_probing || time.GetElapsedTime(_since) < _open)
                return false;
            _probing = true;
            return true;
        }
    }

    /// <summary>True when this closed it.</summary>
    public bool Succeeded()
    {
        lock (_gate)
        {
            // A late success from before it opened is no probe.
            if (_isOpen && !_probing)
                return false;
            var closes = _isOpen;
            (_isOpen, _probing, _failures, FailedProbes) = (false, false, 0, 0);
            return closes;
        }
    }

    public BreakerMove Failed()
    {
        lock (_gate)
        {
            if (_isOpen)
            {
                // A late failure from before it opened is no probe either, unless one is out: then it may be taken for it.
                if (!_probing)
                    return BreakerMove.None;
                FailedProbes++;
                (_probing, _since) = (false, time.GetTimestamp());
                return BreakerMove.ProbeFailed;
            }
            if (++_failures < failuresMax)
                return BreakerMove.None;
            (_isOpen, _since) = (true, time.GetTimestamp());
            return BreakerMove.Opened;
        }
    }
}
