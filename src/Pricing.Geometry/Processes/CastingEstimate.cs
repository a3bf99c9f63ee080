namespace Pricing.Geometry.Processes;

/// <summary>What casting one piece in lost wax takes beside the pattern.</summary>
/// <param name="MetalMm3">Metal in the piece.</param>
/// <param name="SprueMm3">Metal in its own sprue, which is cut off and melted again.</param>
/// <param name="SprueShare">Sprue ÷ piece.</param>
/// <param name="PolishMm2">Skin a tool reaches from outside.</param>
/// <param name="HiddenMm2">Skin no tool reaches straight along an axis: polished by hand or by media, or left as cast.</param>
public sealed record CastingEstimate(double MetalMm3, double SprueMm3, double SprueShare, double PolishMm2, double HiddenMm2)
{
    /// <summary>A sprue this long joins piece and tree, mm.</summary>
    const double SprueLengthMm = 10;

    /// <summary>No sprue is thinner: metal would freeze in it before the mould is full, mm.</summary>
    const double SprueWidthMinMm = 1.5;

    /// <param name="volumeMm3">Of the solid.</param>
    /// <param name="areaMm2">Of its skin.</param>
    /// <param name="thickestMm">Its thickest wall: the sprue must freeze after it, so is at least as thick.</param>
    /// <param name="hiddenMm2">Skin reached from none of the six axis directions.</param>
    internal static CastingEstimate Of(double volumeMm3, double areaMm2, double thickestMm, double hiddenMm2)
    {
        var width = Math.Max(SprueWidthMinMm, thickestMm);
        // Never more metal in the sprue than in the piece: then several thinner ones feed it.
        var sprue = Math.Min(volumeMm3, 0.25 * Math.PI * width * width * SprueLengthMm);
        var hidden = Math.Min(hiddenMm2, areaMm2);
        return new(volumeMm3, sprue, sprue / volumeMm3, areaMm2 - hidden, hidden);
    }
}
