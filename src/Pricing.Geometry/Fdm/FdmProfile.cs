namespace Pricing.Geometry.Fdm;

/// <summary>The numbers of a filament printer's profile that the estimate reads.</summary>
public sealed record FdmProfile
{
    public required string Name { get; init; }
    public required double LayerHeightMm { get; init; }
    public required double FirstLayerHeightMm { get; init; }
    public required double NozzleDiameterMm { get; init; }
    public required double ExtrusionWidthMm { get; init; }
    public required int Perimeters { get; init; }
    public required int TopSolidLayers { get; init; }
    public required int BottomSolidLayers { get; init; }

    /// <summary>0..1.</summary>
    public required double InfillDensity { get; init; }
    public required double FilamentDiameterMm { get; init; }
    public required double FilamentDensityGCm3 { get; init; }
    public required double PerimeterSpeedMmS { get; init; }
    public required double ExternalPerimeterSpeedMmS { get; init; }
    public required double InfillSpeedMmS { get; init; }
    public required double SolidInfillSpeedMmS { get; init; }
    public required double TopSolidInfillSpeedMmS { get; init; }
    public required double TravelSpeedMmS { get; init; }
    public required double FirstLayerSpeedMmS { get; init; }
    public required double AccelerationMmS2 { get; init; }
    public required double MinLayerTimeS { get; init; }

    // What follows rarely differs between profiles and has the standard machine's value unless set.

    /// <summary>Width of every line of the first layer.</summary>
    public double FirstLayerWidthMm { get; init; } = 0.42;
    public double TopInfillWidthMm { get; init; } = 0.40;

    /// <summary>Share of a line's spacing by which infill reaches under the innermost wall, 0..1.</summary>
    public double InfillOverlap { get; init; } = 0.25;

    /// <summary>Speed of walls around a loop shorter than 2π · 6.5 mm.</summary>
    public double SmallPerimeterSpeedMmS { get; init; } = 25;
    public double BridgeSpeedMmS { get; init; } = 30;

    /// <summary>Cooling slows no move below this.</summary>
    public double MinPrintSpeedMmS { get; init; } = 15;
    public double PerimeterAccelerationMmS2 { get; init; } = 800;
    public double TravelAccelerationMmS2 { get; init; } = 1500;

    /// <summary>Change of speed the planner takes at once.</summary>
    public double JerkMmS { get; init; } = 8;

    // What follows only the raster estimate (tier 2) reads. Zero means "as the general value" where a comment says so.

    /// <summary>Zero: <see cref="ExtrusionWidthMm"/>. Likewise the three widths below.</summary>
    public double ExternalPerimeterWidthMm { get; init; }
    public double PerimeterWidthMm { get; init; }
    public double InfillWidthMm { get; init; }
    public double SolidInfillWidthMm { get; init; }
    public double SupportWidthMm { get; init; } = 0.35;
    public InfillPattern InfillPattern { get; init; } = InfillPattern.Grid;
    public double FillAngleDegrees { get; init; } = 45;

    /// <summary>Longest joint along the wall between the ends of two sparse lines; zero: lines are not joined.</summary>
    public double InfillAnchorMaxMm { get; init; } = 12;

    /// <summary>Zero: <see cref="AccelerationMmS2"/>. Likewise the two below.</summary>
    public double InfillAccelerationMmS2 { get; init; }
    public double BridgeAccelerationMmS2 { get; init; }

    /// <summary>What the machine allows, whatever is asked of it.</summary>
    public double ExtrudingAccelerationMaxMmS2 { get; init; } = 1250;
    public double RetractingAccelerationMaxMmS2 { get; init; } = 1250;
    public double LiftAccelerationMmS2 { get; init; } = 200;
    public double LiftSpeedMmS { get; init; } = 12;
    public double LiftJerkMmS { get; init; } = 0.4;
    public double ExtruderJerkMmS { get; init; } = 2.5;
    public double RetractLengthMm { get; init; } = 0.8;
    public double RetractSpeedMmS { get; init; } = 35;

    /// <summary>Zero: <see cref="RetractSpeedMmS"/>.</summary>
    public double UnretractSpeedMmS { get; init; }
    public double LiftMm { get; init; } = 0.2;

    /// <summary>From where the head homes to where the part stands.</summary>
    public double BedCentreFromHomeMm { get; init; } = 282.8427124746190;

    /// <summary>Whether short layers are slowed down to <see cref="MinLayerTimeS"/>.</summary>
    public bool Cooling { get; init; } = true;

