using static System.Math;

namespace Pricing.Cost;

/// <summary>What one piece costs to make: one small function per line, the formula beside it. Amounts are for one piece; the builder
/// multiplies by the quantity. Every line is non-decreasing in volume, area and extents, which makes the price monotonic.</summary>
static class CostRules
{
    /// <summary>The lines of a piece, in the order a customer reads them.</summary>
    public static List<PieceLine> Piece(Offer offer, PartFacts part, Placement at)
    {
        var material = offer.Material;
        List<PieceLine> lines = offer.Process.Model switch
        {
            FdmRates fdm when part.FilamentCm3 is { } filament && part.PrintTimeS is { } time && part.SupportCm3 is { } support =>
                [FdmMaterial(fdm, material, filament), FdmMachine(fdm, time), FdmSupport(fdm, material, support)],
            FdmRates fdm => [FdmFallbackMaterial(fdm, material, part), FdmFallbackMachine(fdm, part)],
            SlaRates sla => [SlaMaterial(sla, material, part), part.HullSpareCm3 is { } spare ? SlaSupport(sla, material, spare) : SlaSupport(sla, material, part), SlaMachine(sla, offer.Process.BuildVolume, part, at)],
            PowderRates powder =>
            [
                PowderMaterial(powder, material, part),
                part.NestedCm3 is { } nested ? PowderChamber(powder, offer.Process.BuildVolume, nested) : PowderChamber(powder, offer.Process.BuildVolume, at),
            ],
            LpbfRates lpbf =>
            [
                LpbfMaterial(lpbf, material, part),
                part.MetalSupportCm3 is { } support ? LpbfSupport(lpbf, material, support) : LpbfSupport(lpbf, material, part), LpbfMachine(lpbf, part),
                LpbfRecoat(lpbf, offer.Process.BuildVolume, at), LpbfHeatTreatment(lpbf, material, part),
            ],
            CastingRates casting =>
            [
                CastingMetal(casting, material, part), CastingLoss(casting, material, part), CastingPatternResin(casting.Pattern, part),
                CastingPatternPrint(casting.Pattern, casting.GapMm, at), CastingFlask(casting, at), CastingFee(material.CastingFee!),
                CastingPolish(casting, offer.Process, part),
            ],
            _ => throw new InvalidOperationException($"No rules for {offer.Process.Model.GetType().Name}."),
        };
        lines.Add(Handling(offer.Process));
        if (offer.Finish is { } finish)
            lines.Add(Finish(finish, part));
        return lines;
    }

    // ---- FDM: filament and time come from the measurement's estimate, which knows the layers ----

    static readonly Rule FdmMaterialRule = new("material", "Filament", "fdm.material.v1",
        "filament_cm3 × (1 + waste) × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine FdmMaterial(FdmRates fdm, MaterialRates material, Figure filamentCm3) => new(FdmMaterialRule,
        filamentCm3 * (1 + fdm.Waste) * material.DensityGCm3 * material.Price / 1000,
        [filamentCm3, fdm.Waste, material.DensityGCm3, material.Price], Detail: material.Label);

    static readonly Rule FdmMachineRule = new("machine", "Printing", "fdm.machine.v1", "print_time_s ÷ 3600 × machine_per_hour × quantity");

    static PieceLine FdmMachine(FdmRates fdm, Figure printTimeS) => new(FdmMachineRule,
        printTimeS / 3600 * fdm.MachinePerHour,
        [printTimeS, fdm.MachinePerHour], MachineHours: printTimeS / 3600);

    static readonly Rule FdmSupportRule = new("support", "Supports", "fdm.support.v1",
        "support_cm3 × (density_g_cm3 × price_per_kg ÷ 1000 + machine_per_hour ÷ support_cm3_per_hour) × quantity");

    static PieceLine FdmSupport(FdmRates fdm, MaterialRates material, Figure supportCm3) => new(FdmSupportRule,
        supportCm3 * (material.DensityGCm3 * material.Price / 1000 + fdm.MachinePerHour / fdm.SupportCm3PerHour),
        [supportCm3, material.DensityGCm3, material.Price, fdm.MachinePerHour, fdm.SupportCm3PerHour],
        MachineHours: supportCm3 / fdm.SupportCm3PerHour);

    // A shell of fixed thickness, the rest filled sparsely. For orientation only: the price needs review.
    const string FallbackCm3 =
        "(min(volume_cm3, area_cm2 × fallback_shell_mm ÷ 10) + max(volume_cm3 − area_cm2 × fallback_shell_mm ÷ 10, 0) × fallback_infill)";

