namespace Pricing.Geometry.Processes;

/// <summary>The numbers of a metal powder-bed machine that the estimate reads.</summary>
public sealed record LpbfProfile
{
    public required string Name { get; init; }
    public required double LayerHeightMm { get; init; }

    /// <summary>Distance of neighbouring scan lines inside the part, and how fast the laser walks them.</summary>
    public required double HatchMm { get; init; }
    public required double HatchSpeedMmS { get; init; }

    /// <summary>Contour passes per layer and their speed.</summary>
    public required int Contours { get; init; }
    public required double ContourSpeedMmS { get; init; }

    /// <summary>Share of the scan time spent jumping and waiting between lines.</summary>
    public required double JumpShare { get; init; }
    public required double RecoatS { get; init; }

    /// <summary>Metal in a support's volume, 0..1: walls and teeth, not a solid.</summary>
    public required double SupportDensity { get; init; }

    /// <summary>Faces flatter than this above the horizontal need support.</summary>
    public required int SupportAngleDegrees { get; init; }

    /// <summary>Stainless steel at 40 µm on a one-laser machine: hatch 0.1 mm at 900 mm/s (data sheets of 280 mm class machines), recoating 9 s.</summary>
    public static LpbfProfile Standard { get; } = new()
    {
        Name = "steel-0.04",
        LayerHeightMm = 0.04,
        HatchMm = 0.1,
        HatchSpeedMmS = 900,
        Contours = 1,
        ContourSpeedMmS = 400,
        JumpShare = 0.15,
        RecoatS = 9,
        SupportDensity = 0.2,
        SupportAngleDegrees = 45,
    };
}
