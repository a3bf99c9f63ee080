using Pricing.Geometry;
using Pricing.Geometry.Dexels;
using Pricing.Geometry.Orientation;
using Wire = Pricing.Quoting.V1;

namespace Pricing.Node;

/// <summary>The analysis' half of <see cref="MeasurementMapping"/>.</summary>
static class AnalysisMapping
{
    public static Wire.Analysis ToMessage(PartAnalysis part, PartMeasurement whole)
    {
        var message = new Wire.Analysis
        {
            HullVolumeMm3 = part.Hull?.VolumeMm3 ?? 0,
            HullAreaMm2 = part.Hull?.AreaMm2 ?? 0,
            HullVertices = part.Hull?.Vertices ?? 0,
            Complexity = new()
            {
                AreaPerVolume = part.Complexity.AreaPerVolume,
                Sphericity = part.Complexity.Sphericity,
                Convexity = part.Complexity.Convexity,
                BoxFill = part.Complexity.BoxFill,
                Index = part.Complexity.Index,
            },
            Casting = new()
            {
                MetalMm3 = part.Casting.MetalMm3,
                SprueMm3 = part.Casting.SprueMm3,
                SprueShare = part.Casting.SprueShare,
                PolishMm2 = part.Casting.PolishMm2,
                HiddenMm2 = part.Casting.HiddenMm2,
            },
        };
        if (whole.Intersections is { } crossing)
        {
            message.SelfIntersections = crossing.Pairs;
            message.SelfIntersectionsAtLeast = crossing.IsAtLeast;
        }
        message.BoundaryLoopsTotal = whole.Boundary?.Loops ?? 0;
        message.BoundaryLoops.AddRange(whole.Boundary?.Largest.Select(loop => new Wire.BoundaryLoop
        {
            Edges = loop.Edges,
            LengthMm = loop.LengthMm,
            AreaMm2 = loop.AreaMm2,
            CentreMm = ToVector(loop.CentreMm),
        }) ?? []);
        if (part.SmallestBox is { } box)
            message.SmallestBoxMm = ToVector(box.ExtentsMm);
        if (part.Moments is { } moments)
            message.Inertia = new()
            {
                XxMm5 = moments.Tensor.Xx,
                YyMm5 = moments.Tensor.Yy,
                ZzMm5 = moments.Tensor.Zz,
                XyMm5 = moments.Tensor.Xy,
                XzMm5 = moments.Tensor.Xz,
                YzMm5 = moments.Tensor.Yz,
                PrincipalMm5 = ToVector(moments.PrincipalMm5),
            };
        if (part.Edges is { } edges)
        {
            message.Edges = new()
            {
                Convex30Mm = edges.Convex30Mm,
                Concave30Mm = edges.Concave30Mm,
                Convex60Mm = edges.Convex60Mm,
                Concave60Mm = edges.Concave60Mm,
                MeanCurvatureMm = edges.MeanCurvatureMm,
                BendingMm = edges.BendingMm,
                Patches = edges.Patches,
                PlanarPatches = edges.PlanarPatches,
                PlanarFaces = edges.PlanarFaces,
            };
            if (edges.Handles is { } handles)
                message.Edges.Handles = handles;
        }
        if (part.Columns is { } columns)
            message.Columns = ToColumns(columns);
        message.Orientations.AddRange(part.Orientations?.Goals.Select(ToOrientation) ?? []);
        if (part.Powder is { } powder)
            message.Powder = new()
            {
                VolumeCm3 = powder.VolumeCm3,
                HullCm3 = powder.HullCm3,
                BoxCm3 = powder.BoxCm3,
                NestedCm3 = powder.NestedCm3,
                HeightMm = powder.HeightMm,
            };
        if (part.Lpbf is { } lpbf)
            message.Lpbf = new()
            {
                ProfileName = lpbf.ProfileName,
                Layers = lpbf.Layers,
                HeightMm = lpbf.HeightMm,
                SupportMm3 = lpbf.SupportMm3,
                SupportMetalMm3 = lpbf.SupportMetalMm3,
                ContactMm2 = lpbf.ContactMm2,
                ScanTimeS = lpbf.ScanTimeS,
                RecoatTimeS = lpbf.RecoatTimeS,
            };
        return message;
    }

    static Wire.Columns ToColumns(DexelFacts columns)
    {
        var message = new Wire.Columns
        {
            CellMm = ToVector(columns.CellMm),
            OpenColumns = columns.OpenColumns,
            SolidMm3 = columns.SolidMm3,
            SurfaceMm2 = columns.SurfaceMm2,
            Enclosed = ToTrap(columns.Traps.Enclosed),
            SealedByBed = ToTrap(columns.Traps.SealedByBed),
            Pools = ToTrap(columns.Traps.Pools),
            PoolsOnBed = ToTrap(columns.Traps.PoolsOnBed),
            Cups = ToTrap(columns.Traps.Cups),
            Walls = ToWidths(columns.Walls),
            Gaps = ToWidths(columns.Gaps),
            Reach = new() { AnyMm2 = columns.Reach.AnyMm2, NoneMm2 = columns.Reach.NoneMm2, Setups = columns.Reach.Setups },
        };
        message.Reach.ByDirectionMm2.AddRange(columns.Reach.ByDirectionMm2);
        message.Supports.AddRange(columns.Supports.Select(support => new Wire.Support
        {
            AngleDegrees = support.AngleDegrees,
            SupportMm3 = support.SupportMm3,
            ContactMm2 = support.ContactMm2,
            FromBedMm3 = support.FromBedMm3,
            BedMm2 = support.BedMm2,
        }));
        return message;
    }

    static Wire.Trap ToTrap(Trap trap) => new() { VolumeMm3 = trap.VolumeMm3, Count = trap.Count };

    static Wire.Widths ToWidths(WidthFacts widths)
    {
        var message = new Wire.Widths();
        if (widths.SmallestMm is { } smallest)
            message.SmallestMm = smallest;
        message.Below.AddRange(widths.Below.Select(below => new Wire.AreaBelow { ThresholdMm = below.ThresholdMm, AreaMm2 = below.AreaMm2 }));
        message.AreaByWidthMm2.AddRange(widths.AreaByWidthMm2);
        return message;
    }

    static Wire.Orientation ToOrientation(OrientationChoice choice) => new()
    {
        Goal = choice.Goal switch
        {
            OrientationGoal.Fdm => Wire.Orientation.Types.Goal.Fdm,
            OrientationGoal.Sla => Wire.Orientation.Types.Goal.Sla,
            OrientationGoal.Powder => Wire.Orientation.Types.Goal.Powder,
            OrientationGoal.Lpbf => Wire.Orientation.Types.Goal.Lpbf,
            _ => throw new ArgumentOutOfRangeException(nameof(choice)),
        },
        Best = ToPose(choice.Best),
        AsIs = ToPose(choice.AsIs),
        Gain = choice.Gain,
    };

    static Wire.Pose ToPose(Pose pose) => new()
    {
        Up = ToVector(pose.Frame.Z),
        HeightMm = pose.HeightMm,
        SupportMm3 = pose.SupportMm3,
        ContactMm2 = pose.SupportContactMm2,
        BedMm2 = pose.BedContactMm2,
        FootprintMm2 = pose.FootprintMm2,
        Score = pose.Score,
    };

    static Wire.Vector3 ToVector(Point3 point) => new() { X = point.X, Y = point.Y, Z = point.Z };
}
