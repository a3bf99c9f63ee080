namespace Pricing.Geometry.Fdm.Raster;

/// <summary>Kinds of moves, in the order they are reported.</summary>
enum Kind
{
    External,
    Inner,
    Overhang,
    Sparse,
    Solid,
    Top,
    Bridge,
    Support,
    SupportInterface,
    Skirt,
    Travel,
    Retract,
}

/// <summary>
/// Lengths, plastic and seconds of a layer from its facts: lengths over speeds, what acceleration takes, travel, and the slow-down for cooling.
/// The constants are shared by all profiles; none belongs to a model.
/// </summary>
sealed class PrintClock
{
    public const int Kinds = (int)Kind.Retract + 1;
    const int Extruding = (int)Kind.Travel;

    /// <summary>Sparse lines are joined along the walls: mm of joint per mm of the region's outline.</summary>
    const double JointPerOutline = 0.31;

    /// <summary>Lines close beside each other use every other stretch of the outline between their ends.</summary>
    const double ParallelJointPerOutline = 0.5;

    /// <summary>A sparse line stops short of the infill's edge at each end by this share of its width.</summary>
    const double LineEndWidths = 0.578;

    /// <summary>Patterns that are not followed line by line lose half a line along the outline.</summary>
    const double OutlineLossSpacings = 0.5;

    /// <summary>Share of the ideal planner's loss that shows, by kind of line: neighbouring moves blend.</summary>
    const double WallLoss = 0.95, SparseLoss = 0.92, SolidLoss = 0.80;

    /// <summary>Links between solid lines are this many spacings long.</summary>
    const double LinkSpacings = 1.2;

    /// <summary>Seconds lost at the seam of each outer and inner loop, moving from loop to loop, per lift beyond its ramps, at the start.</summary>
    const double OuterSeamS = 0.02, InnerSeamS = 0.03, LoopMoveS = 0.025, LiftExtraS = 0.039, StartExtraS = 0.1;

    /// <summary>Nearest-neighbour tours over n points of an area of diagonal D have legs of about 0.7 · D/√n.</summary>
    const double TourLeg = 0.7;

    /// <summary>Retracting moves: per layer, per further island, hole, sparse region, solid patch, sparse line.</summary>
    const double PerLayer = 1.31, PerIsland = 0.19, PerHole = 1.46, PerSparseRegion = 0.63, PerPatch = 0.87, PerSparseLine = 0.05;

    /// <summary>Support is laid in layers of its own, up to this share of the nozzle's diameter high.</summary>
    const double SupportHeightNozzles = 0.75;

    /// <summary>Density of the first layer of support.</summary>
    const double SupportFootDensity = 0.9;

    /// <summary>Ends of support lines are linked along the outline: mm of link per mm of outline (1/π were every line of a disc linked).</summary>
    const double SupportLinks = 0.25;

    /// <summary>Retracting moves per layer of support, and per piece of it.</summary>
    const double PerSupportLayer = 1, PerSupportPiece = 1;

    /// <summary>The slicer slows layers to a little more than the asked time.</summary>
    const double CoolingSlackS = 0.01;

    readonly FdmProfile _profile;
    readonly RasterPlan _plan;
    readonly Beads[] _beads;
    readonly Speeds[] _speeds;
    readonly PatternSpeed? _pattern;
    readonly double _lengthShare;
    readonly double _liftS, _retractS, _cellOutlineMm;
    readonly double[] _mm = new double[Kinds];
    readonly double[] _speed = new double[Kinds];
    readonly double[] _loss = new double[Kinds];

    public PrintClock(FdmProfile profile, RasterPlan plan, Beads first, Beads rest)
    {
        _profile = profile;
        _plan = plan;
        _beads = [first, rest];
        _speeds = [new(profile, first), new(profile, rest)];
        _pattern = PatternSpeed.Of(profile, rest, _speeds[1]);
        _lengthShare = profile.InfillPattern == InfillPattern.Gyroid && profile.InfillDensity is > 0 and < 1
            ? Gyroid.LengthShare(profile.InfillDensity, rest.HeightMm, rest.SparseSpacingMm)
            : 1;
        _liftS = profile.LiftMm > 0
            ? 2 * Motion.LineS(profile.LiftMm, Math.Min(profile.LiftSpeedMmS, profile.TravelSpeedMmS), profile.LiftJerkMmS, profile.LiftAccelerationMmS2) + LiftExtraS
            : 0;
        var back = profile.UnretractSpeedMmS > 0 ? profile.UnretractSpeedMmS : profile.RetractSpeedMmS;
        _retractS = Motion.LineS(profile.RetractLengthMm, profile.RetractSpeedMmS, profile.ExtruderJerkMmS, profile.RetractingAccelerationMaxMmS2)
            + Motion.LineS(profile.RetractLengthMm, back, profile.ExtruderJerkMmS, profile.RetractingAccelerationMaxMmS2);
        _cellOutlineMm = 0.5 * Math.PI * plan.CellMm;
    }

