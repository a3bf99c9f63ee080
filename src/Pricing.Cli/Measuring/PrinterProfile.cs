using System.Globalization;
using Pricing.Geometry.Fdm;

namespace Pricing.Cli.Measuring;

/// <summary>Reads the numbers of an <see cref="FdmProfile"/> from a slicer's .ini file (<c>key = value</c> lines). Unknown keys are skipped.</summary>
static class PrinterProfile
{
    public static FdmProfile Read(string path)
    {
        var info = new FileInfo(path);
        if (info.Length > Limits.Cli.ProfileBytesMax)
            throw Wrong(path, "PROFILE_TOO_LARGE", "The printer profile is too large.", $"{Limits.Cli.ProfileBytesMax} bytes", $"{info.Length} bytes");
        return Parse(File.ReadLines(path), Path.GetFileNameWithoutExtension(path));
    }

    public static FdmProfile Parse(IEnumerable<string> lines, string name)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.TrimStart().StartsWith('#') && !line.TrimStart().StartsWith(';'))
                values[line[..equals].Trim()] = line[(equals + 1)..].Trim();
        }
        var standard = FdmProfile.Standard;
        return standard with
        {
            Name = name,
            LayerHeightMm = Number("layer_height", standard.LayerHeightMm, 0.01, 5),
            FirstLayerHeightMm = Number("first_layer_height", standard.FirstLayerHeightMm, 0.01, 5),
            NozzleDiameterMm = Number("nozzle_diameter", standard.NozzleDiameterMm, 0.05, 10),
            ExtrusionWidthMm = Number("perimeter_extrusion_width", Number("extrusion_width", standard.ExtrusionWidthMm, 0, 10), 0, 10) is > 0 and var width
                ? width : standard.ExtrusionWidthMm,
            Perimeters = (int)Number("perimeters", standard.Perimeters, 0, 100),
            TopSolidLayers = (int)Number("top_solid_layers", standard.TopSolidLayers, 0, 1000),
            BottomSolidLayers = (int)Number("bottom_solid_layers", standard.BottomSolidLayers, 0, 1000),
            InfillDensity = Number("fill_density", standard.InfillDensity, 0, 1),
            FilamentDiameterMm = Number("filament_diameter", standard.FilamentDiameterMm, 0.1, 10),
            FilamentDensityGCm3 = Number("filament_density", standard.FilamentDensityGCm3, 0.01, 30),
            PerimeterSpeedMmS = Number("perimeter_speed", standard.PerimeterSpeedMmS, 0.1, 5000),
            ExternalPerimeterSpeedMmS = Number("external_perimeter_speed", standard.ExternalPerimeterSpeedMmS, 0.1, 5000),
            InfillSpeedMmS = Number("infill_speed", standard.InfillSpeedMmS, 0.1, 5000),
            SolidInfillSpeedMmS = Number("solid_infill_speed", standard.SolidInfillSpeedMmS, 0.1, 5000),
            TopSolidInfillSpeedMmS = Number("top_solid_infill_speed", standard.TopSolidInfillSpeedMmS, 0.1, 5000),
            TravelSpeedMmS = Number("travel_speed", standard.TravelSpeedMmS, 0.1, 5000),
            FirstLayerSpeedMmS = Number("first_layer_speed", standard.FirstLayerSpeedMmS, 0.1, 5000),
            AccelerationMmS2 = Number("default_acceleration", standard.AccelerationMmS2, 1, 1e6),
            MinLayerTimeS = Number("slowdown_below_layer_time", standard.MinLayerTimeS, 0, 1000),
        };

        double Number(string key, double otherwise, double least, double most)
        {
            if (!values.TryGetValue(key, out var text))
                return otherwise;
            // A list ("0.4,0.4") means one value per extruder: the first is meant. A percentage is a fraction.
            var first = text.Split(',', ';')[0].Trim();
            var percent = first.EndsWith('%');
            if (!double.TryParse(percent ? first[..^1] : first, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
                throw Wrong(key, "PROFILE_NOT_A_NUMBER", "The printer profile holds something that is not a number.", "a number", first);
            value = percent ? value / 100 : value;
            return value >= least && value <= most
                ? value
                : throw Wrong(key, "PROFILE_OUT_OF_RANGE", "The printer profile holds a value out of range.", $"{least} to {most}", first);
        }
    }

    static FaultException Wrong(string field, string reason, string message, string limit, string actual) =>
        new(new Fault(ExitCode.Data, reason, message, field, limit, actual));
}
