using System.Globalization;
using Pricing.Quoting.V1;
using Severity = Pricing.Quoting.V1.Finding.Types.Severity;
using Verdict = Pricing.Quoting.V1.Geometry.Types.Verdict;

namespace Pricing.Cost;

/// <summary>Can the process make the part, and how far may its price be believed? One small function per finding; limits and severities
/// come from the price list. The worst severity decides on the state of the price.</summary>
static class DfmRules
{
    /// <summary>Less surface than this with thin walls behind it is an edge or a corner, mm² and share of all.</summary>
    const double ThinAreaMinMm2 = 2, ThinShareMin = 0.005;

    public static List<Finding> Check(PriceList list, Offer offer, PartFacts part, Placement at)
    {
        var findings = new List<Finding>();
        Add(BuildVolumeExceeded(offer.Process.BuildVolume, part, at));
        Add(OrientationChanged(offer.Process, at));
        Add(PartTooSmall(offer.Process.MinimumSizeMm, part));
        Add(WallTooThin(offer.Process.MinimumWallMm, part));
        Add(MaterialTrapped(offer.Process, part));
        Add(LayersExceeded(offer.Process, part, at));
        Add(FdmEstimateMissing(offer.Process, part));
        Add(SupportsNeeded(offer.Process, part));
        Add(MeshOpen(list.Mesh.OpenMesh, part));
        Add(VolumeUncertain(list.Mesh.VolumeUncertaintyMax, part));
        Add(MeshRepaired(part));
        Add(UnitAssumed(part));
        Add(SizeImplausible(part));
        return findings;

        void Add(Finding? finding)
        {
            if (finding is not null)
                findings.Add(finding);
        }
    }

    public static Price.Types.State State(IReadOnlyList<Finding> findings)
    {
        var worst = Severity.Unspecified;
        foreach (var finding in findings)
        {
            if (finding.Severity > worst)
                worst = finding.Severity;
        }

        return worst switch
        {
            Severity.Block => Price.Types.State.NotManufacturable,
            Severity.Review => Price.Types.State.NeedsReview,
            _ => Price.Types.State.Firm,
        };
    }

    /// <summary>For a measurement without usable figures; no price can be named.</summary>
    public static Finding MeasurementInvalid(string figure) => Make("MEASUREMENT_INVALID", Severity.Block,
        $"The part cannot be priced: {figure} is missing, not positive, or far larger than anything that can be made.", "", "", "");

    /// <summary>The order takes the machines longer than may be promised unseen.</summary>
    public static Finding? QuantityNeedsPlanning(Capacity capacity, decimal extraDays) => extraDays <= capacity.ExtraDaysReview
        ? null
        : Make("QUANTITY_NEEDS_PLANNING", Severity.Review, "So many pieces keep the machines busy for long; the delivery date is planned by hand.",
            Text(extraDays), capacity.ExtraDaysReview.Text, "days");

    static Finding? BuildVolumeExceeded(BuildVolume volume, PartFacts part, Placement at)
    {
        if (at.Fits)
            return null;

        // Sorted extents against sorted extents: the first that is too long is so in every orientation.
        decimal[] size = [.. part.SizeMm.Select(length => length.Value).OrderDescending()];
        decimal[] room = [.. new[] { volume.XMm.Value, volume.YMm.Value, volume.ZMm.Value }.OrderDescending()];
        var axis = 0;
        while (axis < 2 && size[axis] <= room[axis])
            axis++;
        return Make("BUILD_VOLUME_EXCEEDED", volume.Severity, "The part does not fit the machine in any orientation along its axes.",
            Text(size[axis]), Text(room[axis]), "mm");
    }

    // Print time and filament were estimated as the model lies; on another side they would differ.
    static Finding? OrientationChanged(ProcessRates process, Placement at) => !at.Turned
        ? null
        : Make("ORIENTATION_CHANGED", process.Model is FdmRates && at.LayersChanged ? Severity.Review : Severity.Info,
            "The part fits the machine only when turned; it is priced as turned.", "", "", "");

    static Finding? PartTooSmall(Threshold minimum, PartFacts part)
    {
        var largest = Math.Max(part.SizeMm[0], Math.Max(part.SizeMm[1], part.SizeMm[2]));
        return largest >= minimum.Limit
            ? null
            : Make("PART_TOO_SMALL", minimum.Severity, "The whole part is smaller than the process can handle.", Text(largest), minimum.Limit.Text, "mm");
    }

    static Finding? WallTooThin(Threshold minimum, PartFacts part)
    {
        if (part.MeanThicknessMm < minimum.Limit)
        {
            return Make("WALL_TOO_THIN", minimum.Severity,
                "The mean thickness (2 × volume ÷ area) is below the thinnest wall of the process; some wall must be thinner still.",
                Text(decimal.Round(part.MeanThicknessMm, 3)), minimum.Limit.Text, "mm");
        }

        if (part.Columns?.Walls is not { } walls)
            return null;

        // The widest class of walls that are all too thin, and how much of the surface has them.
        var thin = walls.Below.LastOrDefault(below => PartFacts.ToDecimal(below.ThresholdMm) <= minimum.Limit);
        return thin is null || thin.AreaMm2 < Math.Max(ThinAreaMinMm2, ThinShareMin * part.Columns.SurfaceMm2)
            ? null
            : Make("WALL_TOO_THIN", minimum.Severity,
                $"{Text(decimal.Round(PartFacts.ToDecimal(thin.AreaMm2) / 100m, 2))} cm² of the surface have a wall thinner than {Text(PartFacts.ToDecimal(thin.ThresholdMm))} mm behind them.",
                walls.HasSmallestMm ? Text(decimal.Round(PartFacts.ToDecimal(walls.SmallestMm), 2)) : "", minimum.Limit.Text, "mm");
    }