    static readonly Rule FdmFallbackMaterialRule = new("material", "Filament (rough)", "fdm.material_rough.v1",
        FallbackCm3 + " × (1 + waste) × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine FdmFallbackMaterial(FdmRates fdm, MaterialRates material, PartFacts part) => new(FdmFallbackMaterialRule,
        FallbackFilamentCm3(fdm, part) * (1 + fdm.Waste) * material.DensityGCm3 * material.Price / 1000,
        [part.VolumeCm3, part.AreaCm2, fdm.FallbackShellMm, fdm.FallbackInfill, fdm.Waste, material.DensityGCm3, material.Price],
        Detail: material.Label);

    static readonly Rule FdmFallbackMachineRule = new("machine", "Printing (rough)", "fdm.machine_rough.v1",
        FallbackCm3 + " ÷ fallback_cm3_per_hour × machine_per_hour × quantity");

    static PieceLine FdmFallbackMachine(FdmRates fdm, PartFacts part) => new(FdmFallbackMachineRule,
        FallbackFilamentCm3(fdm, part) / fdm.FallbackCm3PerHour * fdm.MachinePerHour,
        [part.VolumeCm3, part.AreaCm2, fdm.FallbackShellMm, fdm.FallbackInfill, fdm.FallbackCm3PerHour, fdm.MachinePerHour],
        MachineHours: FallbackFilamentCm3(fdm, part) / fdm.FallbackCm3PerHour);

    static decimal FallbackFilamentCm3(FdmRates fdm, PartFacts part)
    {
        var shellCm3 = part.AreaCm2 * fdm.FallbackShellMm / 10;
        return Min(part.VolumeCm3, shellCm3) + Max(part.VolumeCm3 - shellCm3, 0) * fdm.FallbackInfill;
    }

    // ---- SLA: resin of the part and the film on its skin, supports as a share, the plate shared by footprint ----

    static readonly Rule SlaMaterialRule = new("material", "Resin", "sla.material.v1",
        "(volume_cm3 + area_cm2 × film_mm ÷ 10) × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine SlaMaterial(SlaRates sla, MaterialRates material, PartFacts part) => new(SlaMaterialRule,
        (part.VolumeCm3 + part.AreaCm2 * sla.FilmMm / 10) * material.DensityGCm3 * material.Price / 1000,
        [part.VolumeCm3, part.AreaCm2, sla.FilmMm, material.DensityGCm3, material.Price], Detail: material.Label);

    static readonly Rule SlaSupportRule = new("support", "Supports", "sla.support.v1",
        "volume_cm3 × support_share × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine SlaSupport(SlaRates sla, MaterialRates material, PartFacts part) => new(SlaSupportRule,
        part.VolumeCm3 * sla.SupportShare * material.DensityGCm3 * material.Price / 1000,
        [part.VolumeCm3, sla.SupportShare, material.DensityGCm3, material.Price]);

    // Supports stand in the room between hull and part: the more of it, the more of them.
    static readonly Rule SlaHullSupportRule = new("support", "Supports", "sla.support.v2",
        "hull_spare_cm3 × support_share × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine SlaSupport(SlaRates sla, MaterialRates material, Figure hullSpareCm3) => new(SlaHullSupportRule,
        hullSpareCm3 * sla.SupportShare * material.DensityGCm3 * material.Price / 1000,
        [hullSpareCm3, sla.SupportShare, material.DensityGCm3, material.Price]);

    static readonly Rule SlaMachineRule = new("machine", "Printing", "sla.machine.v1",
        "(ceil(size_z_mm ÷ layer_height_mm) × layer_s × min(1, (size_x_mm + gap_mm) × (size_y_mm + gap_mm) ÷ (build_x_mm × build_y_mm))" +
        " + area_cm2 × area_s_per_cm2) ÷ 3600 × machine_per_hour × quantity");

    static PieceLine SlaMachine(SlaRates sla, BuildVolume plate, PartFacts part, Placement at)
    {
        var hours = (Layers(at, sla.LayerHeightMm) * sla.LayerS * PlateShare(at, sla.GapMm, plate.XMm, plate.YMm)
            + part.AreaCm2 * sla.AreaSPerCm2) / 3600;
        return new(SlaMachineRule, hours * sla.MachinePerHour,
            [at.ZMm, sla.LayerHeightMm, sla.LayerS, at.XMm, at.YMm, sla.GapMm, plate.XMm, plate.YMm, part.AreaCm2, sla.AreaSPerCm2, sla.MachinePerHour],
            MachineHours: hours);
    }

