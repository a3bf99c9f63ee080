using Pricing.Geometry.Layers;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Fdm;

/// <summary>
/// Filament and time from section areas, perimeters and facing areas (tier 1). Per layer: insets give wall and core areas; faces that look up
/// and down within the shell's thickness give solid infill; areas over line spacing give lengths; lengths over speeds, with what acceleration,
/// travel and cooling add, give time.
/// </summary>
/// <remarks>Only + − × ÷ √ reach a figure. The constants below are shared by all profiles; none belongs to a model.</remarks>
static class FdmEstimator
{
    /// <summary>Sparse infill is joined along the walls: mm of joint per mm of the core's perimeter.</summary>
    const double InfillJoint = 0.31;

    /// <summary>Share of the ideal planner's loss that shows, by kind of line: neighbouring moves blend.</summary>
    const double WallLoss = 0.95, SparseLoss = 0.92, SolidLoss = 0.80;

    /// <summary>Seconds per retract and unretract (2 · 0.8 mm at 35 mm/s, with ramps), per lift and drop of the nozzle, per start of the job.</summary>
    const double RetractS = 0.095, LiftS = 0.158, StartS = 2.1;

    /// <summary>Seconds lost at the seam of each outer and inner loop, and moving from loop to loop.</summary>
    const double OuterSeamS = 0.02, InnerSeamS = 0.03, LoopMoveS = 0.025;

    /// <summary>Nearest-neighbour tours over n points of an area of diagonal D have legs of about 0.7·D/√n.</summary>
    const double TourLeg = 0.7;

    /// <summary>Retracting moves: per layer, further island, hole, solid patch, sparse line. Short moves do not retract: a patch counts by its size.</summary>
    const double PerLayer = 1.4, PerIsland = 0.63, PerHole = 2.35, PerPatch = 2.4, PerSparseLine = 0.04, SmallPatchMm2 = 2;

    const int External = 0, Inner = 1, Overhanging = 2, Sparse = 3, Solid = 4, Top = 5, Bridge = 6, Kinds = 7;

    static readonly string[] Names =
        ["external_perimeter", "perimeter", "overhang_perimeter", "internal_infill", "solid_infill", "top_solid_infill", "bridge_infill"];

    /// <summary>Layers the slicer makes of a height: a last one at least half as thick as the others.</summary>
    public static long LayersOf(double heightMm, FdmProfile profile) =>
        (long)Math.Floor(heightMm / profile.LayerHeightMm + 0.5 + 1e-4);

    /// <summary>Slopes the layer profile must tell apart for a profile's shell.</summary>
    public static LayerSlopes SlopesOf(FdmProfile profile)
    {
        var lines = Lines.Of(profile);
        var h = profile.LayerHeightMm;
        // A face that runs out by 1.05 line spacings within the shell uncovers infill; by 0.73 mm per layer (two lines of the standard
        // profile, less overlap) it shows itself; beyond half a line and half a nozzle a wall has nothing below it.
        double Skin(int layers) => layers > 1 ? 1.05 * lines.Spacing / ((layers - 1) * h) : 1e30;
        var flat = 1.79 * lines.Spacing / h;
        return new(Skin(profile.TopSolidLayers), profile.TopSolidLayers > 0 ? flat : 1e30, Skin(profile.BottomSolidLayers),
            profile.BottomSolidLayers > 0 ? flat : 1e30, 0.5 * (profile.ExtrusionWidthMm + profile.NozzleDiameterMm) / h);
    }

