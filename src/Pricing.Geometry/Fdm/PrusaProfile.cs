using Pricing.Geometry.Profiles;

namespace Pricing.Geometry.Fdm;

/// <summary>
/// Reads a printer profile as PrusaSlicer exports it ("key = value" lines) into the numbers the estimate needs. Unknown keys are passed over, missing ones
/// take the standard profile's value; a value that does not read as what its key holds is refused with the line.
/// </summary>
public static class PrusaProfile
{
    /// <param name="text">Content of the .ini file.</param>
    /// <param name="name">What the estimate calls the profile.</param>
    /// <exception cref="MeshFormatException">PROFILE_TOO_LARGE, PROFILE_LINE_MALFORMED, PROFILE_VALUE_MALFORMED, PROFILE_TECHNOLOGY_UNSUPPORTED, PROFILE_WITHOUT_VALUES,
    /// PROFILE_OUT_OF_RANGE.</exception>
    public static FdmProfile Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var v = new IniValues(text);
        if (v.Word("printer_technology", "FFF") is var technology && technology != "FFF")
            throw v.Fault("PROFILE_TECHNOLOGY_UNSUPPORTED", "Only profiles of filament printers can be read.", "printer_technology", "FFF");
        var standard = FdmProfile.Standard;
        var profile = Machine(v, Walls(v, standard with { Name = name }));
        profile = Supports(v, Speeds(v, Infill(v, profile)));
        // A file of anything else must not quietly measure as the standard profile under its own name.
        if (v.ValuesRead == 0)
            throw new MeshFormatException("PROFILE_WITHOUT_VALUES", "The file holds none of the values a printer profile has.", "profile",
                "layer_height, perimeters, fill_density, …", "other keys only");
        profile.Check();
        return profile;
    }

    /// <summary>True when the file says it is of a resin printer; see <c>SlaProfile.FromPrusa</c>.</summary>
    public static bool IsResin(string text) => new IniValues(text).Word("printer_technology", "FFF") == "SLA";

    static FdmProfile Walls(IniValues v, FdmProfile p)
    {
        var height = v.Number("layer_height", p.LayerHeightMm);
        var firstHeight = v.NumberOrShare("first_layer_height", p.FirstLayerHeightMm, height);
        var nozzle = v.Number("nozzle_diameter", p.NozzleDiameterMm);
        // Zero widths are the slicer's to choose: 1.125 nozzles, one nozzle for what shows or is broken off.
        double Width(string key, double otherwise) => v.NumberOrShare(key, 0, height) is > 0 and var width ? width : otherwise;
        var general = Width("extrusion_width", 0);
        var lines = general > 0 ? general : 1.125 * nozzle;
        var fine = general > 0 ? general : nozzle;
        var first = v.NumberOrShare("first_layer_extrusion_width", 0, firstHeight);
        // A shell asked for by thickness is as many layers as reach it.
        int Shell(string layersKey, string thicknessKey, int standard)
        {
            var layers = v.Count(layersKey, standard);
            return layers == 0 ? 0 : (int)Math.Max(layers, Math.Ceiling(v.Number(thicknessKey, 0) / height - 1e-9));
        }
        return p with
        {
            LayerHeightMm = height,
            FirstLayerHeightMm = firstHeight > 0 ? firstHeight : height,
            NozzleDiameterMm = nozzle,
            ExtrusionWidthMm = lines,
            ExternalPerimeterWidthMm = Width("external_perimeter_extrusion_width", lines),
            PerimeterWidthMm = Width("perimeter_extrusion_width", lines),
            InfillWidthMm = Width("infill_extrusion_width", lines),
            SolidInfillWidthMm = Width("solid_infill_extrusion_width", lines),
            TopInfillWidthMm = Width("top_infill_extrusion_width", fine),
            SupportWidthMm = Width("support_material_extrusion_width", fine),
            FirstLayerWidthMm = first > 0 ? first : lines,
            Perimeters = v.Count("perimeters", p.Perimeters),
            TopSolidLayers = Shell("top_solid_layers", "top_solid_min_thickness", p.TopSolidLayers),
            BottomSolidLayers = Shell("bottom_solid_layers", "bottom_solid_min_thickness", p.BottomSolidLayers),
            SkirtLoops = v.Count("skirts", 0),
            SkirtLayers = v.Count("skirt_height", 1),
            SkirtDistanceMm = v.Number("skirt_distance", 6),
            SkirtLengthMinMm = v.Number("min_skirt_length", 0),
            BrimWidthMm = v.Word("brim_type", "outer_only") == "no_brim" ? 0 : v.Number("brim_width", 0),
        };
    }

    static FdmProfile Machine(IniValues v, FdmProfile p)
    {
        var extruding = v.Number("machine_max_acceleration_extruding", p.ExtrudingAccelerationMaxMmS2);
        var general = v.Number("default_acceleration", p.AccelerationMmS2);
        var axis = Math.Min(v.Number("machine_max_acceleration_x", 1500), v.Number("machine_max_acceleration_y", 1500));
        var melts = v.Number("filament_max_volumetric_speed", p.VolumetricSpeedMaxMm3S);
        var meltsToo = v.Number("max_volumetric_speed", 0);
        return p with
        {
            FilamentDiameterMm = v.Number("filament_diameter", p.FilamentDiameterMm),
            FilamentDensityGCm3 = v.Number("filament_density", p.FilamentDensityGCm3) is > 0 and var density ? density : p.FilamentDensityGCm3,
            ExtrusionMultiplier = v.Number("extrusion_multiplier", 1),
            VolumetricSpeedMaxMm3S = melts > 0 && meltsToo > 0 ? Math.Min(melts, meltsToo) : Math.Max(melts, meltsToo),
            AccelerationMmS2 = general > 0 ? general : extruding,
            PerimeterAccelerationMmS2 = v.Number("perimeter_acceleration", p.PerimeterAccelerationMmS2) is > 0 and var walls ? walls : general > 0 ? general : extruding,
            InfillAccelerationMmS2 = v.Number("infill_acceleration", p.InfillAccelerationMmS2),
            BridgeAccelerationMmS2 = v.Number("bridge_acceleration", p.BridgeAccelerationMmS2),
            TravelAccelerationMmS2 = Math.Min(axis, v.Number("machine_max_acceleration_travel", p.TravelAccelerationMmS2)),
            ExtrudingAccelerationMaxMmS2 = extruding,
            RetractingAccelerationMaxMmS2 = v.Number("machine_max_acceleration_retracting", p.RetractingAccelerationMaxMmS2),
            LiftAccelerationMmS2 = v.Number("machine_max_acceleration_z", p.LiftAccelerationMmS2),
            LiftSpeedMmS = v.Number("machine_max_feedrate_z", p.LiftSpeedMmS),
            LiftJerkMmS = v.Number("machine_max_jerk_z", p.LiftJerkMmS),
            ExtruderJerkMmS = v.Number("machine_max_jerk_e", p.ExtruderJerkMmS),
            JerkMmS = Math.Min(v.Number("machine_max_jerk_x", p.JerkMmS), v.Number("machine_max_jerk_y", p.JerkMmS)),
            RetractLengthMm = v.Number("retract_length", p.RetractLengthMm),
            RetractSpeedMmS = v.Number("retract_speed", p.RetractSpeedMmS),
            UnretractSpeedMmS = v.Number("deretract_speed", p.UnretractSpeedMmS),
            LiftMm = v.Number("retract_lift", p.LiftMm),
            BedCentreFromHomeMm = v.BedCentreMm("bed_shape", p.BedCentreFromHomeMm),
            Cooling = v.Switch("cooling", p.Cooling),
            MinLayerTimeS = v.Number("slowdown_below_layer_time", p.MinLayerTimeS),
            MinPrintSpeedMmS = v.Number("min_print_speed", p.MinPrintSpeedMmS) is > 0 and var slowest ? slowest : 1,
        };
    }

    static FdmProfile Infill(IniValues v, FdmProfile p)
    {
        const double rounding = 0.21460183660255172;
        var solid = p.SolidInfillWidthMm - p.LayerHeightMm * rounding;
        var lines = 0.5 * (p.PerimeterWidthMm - p.LayerHeightMm * rounding + solid);
        var flow = v.Number("bridge_flow_ratio", 1);
        // Thin bridges are laid as ordinary lines: express that as a share of the round thread.
        if (!v.Switch("thick_bridges", true))
            flow *= solid * p.LayerHeightMm / (0.25 * Math.PI * p.NozzleDiameterMm * p.NozzleDiameterMm);
        return p with
        {
            InfillDensity = v.Share("fill_density", p.InfillDensity),
            InfillPattern = v.Word("fill_pattern", "grid") switch
            {
                "rectilinear" or "line" or "zigzag" or "monotonic" or "monotoniclines" => InfillPattern.Rectilinear,
                "alignedrectilinear" => InfillPattern.AlignedRectilinear,
                "grid" => InfillPattern.Grid,
                "triangles" or "stars" => InfillPattern.Triangles,
                "gyroid" => InfillPattern.Gyroid,
                "honeycomb" => InfillPattern.Honeycomb,
                _ => InfillPattern.Other,
            },
            FillAngleDegrees = v.Number("fill_angle", p.FillAngleDegrees),
            InfillOverlap = v.NumberOrShare("infill_overlap", p.InfillOverlap * lines, lines) / lines,
            InfillAnchorMaxMm = v.NumberOrShare("infill_anchor_max", p.InfillAnchorMaxMm, p.InfillWidthMm),
            BridgeFlowRatio = flow,
        };
    }

    static FdmProfile Speeds(IniValues v, FdmProfile p)
    {
        // Zero speeds are the slicer's to choose, up to its general bound.
        var most = v.Number("max_print_speed", 80);
        double Speed(string key, double otherwise, double of) => v.NumberOrShare(key, otherwise, of) is > 0 and var speed ? speed : most;
        var wall = Speed("perimeter_speed", p.PerimeterSpeedMmS, 0);
        var sparse = Speed("infill_speed", p.InfillSpeedMmS, 0);
        var solid = Speed("solid_infill_speed", p.SolidInfillSpeedMmS, sparse);
        var support = Speed("support_material_speed", p.SupportSpeedMmS, 0);
        return p with
        {
            PerimeterSpeedMmS = wall,
            ExternalPerimeterSpeedMmS = Speed("external_perimeter_speed", p.ExternalPerimeterSpeedMmS, wall),
            SmallPerimeterSpeedMmS = Speed("small_perimeter_speed", p.SmallPerimeterSpeedMmS, wall),
            InfillSpeedMmS = sparse,
            SolidInfillSpeedMmS = solid,
            TopSolidInfillSpeedMmS = Speed("top_solid_infill_speed", p.TopSolidInfillSpeedMmS, solid),
            BridgeSpeedMmS = Speed("bridge_speed", p.BridgeSpeedMmS, 0),
            TravelSpeedMmS = Speed("travel_speed", p.TravelSpeedMmS, 0),
            // A share is of each line's own speed; walls stand for all.
            FirstLayerSpeedMmS = Speed("first_layer_speed", p.FirstLayerSpeedMmS, wall),
            SupportSpeedMmS = support,
            SupportInterfaceSpeedMmS = Speed("support_material_interface_speed", p.SupportInterfaceSpeedMmS, support),
        };
    }

    static FdmProfile Supports(IniValues v, FdmProfile p) => p with
    {
        Supports = v.Switch("support_material", p.Supports),
        // Zero is the slicer's automatic threshold, close to this.
        SupportThresholdDegrees = v.Number("support_material_threshold", p.SupportThresholdDegrees) is > 0 and var angle ? angle : 45,
        SupportSpacingMm = v.Number("support_material_spacing", p.SupportSpacingMm),
        SupportInterfaceLayers = v.Count("support_material_interface_layers", p.SupportInterfaceLayers),
        SupportInterfaceSpacingMm = v.Number("support_material_interface_spacing", p.SupportInterfaceSpacingMm),
        SupportContactDistanceMm = v.Number("support_material_contact_distance", p.SupportContactDistanceMm),
        SupportClearanceMm = v.NumberOrShare("support_material_xy_spacing", 0.6 * p.ExternalPerimeterWidthMm, p.ExternalPerimeterWidthMm),
    };
}
