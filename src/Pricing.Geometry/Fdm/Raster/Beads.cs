namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Where the lines of a profile lie: a bead of width w laid h high next to another is h·(1 − π/4) narrower in spacing, so the walls lie
/// between these depths below the contour.
/// </summary>
/// <param name="OuterMm">Depth at which the outer wall's territory begins: rounded edges of the bead stand outside it.</param>
/// <param name="SecondMm">Depth at which the second wall begins.</param>
/// <param name="CoreMm">Depth at which the walls end.</param>
/// <param name="InfillMm">Depth from which infill is laid: overlaps the walls.</param>
/// <param name="OuterSpacingMm">Width of the outer wall's territory.</param>
/// <param name="InnerSpacingMm">Width of each inner wall's territory.</param>
/// <param name="SolidSpacingMm">Distance of lines of solid infill.</param>
/// <param name="SparseSpacingMm">Distance sparse lines would have at full density.</param>
/// <param name="TopSpacingMm">Distance of lines on top faces.</param>
/// <param name="BridgeSpacingMm">Distance of bridge lines.</param>
/// <param name="ThreadMm2">Section of a free-hanging line: round, of the nozzle's diameter.</param>
/// <param name="HeightMm">Height of the layer.</param>
readonly record struct Beads(double OuterMm, double SecondMm, double CoreMm, double InfillMm, double OuterSpacingMm, double InnerSpacingMm,
    double SolidSpacingMm, double SparseSpacingMm, double TopSpacingMm, double BridgeSpacingMm, double ThreadMm2, double HeightMm)
{
    /// <summary>1 − π/4: what rounding takes from the width of a bead, per height.</summary>
    const double Rounding = 0.21460183660255172;

    /// <summary>Lines of a bridge hang this much further apart than the nozzle is wide.</summary>
    const double BridgeGapMm = 0.05;

    public static Beads Of(FdmProfile p, bool firstLayer)
    {
        var h = firstLayer ? p.FirstLayerHeightMm : p.LayerHeightMm;
        double Width(double own) => firstLayer ? p.FirstLayerWidthMm : own > 0 ? own : p.ExtrusionWidthMm;
        double Spacing(double width) => Math.Max(width - h * Rounding, 0.25 * width);
        var outerWidth = Width(p.ExternalPerimeterWidthMm);
        var outer = Spacing(outerWidth);
        var inner = Spacing(Width(p.PerimeterWidthMm));
        var solid = Spacing(Width(p.SolidInfillWidthMm));
        var begin = p.Perimeters > 0 ? 0.5 * (outerWidth - outer) : 0;
        var second = p.Perimeters > 0 ? begin + outer : 0;
        var core = p.Perimeters > 0 ? second + (p.Perimeters - 1) * inner : 0;
        var infill = p.Perimeters > 0 ? core - p.InfillOverlap * 0.5 * (inner + solid) : 0;
        var thread = 0.25 * Math.PI * p.NozzleDiameterMm * p.NozzleDiameterMm * p.BridgeFlowRatio;
        return new(begin, second, core, Math.Max(0, infill), outer, inner, solid, Spacing(Width(p.InfillWidthMm)), Spacing(Width(p.TopInfillWidthMm)),
            p.NozzleDiameterMm * Math.Sqrt(p.BridgeFlowRatio) + BridgeGapMm, thread, h);
    }
}