    /// <param name="table">Sections at the planes.</param>
    /// <param name="turning">How contours turn; null when the mesh is not indexed: then each section counts as one round contour.</param>
    /// <param name="minZMm">The bed.</param>
    /// <param name="heightMm">Height of the part.</param>
    /// <param name="diagonalMm">Of the part's plan.</param>
    /// <param name="profile">Machine and process.</param>
    public static FdmEstimate? Estimate(LayerTable table, Turning? turning, double minZMm, double heightMm, double diagonalMm, FdmProfile profile)
    {
        var layers = LayersOf(heightMm, profile);
        if (layers < 1 || layers > Limits.Mesh.LayersMax || table.Count == 0)
            return null;
        var plan = FdmPlan.Of(table, turning, (int)layers, minZMm, diagonalMm, profile);
        var lines = Lines.Of(profile);
        var filament = new double[Kinds];
        var time = new double[Kinds];
        double travel = 0, retract = 0;
        Span<double> length = stackalloc double[Kinds];
        Span<double> volume = stackalloc double[Kinds];
        Span<double> seconds = stackalloc double[Kinds];
        for (var k = 0; k < plan.Length; k++)
        {
            Lay(plan[k], k == 0, lines, profile, length, volume, seconds, out var travelS, out var retractS);
            for (var f = 0; f < Kinds; f++)
            {
                filament[f] += volume[f];
                time[f] += seconds[f];
            }
            travel += travelS;
            retract += retractS;
        }
        var section = Math.PI / 4 * profile.FilamentDiameterMm * profile.FilamentDiameterMm;
        List<FdmFeature> features = [];
        double totalMm3 = 0, totalS = StartS + travel + retract;
        for (var f = 0; f < Kinds; f++)
        {
            features.Add(new(Names[f], filament[f] / section, time[f]));
            totalMm3 += filament[f];
            totalS += time[f];
        }
        features.Add(new("travel", 0, travel));
        features.Add(new("retract", 0, retract));
        return new()
        {
            Tier = 1,
            ProfileName = profile.Name,
            LayerHeightMm = profile.LayerHeightMm,
            Layers = layers,
            FilamentMm = totalMm3 / section,
            FilamentCm3 = totalMm3 / 1000,
            FilamentG = totalMm3 / 1000 * profile.FilamentDensityGCm3,
            PrintTimeS = totalS,
            SupportCm3 = 0,
            Features = features,
        };
    }

