using System.Globalization;
using System.Security.Cryptography;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Tests.Cli;

/// <summary><c>pricing measure</c> from the command line to the JSON, on a torus whose figures are known.</summary>
[TestFixture]
public sealed class MeasureTests
{
    string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pricing-measure-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_torus_is_closed_and_its_volume_and_extent_are_those_of_the_formula()
    {
        var example = ExampleModels.All.Single(model => model.Name == "torus");
        var path = Path.Combine(_folder, "torus.3mf");
        await File.WriteAllBytesAsync(path, MeshWriter.ToBytes(example.Build(), MeshFormat.ThreeMf));
        var said = await Spoken.By("measure", "--json", path);

        Assert.That(said.ExitCode, Is.Zero, said.Error);
        var geometry = said.Json.GetProperty("geometry");
        Assert.That(geometry.GetProperty("watertight").GetBoolean(), Is.True);
        Assert.That(geometry.GetProperty("oriented").GetBoolean(), Is.True);
        Assert.That(geometry.GetProperty("inverted").GetBoolean(), Is.False);
        Assert.That(geometry.GetProperty("shells").GetInt64(), Is.EqualTo(1));
        Assert.That(geometry.GetProperty("boundary_edges").GetInt64(), Is.Zero);
        Assert.That(geometry.GetProperty("volume_mm3").GetDouble(), Is.EqualTo(example.VolumeMm3!.Value).Within(1e-4).Percent);
        // The facets cut the curve, so the area stays a little below 4π²Rr with R = 24, r = 6.
        Assert.That(geometry.GetProperty("area_mm2").GetDouble(), Is.EqualTo(4 * Math.PI * Math.PI * 24 * 6).Within(0.5).Percent);
        double[] extent = [.. Vector("bbox_max_mm").Zip(Vector("bbox_min_mm"), (max, min) => max - min)];
        Assert.That(extent, Is.EqualTo(new[] { 60.0, 60.0, 12.0 }).Within(0.01));
        double[] middle = [.. Vector("bbox_max_mm").Zip(Vector("bbox_min_mm"), (max, min) => (max + min) / 2)];
        Assert.That(Vector("centroid_mm"), Is.EqualTo(middle).Within(0.001));

        double[] Vector(string name) => [.. geometry.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];
    }

    [Test]
    public async Task A_picture_and_findings_are_written_where_asked()
    {
        var path = Torus(500);
        var target = Path.Combine(Path.GetDirectoryName(path)!, "out");
        var said = await Spoken.By("measure", path, "--thumbnail", target + ".png", "--findings", target);

        Assert.That(said.ExitCode, Is.Zero, said.Error);
        Assert.That(File.ReadAllBytes(target + ".png").AsSpan(0, 4).ToArray(), Is.EqualTo(new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G' }));
        var triangles = (int)BitConverter.ToUInt32(File.ReadAllBytes(path), 80);
        foreach (var kind in new[] { "overhang", "thin_wall", "narrow_gap", "unreachable" })
            Assert.That(new FileInfo($"{target}.{kind}").Length, Is.EqualTo(triangles), kind);
        Assert.That(File.ReadAllBytes(target + ".overhang").Max(), Is.GreaterThan(200), "the torus' lower half hangs");
        var refused = await Spoken.By("measure", path, path, "--thumbnail", target + ".png");
        Assert.That(refused.ExitCode, Is.EqualTo(64));
        Assert.That(refused.Error, Does.Contain("ONE_MODEL_ONLY"));
        var unwritable = await Spoken.By("measure", path, "--thumbnail", Path.Combine(target, "no", "folder.png"));
        Assert.That(unwritable.ExitCode, Is.EqualTo(73));
    }

    [Test]
    public async Task The_json_has_the_documented_fields_in_the_documented_order()
    {
        var path = Torus(500);
        var json = (await Spoken.By("measure", "--json", path)).Json;

        Assert.That(Names(json), Is.EqualTo(new[] { "file", "model", "unit_assumed", "geometry", "fdm", "sla", "analysis", "notes", "verdict", "digest", "engine_version", "timing_ms", "reused_bytes" }));
        Assert.That(Names(json.GetProperty("model")), Is.EqualTo(new[] { "sha256", "format", "unit", "scale", "bytes", "triangles" }));
        Assert.That(Names(json.GetProperty("geometry")), Is.SupersetOf(new[]
        {
            "watertight", "oriented", "shells", "boundary_edges", "volume_mm3", "area_mm2", "bbox_min_mm", "bbox_max_mm", "centroid_mm",
        }));
        Assert.That(Names(json.GetProperty("fdm")), Is.SupersetOf(new[] { "layers", "filament_mm", "filament_cm3", "filament_g", "print_time_s" }));
        Assert.That(Names(json.GetProperty("sla")), Is.EqualTo(new[] { "profile", "layer_height_mm", "layers", "resin_cm3", "print_time_s" }));
        Assert.That(Names(json.GetProperty("analysis")), Is.SupersetOf(new[] { "hull_volume_mm3", "smallest_box_mm", "complexity", "columns", "orientations", "powder", "lpbf", "casting" }));
        Assert.That(Names(json.GetProperty("timing_ms")), Is.EqualTo(new[] { "read", "decode", "measure", "total" }));
        Assert.That(json.GetProperty("model").GetProperty("sha256").GetString(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))));
        Assert.That(json.GetProperty("model").GetProperty("format").GetString(), Is.EqualTo("stl-binary"));
        Assert.That(json.GetProperty("model").GetProperty("unit").GetString(), Is.EqualTo("mm"));
        Assert.That(json.GetProperty("unit_assumed").GetBoolean(), Is.True);
        Assert.That(json.GetProperty("digest").GetString(), Does.Match("^[0-9a-f]{64}$"));

        static IEnumerable<string> Names(System.Text.Json.JsonElement element) => element.EnumerateObject().Select(property => property.Name);
    }

