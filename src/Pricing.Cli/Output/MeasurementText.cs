using System.Globalization;
using Pricing.Quoting.V1;
// Inside the Pricing namespaces the plain name means the room.
using Body = Pricing.Quoting.V1.Geometry;

namespace Pricing.Cli.Output;

/// <summary>A measurement for people: a handful of lines, warnings last.</summary>
static class MeasurementText
{
    public static void Write(Terminal terminal, string file, Measurement measurement, string timing)
    {
        terminal.Out.WriteLine(Path.GetFileName(file));
        foreach (var line in Lines(measurement))
            terminal.Out.WriteLine("  " + line);
        terminal.Out.WriteLine("  " + timing);
    }

    /// <summary>Size, body, print estimate, notes.</summary>
    public static IEnumerable<string> Lines(Measurement measurement)
    {
        var geometry = measurement.Geometry;
        var min = geometry.BboxMinMm ?? new Vector3();
        var max = geometry.BboxMaxMm ?? new Vector3();
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{Words.Figure(max.X - min.X)} × {Words.Figure(max.Y - min.Y)} × {Words.Figure(max.Z - min.Z)} mm · {Volume(geometry)} · area {Words.Figure(geometry.AreaMm2 / 100)} cm² · {Closed(geometry)}");
        yield return $"{Words.Of(measurement.Format)}, {Words.Count(geometry.Triangles)} triangles, {Words.Bytes(measurement.ModelBytes)}, read in {Words.Of(measurement.Unit)}{(measurement.UnitAssumed ? " (assumed)" : "")}";
        if (measurement.Fdm is { } fdm)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"filament print at {fdm.LayerHeightMm:0.###} mm: {Words.Count(fdm.Layers)} layers, {Words.Figure(fdm.FilamentG)} g, {Words.MachineTime(fdm.PrintTimeS)}");
        foreach (var note in measurement.Notes)
            yield return $"{(note.Severity == MeasurementNote.Types.Severity.Warning ? "warning" : "note")}: {note.Message} [{note.Code}]";
    }

    static string Volume(Body geometry) => geometry.Verdict switch
    {
        Body.Types.Verdict.Bounded =>
            $"volume {Words.Figure(geometry.VolumeMm3 / 1000)} cm³ (between {Words.Figure(geometry.VolumeLowMm3 / 1000)} and {Words.Figure(geometry.VolumeHighMm3 / 1000)})",
        Body.Types.Verdict.Estimate => $"volume about {Words.Figure(geometry.VolumeMm3 / 1000)} cm³",
        _ => $"volume {Words.Figure(geometry.VolumeMm3 / 1000)} cm³",
    };

    static string Closed(Body geometry) =>
        geometry.Watertight ? geometry.Inverted ? "watertight (was inside out)" : "watertight"
        : geometry.HasBoundaryEdges && geometry.BoundaryEdges > 0 ? $"not watertight: {Words.Count(geometry.BoundaryEdges)} open edges"
        : "not watertight";
}
