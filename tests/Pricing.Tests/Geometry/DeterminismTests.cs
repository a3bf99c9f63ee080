using System.Diagnostics;
using System.Text.Json;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;

namespace Pricing.Tests.Geometry;

/// <summary>One part, one answer: whatever the order, chunks, threads, format, vector width or process.</summary>
[Parallelizable]
sealed class DeterminismTests
{
    /// <summary>A potato, a box beside it and a cavity: closed, many slopes, three shells.</summary>
    static List<Point3[]> Part(int seed)
    {
        List<Point3[]> mesh = [.. Shapes.Potato(new(seed), 4), .. Shapes.Box(20, 20, 20, new(30, 0, -5)), .. Shapes.Inverted(Shapes.Sphere(2, 4, new(40, 10, 5)))];
        return Shapes.Map(mesh, p => new((float)p.X, (float)p.Y, (float)p.Z));
    }

    [Test]
    public void The_digest_does_not_depend_on_order_chunks_threads_or_path()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var mesh = Part(seed);
        var expected = Shapes.Measure(mesh).Digest;
        for (var round = 0; round < 6; round++)
            foreach (var set in Shapes.Paths)
            {
                var file = Shapes.BinaryStl(Shapes.Shuffled(mesh, random));
                var m = Shapes.Measure(file, "made.stl", 1 + round % 3, set, () => random.Next(1, 20_000));
                Assert.That(m.Digest, Is.EqualTo(expected), $"round {round}, {set}");
            }
    }

    [Test]
    public void An_open_and_flipped_mesh_has_one_answer_too()
    {
        var random = new Random(11);
        var mesh = Part(3);
        mesh.RemoveRange(10, 30);
        for (var i = 0; i < mesh.Count; i += 7)
            mesh[i] = [mesh[i][0], mesh[i][2], mesh[i][1]];
        var expected = Shapes.Measure(mesh);
        Assert.That(expected.Verdict, Is.Not.EqualTo(Verdict.Exact));
        for (var round = 0; round < 4; round++)
            Assert.That(Shapes.Measure(Shapes.Shuffled(mesh, random), 2).Digest, Is.EqualTo(expected.Digest));
    }

    [Test]
    public void The_same_triangles_in_three_formats_have_one_digest()
    {
        var mesh = Part(17);
        var expected = Shapes.Measure(mesh).Digest;
        Assert.That(Shapes.Measure(Shapes.AsciiStl(mesh), "made.stl", 1, InstructionSets.Current).Digest, Is.EqualTo(expected));
        Assert.That(Shapes.Measure(Shapes.Obj(mesh), "made.obj", 1, InstructionSets.Current).Digest, Is.EqualTo(expected));
    }

    [Test]
    public void The_engine_version_is_raised_when_a_figure_changes()
    {
        // Made of sums, quotients and roots only, so this digest is the same on every platform. Red? Raise PartMeasurer.EngineVersion, then renew.
        List<Point3[]> mesh = [.. Shapes.Sphere(5, 20), .. Shapes.Box(15, 25, 35, new(30, 0, -20)), .. Shapes.Pyramid(18, 12)];
        Assert.That((PartMeasurer.EngineVersion, Convert.ToHexStringLower(Shapes.Measure(mesh).Digest)), Is.EqualTo((3, "b3f9f28f9dddae99aca10dd433bbf06b268cf6033d39a60d3340308f25b504f7")));
    }

    [Test]
    public void A_process_without_vector_instructions_gives_the_same_digest()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "pricing.dll");
        Assert.That(File.Exists(program), Is.True, "the program is built beside the tests");
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.stl");
        var mesh = Part(5);
        File.WriteAllBytes(file, Shapes.BinaryStl(mesh));
        try
        {
            var expected = Convert.ToHexStringLower(Shapes.Measure(mesh).Digest);
            (string, string)[] settings = [("PRICING_ISA", ""), ("PRICING_ISA", "portable"), ("PRICING_ISA", "avx2"), ("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX512F", "0"),
                ("DOTNET_EnableAVX2", "0"), ("DOTNET_EnableHWIntrinsic", "0")];
            foreach (var (name, value) in settings)
                Assert.That(DigestInChild(program, file, name, value), Is.EqualTo(expected), $"{name}={value}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    static string DigestInChild(string program, string file, string name, string value)
    {
        var start = new ProcessStartInfo("dotnet", [program, "measure", file, "--json"]) { RedirectStandardOutput = true };
        start.Environment[name] = value;
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        Assert.That(child.WaitForExit(TimeSpan.FromMinutes(1)), Is.True);
        Assert.That(child.ExitCode, Is.Zero, output);
        return Find(JsonDocument.Parse(output).RootElement) ?? "";

        static string? Find(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => element.TryGetProperty("digest", out var digest)
                ? digest.GetString()
                : element.EnumerateObject().Select(p => Find(p.Value)).FirstOrDefault(d => d is not null),
            JsonValueKind.Array => element.EnumerateArray().Select(Find).FirstOrDefault(d => d is not null),
            _ => null,
        };
    }
}
