using System.Globalization;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Tests.Geometry;

/// <summary>
/// Random parts, each measured in many ways: every format that carries its floats, a random order of triangles, chunking, thread count and vector
/// width. One digest. PRICING_DETERMINISM_CASES says how many parts (CONTRIBUTING.md).
/// </summary>
[Parallelizable]
sealed class DeterminismAcceptanceTests
{
    static readonly MeshFormat[] Formats = Enum.GetValues<MeshFormat>();

    static int Cases => int.TryParse(Environment.GetEnvironmentVariable("PRICING_DETERMINISM_CASES"), CultureInfo.InvariantCulture, out var cases) ? cases : 60;

    [Test]
    public void One_part_has_one_digest_in_any_format_order_chunking_thread_count_and_width()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}, {Cases} parts");
        var measured = 0;
        for (var one = 0; one < Cases; one++)
        {
            var random = new Random(seed + one);
            var mesh = Part(random);
            // The raster of layers costs a hundred times the rest: for one part in eight.
            var tier = random.Next(8) == 0 ? 2 : 1;
            // The reference: the portable path on one thread, all bytes at once.
            var expected = Digest(MeshWriter.ToBytes(mesh, MeshFormat.StlBinary), MeshFormat.StlBinary, tier, 1, InstructionSet.Portable, int.MaxValue, random);
            foreach (var set in Shapes.Paths)
            {
                var format = Formats[random.Next(Formats.Length)];
                var threads = random.Next(1, 4);
                var largest = 1 << random.Next(1, 16);
                var digest = Digest(MeshWriter.ToBytes(Shuffled(mesh, random), format), format, tier, threads, set, largest, random);
                measured++;
                if (digest != expected)
                    Assert.Fail($"seed {seed + one}: {format}, {threads} threads, {set}, chunks to {largest}: {digest}, not {expected}");
            }
        }
        TestContext.Out.WriteLine($"{measured} measurements");
    }

    static string Digest(byte[] file, MeshFormat format, int tier, int threads, InstructionSet set, int largest, Random random)
    {
        try
        {
            using var measurer = new PartMeasurer(new MeasureOptions { Threads = threads, FdmTier = tier }, file.Length, "made" + MeshWriter.Extension(format), set);
            for (var at = 0; at < file.Length;)
            {
                var take = Math.Min(file.Length - at, largest == int.MaxValue ? largest : random.Next(1, largest));
                measurer.Push(file.AsSpan(at, take));
                at += take;
            }
            return Convert.ToHexStringLower(measurer.Finish().Digest);
        }
        catch (MeshFormatException e)
        {
            return e.Reason;
        }
    }

    /// <summary>A solid, bent and moved; sometimes open, turned in places, or with a second one through it.</summary>
    static Polyhedron Part(Random random)
    {
        double Size() => 1 + 20 * random.NextDouble();
        Polyhedron Solid() => random.Next(4) switch
        {
            0 => Solids.Box(Size(), Size(), Size()),
            1 => Solids.RegularPrism(random.Next(3, 20), Size(), Size()),
            2 => Solids.Sphere(Size(), random.Next(3, 24), random.Next(2, 14)),
            _ => Solids.Torus(10 + Size(), 1 + 8 * random.NextDouble(), random.Next(3, 24), random.Next(3, 14)),
        };
        var mesh = Solid();
        if (random.Next(3) == 0)
        {
            var other = Solid();
            mesh = new([.. mesh.Vertices, .. other.Vertices], [.. mesh.Triangles, .. other.Triangles.Select(i => i + mesh.VertexCount)]);
        }
        var vertices = mesh.Vertices.ToArray();
        var reach = (float)(random.Next(4) == 0 ? 1000 : 10);
        var (dx, dy, dz) = (reach * random.NextSingle(), reach * random.NextSingle(), reach * random.NextSingle());
        var bend = random.Next(2) == 0 ? 0.03f * random.NextSingle() : 0;
        for (var v = 0; v < vertices.Length; v += 3)
        {
            vertices[v] += dx + bend * vertices[v + 2] * vertices[v + 2];
            vertices[v + 1] += dy;
            vertices[v + 2] += dz + bend * vertices[v + 1] * vertices[v];
        }
        var triangles = mesh.Triangles.ToList();
        if (random.Next(5) == 0)
            triangles.RemoveRange(3 * random.Next(triangles.Count / 3), 3);
        if (random.Next(5) == 0)
        {
            var at = 3 * random.Next(triangles.Count / 3);
            (triangles[at], triangles[at + 1]) = (triangles[at + 1], triangles[at]);
        }
        return new(vertices, [.. triangles]);
    }

    static Polyhedron Shuffled(Polyhedron mesh, Random random)
    {
        var order = Enumerable.Range(0, mesh.TriangleCount).ToArray();
        random.Shuffle(order);
        return mesh with { Triangles = [.. order.SelectMany(t => mesh.Triangles.AsSpan(3 * t, 3).ToArray())] };
    }
}
