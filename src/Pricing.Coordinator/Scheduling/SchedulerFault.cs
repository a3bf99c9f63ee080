namespace Pricing.Coordinator.Scheduling;

/// <summary>Mistakes a scheduler can be built with, so that the simulator can show it would find them. Out of reach outside this program's own tests of itself.</summary>
enum SchedulerFault
{
    None,

    /// <summary>The lease time is counted from the reply's arrival instead of from the sending.</summary>
    TrustFromReply,

    /// <summary>A lease that comes for a node which has left is neither assigned nor given back.</summary>
    ForgetsClaimOfGoneNode,
}
