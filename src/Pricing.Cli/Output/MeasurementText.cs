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
            $"{Words.Length(max.X - min.X)} × {Words.Length(max.Y - min.Y)} × {Words.Length(max.Z - min.Z)} mm · {Volume(geometry)} · area {Words.Figure(geometry.AreaMm2 / 100)} cm² · {Closed(geometry)}");
        yield return $"{Words.Of(measurement.Format)}, {Words.Count(geometry.Triangles)} triangles, {Words.Bytes(measurement.ModelBytes)}, read in {Words.Of(measurement.Unit)}{(measurement.UnitAssumed ? " (assumed)" : "")}";
        if (measurement.Fdm is { } fdm)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"filament print at {fdm.LayerHeightMm:0.###} mm: {Words.Count(fdm.Layers)} layers, {Words.Mass(fdm.FilamentG)}, {Words.MachineTime(fdm.PrintTimeS)}");
        foreach (var line in Analysis(measurement))
            yield return line;
        foreach (var note in measurement.Notes)
            yield return $"{(note.Severity == MeasurementNote.Types.Severity.Warning ? "warning" : "note")}: {note.Message} [{note.Code}]";
    }

    static IEnumerable<string> Analysis(Measurement measurement)
    {
        if (measurement.Sla is { } sla)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"resin print at {sla.LayerHeightMm:0.###} mm: {Words.Count(sla.Layers)} layers, {Words.Figure(sla.ResinCm3)} cm³, {Words.MachineTime(sla.PrintTimeS)}");
        if (measurement.Analysis is not { } analysis)
            yield break;
        if (analysis.SmallestBoxMm is { } box)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"smallest box {Words.Length(box.X)} × {Words.Length(box.Y)} × {Words.Length(box.Z)} mm · hull {Words.Figure(analysis.HullVolumeMm3 / 1000)} cm³ · complexity {analysis.Complexity.Index:0.00}");
        if (analysis.Columns is { } columns)
        {
            List<string> facts = [columns.Walls.HasSmallestMm ? string.Create(CultureInfo.InvariantCulture, $"thinnest wall {columns.Walls.SmallestMm:0.##} mm") : "no wall below 20 mm"];
            if (columns.Gaps.HasSmallestMm)
                facts.Add(string.Create(CultureInfo.InvariantCulture, $"narrowest gap {columns.Gaps.SmallestMm:0.##} mm"));
            if (columns.Supports.FirstOrDefault(support => support.AngleDegrees == 45) is { ContactMm2: > 0 } support)
                facts.Add($"supports {Words.Figure(support.SupportMm3 / 1000)} cm³ under {Words.Figure(support.ContactMm2 / 100)} cm²");
            if (columns.Enclosed.Count > 0)
                facts.Add($"{Words.Count(columns.Enclosed.Count)} closed {(columns.Enclosed.Count == 1 ? "space" : "spaces")} of {Words.Figure(columns.Enclosed.VolumeMm3 / 1000)} cm³");
            facts.Add(string.Create(CultureInfo.InvariantCulture, $"reached from {columns.Reach.Setups} {(columns.Reach.Setups == 1 ? "side" : "sides")}, {(columns.SurfaceMm2 > 0 ? 100 * columns.Reach.NoneMm2 / columns.SurfaceMm2 : 0):0.#} % hidden"));
            yield return string.Join(" · ", facts);
        }
        foreach (var orientation in analysis.Orientations.Where(orientation => orientation.Gain > 0))
            yield return string.Create(CultureInfo.InvariantCulture,
                $"better laid with ({orientation.Best.Up.X:0.##}, {orientation.Best.Up.Y:0.##}, {orientation.Best.Up.Z:0.##}) up for {Words.Of(orientation.Goal)}: {orientation.Gain * 100:0} % less effort, {Words.Length(orientation.Best.HeightMm)} mm high");
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
        : geometry.HasBoundaryEdges && geometry.BoundaryEdges > 0 ? $"not watertight: {Words.Count(geometry.BoundaryEdges)} open {(geometry.BoundaryEdges == 1 ? "edge" : "edges")}"
        : "not watertight";
}