    /// <summary>Plastic per second the hot end melts; zero: no bound.</summary>
    public double VolumetricSpeedMaxMm3S { get; init; } = 12;
    public double ExtrusionMultiplier { get; init; } = 1;
    public double BridgeFlowRatio { get; init; } = 1;
    public int SkirtLoops { get; init; }
    public int SkirtLayers { get; init; } = 1;
    public double SkirtDistanceMm { get; init; } = 6;
    public double SkirtLengthMinMm { get; init; }
    public double BrimWidthMm { get; init; }
    public bool Supports { get; init; }

    /// <summary>Faces flatter than this from the horizontal are supported.</summary>
    public double SupportThresholdDegrees { get; init; } = 45;

    /// <summary>Gap between support lines.</summary>
    public double SupportSpacingMm { get; init; } = 2;
    public int SupportInterfaceLayers { get; init; } = 2;
    public double SupportInterfaceSpacingMm { get; init; } = 0.2;
    public double SupportSpeedMmS { get; init; } = 50;
    public double SupportInterfaceSpeedMmS { get; init; } = 40;
    public double SupportContactDistanceMm { get; init; } = 0.2;

    /// <summary>Between support and walls, sideways.</summary>
    public double SupportClearanceMm { get; init; } = 0.27;

    /// <summary>0.2 mm layers, two walls, 15 % grid, 0.4 mm nozzle, PLA: what a quote assumes unless it says otherwise.</summary>
    public static FdmProfile Standard { get; } = new()
    {
        Name = "standard-0.2mm",
        LayerHeightMm = 0.2,
        FirstLayerHeightMm = 0.2,
        NozzleDiameterMm = 0.4,
        ExtrusionWidthMm = 0.45,
        Perimeters = 2,
        TopSolidLayers = 4,
        BottomSolidLayers = 4,
        InfillDensity = 0.15,
        FilamentDiameterMm = 1.75,
        FilamentDensityGCm3 = 1.24,
        PerimeterSpeedMmS = 50,
        ExternalPerimeterSpeedMmS = 30,
        InfillSpeedMmS = 80,
        SolidInfillSpeedMmS = 60,
        TopSolidInfillSpeedMmS = 40,
        TravelSpeedMmS = 150,
        FirstLayerSpeedMmS = 20,
        AccelerationMmS2 = 1000,
        MinLayerTimeS = 10,
    };

    /// <summary>Refuses a profile the estimate cannot answer for, naming the field. Bounds are those of machines that exist, and of the arithmetic.</summary>
    public void Check()
    {
        In(LayerHeightMm, 0.02, 2, "layer_height_mm", "mm");
        In(FirstLayerHeightMm, 0.02, 2, "first_layer_height_mm", "mm");
        In(NozzleDiameterMm, 0.1, 5, "nozzle_diameter_mm", "mm");
        In(ExtrusionWidthMm, Math.Max(0.1, 0.5 * LayerHeightMm), 10, "extrusion_width_mm", "mm");
        In(Perimeters, 0, 100, "perimeters", "walls");
        In(TopSolidLayers, 0, 10_000, "top_solid_layers", "layers");
        In(BottomSolidLayers, 0, 10_000, "bottom_solid_layers", "layers");
        In(InfillDensity, 0, 1, "infill_density", "of 1");
        In(InfillOverlap, 0, 1, "infill_overlap", "of 1");
        In(FilamentDiameterMm, 0.5, 10, "filament_diameter_mm", "mm");
        In(FilamentDensityGCm3, 0.1, 25, "filament_density_g_cm3", "g/cm3");
        In(TopInfillWidthMm, Math.Max(0.1, 0.5 * LayerHeightMm), 10, "top_infill_width_mm", "mm");
        In(FirstLayerWidthMm, Math.Max(0.1, 0.5 * LayerHeightMm), 10, "first_layer_width_mm", "mm");
        In(PerimeterSpeedMmS, 1, 2000, "perimeter_speed_mm_s", "mm/s");
        In(ExternalPerimeterSpeedMmS, 1, 2000, "external_perimeter_speed_mm_s", "mm/s");
        In(SmallPerimeterSpeedMmS, 1, 2000, "small_perimeter_speed_mm_s", "mm/s");
        In(InfillSpeedMmS, 1, 2000, "infill_speed_mm_s", "mm/s");
        In(SolidInfillSpeedMmS, 1, 2000, "solid_infill_speed_mm_s", "mm/s");
        In(TopSolidInfillSpeedMmS, 1, 2000, "top_solid_infill_speed_mm_s", "mm/s");
        In(BridgeSpeedMmS, 1, 2000, "bridge_speed_mm_s", "mm/s");
        In(TravelSpeedMmS, 1, 5000, "travel_speed_mm_s", "mm/s");
        In(FirstLayerSpeedMmS, 1, 2000, "first_layer_speed_mm_s", "mm/s");
        In(MinPrintSpeedMmS, 0.1, 2000, "min_print_speed_mm_s", "mm/s");
        In(AccelerationMmS2, 10, 1e6, "acceleration_mm_s2", "mm/s2");
        In(PerimeterAccelerationMmS2, 10, 1e6, "perimeter_acceleration_mm_s2", "mm/s2");
        In(TravelAccelerationMmS2, 10, 1e6, "travel_acceleration_mm_s2", "mm/s2");
        In(JerkMmS, 0.1, 1000, "jerk_mm_s", "mm/s");
        In(MinLayerTimeS, 0, 3600, "min_layer_time_s", "s");
        CheckRaster();
    }

