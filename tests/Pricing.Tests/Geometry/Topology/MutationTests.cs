using System.Diagnostics;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Topology;

/// <summary>
/// A hundred thousand small changes to closed meshes, some of which leave them closed: the fingerprint of the streaming pass and the counted
/// edges must both say what a plain dictionary of directed edges says.
/// </summary>
[Parallelizable]
sealed class MutationTests
{
    const int Rounds = 100_000;

    [Test]
    public void A_hundred_thousand_mutations_and_no_false_word()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        List<Point3[]>[] bases =
        [
            Floats(Shapes.Box(1, 2, 3)), Floats(Shapes.Pyramid(4, 3)), Floats(Shapes.Sphere(1)), Floats(Shapes.Potato(random, 2)),
            [.. Floats(Shapes.Box(3, 3, 3)), .. Floats(Shapes.Inverted(Shapes.Box(1, 1, 1, new(1, 1, 1))))],
            [.. Floats(Shapes.Box(1, 1, 1)), .. Floats(Shapes.Box(1, 1, 1, new(1, 1, 0)))],
            Floats(Shapes.Sphere(1, 1e-3, new(500, 0, -500))),
        ];
        var closed = 0;
        var counts = new int[Names.Length];
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < Rounds; round++)
        {
            var mesh = bases[random.Next(bases.Length)].Select(t => (Point3[])t.Clone()).ToList();
            var done = "";
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var what = random.Next(Names.Length);
                counts[what]++;
                done += " " + Names[what];
                mesh = Mutated(mesh, what, random);
            }
            var truth = Truth(mesh);
            closed += truth.Closed ? 1 : 0;
            var tiles = Shapes.Tiles(mesh);
            var chain = default(EdgeChain);
            foreach (var tile in tiles)
                Add(Shapes.Paths[round % Shapes.Paths.Length], tile, ref chain);
            var welded = new WeldedMesh();
            foreach (var tile in tiles)
                welded.Add(tile);
            var topology = MeshTopology.Of(welded.Corners, welded.Vertices.Count, new(welded.Corners, welded.Vertices.Count));
            if (chain.IsClosed != truth.Closed || topology.Balanced != truth.Closed || topology.BoundaryEdges != truth.Boundary
                || topology.NonManifoldEdges != truth.NonManifold)
                Assert.Fail($"round {round}:{done}: fingerprint {chain.IsClosed}, topology {topology}, truth {truth}");
        }
        TestContext.Out.WriteLine($"{closed} of {Rounds} closed, {clock.Elapsed.TotalSeconds:F1} s; {string.Join(", ", Names.Zip(counts))}");
        // Both answers are asked for often.
        Assert.That(closed, Is.InRange(Rounds / 10, Rounds * 9 / 10));
        Assert.That(counts, Has.All.GreaterThan(Rounds / 20));
    }

    static readonly string[] Names = ["delete", "flip", "nudge", "double", "swap", "split one side", "split both", "shuffle", "rotate", "zero sign", "merge", "flip all", "nudge all"];

    static List<Point3[]> Floats(List<Point3[]> mesh) => Shapes.Map(mesh, p => new((float)p.X, (float)p.Y, (float)p.Z));

    static List<Point3[]> Mutated(List<Point3[]> mesh, int what, Random random)
    {
        if (mesh.Count == 0)
            return mesh;
        var i = random.Next(mesh.Count);
        var c = random.Next(3);
        var t = mesh[i];
        switch (Names[what])
        {
            case "delete":
                mesh.RemoveAt(i);
                return mesh;
            case "flip":
                mesh[i] = [t[0], t[2], t[1]];
                return mesh;
            case "nudge":
                t[c] = Nudged(t[c], random);
                return mesh;
            case "double":
                mesh.Add([.. t]);
                return mesh;
            case "swap":
                // Two corners of two triangles change places.
                var j = random.Next(mesh.Count);
                (t[c], mesh[j][0]) = (mesh[j][0], t[c]);
                return mesh;
            case "split one side":
                mesh[i] = [t[0], Middle(t[0], t[1]), t[2]];
                mesh.Add([Middle(t[0], t[1]), t[1], t[2]]);
                return mesh;
            case "split both":
                // Every triangle that has the edge, either way round.
                Point3 a = t[c], b = t[(c + 1) % 3], m = Middle(a, b);
                return [.. mesh.SelectMany(u => Split(u, a, b, m))];
            case "shuffle":
                return Shapes.Shuffled(mesh, random);
            case "rotate":
                return [.. mesh.Select(u => random.Next(3) switch { 0 => u, 1 => [u[1], u[2], u[0]], _ => new[] { u[2], u[0], u[1] } })];
            case "zero sign":
                double Signed(double v) => v == 0 && random.Next(2) == 0 ? -0.0 : v;
                return Shapes.Map(mesh, p => new(Signed(p.X), Signed(p.Y), Signed(p.Z)));
            case "merge":
                // Another box that touches in a corner, along an edge or a face, or overlaps.
                mesh.AddRange(Floats(Shapes.Box(1, 1, 1, new(random.Next(-1, 3), random.Next(-1, 3), random.Next(-1, 3)))));
                return mesh;
            case "flip all":
                return Shapes.Inverted(mesh);
            default:
                // One corner of the solid moves, in every triangle that has it.
                Point3 old = t[c], moved = Nudged(old, random);
                return Shapes.Map(mesh, p => p == old ? moved : p);
        }
    }

    static IEnumerable<Point3[]> Split(Point3[] u, Point3 a, Point3 b, Point3 m)
    {
        for (var k = 0; k < 3; k++)
        {
            Point3 p = u[k], q = u[(k + 1) % 3], r = u[(k + 2) % 3];
            if ((p == a && q == b) || (p == b && q == a))
                return [[p, m, r], [m, q, r]];
        }
        return [u];
    }

    static Point3 Nudged(Point3 p, Random random)
    {
        float Next(double v) => random.Next(2) == 0 ? MathF.BitIncrement((float)v) : MathF.BitDecrement((float)v);
        return random.Next(3) switch { 0 => p with { X = Next(p.X) }, 1 => p with { Y = Next(p.Y) }, _ => p with { Z = Next(p.Z) } };
    }

    static Point3 Middle(Point3 a, Point3 b) => new((float)(0.5 * (a.X + b.X)), (float)(0.5 * (a.Y + b.Y)), (float)(0.5 * (a.Z + b.Z)));

    static void Add(InstructionSet set, Pricing.Geometry.Mesh.TriangleTile tile, ref EdgeChain chain)
    {
        switch (set)
        {
            case InstructionSet.Avx512: EdgeFingerprint.Add<Words512>(tile, ref chain); break;
            case InstructionSet.Avx2: EdgeFingerprint.Add<Words256>(tile, ref chain); break;
            default: EdgeFingerprint.Add<Words1>(tile, ref chain); break;
        }
    }

    /// <summary>Counts of directed edges, by coordinates; −0 is 0.</summary>
    static (bool Closed, long Boundary, long NonManifold) Truth(List<Point3[]> mesh)
    {
        Dictionary<Point3, long> numbers = [];
        Dictionary<long, int> walks = [];
        Span<long> v = stackalloc long[3];
        foreach (var t in mesh)
        {
            for (var k = 0; k < 3; k++)
            {
                numbers.TryAdd(t[k], numbers.Count);
                v[k] = numbers[t[k]];
            }
            if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0])
                continue;
            for (var k = 0; k < 3; k++)
            {
                var key = v[k] << 32 | v[(k + 1) % 3];
                walks[key] = walks.GetValueOrDefault(key) + 1;
            }
        }
        var closed = true;
        long boundary = 0, nonManifold = 0;
        foreach (var (walk, there) in walks)
        {
            long from = walk >> 32, to = walk & uint.MaxValue;
            var back = walks.GetValueOrDefault(to << 32 | from);
            closed &= there == back;
            // Each undirected edge once: from its only or its lower direction.
            if (back > 0 && from > to)
                continue;
            boundary += there + back == 1 ? 1 : 0;
            nonManifold += there + back > 2 ? 1 : 0;
        }
        return (closed, boundary, nonManifold);
    }
}
