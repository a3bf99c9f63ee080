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

    /// <summary>0.2 mm layers, two walls, 15 % grid, 0.4 mm nozzle, PLA: what a quote assumes unless it says otherwise.</summary>
    public static FdmProfile Standard { get; } = new()
    {
        Name = "standard-0.2mm",
        LayerHeightMm = 0.2,
        FirstLayerHeightMm = 0.2,
        NozzleDiameterMm = 0.4,
        ExtrusionWidthMm = 0.45,
        Perimeters = 2,
        TopSolidLayers = 5,
        BottomSolidLayers = 4,
        InfillDensity = 0.15,
        FilamentDiameterMm = 1.75,
        FilamentDensityGCm3 = 1.24,
        PerimeterSpeedMmS = 45,
        ExternalPerimeterSpeedMmS = 25,
        InfillSpeedMmS = 80,
        SolidInfillSpeedMmS = 80,
        TopSolidInfillSpeedMmS = 40,
        TravelSpeedMmS = 150,
        FirstLayerSpeedMmS = 20,
        AccelerationMmS2 = 1000,
        MinLayerTimeS = 10,
    };
}
