namespace Pricing.Coordinator.Simulation;

/// <summary>Names of events, for traces and the trace hash. Their order is not part of any promise.</summary>
enum SimEvent
{
    Tick,
    Maintain,
    CallArrives,
    CallAnswered,
    CallTimedOut,
    StreamMoves,
    StreamBreaks,
    Watchdog,
    BytesSent,
    Dial,
    Measured,
    AnswerLeaves,
    UnaryArrives,
    UnaryAnswered,
    UnaryTimedOut,
    QuoteAsked,
    QuoteCancelled,
    QuarantineLifted,
    Fault,
    Recovers,
    Drained,
    Exits,
    Heals,
    Deadline,
}
