namespace Pricing.Geometry.Orientation;

/// <summary>How a part could lie for each process, beside the way it came.</summary>
/// <param name="Goals">One entry per <see cref="OrientationGoal"/>, in its order.</param>
/// <param name="Directions">Ways that were compared.</param>
public sealed record OrientationFacts(IReadOnlyList<OrientationChoice> Goals, int Directions);

/// <summary>The way chosen for a process.</summary>
/// <param name="Goal">The process.</param>
/// <param name="Best">The way of least score; the part's own where none is better by <see cref="OrientationWeights.GainMin"/>.</param>
/// <param name="AsIs">The way it came.</param>
/// <param name="Gain">Share of the score that turning saves, 0 where the part stays as it is.</param>
public sealed record OrientationChoice(OrientationGoal Goal, Pose Best, Pose AsIs, double Gain);

/// <summary>One way of lying and what it comes to.</summary>
/// <param name="Frame">Takes the part there. Its X and Y run along the smallest rectangle; <see cref="Frame.AsIs"/> for the way it came.</param>
/// <param name="HeightMm">Exact.</param>
/// <param name="Overhang">Hanging faces, mm², from the histogram.</param>
/// <param name="SupportMm3">As measured by the check; the histogram's columns, an upper bound, for a process without supports.</param>
/// <param name="SupportContactMm2">Where supports touch the part, as measured.</param>
/// <param name="BedContactMm2">What lies on the bed, from the histogram.</param>
/// <param name="FootprintMm2">Smallest rectangle on the bed.</param>
/// <param name="ProjectedMm2">Half of all area as seen from above.</param>
/// <param name="Score">Seconds of machine and hand: <see cref="OrientationWeights"/>.</param>
public sealed record Pose(Frame Frame, double HeightMm, OverhangArea Overhang, double SupportMm3, double SupportContactMm2, double BedContactMm2,
    double FootprintMm2, double ProjectedMm2, double Score);

/// <summary>What the raster under a part found.</summary>
readonly record struct SupportEstimate(double SupportMm3, double ContactMm2);
