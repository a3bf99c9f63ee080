using System.Text.Json;
using Google.Protobuf;
using Pricing.Quoting.V1;
// Inside the Pricing namespaces the plain name means the room.
using Body = Pricing.Quoting.V1.Geometry;

namespace Pricing.Cli.Output;

/// <summary>The measurement part of <c>measure --json</c> and <c>quote --json</c>: the same fields in the same order.</summary>
static class MeasurementJson
{
    static readonly JsonFormatter AnalysisFormat = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true));

    /// <summary>Writes the fields into the object that is open.</summary>
    public static void WriteFields(Utf8JsonWriter json, Measurement measurement)
    {
        var geometry = measurement.Geometry;
        json.WriteStartObject("model");
        json.WriteString("sha256", measurement.ModelSha256);
        json.WriteString("format", Words.Of(measurement.Format));
        json.WriteString("unit", Words.Of(measurement.Unit));
        json.WriteNumber("scale", measurement.Options is { Scale: not 0 } options ? options.Scale : 1);
        json.WriteNumber("bytes", measurement.ModelBytes);
        json.WriteNumber("triangles", geometry.Triangles);
        json.WriteEndObject();
        json.WriteBoolean("unit_assumed", measurement.UnitAssumed);
        WriteBody(json, geometry);
        if (measurement.Fdm is null)
            json.WriteNull("fdm");
        else
            Fdm(json, measurement.Fdm);
        Sla(json, measurement.Sla);
        // The message's own names, in its order.
        json.WritePropertyName("analysis");
        if (measurement.Analysis is null)
            json.WriteNullValue();
        else
            json.WriteRawValue(AnalysisFormat.Format(measurement.Analysis));
        json.WriteStartArray("notes");
        foreach (var note in measurement.Notes)
        {
            json.WriteStartObject();
            json.WriteString("code", note.Code);
            json.WriteString("severity", note.Severity == MeasurementNote.Types.Severity.Warning ? "warning" : "info");
            json.WriteString("message", note.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("verdict", Words.Of(geometry.Verdict));
        json.WriteString("digest", Convert.ToHexStringLower(measurement.Digest.Span));
        json.WriteNumber("engine_version", measurement.EngineVersion);
    }

    static void WriteBody(Utf8JsonWriter json, Body geometry)
    {
        json.WriteStartObject("geometry");
        json.WriteBoolean("watertight", geometry.Watertight);
        json.WriteBoolean("oriented", geometry.Oriented);
        json.WriteBoolean("inverted", geometry.Inverted);
        // Not counted above two million triangles; null, not zero.
        Count(json, "shells", geometry.HasShells, geometry.Shells);
        Count(json, "boundary_edges", geometry.HasBoundaryEdges, geometry.BoundaryEdges);
        Count(json, "nonmanifold_edges", geometry.HasNonmanifoldEdges, geometry.NonmanifoldEdges);
        json.WriteNumber("degenerate_triangles", geometry.DegenerateTriangles);
        json.WriteNumber("volume_mm3", geometry.VolumeMm3);
        json.WriteNumber("volume_low_mm3", geometry.VolumeLowMm3);
        json.WriteNumber("volume_high_mm3", geometry.VolumeHighMm3);
        json.WriteNumber("area_mm2", geometry.AreaMm2);
        json.WriteNumber("overhang_area_mm2", geometry.OverhangAreaMm2);
        json.WriteNumber("up_area_mm2", geometry.UpAreaMm2);
        json.WriteNumber("down_area_mm2", geometry.DownAreaMm2);
        Vector(json, "bbox_min_mm", geometry.BboxMinMm);
        Vector(json, "bbox_max_mm", geometry.BboxMaxMm);
        Vector(json, "centroid_mm", geometry.CentroidMm);
        json.WriteEndObject();
    }

    static void Fdm(Utf8JsonWriter json, FdmEstimate fdm)
    {
        json.WriteStartObject("fdm");
        json.WriteString("profile", fdm.ProfileName);
        json.WriteNumber("tier", fdm.Tier);
        json.WriteNumber("layer_height_mm", fdm.LayerHeightMm);
        json.WriteNumber("layers", fdm.Layers);
        json.WriteNumber("filament_mm", fdm.FilamentMm);
        json.WriteNumber("filament_cm3", fdm.FilamentCm3);
        json.WriteNumber("filament_g", fdm.FilamentG);
        json.WriteNumber("support_cm3", fdm.SupportCm3);
        json.WriteNumber("print_time_s", fdm.PrintTimeS);
        json.WriteStartArray("features");
        foreach (var feature in fdm.Features)
        {
            json.WriteStartObject();
            json.WriteString("feature", feature.Feature);
            json.WriteNumber("filament_mm", feature.FilamentMm);
            json.WriteNumber("time_s", feature.TimeS);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Sla(Utf8JsonWriter json, SlaEstimate? sla)
    {
        if (sla is null)
        {
            json.WriteNull("sla");
            return;
        }
        json.WriteStartObject("sla");
        json.WriteString("profile", sla.ProfileName);
        json.WriteNumber("layer_height_mm", sla.LayerHeightMm);
        json.WriteNumber("layers", sla.Layers);
        json.WriteNumber("resin_cm3", sla.ResinCm3);
        json.WriteNumber("print_time_s", sla.PrintTimeS);
        json.WriteEndObject();
    }

    static void Count(Utf8JsonWriter json, string name, bool counted, long value)
    {
        if (counted)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    static void Vector(Utf8JsonWriter json, string name, Vector3? vector)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(vector?.X ?? 0);
        json.WriteNumberValue(vector?.Y ?? 0);
        json.WriteNumberValue(vector?.Z ?? 0);
        json.WriteEndArray();
    }
}
