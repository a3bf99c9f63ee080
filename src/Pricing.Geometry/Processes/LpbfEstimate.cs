namespace Pricing.Geometry.Processes;

/// <summary>What melting one piece from metal powder takes, in the way it is laid.</summary>
/// <param name="ProfileName">Which profile.</param>
/// <param name="Layers">Powder layers from the plate to the top.</param>
/// <param name="HeightMm">In the way it is laid.</param>
/// <param name="SupportMm3">Room below overhangs that supports fill, as a solid.</param>
/// <param name="SupportMetalMm3">Metal in them.</param>
/// <param name="ContactMm2">Where supports touch the part: area to be finished by hand.</param>
/// <param name="ScanTimeS">Laser on this piece alone.</param>
/// <param name="RecoatTimeS">Recoating all its layers; shared by all pieces on the plate.</param>
public sealed record LpbfEstimate(string ProfileName, long Layers, double HeightMm, double SupportMm3, double SupportMetalMm3, double ContactMm2,
    double ScanTimeS, double RecoatTimeS)
{
    /// <param name="volumeMm3">Of the solid.</param>
    /// <param name="sideMm2">Area of the skin projected sideways: contours of all layers, times the layer height.</param>
    /// <param name="heightMm">In the way it is laid.</param>
    /// <param name="supportMm3">Room below overhangs at the profile's angle.</param>
    /// <param name="contactMm2">Where it touches.</param>
    /// <param name="profile">The machine.</param>
    internal static LpbfEstimate Of(double volumeMm3, double sideMm2, double heightMm, double supportMm3, double contactMm2, LpbfProfile profile)
    {
        var layers = Math.Max(1, (long)Math.Ceiling(heightMm / profile.LayerHeightMm - 1e-6));
        var metal = supportMm3 * profile.SupportDensity;
        // A volume is scanned in lines of one hatch by one layer; a skin in contours of one layer each.
        var hatch = (volumeMm3 + metal) / (profile.LayerHeightMm * profile.HatchMm * profile.HatchSpeedMmS);
        var contour = profile.Contours * sideMm2 / (profile.LayerHeightMm * profile.ContourSpeedMmS);
        return new(profile.Name, layers, heightMm, supportMm3, metal, contactMm2, (hatch + contour) * (1 + profile.JumpShare), layers * profile.RecoatS);
    }
}
