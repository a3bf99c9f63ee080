using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry;

/// <summary>Figures of real parts against other tools, where those agree; without the parts, of made ones against their formulas.</summary>
[Parallelizable]
sealed class MeasuredCorpusTests
{
    sealed record Truth(string File, double Volume, double Area, double[] Box, bool? Watertight, long? BoundaryEdges, long? Shells);

    [Test]
    public void Volume_area_box_and_verdict_agree_with_two_other_tools()
    {
        var compared = 0;
        using (Assert.EnterMultipleScope())
            foreach (var (name, bytes, truth) in Corpus.Folder is null ? Made() : Real())
                compared += Compare(name, bytes, truth);
        TestContext.Out.WriteLine($"{compared} compared");
        Assert.That(compared, Is.GreaterThan(Corpus.Folder is null ? 3 : 40));
    }

    static int Compare(string name, byte[] bytes, Truth truth)
    {
        PartMeasurement m;
        try
        {
            m = PartMeasurer.Measure(bytes, new() { Unit = LengthUnit.Millimetre }, name);
        }
        catch (MeshFormatException e)
        {
            TestContext.Out.WriteLine($"{name}: {e.Reason}");
            return 0;
        }
        string[] repairs = ["DUPLICATE_TRIANGLES", "SLIVERS_DROPPED", "CORNERS_WELDED", "TRIANGLES_TURNED", "SHELLS_TURNED", "SHELLS_SWALLOWED", "HOLES_CLOSED"];
        var asItCame = m.Notes.All(n => !repairs.Contains(n.Code));
        if (asItCame && m.Verdict is (Verdict.Exact or Verdict.Repaired))
            Assert.That(m.VolumeMm3, Is.EqualTo(Math.Abs(truth.Volume)).Within(1e-6 * Math.Abs(truth.Volume)), $"{name}: volume");
        if (asItCame)
            Assert.That(m.AreaMm2, Is.EqualTo(truth.Area).Within(1e-6 * truth.Area), $"{name}: area");
        double[] box = [m.BboxMinMm.X, m.BboxMaxMm.X, m.BboxMinMm.Y, m.BboxMaxMm.Y, m.BboxMinMm.Z, m.BboxMaxMm.Z];
        if (asItCame)
            Assert.That(box, Is.EqualTo(truth.Box).Within(1e-6 * (1 + box.Max(Math.Abs))), $"{name}: box");
        if (truth.Watertight is { } watertight)
            Assert.That(m.Watertight, Is.EqualTo(watertight), $"{name}: watertight");
        if (truth.BoundaryEdges is { } edges)
            Assert.That(m.BoundaryEdges, Is.EqualTo(edges), $"{name}: boundary edges");
        if (truth.Shells is { } shells)
            Assert.That(m.Shells, Is.EqualTo(shells), $"{name}: shells");
        return 1;
    }

    [Test]
    public void Filament_and_time_are_near_the_slicers()
    {
        if (Corpus.Folder is null)
        {
            // 60 mm cube: PrusaSlicer 2.5.0 with the standard profile.
            var cube = Shapes.Measure(Shapes.Box(60, 60, 60)).Fdm!;
            Assert.That(cube.Layers, Is.EqualTo(300));
            return;
        }
        List<double> filament = [], time = [];
        foreach (var row in Rows("slice_fdm_a_dev.csv"))
        {
            if (row["status"] != "ok" || row["closed"] != "1")
                continue;
            var path = Path.Combine(Corpus.Folder, "models", row["file"]);
            PartMeasurement m;
            try
            {
                m = PartMeasurer.Measure(File.ReadAllBytes(path), new() { Unit = LengthUnit.Millimetre, Scale = Number(row["scale"]) }, row["file"]);
            }
            catch (MeshFormatException e)
            {
                // STEP files and glTF with its data elsewhere are refused on purpose.
                TestContext.Out.WriteLine($"{row["file"]}: {e.Reason}");
                continue;
            }
            filament.Add(Math.Abs(m.Fdm!.FilamentMm / Number(row["filament_mm"]) - 1));
            time.Add(Math.Abs(m.Fdm.PrintTimeS / Number(row["my_s"]) - 1));
        }
        filament.Sort();
        time.Sort();
        TestContext.Out.WriteLine($"{filament.Count} parts: filament {filament[filament.Count / 2]:P2}, p90 {filament[filament.Count * 9 / 10]:P2}; "
            + $"time {time[time.Count / 2]:P2}, p90 {time[time.Count * 9 / 10]:P2}");
        Assert.That(filament[filament.Count / 2], Is.LessThan(0.035));
        Assert.That(time[time.Count / 2], Is.LessThan(0.07));
    }

    static IEnumerable<(string, byte[], Truth)> Made()
    {
        foreach (var size in new double[] { 1, 7.5, 128 })
            yield return ($"box {size}", Shapes.BinaryStl(Shapes.Box(size, size, size)),
                new("", size * size * size, 6 * size * size, [0, size, 0, size, 0, size], true, 0, 1));
        yield return ("pyramid", Shapes.BinaryStl(Shapes.Pyramid(12, 8)), new("", 384, 144 + 4 * 60, [-6, 6, -6, 6, 0, 8], true, 0, 1));
        yield return ("two", Shapes.Obj([.. Shapes.Box(1, 1, 1), .. Shapes.Box(2, 2, 2, new(4, 0, 0))]), new("", 9, 30, [0, 6, 0, 2, 0, 2], true, 0, 2));
    }

    static IEnumerable<(string, byte[], Truth)> Real()
    {
        foreach (var row in Rows("geometry_dev.csv"))
        {
            double volume = Number(row["tm_signed_volume"]), area = Number(row["tm_area"]);
            // Where trimesh and CGAL differ there is nothing to agree with.
            if (!(Math.Abs(volume - Number(row["cg_soup_signed_volume"])) < 1e-7 * Math.Abs(volume))
                || !(Math.Abs(area - Number(row["cg_soup_area"])) < 1e-7 * area))
                continue;
            bool? watertight = row["cg_closed"] is "True" == (row["tm_watertight"] == "1") ? row["tm_watertight"] == "1" : null;
            yield return (row["file"], File.ReadAllBytes(Path.Combine(Corpus.Folder!, "models", row["file"])), new(row["file"], volume, area,
                [Number(row["min_x"]), Number(row["max_x"]), Number(row["min_y"]), Number(row["max_y"]), Number(row["min_z"]), Number(row["max_z"])],
                watertight, (long)Number(row["tm_boundary_edges"]), (long)Number(row["tm_components_vertex"])));
        }
    }

    static IEnumerable<Dictionary<string, string>> Rows(string table)
    {
        var lines = File.ReadAllLines(Path.Combine(Corpus.Folder!, "truth", table));
        var names = Cells(lines[0]);
        foreach (var line in lines.Skip(1))
        {
            var cells = Cells(line);
            yield return names.Select((n, i) => (n, v: i < cells.Count ? cells[i] : "")).ToDictionary(x => x.n, x => x.v);
        }
    }

    static List<string> Cells(string line)
    {
        List<string> cells = [""];
        var quoted = false;
        foreach (var c in line)
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                cells.Add("");
            else
                cells[^1] += c;
        return cells;
    }

    static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : double.NaN;
}