    // ---- Powder (SLS, MJF): powder of the part, and its share of the chamber ----

    static readonly Rule PowderMaterialRule = new("material", "Powder", "powder.material.v1",
        "volume_cm3 × (1 + powder_waste) × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine PowderMaterial(PowderRates powder, MaterialRates material, PartFacts part) => new(PowderMaterialRule,
        part.VolumeCm3 * (1 + powder.PowderWaste) * material.DensityGCm3 * material.Price / 1000,
        [part.VolumeCm3, powder.PowderWaste, material.DensityGCm3, material.Price], Detail: material.Label);

    static readonly Rule PowderChamberRule = new("machine", "Share of the build chamber", "powder.chamber.v1",
        "min(1, (size_x_mm + gap_mm) × (size_y_mm + gap_mm) × (size_z_mm + gap_mm) ÷ (build_x_mm × build_y_mm × build_z_mm × packing))" +
        " × chamber_hours × machine_per_hour × quantity");

    static PieceLine PowderChamber(PowderRates powder, BuildVolume chamber, Placement at)
    {
        var share = Min(1, BoxMm3(at, powder.GapMm) / (chamber.XMm * chamber.YMm * chamber.ZMm * powder.Packing));
        return new(PowderChamberRule, share * powder.ChamberHours * powder.MachinePerHour,
            [at.XMm, at.YMm, at.ZMm, powder.GapMm, chamber.XMm, chamber.YMm, chamber.ZMm, powder.Packing, powder.ChamberHours, powder.MachinePerHour],
            MachineHours: share * powder.ChamberHours);
    }

    static readonly Rule PowderNestedRule = new("machine", "Share of the build chamber", "powder.chamber.v2",
        "min(1, nested_cm3 × 1000 ÷ (build_x_mm × build_y_mm × build_z_mm × packing)) × chamber_hours × machine_per_hour × quantity");

    static PieceLine PowderChamber(PowderRates powder, BuildVolume chamber, Figure nestedCm3)
    {
        var share = Min(1, nestedCm3 * 1000 / (chamber.XMm * chamber.YMm * chamber.ZMm * powder.Packing));
        return new(PowderNestedRule, share * powder.ChamberHours * powder.MachinePerHour,
            [nestedCm3, chamber.XMm, chamber.YMm, chamber.ZMm, powder.Packing, powder.ChamberHours, powder.MachinePerHour],
            MachineHours: share * powder.ChamberHours);
    }

    // ---- LPBF: melted volume at the build rate, supports likewise, recoating shared by footprint, furnace by mass ----

    static readonly Rule LpbfMaterialRule = new("material", "Metal powder", "lpbf.material.v1",
        "volume_cm3 × (1 + powder_waste) × density_g_cm3 × price_per_kg ÷ 1000 × quantity");

    static PieceLine LpbfMaterial(LpbfRates lpbf, MaterialRates material, PartFacts part) => new(LpbfMaterialRule,
        part.VolumeCm3 * (1 + lpbf.PowderWaste) * material.DensityGCm3 * material.Price / 1000,
        [part.VolumeCm3, lpbf.PowderWaste, material.DensityGCm3, material.Price], Detail: material.Label);

    static readonly Rule LpbfSupportRule = new("support", "Supports", "lpbf.support.v1",
        "volume_cm3 × support_share × (density_g_cm3 × price_per_kg ÷ 1000 + machine_per_hour ÷ build_cm3_per_hour) × quantity");

    static PieceLine LpbfSupport(LpbfRates lpbf, MaterialRates material, PartFacts part) => new(LpbfSupportRule,
        part.VolumeCm3 * lpbf.SupportShare * (material.DensityGCm3 * material.Price / 1000 + lpbf.MachinePerHour / lpbf.BuildCm3PerHour),
        [part.VolumeCm3, lpbf.SupportShare, material.DensityGCm3, material.Price, lpbf.MachinePerHour, lpbf.BuildCm3PerHour],
        MachineHours: part.VolumeCm3 * lpbf.SupportShare / lpbf.BuildCm3PerHour);

