namespace Pricing.Geometry.Fdm.Raster;

/// <summary>Speeds and accelerations a profile's lines are laid with, after what the hot end melts and the machine allows.</summary>
readonly struct Speeds
{
    public Speeds(FdmProfile p, in Beads beads)
    {
        var melts = p.VolumetricSpeedMaxMm3S;
        double Capped(double speed, double section) => melts > 0 ? Math.Min(speed, melts / Math.Max(section * p.ExtrusionMultiplier, 1e-6)) : speed;
        var h = beads.HeightMm;
        Outer = Capped(p.ExternalPerimeterSpeedMmS, h * beads.OuterSpacingMm);
        Inner = Capped(p.PerimeterSpeedMmS, h * beads.InnerSpacingMm);
        Small = Capped(p.SmallPerimeterSpeedMmS, h * beads.OuterSpacingMm);
        Sparse = Capped(p.InfillSpeedMmS, h * beads.SparseSpacingMm);
        Solid = Capped(p.SolidInfillSpeedMmS, h * beads.SolidSpacingMm);
        Top = Capped(p.TopSolidInfillSpeedMmS, h * beads.TopSpacingMm);
        Bridge = Capped(p.BridgeSpeedMmS, beads.ThreadMm2);
        double Allowed(double own) => Math.Min(own > 0 ? own : p.AccelerationMmS2, p.ExtrudingAccelerationMaxMmS2);
        InfillAcceleration = Allowed(p.InfillAccelerationMmS2);
        BridgeAcceleration = Allowed(p.BridgeAccelerationMmS2);
        PerimeterAcceleration = Allowed(p.PerimeterAccelerationMmS2);
    }

    public double Outer { get; }
    public double Inner { get; }
    public double Small { get; }
    public double Sparse { get; }
    public double Solid { get; }
    public double Top { get; }
    public double Bridge { get; }
    public double InfillAcceleration { get; }
    public double BridgeAcceleration { get; }
    public double PerimeterAcceleration { get; }
}