    void CheckRaster()
    {
        foreach (var (width, field) in new[]
        {
            (ExternalPerimeterWidthMm, "external_perimeter_width_mm"), (PerimeterWidthMm, "perimeter_width_mm"), (InfillWidthMm, "infill_width_mm"),
            (SolidInfillWidthMm, "solid_infill_width_mm"), (SupportWidthMm, "support_width_mm"),
        })
            if (width != 0)
                In(width, Math.Max(0.1, 0.5 * LayerHeightMm), 10, field, "mm");
        In((int)InfillPattern, 0, (int)InfillPattern.Other, "infill_pattern", "known patterns");
        In(FillAngleDegrees, -360, 360, "fill_angle_degrees", "degrees");
        In(InfillAnchorMaxMm, 0, 1e6, "infill_anchor_max_mm", "mm");
        foreach (var (acceleration, field) in new[]
        {
            (InfillAccelerationMmS2, "infill_acceleration_mm_s2"), (BridgeAccelerationMmS2, "bridge_acceleration_mm_s2"),
        })
            if (acceleration != 0)
                In(acceleration, 10, 1e6, field, "mm/s2");
        In(ExtrudingAccelerationMaxMmS2, 10, 1e6, "extruding_acceleration_max_mm_s2", "mm/s2");
        In(RetractingAccelerationMaxMmS2, 10, 1e6, "retracting_acceleration_max_mm_s2", "mm/s2");
        In(LiftAccelerationMmS2, 1, 1e6, "lift_acceleration_mm_s2", "mm/s2");
        In(LiftSpeedMmS, 0.1, 5000, "lift_speed_mm_s", "mm/s");
        In(LiftJerkMmS, 0, 1000, "lift_jerk_mm_s", "mm/s");
        In(ExtruderJerkMmS, 0, 1000, "extruder_jerk_mm_s", "mm/s");
        In(RetractLengthMm, 0, 100, "retract_length_mm", "mm");
        In(RetractSpeedMmS, 0.1, 1000, "retract_speed_mm_s", "mm/s");
        In(UnretractSpeedMmS, 0, 1000, "unretract_speed_mm_s", "mm/s");
        In(LiftMm, 0, 100, "lift_mm", "mm");
        In(BedCentreFromHomeMm, 0, 10_000, "bed_centre_from_home_mm", "mm");
        In(VolumetricSpeedMaxMm3S, 0, 10_000, "volumetric_speed_max_mm3_s", "mm3/s");
        In(ExtrusionMultiplier, 0.1, 10, "extrusion_multiplier", "");
        In(BridgeFlowRatio, 0.1, 10, "bridge_flow_ratio", "");
        In(SkirtLoops, 0, 1000, "skirt_loops", "loops");
        In(SkirtLayers, 0, 100_000, "skirt_layers", "layers");
        In(SkirtDistanceMm, 0, 1000, "skirt_distance_mm", "mm");
        In(SkirtLengthMinMm, 0, 1e6, "skirt_length_min_mm", "mm");
        In(BrimWidthMm, 0, 1000, "brim_width_mm", "mm");
        In(SupportThresholdDegrees, 0, 90, "support_threshold_degrees", "degrees");
        In(SupportSpacingMm, 0, 100, "support_spacing_mm", "mm");
        In(SupportInterfaceLayers, 0, 1000, "support_interface_layers", "layers");
        In(SupportInterfaceSpacingMm, 0, 100, "support_interface_spacing_mm", "mm");
        In(SupportSpeedMmS, 1, 2000, "support_speed_mm_s", "mm/s");
        In(SupportInterfaceSpeedMmS, 1, 2000, "support_interface_speed_mm_s", "mm/s");
        In(SupportContactDistanceMm, 0, 10, "support_contact_distance_mm", "mm");
        In(SupportClearanceMm, 0, 10, "support_clearance_mm", "mm");
    }

    static void In(double value, double low, double high, string field, string unit)
    {
        if (!(value >= low && value <= high))
            throw new MeshFormatException("PROFILE_OUT_OF_RANGE", $"The profile's {field} is out of range.", $"fdm_profile.{field}",
                $"{low} to {high} {unit}", $"{value} {unit}");
    }
}