    static readonly Rule LpbfMeasuredSupportRule = new("support", "Supports", "lpbf.support.v2",
        "metal_support_cm3 × (density_g_cm3 × price_per_kg ÷ 1000 + machine_per_hour ÷ build_cm3_per_hour) × quantity");

    static PieceLine LpbfSupport(LpbfRates lpbf, MaterialRates material, Figure supportCm3) => new(LpbfMeasuredSupportRule,
        supportCm3 * (material.DensityGCm3 * material.Price / 1000 + lpbf.MachinePerHour / lpbf.BuildCm3PerHour),
        [supportCm3, material.DensityGCm3, material.Price, lpbf.MachinePerHour, lpbf.BuildCm3PerHour],
        MachineHours: supportCm3 / lpbf.BuildCm3PerHour);

    static readonly Rule LpbfMachineRule = new("machine", "Melting", "lpbf.machine.v1",
        "volume_cm3 ÷ build_cm3_per_hour × machine_per_hour × quantity");

    static PieceLine LpbfMachine(LpbfRates lpbf, PartFacts part) => new(LpbfMachineRule,
        part.VolumeCm3 / lpbf.BuildCm3PerHour * lpbf.MachinePerHour,
        [part.VolumeCm3, lpbf.BuildCm3PerHour, lpbf.MachinePerHour], MachineHours: part.VolumeCm3 / lpbf.BuildCm3PerHour);

    static readonly Rule LpbfRecoatRule = new("machine", "Recoating, by share of the plate", "lpbf.recoat.v1",
        "ceil(size_z_mm ÷ layer_height_mm) × recoat_s ÷ 3600 × min(1, (size_x_mm + gap_mm) × (size_y_mm + gap_mm) ÷ (build_x_mm × build_y_mm))" +
        " × machine_per_hour × quantity");

    static PieceLine LpbfRecoat(LpbfRates lpbf, BuildVolume plate, Placement at)
    {
        var hours = Layers(at, lpbf.LayerHeightMm) * lpbf.RecoatS / 3600 * PlateShare(at, lpbf.GapMm, plate.XMm, plate.YMm);
        return new(LpbfRecoatRule, hours * lpbf.MachinePerHour,
            [at.ZMm, lpbf.LayerHeightMm, lpbf.RecoatS, at.XMm, at.YMm, lpbf.GapMm, plate.XMm, plate.YMm, lpbf.MachinePerHour], MachineHours: hours);
    }

    static readonly Rule LpbfHeatTreatmentRule = new("machine", "Stress relief in the furnace", "lpbf.heat_treatment.v1",
        "volume_cm3 × density_g_cm3 ÷ 1000 × heat_treatment_per_kg × quantity");

    static PieceLine LpbfHeatTreatment(LpbfRates lpbf, MaterialRates material, PartFacts part) => new(LpbfHeatTreatmentRule,
        part.VolumeCm3 * material.DensityGCm3 / 1000 * lpbf.HeatTreatmentPerKg,
        [part.VolumeCm3, material.DensityGCm3, lpbf.HeatTreatmentPerKg]);

    // ---- Lost-wax casting: metal at its own markup, a printed pattern, a share of the flask, the pour, the polish ----

    static readonly Rule CastingMetalRule = new("material", "Metal", "casting.metal.v1",
        "volume_cm3 × density_g_cm3 × (1 + sprue) × price_per_g × (1 + metal_markup) × quantity");

    static PieceLine CastingMetal(CastingRates casting, MaterialRates alloy, PartFacts part) => new(CastingMetalRule,
        part.VolumeCm3 * alloy.DensityGCm3 * (1 + casting.Sprue) * alloy.Price * (1 + casting.MetalMarkup),
        [part.VolumeCm3, alloy.DensityGCm3, casting.Sprue, alloy.Price, casting.MetalMarkup], PassThrough: true, Detail: alloy.Label);

    static readonly Rule CastingLossRule = new("scrap", "Metal lost in filing and polishing", "casting.loss.v1",
        "volume_cm3 × density_g_cm3 × metal_loss × price_per_g × (1 + metal_markup) × quantity");

    static PieceLine CastingLoss(CastingRates casting, MaterialRates alloy, PartFacts part) => new(CastingLossRule,
        part.VolumeCm3 * alloy.DensityGCm3 * casting.MetalLoss * alloy.Price * (1 + casting.MetalMarkup),
        [part.VolumeCm3, alloy.DensityGCm3, casting.MetalLoss, alloy.Price, casting.MetalMarkup], PassThrough: true);