    /// <summary>Before the first layer: from where the head homes to the part.</summary>
    public double StartS => Motion.LineS(_profile.BedCentreFromHomeMm, _profile.TravelSpeedMmS, _profile.JerkMmS, _profile.TravelAccelerationMmS2) + StartExtraS;

    /// <summary>
    /// Heights of support layers: between levels where columns begin or land, the slicer divides the height evenly into layers as high as they may be.
    /// Answers support layers per layer of the part, from the first; 1 where they coincide.
    /// </summary>
    public double[] SupportLayers(LayerFacts[] facts)
    {
        var perLayer = new double[facts.Length];
        Array.Fill(perLayer, 1);
        var h = _profile.LayerHeightMm;
        var highest = Math.Max(h, SupportHeightNozzles * _profile.NozzleDiameterMm);
        for (var from = 1; from < facts.Length;)
        {
            var to = from + 1;
            while (to < facts.Length && !facts[to - 1].SupportBegins && !facts[to].SupportLands)
                to++;
            var count = Math.Ceiling((to - from) * h / highest - 1e-6);
            for (var k = from; k < to; k++)
                perLayer[k] = count / (to - from);
            from = to;
        }
        return perLayer;
    }

    /// <summary>
    /// Skirt around the hull of the first layer and brim around its outer contours, mm, for one layer.
    /// </summary>
    public double SkirtMm(in LayerFacts first, int layer)
    {
        var spacing = _beads[0].SolidSpacingMm;
        double mm = 0;
        if (layer == 0)
            for (var i = 0; i < (int)(_profile.BrimWidthMm / spacing); i++)
                mm += first.Contours.OuterMm + 2 * Math.PI * Math.Max(1, first.Contours.Outer) * (i + 0.5) * spacing;
        if (layer < _profile.SkirtLayers && _profile.SkirtLoops > 0)
        {
            double around = 0;
            for (var i = 0; i < _profile.SkirtLoops || layer == 0 && around < _profile.SkirtLengthMinMm; i++)
                around += first.HullMm + 2 * Math.PI * (_profile.BrimWidthMm + _profile.SkirtDistanceMm + (i + 0.5) * spacing);
            mm += around;
        }
        return mm;
    }