    /// <summary>Lengths, volumes and seconds of one layer.</summary>
    static void Lay(in PlannedLayer x, bool first, in Lines lines, FdmProfile p, Span<double> length, Span<double> volume, Span<double> seconds,
        out double travelS, out double retractS)
    {
        var h = p.LayerHeightMm;
        var s = lines.Spacing;
        var overhang = Math.Min(x.OverhangMm, x.OuterWallMm2 / s);
        length[External] = Math.Max(0, x.OuterWallMm2 / s - overhang);
        length[Inner] = x.InnerWallMm2 / s;
        length[Overhanging] = overhang;
        // Sparse infill of a grid: lines both ways at twice the spacing of one way, each ending short of the wall, joined along it.
        var gridSpacing = 2 * s / Math.Max(p.InfillDensity, 1e-3);
        var sparseLines = p.InfillDensity > 0 ? 2 * x.SparseMm2 / (x.SparseChordMm * gridSpacing) : 0;
        var corePerimeter = Math.PI * x.SparseMm2 / x.SparseChordMm;
        var joint = sparseLines > 0 ? InfillJoint * corePerimeter : 0;
        var sparse = Math.Max(0, sparseLines * (x.SparseChordMm - 0.52));
        length[Sparse] = sparse + joint;
        length[Solid] = x.SolidMm2 / s + (first ? x.BridgeMm2 / lines.FirstSpacing : 0);
        length[Top] = x.TopMm2 / lines.TopSpacing;
        var bridge = (first ? 0 : x.BridgeMm2) + x.InnerBridgeMm2;
        length[Bridge] = bridge / lines.BridgeSpacing;

        volume[External] = length[External] * h * s;
        volume[Inner] = (length[Inner] * s + x.CoreWallMm2) * h;
        volume[Overhanging] = overhang * lines.ThreadMm2;
        volume[Sparse] = length[Sparse] * h * s;
        volume[Solid] = (x.SolidMm2 + (first ? x.BridgeMm2 : 0)) * h;
        volume[Top] = length[Top] * lines.TopSpacing * h;
        volume[Bridge] = length[Bridge] * lines.ThreadMm2;

        Span<double> speed = [p.ExternalPerimeterSpeedMmS, p.PerimeterSpeedMmS, p.BridgeSpeedMmS, p.InfillSpeedMmS, p.SolidInfillSpeedMmS,
            p.TopSolidInfillSpeedMmS, p.BridgeSpeedMmS];
        Span<double> nominal = stackalloc double[Kinds];
        double SmallShare(double share, double at) => 1 / (share / p.SmallPerimeterSpeedMmS + (1 - share) / at);
        nominal[External] = SmallShare(x.SmallOuter, speed[External]);
        nominal[Inner] = SmallShare(x.SmallInner, speed[Inner]);
        for (var f = Overhanging; f < Kinds; f++)
            nominal[f] = speed[f];
        if (first)
            nominal.Fill(p.FirstLayerSpeedMmS);

        // What acceleration takes, at nominal speed.
        var a = p.AccelerationMmS2;
        Span<double> loss = stackalloc double[Kinds];
        var inner = p.Perimeters - 1;
        loss[External] = WallLoss * (x.OuterLossS * Math.Min(1.2, length[External] / Math.Max(x.PerimeterMm, 1e-9)) + x.Loops * OuterSeamS);
        loss[Inner] = WallLoss * (x.InnerLossS * Math.Min(1.2 * inner, length[Inner] / Math.Max(x.PerimeterMm, 1e-9)) * (1 - x.SmallInner)
            + x.Loops * inner * InnerSeamS);
        loss[Overhanging] = 0;
        loss[Sparse] = sparseLines > 0
            ? SparseLoss * sparseLines * (Ramp(x.SparseChordMm, speed[Sparse], p.JerkMmS, a) + Ramp(joint / sparseLines, speed[Sparse], p.JerkMmS, a))
            : 0;
        loss[Solid] = SolidLoss * (Parallel(x.SolidMm2, x.SolidChordMm, s, speed[Solid], p)
            + (first ? 0.3 * Parallel(x.BridgeMm2, x.BridgeChordMm, s, speed[Bridge], p) : 0));
        loss[Top] = SolidLoss * Parallel(x.TopMm2, x.TopChordMm, lines.TopSpacing, speed[Top], p);
        loss[Bridge] = SolidLoss * ((first ? 0 : Parallel(x.BridgeMm2, x.BridgeChordMm, lines.BridgeSpacing, speed[Bridge], p))
            + Parallel(x.InnerBridgeMm2, x.InnerBridgeChordMm, lines.BridgeSpacing, speed[Bridge], p));

        var patches = Patches(x.SolidMm2, x) + Patches(x.TopMm2, x) + Patches(x.BridgeMm2, x) + Patches(x.InnerBridgeMm2, x);
        var moves = (x.AreaMm2 > 0 ? PerLayer : 0) + PerIsland * (x.Islands - 1) + PerHole * x.Holes + PerPatch * patches + PerSparseLine * sparseLines;
        var leg = TourLeg * x.DiagonalMm / Math.Sqrt(Math.Max(moves, 1));
        travelS = moves * (LiftS + Line(leg, p.TravelSpeedMmS, p.JerkMmS, p.TravelAccelerationMmS2)) + LoopMoveS * x.Loops * p.Perimeters;
        retractS = moves * RetractS;

        // Cooling: a layer too quick slows every move but bridges and overhangs to one cap, found by halving.
        var quick = moves * (leg / p.TravelSpeedMmS + 0.4 / 12 + 0.0457) + 0.01 * x.Loops;
        for (var f = 0; f < Kinds; f++)
            quick += length[f] / nominal[f];
        var cap = double.PositiveInfinity;
        if (quick < p.MinLayerTimeS)
        {
            double low = p.MinPrintSpeedMmS, high = Math.Max(low, Math.Max(speed[Sparse], speed[Inner]));
            for (var i = 0; i < 30; i++)
            {
                var middle = 0.5 * (low + high);
                var slowed = quick;
                for (var f = 0; f < Kinds; f++)
                    if (IsSlowed(f))
                        slowed += length[f] * Math.Max(0, 1 / middle - 1 / nominal[f]);
                if (slowed > p.MinLayerTimeS)
                    low = middle;
                else
                    high = middle;
            }
            cap = 0.5 * (low + high);
        }
        for (var f = 0; f < Kinds; f++)
        {
            var v = IsSlowed(f) ? Math.Min(nominal[f], cap) : nominal[f];
            // A slower line loses less to its corners: the loss goes with (v − jerk)² / v.
            seconds[f] = length[f] / v + loss[f] * Math.Min(1, LossAt(v, p.JerkMmS) / LossAt(speed[f], p.JerkMmS));
        }

        static bool IsSlowed(int f) => f is not (Overhanging or Bridge);
    }

