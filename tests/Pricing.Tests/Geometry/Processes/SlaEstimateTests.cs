using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Processes;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Processes;

[Parallelizable]
sealed class SlaEstimateTests
{
    static readonly SlaProfile Bare = SlaProfile.Standard with { Supports = false, Pad = false, DisplayXMm = 400, DisplayYMm = 400 };

    static SlaEstimate Measured(List<Point3[]> mesh, SlaProfile profile) =>
        PartMeasurer.Measure(Shapes.BinaryStl(mesh), new() { Sla = profile, FdmTier = 1 }).Sla;

    [Test]
    public void A_box_has_its_volume_in_resin_and_a_layer_per_step()
    {
        var sla = Measured(Shapes.Box(20, 20, 20), Bare);
        Assert.That(sla.Layers, Is.EqualTo(400));
        Assert.That(sla.ResinCm3, Is.EqualTo(8).Within(1e-12));
        // A slicer's figures for this profile: 13.25 s a layer, and what the first layers are exposed longer.
        Assert.That(sla.PrintTimeS, Is.EqualTo(400 * 13.25 + 81 + 27 * 9 - 27.0 / 11 * 45).Within(1e-6));
    }

    [TestCase(0.3, 6)]
    [TestCase(0.31, 6)]
    [TestCase(0.349, 6)]
    [TestCase(0.35, 7)]
    [TestCase(0.01, 1)]
    public void Only_whole_layers_are_exposed_and_at_least_one(double heightMm, long layers) =>
        Assert.That(Measured(Shapes.Box(5, 5, heightMm), Bare).Layers, Is.EqualTo(layers));

    [Test]
    public void Supports_and_pad_lift_the_part()
    {
        var lifted = Bare with { Supports = true, Pad = true };
        Assert.That(Measured(Shapes.Box(10, 10, 10), lifted).Layers, Is.EqualTo((10 + 5 + 2) / 0.05).Within(1e-9));
    }

    [Test]
    public void A_layer_that_fills_the_display_tilts_slowly()
    {
        var mesh = Shapes.Box(100, 60, 10);
        var narrow = Measured(mesh, Bare);
        var wide = Measured(mesh, Bare with { DisplayXMm = 110, DisplayYMm = 65 });
        Assert.That(wide.PrintTimeS - narrow.PrintTimeS, Is.EqualTo(200 * 3).Within(1e-6));
    }

    [Test]
    public void A_slicers_profile_is_read()
    {
        var profile = SlaProfile.FromPrusa("""
            printer_technology = SLA
            layer_height = 0.025
            initial_layer_height = 0.05
            exposure_time = 6
            initial_exposure_time = 30
            faded_layers = 5
            fast_tilt_time = 4
            slow_tilt_time = 9
            area_fill = 40
            display_width = 68
            display_height = 120
            supports_enable = 1
            support_object_elevation = 6.5
            pad_enable = 0
            """, "fine");
        Assert.That(profile, Is.EqualTo(new SlaProfile
        {
            Name = "fine",
            LayerHeightMm = 0.025,
            InitialLayerHeightMm = 0.05,
            ExposureS = 6,
            InitialExposureS = 30,
            FadedLayers = 5,
            FastTiltS = 4,
            SlowTiltS = 9,
            SlowAreaShare = 0.4,
            DisplayXMm = 68,
            DisplayYMm = 120,
            Supports = true,
            ElevationMm = 6.5,
            Pad = false,
            PadThicknessMm = 2,
        }));
    }

    [TestCase("printer_technology = FFF\nlayer_height = 0.2\n", "PROFILE_TECHNOLOGY_UNSUPPORTED")]
    [TestCase("printer_technology = SLA\nlayer_height = 5\n", "PROFILE_OUT_OF_RANGE")]
    [TestCase("printer_technology = SLA\nexposure_time = -1\n", "PROFILE_VALUE_MALFORMED")]
    [TestCase("colour = red\n", "PROFILE_WITHOUT_VALUES")]
    public void A_profile_of_something_else_is_refused(string ini, string reason) =>
        Assert.That(Assert.Throws<MeshFormatException>(() => SlaProfile.FromPrusa(ini, "bad"))!.Reason, Is.EqualTo(reason));

    /// <summary>Against a slicer's exports of real parts, where they are at hand: resin within 1 % for nine of ten, layers and time as good as always.</summary>
    [Test]
    public void Real_parts_take_the_resin_and_layers_a_slicer_says()
    {
        var truth = Path.Combine(Corpus.Folder ?? "", "truth", "slice_sla_a_dev.csv");
        if (Corpus.Folder is null || !File.Exists(truth))
            return;
        var profile = SlaProfile.FromPrusa(File.ReadAllText(Path.Combine(Corpus.Folder, "truth", "configs", "sla_a.ini")), "sla_a");
        var rows = File.ReadLines(truth).Select(line => line.Split(',')).ToList();
        int At(string column) => Array.IndexOf(rows[0], column);
        List<double> resin = [];
        int parts = 0, layers = 0, times = 0;
        foreach (var row in rows.Skip(1).Where(row => row[At("status")] == "ok" && row[At("closed")] == "1"))
        {
            var file = Path.Combine(Corpus.Folder, "models", row[At("file")]);
            if (!File.Exists(file) || new FileInfo(file).Length > 8 << 20 || file.EndsWith(".step", StringComparison.Ordinal) || file.EndsWith(".stp", StringComparison.Ordinal)
                || file.EndsWith(".gltf", StringComparison.Ordinal))
                continue;
            double Number(string column) => double.Parse(row[At(column)], CultureInfo.InvariantCulture);
            var sla = PartMeasurer.Measure(File.ReadAllBytes(file), new() { Sla = profile, Scale = Number("scale"), FdmTier = 1 }, file).Sla;
            parts++;
            layers += sla.Layers == (long)Number("layers") ? 1 : 0;
            times += Math.Abs(sla.PrintTimeS / Number("print_time_s") - 1) < 0.02 ? 1 : 0;
            resin.Add(Math.Abs(sla.ResinCm3 / Number("resin_ml") - 1));
        }
        resin.Sort();
        TestContext.Out.WriteLine($"{parts} parts: layers exact {layers}, time within 2 % {times}, resin {resin[parts / 2]:P3} median, {resin[parts * 9 / 10]:P2} p90");
        Assert.That(parts, Is.GreaterThan(30));
        Assert.That(resin[parts / 2], Is.LessThan(0.005));
        Assert.That(resin[parts * 9 / 10], Is.LessThan(0.01));
        // Heights that are a whole number of layers may come out one less in the slicer, by a float's last bit.
        Assert.That(layers, Is.GreaterThanOrEqualTo(parts * 9 / 10));
        Assert.That(times, Is.EqualTo(parts));
    }
}