    /// <summary>Plastic (mm³) and seconds per kind of one layer, with the support layers that fall to it.</summary>
    public void Lay(in LayerFacts x, bool first, double supportLayers, double skirtMm, Span<double> plastic, Span<double> seconds)
    {
        var p = _profile;
        var beads = _beads[first ? 0 : 1];
        var speeds = _speeds[first ? 0 : 1];
        var h = beads.HeightMm;
        var walls = p.Perimeters;
        Array.Clear(_mm);
        Array.Clear(_loss);

        // Lengths.
        double outerSpacing = beads.OuterSpacingMm, innerSpacing = beads.InnerSpacingMm;
        double outerHanging = walls > 0 ? x.OuterHangingMm2 / outerSpacing : 0, innerHanging = walls > 1 ? x.InnerHangingMm2 / innerSpacing : 0;
        Mm(Kind.External) = walls > 0 ? Math.Max(0, x.OuterMm2 / outerSpacing - outerHanging) : 0;
        Mm(Kind.Inner) = walls > 1 ? Math.Max(0, x.InnerMm2 / innerSpacing - innerHanging) : 0;
        Mm(Kind.Overhang) = outerHanging + innerHanging;
        var outline = _cellOutlineMm * x.SparseRuns;
        double lines = 0, lineMm = 0, joint = 0;
        if (p.InfillDensity is > 0 and < 1)
        {
            if (IsStraight(p.InfillPattern))
            {
                lines = x.Lines;
                var width = p.InfillWidthMm > 0 ? p.InfillWidthMm : p.ExtrusionWidthMm;
                lineMm = Math.Max(0, x.LineMm - 2 * LineEndWidths * width * lines);
            }
            else
            {
                lineMm = Math.Max(0, x.Sparse.AreaMm2 - OutlineLossSpacings * beads.SparseSpacingMm * outline) * _lengthShare * p.InfillDensity / beads.SparseSpacingMm;
                lines = x.SparseRuns * _plan.CellMm * p.InfillDensity / (2 * beads.SparseSpacingMm);
            }
            joint = lines > 0 ? p.InfillAnchorMaxMm > 0 ? (p.InfillPattern == InfillPattern.Gyroid ? ParallelJointPerOutline : JointPerOutline) * outline : 0 : 0;
        }
        Mm(Kind.Sparse) = lineMm + joint;
        var fullSparse = p.InfillDensity >= 1 ? x.Sparse.AreaMm2 : 0;
        var bottomSolid = first ? x.Bottom.AreaMm2 : 0;
        var bridge = (first ? 0 : x.Bottom.AreaMm2) + x.InnerBridge.AreaMm2;
        Mm(Kind.Solid) = (x.Solid.AreaMm2 + bottomSolid + fullSparse) / beads.SolidSpacingMm;
        Mm(Kind.Top) = x.Top.AreaMm2 / beads.TopSpacingMm;
        Mm(Kind.Bridge) = bridge / beads.BridgeSpacingMm;

        // Plastic.
        plastic.Clear();
        plastic[(int)Kind.External] = Mm(Kind.External) * h * outerSpacing;
        plastic[(int)Kind.Inner] = (Mm(Kind.Inner) * innerSpacing + x.ThinCoreMm2) * h;
        plastic[(int)Kind.Overhang] = Mm(Kind.Overhang) * beads.ThreadMm2;
        plastic[(int)Kind.Sparse] = Mm(Kind.Sparse) * h * beads.SparseSpacingMm;
        plastic[(int)Kind.Solid] = Mm(Kind.Solid) * h * beads.SolidSpacingMm;
        plastic[(int)Kind.Top] = Mm(Kind.Top) * h * beads.TopSpacingMm;
        plastic[(int)Kind.Bridge] = Mm(Kind.Bridge) * beads.ThreadMm2;

        // Support: lines at its spacing in layers of its own height; the first layer spreads on the bed, nearly solid.
        var supportHeight = first ? h : h / supportLayers;
        var supportSpacing = Spacing(first ? p.FirstLayerWidthMm : SupportWidth, supportHeight);
        var baseMm = first ? x.SupportFootMm2 * SupportFootDensity / supportSpacing : x.SupportMm2 / (p.SupportSpacingMm + supportSpacing) + SupportLinks * x.SupportOutlineMm;
        var interfaceMm = first ? 0 : x.InterfaceMm2 / (p.SupportInterfaceSpacingMm + supportSpacing) + SupportLinks * x.InterfaceOutlineMm;
        Mm(Kind.Support) = baseMm * supportLayers;
        Mm(Kind.SupportInterface) = interfaceMm * supportLayers;
        plastic[(int)Kind.Support] = Mm(Kind.Support) * supportSpacing * supportHeight;
        plastic[(int)Kind.SupportInterface] = Mm(Kind.SupportInterface) * supportSpacing * supportHeight;

        Mm(Kind.Skirt) = skirtMm;
        plastic[(int)Kind.Skirt] = skirtMm * beads.SolidSpacingMm * h;

        // Speeds, walls around small loops slower.
        var smallOuter = Math.Min(1, x.Contours.SmallOuterMm / Math.Max(Mm(Kind.External), 1e-9));
        var smallInner = Math.Min(1, x.Contours.SmallInnerMm * (walls - 1) / Math.Max(Mm(Kind.Inner), 1e-9));
        Speed(Kind.External) = Mean(smallOuter, speeds.Small, speeds.Outer);
        Speed(Kind.Inner) = Mean(smallInner, speeds.Small, speeds.Inner);
        Speed(Kind.Overhang) = speeds.Bridge;
        Speed(Kind.Sparse) = speeds.Sparse;
        Speed(Kind.Solid) = speeds.Solid;
        Speed(Kind.Top) = speeds.Top;
        Speed(Kind.Bridge) = speeds.Bridge;
        Speed(Kind.Support) = p.SupportSpeedMmS;
        Speed(Kind.SupportInterface) = p.SupportInterfaceSpeedMmS;
        Speed(Kind.Skirt) = p.SupportSpeedMmS;
        if (first)
            for (var f = 0; f < Extruding; f++)
                _speed[f] = p.FirstLayerSpeedMmS;

        // What acceleration takes at nominal speeds.
        var loops = Math.Min(x.Islands, x.Contours.Outer) + Math.Min(x.Holes, x.Contours.Holes);
        var contour = Math.Max(x.Contours.LengthMm, 1e-9);
        double j = p.JerkMmS, a = speeds.InfillAcceleration;
        if (walls > 0)
            Loss(Kind.External) = WallLoss * (x.Contours.OuterLossS * Math.Min(1.2, Mm(Kind.External) / contour) + loops * OuterSeamS);
        if (walls > 1)
            Loss(Kind.Inner) = WallLoss * (x.Contours.InnerLossS * Math.Min(1.2 * (walls - 1), Mm(Kind.Inner) / contour) * (1 - smallInner)
                + loops * (walls - 1) * InnerSeamS);
        if (lines > 0)
            Loss(Kind.Sparse) = SparseLoss * (Math.Max(0, x.LineS - x.LineMm / speeds.Sparse) + lines * Motion.LossS(joint / lines, speeds.Sparse, j, a));
        Loss(Kind.Solid) = SolidLoss * (LinesLoss(x.Solid, beads.SolidSpacingMm, speeds.Solid, a)
            + (first ? LinesLoss(x.Bottom, beads.SolidSpacingMm, speeds.Solid, a) : 0));
        Loss(Kind.Top) = SolidLoss * LinesLoss(x.Top, beads.TopSpacingMm, speeds.Top, a);
        Loss(Kind.Bridge) = SolidLoss * ((first ? 0 : LinesLoss(x.Bottom, beads.BridgeSpacingMm, speeds.Bridge, speeds.BridgeAcceleration))
            + LinesLoss(x.InnerBridge, beads.BridgeSpacingMm, speeds.Bridge, speeds.BridgeAcceleration));

        Loss(Kind.Support) = SolidLoss * SupportLoss(Mm(Kind.Support), x.SupportMm2 + x.InterfaceMm2, x.SupportOutlineMm, p.SupportSpacingMm + supportSpacing, p.SupportSpeedMmS, a);
        Loss(Kind.SupportInterface) = SolidLoss * SupportLoss(Mm(Kind.SupportInterface), x.InterfaceMm2, x.InterfaceOutlineMm, p.SupportInterfaceSpacingMm + supportSpacing,
            p.SupportInterfaceSpeedMmS, a);

        // Travel.
        var islands = Math.Max(1, Math.Min(x.Islands, x.Contours.Outer));
        var patches = x.Solid.Patches + x.Top.Patches + x.Bottom.Patches + x.InnerBridge.Patches;
        var moves = x.AreaMm2 > 0
            ? PerLayer + PerIsland * (islands - 1) + PerHole * Math.Min(x.Holes, x.Contours.Holes)
                + (p.InfillDensity > 0 ? PerSparseRegion * Math.Min(islands, x.SparseRegions) : 0) + PerPatch * patches + PerSparseLine * lines
            : 0;
        var leg = TourLeg * x.DiagonalMm / Math.Sqrt(Math.Max(moves, 1));
        seconds.Clear();
        seconds[(int)Kind.Travel] = moves * (_liftS + Motion.LineS(leg, p.TravelSpeedMmS, j, p.TravelAccelerationMmS2)) + LoopMoveS * loops * walls;
        seconds[(int)Kind.Retract] = moves * _retractS;

        // Cooling: all but what hangs in the air is slowed to one speed at most, so that the layer takes its time. The slicer counts no acceleration.
        // Support layers at heights of their own count to the next layer of the part.
        var supportMoves = Mm(Kind.Support) + Mm(Kind.SupportInterface) > 0 ? supportLayers * (PerSupportLayer + PerSupportPiece * x.SupportPieces) : 0;
        var supportLeg = TourLeg * x.DiagonalMm / Math.Sqrt(Math.Max(supportMoves, 1));
        var cap = double.PositiveInfinity;
        if (p.Cooling)
            cap = Cap(moves * leg / p.TravelSpeedMmS + supportMoves * supportLeg / p.TravelSpeedMmS
                + (moves + supportMoves) * (2 * p.LiftMm / p.LiftSpeedMmS + p.RetractLengthMm * 2 / p.RetractSpeedMmS) + 0.01 * loops);
        for (var f = 0; f < Extruding; f++)
        {
            if (_mm[f] < 1e-6)
                continue;
            var kind = (Kind)f;
            var slowed = Hangs(kind) ? _speed[f] : Math.Min(_speed[f], cap);
            if (kind == Kind.Sparse && _pattern != null)
                seconds[f] = _mm[f] / _pattern.At(slowed);
            else
                seconds[f] = _mm[f] / slowed
                    + _loss[f] * Math.Min(1, Motion.LossGrowth(slowed, j) / Math.Max(Motion.LossGrowth(Nominal(kind, speeds), j), 1e-9));
        }
        seconds[(int)Kind.Travel] += supportMoves * (_liftS + Motion.LineS(supportLeg, p.TravelSpeedMmS, j, p.TravelAccelerationMmS2));
        seconds[(int)Kind.Retract] += supportMoves * _retractS;
    }

