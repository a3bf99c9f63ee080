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
    }

    static void In(double value, double low, double high, string field, string unit)
    {
        if (!(value >= low && value <= high))
            throw new MeshFormatException("PROFILE_OUT_OF_RANGE", $"The profile's {field} is out of range.", $"fdm_profile.{field}",
                $"{low} to {high} {unit}", $"{value} {unit}");
    }
}