    static double LossAt(double speed, double jerk)
    {
        var over = Math.Max(speed - jerk, 1e-9);
        return over * over / speed;
    }

    /// <summary>One per island once an island's share is large; in proportion to the area while it is small.</summary>
    static double Patches(double areaMm2, in PlannedLayer x) => x.Islands * areaMm2 / (areaMm2 + SmallPatchMm2 * x.Islands);

    /// <summary>Seconds lost on parallel lines that fill an area, with the short links between them.</summary>
    static double Parallel(double areaMm2, double chordMm, double spacingMm, double speed, FdmProfile p)
    {
        var lines = areaMm2 / (chordMm * spacingMm);
        return lines * (Math.Max(0, Ramp(chordMm, speed, p.JerkMmS, p.AccelerationMmS2)) + Ramp(1.2 * spacingMm, speed, p.JerkMmS, p.AccelerationMmS2));
    }

    /// <summary>Seconds over length / speed.</summary>
    static double Ramp(double lengthMm, double speed, double jerk, double acceleration) =>
        Line(lengthMm, speed, jerk, acceleration) - lengthMm / speed;

    /// <summary>Seconds for a straight move that starts and ends at the jerk speed.</summary>
    internal static double Line(double lengthMm, double speed, double jerk, double acceleration)
    {
        if (speed <= jerk)
            return lengthMm / speed;
        var peak2 = jerk * jerk + acceleration * lengthMm;
        return peak2 < speed * speed
            ? 2 * (Math.Sqrt(peak2) - jerk) / acceleration
            : 2 * (speed - jerk) / acceleration + (lengthMm - (speed * speed - jerk * jerk) / acceleration) / speed;
    }
}

/// <summary>Distances between lines and between walls, from a line's rounded cross-section.</summary>
readonly record struct Lines(double Spacing, double TopSpacing, double FirstSpacing, double BridgeSpacing, double ThreadMm2,
    double FirstWallMm, double CoreMm, double InfillMm)
{
    public static Lines Of(FdmProfile p)
    {
        // Two half circles of the layer's height at the sides: the pitch is less than the width by h·(1 − π/4).
        var overlap = p.LayerHeightMm * (1 - Math.PI / 4);
        var spacing = p.ExtrusionWidthMm - overlap;
        var firstWall = 0.5 * (p.ExtrusionWidthMm - spacing);
        var core = firstWall + p.Perimeters * spacing;
        return new(spacing, p.TopInfillWidthMm - overlap, p.FirstLayerWidthMm - overlap, p.NozzleDiameterMm + 0.05,
            Math.PI / 4 * p.NozzleDiameterMm * p.NozzleDiameterMm, firstWall, core, core - p.InfillOverlap * spacing);
    }
}
