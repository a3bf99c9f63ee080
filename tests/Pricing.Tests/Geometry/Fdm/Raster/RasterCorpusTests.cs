using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry.Fdm;
using Pricing.Geometry.Fdm.Raster;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Fdm.Raster;

/// <summary>
/// Medians against real slices, where the corpus is at hand; gates are looser than the aims, and only parts that slice quickly are measured. The promise
/// itself is worked out by hand in <see cref="RasterEstimatorTests"/>.
/// </summary>
[TestFixture]
public sealed class RasterCorpusTests
{
    [TestCase("fdm_a", 1.5, 2.5)]
    [TestCase("fdm_b", 2.5, 6)]
    [TestCase("fdm_c", 1.5, 3.5)]
    public void Medians_against_real_slices_hold(string config, double filamentPercent, double timePercent)
    {
        if (Corpus.Folder is not { } folder)
        {
            // Without the corpus: the slicer's own figures for a cube of 60 mm, written down once.
            Assert.That(RasterEstimator.Estimate(Parts.Box(60, 60, 60), FdmProfile.Standard)!.PrintTimeS, Is.EqualTo(12390).Within(5).Percent);
            return;
        }
        var profile = PrusaProfile.Parse(File.ReadAllText(Path.Combine(folder, "truth", "configs", config + ".ini")), config);
        var lines = File.ReadAllLines(Path.Combine(folder, "truth", $"slice_{config}_dev.csv"));
        var head = lines[0].Split(',');
        List<double> filament = [], time = [];
        foreach (var cells in lines.Skip(1).Select(line => line.Split(',')))
        {
            string Cell(string column) => cells[Array.IndexOf(head, column)];
            double Number(string column) => double.Parse(Cell(column), CultureInfo.InvariantCulture);
            var name = Cell("file");
            if (Cell("status") != "ok" || Cell("closed") != "1" || Number("user_s") > (config == "fdm_c" ? 8 : 4)
                || name.EndsWith(".step", StringComparison.Ordinal) || name.EndsWith(".stp", StringComparison.Ordinal) || name == "o3dv_CubeHierarchy.gltf")
                continue;
            var soup = Soup.Decode(File.ReadAllBytes(Path.Combine(folder, "models", name)), name, Pricing.Geometry.LengthUnit.Millimetre, Number("scale"));
            var estimate = RasterEstimator.Estimate(soup.Coordinates, profile)!;
            filament.Add(Math.Abs(100 * (estimate.FilamentMm / Number("filament_mm") - 1)));
            time.Add(Math.Abs(100 * (estimate.PrintTimeS / Number("my_s") - 1)));
        }
        filament.Sort();
        time.Sort();
        TestContext.Out.WriteLine($"{filament.Count} parts, filament {filament[filament.Count / 2]:0.00} %, time {time[time.Count / 2]:0.00} %");
        Assert.Multiple(() =>
        {
            Assert.That(filament[filament.Count / 2], Is.LessThan(1.3 * filamentPercent));
            Assert.That(time[time.Count / 2], Is.LessThan(1.3 * timePercent));
        });
    }
}
