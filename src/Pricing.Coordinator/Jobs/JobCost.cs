namespace Pricing.Coordinator.Jobs;

/// <summary>
/// What a job is predicted to cost, in integers: one unit is the CPU time that one KiB of a model takes, and each job costs a fixed part
/// on top. Only ratios matter: fair shares are ratios of costs, and waiting times are costs over a rate measured in the same unit.
/// </summary>
public static class JobCost
{
    const long FixedUnits = 64;
    const int UnitBytes = 1024;

    public static long Of(long modelBytes) => FixedUnits + (modelBytes + UnitBytes - 1) / UnitBytes;

    /// <summary>The least any job costs.</summary>
    public static long Least => Of(1);

    /// <summary>How far a job moves its partner's pass: cost over weight, with enough fraction bits that no weight rounds it to nothing.
    /// A model of the largest size with weight 1 moves it by 2^30, so a bigint holds billions of them.</summary>
    public static long Charge(long cost, int weight) => Math.Max(1, cost * PassPerUnit / weight);

    /// <summary>Also said to the database, which computes the same.</summary>
    public const int PassPerUnit = 1024;
}
