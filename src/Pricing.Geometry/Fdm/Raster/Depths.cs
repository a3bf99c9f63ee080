namespace Pricing.Geometry.Fdm.Raster;

/// <summary>The lengths the kernels compare with, in quanta of a <see cref="RasterPlan"/>.</summary>
sealed class Depths
{
    /// <summary>Faces that recede less than this between layers are vertical.</summary>
    const double VerticalMm = 0.09;

    /// <summary>Skins grow by this under the neighbouring infill, so that they hold.</summary>
    const double SkinGrowthMm = 3;

    /// <summary>A strip of solid infill narrower than this many line spacings is not printed: the slicer's opening.</summary>
    const double OpeningSpacings = 1.0563;

    /// <summary>Solid infill stops this short of where the shell above or below stops, in line spacings.</summary>
    const double ShellMarginSpacings = 0.317;

    /// <summary>Cores that nowhere lie this deep beyond the walls hold no infill: the walls widen instead.</summary>
    const double ThinCoreMm = 0.15;

    /// <summary>How far around a cell its core is looked at, mm.</summary>
    const double CoreReachMm = 0.8;

    /// <summary>Internal bridges narrower than twice this are left solid.</summary>
    const double BridgeOpeningMm = 1.2;

    public Depths(RasterPlan plan, in Beads beads, FdmProfile profile)
    {
        Levels = plan.Levels;
        Half = plan.Levels / 2;
        Infill = plan.InfillQuanta;
        Vertical = (int)(VerticalMm * plan.QuantaPerMm);
        SeedDepth = (int)(0.6 * plan.CellMm * plan.QuantaPerMm);
        Opening = plan.Quanta(OpeningSpacings * beads.SolidSpacingMm);
        ShellMargin = plan.Quanta(ShellMarginSpacings * beads.SolidSpacingMm);
        ThinCore = (int)Math.Floor((beads.CoreMm + ThinCoreMm - 0.2 * plan.CellMm) * plan.QuantaPerMm);
        CoreReachCells = Math.Max(1, (int)Math.Round(CoreReachMm / plan.CellMm));
        // Growth is counted in half quanta so that it fits a byte.
        var perMm = 0.5 * plan.QuantaPerMm;
        Growth = Math.Min((int)Math.Round(SkinGrowthMm * perMm), 250 - Half);
        BridgeOpening = (int)Math.Round(BridgeOpeningMm * perMm);
        StepAside = plan.Levels / 2;
        StepAcross = (int)Math.Round(plan.Levels * 0.5 * 1.4142135623730951);
        // A wall whose outer edge stands further out than half a line and half a nozzle hangs in the air.
        var width = profile.ExternalPerimeterWidthMm > 0 ? profile.ExternalPerimeterWidthMm : profile.ExtrusionWidthMm;
        var overhang = 0.5 * (width + profile.NozzleDiameterMm);
        OuterOverhang = (int)Math.Min(127, Math.Floor(overhang * plan.QuantaPerMm));
        InnerOverhang = (int)Math.Min(127, Math.Floor((overhang + beads.OuterSpacingMm) * plan.QuantaPerMm));
        TopLayers = profile.TopSolidLayers;
        BottomLayers = profile.BottomSolidLayers;
        BridgedLayers = profile.InfillDensity > 0 ? Math.Max(1, (int)Math.Floor(profile.NozzleDiameterMm / profile.LayerHeightMm + 1e-6)) : 0;
    }

    public int Levels { get; }
    public int Half { get; }
    public int Infill { get; }
    public int Vertical { get; }
    public int SeedDepth { get; }
    public int Opening { get; }
    public int ShellMargin { get; }
    public int ThinCore { get; }
    public int CoreReachCells { get; }
    public int Growth { get; }
    public int BridgeOpening { get; }
    public int StepAside { get; }
    public int StepAcross { get; }
    public int OuterOverhang { get; }
    public int InnerOverhang { get; }
    public int TopLayers { get; }
    public int BottomLayers { get; }

    /// <summary>Layers below that must be sparse for solid infill above them to be a bridge.</summary>
    public int BridgedLayers { get; }
}
