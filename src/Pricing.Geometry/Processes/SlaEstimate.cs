using Pricing.Geometry.Layers;

namespace Pricing.Geometry.Processes;

/// <summary>What printing one piece in resin takes, as it lies.</summary>
/// <param name="ProfileName">Which profile.</param>
/// <param name="LayerHeightMm">Its layer height.</param>
/// <param name="Layers">Exposed layers, supports and pad included.</param>
/// <param name="ResinCm3">Resin in the part.</param>
/// <param name="PrintTimeS">Exposures and tilts; without washing and curing.</param>
public sealed record SlaEstimate(string ProfileName, double LayerHeightMm, long Layers, double ResinCm3, double PrintTimeS)
{
    /// <summary>Layers that get the initial exposure whole, before it fades.</summary>
    const int InitialLayers = 3;

    /// <summary>Moves of the display and the tower beside exposure and tilt, s per layer; from the slicer's own estimates, all profiles alike.</summary>
    const double MoveS = 0.25;

    /// <summary>A height that misses a whole number of layers by less than this is that number, mm.</summary>
    const double LayerSlackMm = 1e-6;

    /// <param name="volumeMm3">Of the solid.</param>
    /// <param name="heightMm">As it lies.</param>
    /// <param name="table">Sections, to tell wide layers from narrow ones; null: all narrow.</param>
    /// <param name="profile">The machine.</param>
    internal static SlaEstimate Of(double volumeMm3, double heightMm, LayerTable? table, SlaProfile profile)
    {
        var raised = heightMm + (profile.Supports ? profile.ElevationMm : 0) + (profile.Pad ? profile.PadThicknessMm : 0);
        var layers = Math.Max(1, (long)Math.Floor((raised - profile.InitialLayerHeightMm + LayerSlackMm) / profile.LayerHeightMm) + 1);
        var slow = table is null ? 0 : (long)Math.Round(layers * WideShare(table, profile.SlowAreaShare * profile.DisplayXMm * profile.DisplayYMm));
        var initial = Math.Min(layers, InitialLayers) * (profile.InitialExposureS - profile.ExposureS);
        var time = layers * (profile.ExposureS + profile.FastTiltS + MoveS) + slow * (profile.SlowTiltS - profile.FastTiltS)
            + initial + Fading(profile, layers - InitialLayers);
        return new(profile.Name, profile.LayerHeightMm, layers, volumeMm3 / 1000, time);
    }

    /// <summary>Exposure beyond the ordinary one while it fades in equal steps, the last of which reaches the ordinary one.</summary>
    static double Fading(SlaProfile profile, long layersAfter)
    {
        var step = (profile.InitialExposureS - profile.ExposureS) / (profile.FadedLayers + 1);
        double sum = 0;
        for (var k = 1; k < profile.FadedLayers && k <= layersAfter; k++)
            sum += profile.InitialExposureS - profile.ExposureS - k * step;
        return sum;
    }

    static double WideShare(LayerTable table, double areaMm2)
    {
        long wide = 0;
        foreach (var area in table.AreaMm2)
            wide += area > areaMm2 ? 1 : 0;
        return table.Count == 0 ? 0 : (double)wide / table.Count;
    }
}