    // What cannot flow out stays: liquid resin, powder; and no investment flows into a pattern's void.
    static Finding? MaterialTrapped(ProcessRates process, PartFacts part) => process.Model is FdmRates || part.Columns?.Enclosed is not { Count: > 0 } enclosed
        ? null
        : Make("MATERIAL_TRAPPED", Severity.Review, "The part encloses spaces without a way out; a drain hole is needed.",
            Text(decimal.Round(PartFacts.ToDecimal(enclosed.VolumeMm3) / 1000m, 3)), "0", "cm³");

    static Finding? LayersExceeded(ProcessRates process, PartFacts part, Placement at)
    {
        var layers = process.Model is FdmRates && part.FilamentCm3 is not null ? part.FdmLayers : CostRules.Layers(at, LayerHeightMm(process.Model));
        return layers <= process.LayersMax.Limit
            ? null
            : Make("LAYERS_EXCEEDED", process.LayersMax.Severity, "The part has more layers than one build may have.",
                Text(layers), process.LayersMax.Limit.Text, "layers");
    }

    static Finding? FdmEstimateMissing(ProcessRates process, PartFacts part) => process.Model is not FdmRates || part.FilamentCm3 is not null
        ? null
        : Make("FDM_ESTIMATE_MISSING", Severity.Review, "The measurement has no filament estimate; the price rests on volume and area only.", "", "", "");

    static Finding? SupportsNeeded(ProcessRates process, PartFacts part) => process.Model is PowderRates or CastingRates || part.OverhangCm2 == 0
        ? null
        : Make("SUPPORTS_NEEDED", Severity.Info, "Faces steeper than 45° downwards are held by supports, whose marks remain.",
            Text(part.OverhangCm2), "0", "cm²");

    static Finding? MeshOpen(Severity severity, PartFacts part)
    {
        var geometry = part.Measurement.Geometry;
        if (geometry.Watertight)
            return null;
        var edges = geometry.HasBoundaryEdges ? geometry.BoundaryEdges.ToString(CultureInfo.InvariantCulture) : "";
        return Make("MESH_OPEN", severity, "The mesh is not closed; its inside is not well defined.", edges, edges.Length > 0 ? "0" : "", edges.Length > 0 ? "edges" : "");
    }

    static Finding? VolumeUncertain(Threshold maximum, PartFacts part) => part.Measurement.Geometry.Verdict switch
    {
        Verdict.Exact or Verdict.Repaired => null,
        Verdict.Bounded => part.VolumeUncertainty <= maximum.Limit
            ? null
            : Make("VOLUME_UNCERTAIN", maximum.Severity, "The volume is known only within bounds, and these are wide.",
                Text(decimal.Round(part.VolumeUncertainty, 6)), maximum.Limit.Text, "of the volume"),
        // An estimate has no bounds; neither has a verdict this version does not know.
        _ => Make("VOLUME_UNCERTAIN", Severity.Review, "The volume is an estimate without bounds.", "", maximum.Limit.Text, "of the volume"),
    };

    static Finding? MeshRepaired(PartFacts part) => part.Measurement.Geometry is { Inverted: false, Verdict: not Verdict.Repaired }
        ? null
        : Make("MESH_REPAIRED", Severity.Info, part.Measurement.Geometry.Inverted
            ? "The mesh was inside out and has been turned right."
            : "The mesh was repaired without doubt about its shape.", "", "", "");

    static Finding? UnitAssumed(PartFacts part) => !part.Measurement.UnitAssumed
        ? null
        : Make("UNIT_ASSUMED", Severity.Info, "The file does not say its unit; check the size before ordering.",
            string.Join(" × ", part.SizeMm.Select(length => length.Text)), "", "mm");

    // A price for a part of the wrong size is worse than none: a person looks.
    static Finding? SizeImplausible(PartFacts part)
    {
        foreach (var note in part.Measurement.Notes)
        {
            if (note.Code == "SIZE_IMPLAUSIBLE")
                return Make("SIZE_IMPLAUSIBLE", Severity.Review, note.Message, "", "", "");
        }

        return null;
    }

    static Figure LayerHeightMm(ModelRates model) => model switch
    {
        FdmRates fdm => fdm.LayerHeightMm,
        SlaRates sla => sla.LayerHeightMm,
        PowderRates powder => powder.LayerHeightMm,
        LpbfRates lpbf => lpbf.LayerHeightMm,
        CastingRates casting => casting.Pattern.LayerHeightMm,
        _ => throw new InvalidOperationException($"No layer height for {model.GetType().Name}."),
    };

    static string Text(decimal value) => value.ToString("0.#########", CultureInfo.InvariantCulture);

    static Finding Make(string code, Severity severity, string message, string measured, string limit, string unit) =>
        new() { Code = code, Severity = severity, Message = message, Measured = measured, Limit = limit, Unit = unit };
}