    [Test]
    public async Task Unit_and_scale_multiply_and_a_given_unit_is_not_assumed()
    {
        var path = Torus(2_000);
        var plain = (await Spoken.By("measure", "--json", path)).Json;
        var scaled = (await Spoken.By("measure", "--json", "--unit", "cm", "--scale", "0.5", path)).Json;

        Assert.That(scaled.GetProperty("unit_assumed").GetBoolean(), Is.False);
        Assert.That(scaled.GetProperty("model").GetProperty("unit").GetString(), Is.EqualTo("cm"));
        Assert.That(scaled.GetProperty("model").GetProperty("scale").GetDouble(), Is.EqualTo(0.5));
        Assert.That(Volume(scaled), Is.EqualTo(125 * Volume(plain)).Within(0.001).Percent);

        static double Volume(System.Text.Json.JsonElement json) => json.GetProperty("geometry").GetProperty("volume_mm3").GetDouble();
    }

    [Test]
    public async Task Threads_change_no_bit_and_more_than_one_buffer_is_read()
    {
        // 60,000 triangles are 3 MB: three buffers.
        var path = Torus(60_000);
        var digests = new List<string?>();
        foreach (var threads in new[] { 1, 2, 5 })
            digests.Add((await Spoken.By("measure", "--json", "--threads", threads.ToString(CultureInfo.InvariantCulture), path)).Json.GetProperty("digest").GetString());

        Assert.That(digests.Distinct().Count(), Is.EqualTo(1), string.Join(", ", digests));
    }

    [Test]
    public async Task A_broken_file_is_exit_code_65_with_its_reason_and_no_stack_trace()
    {
        var path = Torus(500);
        using (var file = File.OpenWrite(path))
            file.SetLength(file.Length - 30);
        var said = await Spoken.By("measure", "--json", path);

        Assert.That(said.ExitCode, Is.EqualTo(65));
        Assert.That(said.Json.GetProperty("error").GetProperty("reason").GetString(), Does.Match("^[A-Z][A-Z_]+$"));
        Assert.That(said.Error.TrimEnd(), Does.Not.Contain('\n').And.Not.Contain("   at "));
    }

    [Test]
    public async Task Several_files_are_an_array_and_one_bad_file_stops_no_other()
    {
        var good = Torus(500);
        var bad = Path.Combine(_folder, "bad.stl");
        await File.WriteAllTextAsync(bad, "this is not a model");
        var said = await Spoken.By("measure", "--json", bad, good);

        Assert.That(said.ExitCode, Is.EqualTo(1));
        var entries = said.Json.EnumerateArray().ToArray();
        Assert.That(entries, Has.Length.EqualTo(2));
        Assert.That(entries[0].GetProperty("error").GetProperty("exit_code").GetInt32(), Is.EqualTo(65));
        Assert.That(entries[1].GetProperty("file").GetString(), Is.EqualTo(good));
        Assert.That(entries[1].GetProperty("geometry").GetProperty("watertight").GetBoolean(), Is.True);
    }

    [Test]
    public async Task The_text_says_size_volume_triangles_and_that_the_unit_was_assumed()
    {
        var said = await Spoken.By("measure", Torus(20_000));

        Assert.That(said.Out, Does.Contain(" × ").And.Contain("volume ").And.Contain("· watertight")
            .And.Contain("read in mm (assumed)").And.Contain("[UNIT_ASSUMED]"));
    }

    string Torus(long triangles)
    {
        var path = Path.Combine(_folder, "torus.stl");
        var (rings, sides) = TorusStream.SizeFor(triangles);
        using (var file = File.Create(path))
            TorusStream.WriteBinaryStl(file, rings, sides);
        return path;
    }
}
