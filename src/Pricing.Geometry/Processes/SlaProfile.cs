using Pricing.Geometry.Profiles;

namespace Pricing.Geometry.Processes;

/// <summary>The numbers of a masked resin printer's profile (a display cures whole layers, the vat tilts between them).</summary>
public sealed record SlaProfile
{
    public required string Name { get; init; }
    public required double LayerHeightMm { get; init; }
    public required double InitialLayerHeightMm { get; init; }
    public required double ExposureS { get; init; }
    public required double InitialExposureS { get; init; }

    /// <summary>Layers over which the exposure falls from the initial one to the ordinary one.</summary>
    public required int FadedLayers { get; init; }

    /// <summary>Tilting under a layer of small area, and under one that covers more than <see cref="SlowAreaShare"/> of the display.</summary>
    public required double FastTiltS { get; init; }
    public required double SlowTiltS { get; init; }
    public required double SlowAreaShare { get; init; }
    public required double DisplayXMm { get; init; }
    public required double DisplayYMm { get; init; }

    /// <summary>Whether the part stands on supports, and how high above the pad or the plate.</summary>
    public required bool Supports { get; init; }
    public required double ElevationMm { get; init; }
    public required bool Pad { get; init; }
    public required double PadThicknessMm { get; init; }

    /// <summary>A display of 120 × 68 mm at 0.05 mm, on supports and a pad: the class of desktop machine that slicer profiles are written for.</summary>
    public static SlaProfile Standard { get; } = new()
    {
        Name = "standard-0.05",
        LayerHeightMm = 0.05,
        InitialLayerHeightMm = 0.05,
        ExposureS = 8,
        InitialExposureS = 35,
        FadedLayers = 10,
        FastTiltS = 5,
        SlowTiltS = 8,
        SlowAreaShare = 0.5,
        DisplayXMm = 120,
        DisplayYMm = 68,
        Supports = true,
        ElevationMm = 5,
        Pad = true,
        PadThicknessMm = 2,
    };

    /// <summary>Reads what PrusaSlicer exports for a resin printer; keys that are missing take the standard's value.</summary>
    /// <exception cref="MeshFormatException">PROFILE_… with the line.</exception>
    public static SlaProfile FromPrusa(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var v = new IniValues(text);
        if (v.Word("printer_technology", "SLA") is not "SLA")
            throw v.Fault("PROFILE_TECHNOLOGY_UNSUPPORTED", "This is not a profile of a resin printer.", "printer_technology", "SLA");
        var s = Standard;
        var height = v.Number("layer_height", s.LayerHeightMm);
        var supports = v.Switch("supports_enable", false);
        var profile = s with
        {
            Name = name,
            LayerHeightMm = height,
            InitialLayerHeightMm = v.Number("initial_layer_height", height),
            ExposureS = v.Number("exposure_time", s.ExposureS),
            InitialExposureS = v.Number("initial_exposure_time", s.InitialExposureS),
            FadedLayers = v.Count("faded_layers", s.FadedLayers),
            FastTiltS = v.Word("material_print_speed", "fast") == "slow" ? v.Number("slow_tilt_time", s.SlowTiltS) : v.Number("fast_tilt_time", s.FastTiltS),
            SlowTiltS = v.Number("slow_tilt_time", s.SlowTiltS),
            SlowAreaShare = v.Share("area_fill", s.SlowAreaShare),
            DisplayXMm = v.Number("display_width", s.DisplayXMm),
            DisplayYMm = v.Number("display_height", s.DisplayYMm),
            Supports = supports,
            ElevationMm = v.Number("support_object_elevation", s.ElevationMm),
            Pad = v.Switch("pad_enable", supports),
            PadThicknessMm = v.Number("pad_wall_thickness", s.PadThicknessMm),
        };
        if (v.ValuesRead == 0)
            throw new MeshFormatException("PROFILE_WITHOUT_VALUES", "The file holds none of the values a resin printer's profile has.", "profile",
                "layer_height, exposure_time, …", "other keys only");
        profile.Check();
        return profile;
    }

    /// <summary>Refuses a profile the estimate cannot answer for, naming the field.</summary>
    public void Check()
    {
        In(LayerHeightMm, 0.005, 1, "layer_height_mm", "mm");
        In(InitialLayerHeightMm, 0.005, 1, "initial_layer_height_mm", "mm");
        In(ExposureS, 0, 1000, "exposure_s", "s");
        In(InitialExposureS, 0, 1000, "initial_exposure_s", "s");
        In(FadedLayers, 0, 1000, "faded_layers", "layers");
        In(FastTiltS, 0, 1000, "fast_tilt_s", "s");
        In(SlowTiltS, 0, 1000, "slow_tilt_s", "s");
        In(SlowAreaShare, 0, 1, "slow_area_share", "of 1");
        In(DisplayXMm, 1, 10_000, "display_x_mm", "mm");
        In(DisplayYMm, 1, 10_000, "display_y_mm", "mm");
        In(ElevationMm, 0, 1000, "elevation_mm", "mm");
        In(PadThicknessMm, 0, 1000, "pad_thickness_mm", "mm");
    }

    static void In(double value, double low, double high, string field, string unit)
    {
        if (!(value >= low && value <= high))
            throw new MeshFormatException("PROFILE_OUT_OF_RANGE", $"The profile's {field} is out of range.", $"sla_profile.{field}",
                $"{low} to {high} {unit}", $"{value} {unit}");
    }
}