    static readonly Rule CastingPatternResinRule = new("material", "Castable resin of the pattern", "casting.pattern_resin.v1",
        "volume_cm3 × (1 + pattern_support_share) × pattern_density_g_cm3 × pattern_price_per_kg ÷ 1000 × quantity");

    static PieceLine CastingPatternResin(PatternRates pattern, PartFacts part) => new(CastingPatternResinRule,
        part.VolumeCm3 * (1 + pattern.SupportShare) * pattern.DensityGCm3 * pattern.PricePerKg / 1000,
        [part.VolumeCm3, pattern.SupportShare, pattern.DensityGCm3, pattern.PricePerKg]);

    static readonly Rule CastingPatternPrintRule = new("machine", "Printing the pattern", "casting.pattern_print.v1",
        "ceil(size_z_mm ÷ layer_height_mm) × layer_s ÷ 3600 × min(1, (size_x_mm + gap_mm) × (size_y_mm + gap_mm) ÷ (plate_x_mm × plate_y_mm))" +
        " × pattern_machine_per_hour × quantity");

    static PieceLine CastingPatternPrint(PatternRates pattern, Figure gapMm, Placement at)
    {
        var hours = Layers(at, pattern.LayerHeightMm) * pattern.LayerS / 3600 * PlateShare(at, gapMm, pattern.PlateXMm, pattern.PlateYMm);
        return new(CastingPatternPrintRule, hours * pattern.MachinePerHour,
            [at.ZMm, pattern.LayerHeightMm, pattern.LayerS, at.XMm, at.YMm, gapMm, pattern.PlateXMm, pattern.PlateYMm, pattern.MachinePerHour],
            MachineHours: hours);
    }

    static readonly Rule CastingFlaskRule = new("machine", "Share of the flask", "casting.flask.v1",
        "min(1, (size_x_mm + gap_mm) × (size_y_mm + gap_mm) × (size_z_mm + gap_mm) ÷ (flask_cm3 × 1000 × packing)) × flask_fee × quantity");

    static PieceLine CastingFlask(CastingRates casting, Placement at) => new(CastingFlaskRule,
        Min(1, BoxMm3(at, casting.GapMm) / (casting.FlaskCm3 * 1000 * casting.Packing)) * casting.FlaskFee,
        [at.XMm, at.YMm, at.ZMm, casting.GapMm, casting.FlaskCm3, casting.Packing, casting.FlaskFee]);

    static readonly Rule CastingFeeRule = new("labour", "Casting", "casting.fee.v1", "casting_fee × quantity");

    static PieceLine CastingFee(Figure fee) => new(CastingFeeRule, fee, [fee]);

    static readonly Rule CastingPolishRule = new("labour", "Polishing", "casting.polish.v1",
        "area_cm2 × polish_min_per_cm2 ÷ 60 × labour_per_hour × quantity");

    static PieceLine CastingPolish(CastingRates casting, ProcessRates process, PartFacts part) => new(CastingPolishRule,
        part.AreaCm2 * casting.PolishMinPerCm2 / 60 * process.LabourPerHour,
        [part.AreaCm2, casting.PolishMinPerCm2, process.LabourPerHour]);

    // ---- Common to all ----

    static readonly Rule HandlingRule = new("labour", "Handling", "common.handling.v1", "handling_min ÷ 60 × labour_per_hour × quantity");

    static PieceLine Handling(ProcessRates process) => new(HandlingRule,
        process.HandlingMin / 60 * process.LabourPerHour, [process.HandlingMin, process.LabourPerHour]);

    static readonly Rule FinishRule = new("finish", "Finish", "common.finish.v1", "(per_part + area_cm2 × per_cm2) × quantity");

    static PieceLine Finish(FinishRates finish, PartFacts part) => new(FinishRule,
        finish.PerPart + part.AreaCm2 * finish.PerCm2, [finish.PerPart, part.AreaCm2, finish.PerCm2], Detail: finish.Label);

    public static decimal Layers(Placement at, Figure layerHeightMm) => Ceiling(at.ZMm / layerHeightMm);

    static decimal PlateShare(Placement at, Figure gapMm, Figure plateXMm, Figure plateYMm) =>
        Min(1, (at.XMm + gapMm) * (at.YMm + gapMm) / (plateXMm * plateYMm));

    static decimal BoxMm3(Placement at, Figure gapMm) => (at.XMm + gapMm) * (at.YMm + gapMm) * (at.ZMm + gapMm);
}
