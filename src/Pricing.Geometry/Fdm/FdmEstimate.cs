namespace Pricing.Geometry.Fdm;

/// <summary>Filament and time of a filament print: from sums over triangles (tier 1) or from rasterised layers (tier 2).</summary>
public sealed record FdmEstimate
{
    public required int Tier { get; init; }
    public required string ProfileName { get; init; }
    public required double LayerHeightMm { get; init; }
    public required long Layers { get; init; }
    public required double FilamentMm { get; init; }
    public required double FilamentCm3 { get; init; }
    public required double FilamentG { get; init; }
    public required double PrintTimeS { get; init; }
    public required double SupportCm3 { get; init; }
    public required IReadOnlyList<FdmFeature> Features { get; init; }
}

/// <summary>One feature's share: "external_perimeter", "perimeter", "internal_infill", "solid_infill", "top_solid_infill", "travel", …</summary>
public sealed record FdmFeature(string Feature, double FilamentMm, double TimeS);
