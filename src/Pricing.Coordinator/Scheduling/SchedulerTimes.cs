namespace Pricing.Coordinator.Scheduling;

/// <summary>The times of a scheduler, in milliseconds of its own monotonic clock.</summary>
/// <param name="LeaseMs">A lease is trusted so long after the claim or renewal was sent. No longer than the database's.</param>
/// <param name="RenewMs">Between two renewals of all leases.</param>
/// <param name="RescueMs">Between two looks for leases that ran out and deadlines that passed.</param>
/// <param name="DispatchMs">Between two claims that nobody asked for, and before a failed call is repeated.</param>
public sealed record SchedulerTimes(int LeaseMs, int RenewMs, int RescueMs, int DispatchMs)
{
    public static SchedulerTimes OfLimits { get; } = new(Limits.Job.LeaseMs, Limits.Job.RenewMs, Limits.Job.RescueMs, Limits.Job.DispatchTickMs);
}