    double SupportWidth => _profile.SupportWidthMm > 0 ? _profile.SupportWidthMm : _profile.NozzleDiameterMm;

    /// <summary>Distance of adjoining beads: 1 − π/4 of the height is lost to their rounding.</summary>
    static double Spacing(double width, double height) => Math.Max(width - height * 0.21460183660255172, 0.25 * width);

    /// <summary>Lines across an area: as many as its mean chord makes of the length, each with a link to the next.</summary>
    double SupportLoss(double lengthMm, double areaMm2, double outlineMm, double pitch, double speed, double acceleration)
    {
        if (!(lengthMm > 0 && areaMm2 > 0 && outlineMm > 0))
            return 0;
        var chord = Math.PI * areaMm2 / outlineMm;
        return lengthMm / chord * (Motion.LossS(chord, speed, _profile.JerkMmS, acceleration) + Motion.LossS(pitch, speed, _profile.JerkMmS, acceleration));
    }

    ref double Mm(Kind kind) => ref _mm[(int)kind];
    ref double Speed(Kind kind) => ref _speed[(int)kind];
    ref double Loss(Kind kind) => ref _loss[(int)kind];

    static bool Hangs(Kind kind) => kind is Kind.Overhang or Kind.Bridge;

    static bool IsStraight(InfillPattern pattern) => pattern is InfillPattern.Grid or InfillPattern.Rectilinear or InfillPattern.AlignedRectilinear;

