using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;

namespace Pricing.Geometry.Orientation;

/// <summary>The way a part should lie, process by process: about a thousand directions compared by sums, the best few by a measurement.</summary>
/// <remarks>
/// 1. Candidates: as it came, the other axes, the heaviest faces laid flat, a net over the sphere. 2. Each gets its exact height from the hull and
/// its overhang from the histogram: microseconds. 3. Per process the best few that differ, and the part's own way, are checked. 4. The least
/// checked score wins. Scores are compared in whole steps; ties go to the way it came, then to the direction nearest to it (greatest z, then x, then
/// y), so that symmetric parts have one answer.
/// </remarks>
static class OrientationSearch
{
    /// <summary>Candidates of one process that are checked lie at least 10° apart: neighbours of one optimum need one check.</summary>
    const double ApartCosine = 0.984807753012208;

    /// <summary>A face within 0.006° of an axis is that axis's.</summary>
    const double SameCosine = 1 - 5e-9;

    /// <summary>Steps in which scores are compared, s: coarser than rounding, finer than any matter of choice.</summary>
    const double ScoreStep = 1.0 / 64;

    readonly record struct Candidate(Point3 Up, double HeightMm, Facing Facing, bool IsAsIs);

    /// <param name="histogram">Of the mesh as repaired.</param>
    /// <param name="mass">The same pass's mass sums.</param>
    /// <param name="isInverted">Whether that mesh is inside out.</param>
    /// <param name="hull">Vertices of its convex hull, in any order.</param>
    /// <param name="check">Measures supports in a frame; asked once per frame, at most <c>Limits.Orientation.ChecksPerGoalMax</c> + 1 times per process.</param>
    /// <returns>Null for a part too large for the histogram, or without a hull.</returns>
    public static OrientationFacts? Of(NormalHistogram histogram, MassSums mass, bool isInverted, IReadOnlyList<Point3> hull, Func<Frame, SupportEstimate> check) =>
        Of(histogram, mass, isInverted, hull, check, InstructionSets.Current);

    internal static OrientationFacts? Of(NormalHistogram histogram, MassSums mass, bool isInverted, IReadOnlyList<Point3> hull,
        Func<Frame, SupportEstimate> check, InstructionSet set)
    {
        if (hull.Count == 0 || Facings.Of(histogram, mass, isInverted) is not { } facings)
            return null;
        var candidates = Candidates(facings, hull, set);
        Dictionary<Point3, SupportEstimate> checkedUps = [];
        Dictionary<Point3, Footprint> footprints = [];
        return new([.. Enum.GetValues<OrientationGoal>().Select(Choose)], candidates.Length);

        OrientationChoice Choose(OrientationGoal goal)
        {
            var weights = OrientationWeights.Of(goal);
            var checks = weights.PerSupportMm3 > 0;
            var finalists = Finalists(candidates, goal, weights, checks ? Limits.Orientation.ChecksPerGoalMax : Limits.Orientation.FootprintsPerGoalMax);
            var poses = finalists.ConvertAll(c => (Candidate: c, Pose: PoseOf(c, goal, weights, checks)));
            var asIs = poses[0];
            var best = poses.MinBy(p => (Rank(p.Pose.Score), Tie(p.Candidate)));
            var gain = asIs.Pose.Score > 0 ? 1 - best.Pose.Score / asIs.Pose.Score : 0;
            var stays = Measured(asIs.Candidate, asIs.Pose);
            return gain >= OrientationWeights.GainMin ? new(goal, Measured(best.Candidate, best.Pose), stays, gain) : new(goal, stays, stays, 0);
        }

        // A footprint costs as much as a hundred directions: it is taken where it decides, and of what is answered.
        Pose PoseOf(in Candidate candidate, OrientationGoal goal, in OrientationWeights weights, bool checks)
        {
            var frame = Frame.WithUp(candidate.Up);
            var facing = candidate.Facing;
            var support = new SupportEstimate(OrientationWeights.Choose(goal, facing.Columns), 0);
            if (checks && !checkedUps.TryGetValue(candidate.Up, out support))
                checkedUps[candidate.Up] = support = check(frame);
            var footprint = weights.PerBoxMm3 > 0 ? FootprintOf(candidate).AreaMm2 : 0;
            var score = weights.Score(candidate.HeightMm, support.SupportMm3, OrientationWeights.Choose(goal, facing.Overhang), facing.ProjectedMm2,
                footprint, facing.BedContactMm2);
            return new(frame, candidate.HeightMm, facing.Overhang, support.SupportMm3, support.ContactMm2, facing.BedContactMm2,
                footprint, facing.ProjectedMm2, score);
        }

        Pose Measured(in Candidate candidate, Pose pose) => pose with
        {
            Frame = candidate.IsAsIs ? Frame.AsIs : FootprintOf(candidate).Frame,
            FootprintMm2 = FootprintOf(candidate).AreaMm2,
        };

        Footprint FootprintOf(in Candidate candidate)
        {
            if (!footprints.TryGetValue(candidate.Up, out var footprint))
                footprints[candidate.Up] = footprint = Footprint.Of(hull, candidate.Up);
            return footprint;
        }
    }

    /// <summary>All candidates with what the sums say about them, in the order of ties: the way the part came is the first.</summary>
    static Candidate[] Candidates(Facings facings, IReadOnlyList<Point3> hull, InstructionSet set)
    {
        const int Axes = 6;
        List<Point3> ups = [.. Directions.Sphere];
        ups.AddRange(facings.Flats(Limits.Orientation.FlatsMax).Where(f => !ups.Take(Axes).Any(axis => Directions.Dot(axis, f) > SameCosine)));
        var reaches = new HullReach(hull, set).Along(ups);
        Candidate[] candidates = [.. ups.Select((up, i) => new Candidate(up, reaches[i].High - reaches[i].Low, facings.Seen(up, reaches[i].Low, set), i == 0))];
        Array.Sort(candidates, (a, b) => Tie(a).CompareTo(Tie(b)));
        return candidates;
    }

    /// <summary>The way the part came, then the best by sums, each well apart from those before it.</summary>
    static List<Candidate> Finalists(Candidate[] candidates, OrientationGoal goal, OrientationWeights weights, int count)
    {
        var ranks = Array.ConvertAll(candidates, c => Rank(weights.Score(c.HeightMm, OrientationWeights.Choose(goal, c.Facing.Columns),
            OrientationWeights.Choose(goal, c.Facing.Overhang), c.Facing.ProjectedMm2, c.Facing.ProjectedMm2, c.Facing.BedContactMm2)));
        int[] order = [.. Enumerable.Range(0, candidates.Length)];
        Array.Sort(order, (a, b) => ranks[a] != ranks[b] ? ranks[a].CompareTo(ranks[b]) : a.CompareTo(b));
        List<Candidate> finalists = [candidates[0]];
        foreach (var i in order)
        {
            if (finalists.Count > count)
                break;
            var candidate = candidates[i];
            if (finalists.TrueForAll(f => Directions.Dot(f.Up, candidate.Up) < ApartCosine))
                finalists.Add(candidate);
        }
        return finalists;
    }

    static double Rank(double score) => Math.Round(score / ScoreStep);

    static (double, double, double, double) Tie(in Candidate c) => (c.IsAsIs ? 0 : 1, -c.Up.Z, -c.Up.X, -c.Up.Y);
}
