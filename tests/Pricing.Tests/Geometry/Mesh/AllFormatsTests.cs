using System.Diagnostics;
using NUnit.Framework;
using Pricing.Cli.Bench;
using Pricing.Geometry;
using Pricing.Geometry.Examples;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>What holds for every format alike.</summary>
[TestFixtureSource(typeof(Samples), nameof(Samples.Names))]
sealed class AllFormatsTests(string name)
{
    /// <summary>Of a mutated or cut file nothing is asked but an answer: triangles, or the one exception.</summary>
    static MeshFormatException? Refusal(byte[] file, string? fileName)
    {
        try
        {
            Soup.Decode(file, fileName);
            return null;
        }
        catch (MeshFormatException e)
        {
            Assert.That(e.Reason, Does.Match("^[A-Z][A-Z0-9_]+$"));
            Assert.That(e.Message, Does.EndWith("."));
            Assert.That(e.Field, Is.Not.Empty, e.Reason);
            Assert.That(e.Limit, Is.Not.Empty, e.Reason);
            return e;
        }
    }

    [Test]
    public void Written_and_decoded_triangles_are_the_same_bits_in_the_same_order()
    {
        foreach (var mesh in new[] { Samples.Torus(), Solids.Box(1, 2, 3), Solids.Sphere(1e-3, 12, 8), ExampleModels.Bracket(), ExampleModels.SignetRing() })
            Assert.That(Soup.Decode(Samples.File(name, mesh), name).Coordinates, Is.EqualTo(Samples.Coordinates(mesh)));
    }

    [Test]
    public void The_content_is_enough_without_a_name_or_with_a_wrong_one()
    {
        var mesh = Samples.Torus();
        var file = Samples.File(name, mesh);
        foreach (var wrong in new[] { null, "part.bin", "part.stl", "part.obj" })
            Assert.That(Soup.Decode(file, wrong).Coordinates, Is.EqualTo(Samples.Coordinates(mesh)));
    }

    [Test]
    public void A_refusal_names_the_same_reason_and_place_however_the_file_is_cut()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var file = Samples.File(name, Samples.Torus(40, 30));
        for (var round = 0; round < 100; round++)
        {
            var broken = Mutation.Of(file, random);
            var largest = 1 << random.Next(1, 16);
            Assert.That(End(_ => random.Next(1, largest)), Is.EqualTo(End(_ => broken.Length)), $"round {round}, chunks to {largest}");

            string End(Func<int, int> chunk)
            {
                try
                {
                    return $"{Soup.Decode(broken, name, chunk: chunk).Triangles} triangles";
                }
                catch (MeshFormatException e)
                {
                    return $"{e.Reason} {e.Field} {e.Limit} {e.Actual}";
                }
            }
        }
    }

    [Test]
    public void Any_chunking_gives_the_same_triangles()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var mesh = Samples.Torus(40, 30);
        var file = Samples.File(name, mesh);
        var expected = Samples.Coordinates(mesh);
        Assert.That(Soup.Decode(file, name, chunk: _ => 1).Coordinates, Is.EqualTo(expected));
        for (var round = 0; round < 5; round++)
        {
            var largest = 1 << random.Next(1, 16);
            Assert.That(Soup.Decode(file, name, chunk: _ => random.Next(1, largest)).Coordinates, Is.EqualTo(expected));
        }
    }

    [Test]
    public void The_callers_unit_wins_and_scales_in_double()
    {
        var mesh = Samples.Torus();
        var soup = Soup.Decode(Samples.File(name, mesh), name, LengthUnit.Inch, scale: 2);
        var expected = Samples.Coordinates(mesh);
        for (var i = 0; i < expected.Length; i++)
            Assert.That(soup.Coordinates[i], Is.EqualTo((float)(expected[i] * 50.8)).Within(1).Ulps);
        Assert.That(soup.FileUnit, name is "mesh.3mf" or "mesh.amf" or "zipped.amf" ? Is.EqualTo(LengthUnit.Millimetre) : Is.Null);
    }

    [Test]
    public void A_file_cut_at_any_byte_is_refused_or_decoded_but_never_more_than_that()
    {
        var file = Samples.File(name, Solids.Box(1, 2, 3));
        for (var length = 0; length < file.Length; length++)
            Refusal(file[..length], name);
    }

    [Test]
    public void Mutated_files_are_refused_or_decoded_but_never_more_than_that()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var file = Samples.File(name, Solids.Box(1, 2, 3));
        var reasons = new SortedDictionary<string, int>();
        for (var i = 0; i < 3000; i++)
        {
            var mutated = Mutation.Of(file, random);
            var reason = Refusal(mutated, random.Next(2) == 0 ? name : null)?.Reason ?? "decoded";
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }
        TestContext.Out.WriteLine(string.Join(", ", reasons.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.That(reasons, Has.Count.GreaterThan(2), "the mutations reach different ends");
    }

    [Test]
    public void A_coordinate_that_is_not_finite_is_refused_in_every_format()
    {
        var mesh = Samples.Torus();
        mesh.Vertices[100] = name is "little.ply" or "big.ply" or "binary.stl" ? float.NaN : 2e9f;
        Assert.That(Refusal(Samples.File(name, mesh), name)?.Reason, Is.EqualTo("COORDINATE_NOT_FINITE").Or.EqualTo("COORDINATE_OUT_OF_RANGE"));
        var infinite = Samples.Torus();
        infinite.Vertices[100] = float.NegativeInfinity;
        Assert.That(Refusal(Samples.File(name, infinite), name)?.Reason, Is.EqualTo(name is "mesh.gltf" or "mesh.glb" ? "JSON_MALFORMED" : "COORDINATE_NOT_FINITE"));
    }

    [Test]
    public void Refusals_are_quick_and_light_whatever_was_announced()
    {
        var file = Samples.File(name, Solids.Box(1, 2, 3));
        var random = new Random(7);
        Refusal(file[..(file.Length / 2)], name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 50; i++)
            Refusal(Mutation.Of(file, random), name);
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / 50, Is.LessThan(4 << 20), "bytes allocated per file");
        Assert.That(watch.ElapsedMilliseconds / 50, Is.LessThan(200), "milliseconds per file");
    }
}