    static double Mean(double share, double slow, double fast) => 1 / (share / slow + (1 - share) / fast);

    /// <summary>The speed at which a kind's loss was counted.</summary>
    double Nominal(Kind kind, in Speeds speeds) => kind switch
    {
        Kind.External => speeds.Outer,
        Kind.Inner => speeds.Inner,
        Kind.Sparse => speeds.Sparse,
        Kind.Solid => speeds.Solid,
        Kind.Top => speeds.Top,
        Kind.Support => _profile.SupportSpeedMmS,
        Kind.SupportInterface => _profile.SupportInterfaceSpeedMmS,
        _ => speeds.Bridge,
    };

    /// <summary>Raster rows become lines: so many rows of a cell's height per line; each ends in a link to the next.</summary>
    double LinesLoss(in RegionFacts region, double spacing, double speed, double acceleration)
    {
        var perRow = _plan.CellMm / spacing;
        return perRow * (Math.Max(0, region.RunS - region.RunMm / speed)
            + region.Runs * Motion.LossS(LinkSpacings * spacing, speed, _profile.JerkMmS, acceleration));
    }

    /// <summary>The speed that makes a short layer last; infinite when it lasts anyway.</summary>
    double Cap(double fixedS)
    {
        var target = _profile.MinLayerTimeS + CoolingSlackS;
        double Total(double cap)
        {
            var total = fixedS;
            for (var f = 0; f < Extruding; f++)
                if (_mm[f] > 0)
                    total += _mm[f] / (Hangs((Kind)f) ? _speed[f] : Math.Min(_speed[f], cap));
            return total;
        }
        if (Total(double.PositiveInfinity) >= target)
            return double.PositiveInfinity;
        double low = _profile.MinPrintSpeedMmS, high = 0;
        for (var f = 0; f < Extruding; f++)
            high = Math.Max(high, _speed[f]);
        if (low >= high)
            return low;
        for (var step = 0; step < 40; step++)
        {
            var middle = 0.5 * (low + high);
            if (Total(middle) > target)
                low = middle;
            else
                high = middle;
        }
        return low;
    }
}
