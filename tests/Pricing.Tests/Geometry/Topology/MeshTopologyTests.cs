using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Topology;

sealed class MeshTopologyTests
{
    static MeshTopology Of(List<Point3[]> mesh)
    {
        var welded = Welded(mesh);
        return MeshTopology.Of(welded.Corners, welded.Vertices.Count, new(welded.Corners, welded.Vertices.Count));
    }

    static WeldedMesh Welded(List<Point3[]> mesh)
    {
        var welded = new WeldedMesh();
        foreach (var tile in Shapes.Tiles(mesh))
            welded.Add(tile);
        return welded;
    }

    static Turning TurningOf(List<Point3[]> mesh, bool inverted, InstructionSet set)
    {
        var welded = Welded(mesh);
        EdgeTable edges = new(welded.Corners, welded.Vertices.Count);
        return Turning.Of(welded.Corners, welded.Vertices, edges, new(0.2), -12, 12, inverted, new(50, 80, 1500, 8), set);
    }

    [Test]
    public void Contours_turn_by_the_same_bits_on_every_path([Values] bool inverted)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        // Boxes have flat faces and upright edges between faces of one plane; a potato's corners go both ways.
        List<Point3[]> mesh = [.. Shapes.Potato(new(seed), 3), .. Shapes.Box(20, 20, 20, new(30, 0, -10))];
        var expected = TurningOf(mesh, inverted, InstructionSet.Portable);
        Assert.That(expected.OuterLossS.Max(), Is.GreaterThan(0.01));
        foreach (var set in Shapes.Paths)
        {
            var turning = TurningOf(mesh, inverted, set);
            Assert.That(turning.Loops, Is.EqualTo(expected.Loops), $"{set}");
            Assert.That(turning.Inset, Is.EqualTo(expected.Inset), $"{set}");
            Assert.That(turning.OuterLossS, Is.EqualTo(expected.OuterLossS), $"{set}");
            Assert.That(turning.InnerLossS, Is.EqualTo(expected.InnerLossS), $"{set}");
        }
    }

    [Test]
    public void Contours_turn_once_around_each_outline_and_back_around_each_hole()
    {
        List<Point3[]> mesh = [.. Shapes.Sphere(3), .. Shapes.Inverted(Shapes.Sphere(2, 4)), .. Shapes.Box(20, 20, 20, new(30, 0, -10))];
        foreach (var set in Shapes.Paths)
        {
            var loops = TurningOf(mesh, false, set).Loops;
            Assert.That(loops[60], Is.EqualTo(1).Within(1e-5), $"{set}");
            Assert.That(loops[90], Is.EqualTo(2).Within(1e-5), $"{set}");
        }
    }

    [Test]
    public void The_weld_numbers_equal_corners_alike_however_many_there_are()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        // A coarse grid has patterns with many zero bits and many repeats, −0 among them; random points have none. Together they outgrow every table.
        float Grid() => random.Next(-6, 7) * 0.5f * (random.Next(2) == 0 ? 1 : -1);
        float Any() => (float)(random.NextDouble() * 200 - 100);
        List<Point3[]> mesh = [.. Enumerable.Range(0, 20_000).Select(i => Enumerable.Range(0, 3)
            .Select(_ => i % 2 == 0 ? new Point3(Grid(), Grid(), Grid()) : new Point3(Any(), Any(), Any())).ToArray())];
        var welded = Welded(mesh);
        Dictionary<Point3, int> numbers = [];
        for (var i = 0; i < 3 * mesh.Count; i++)
        {
            var p = mesh[i / 3][i % 3];
            // Numbers count up in the order of first sight.
            if (!numbers.TryGetValue(p, out var number))
                numbers[p] = number = numbers.Count;
            Assert.That((welded.Corners[i], welded.Vertices[number]), Is.EqualTo((number, p)), $"corner {i}");
        }
        Assert.That(welded.Vertices.Count, Is.EqualTo(numbers.Count));
    }

    [Test]
    public void A_closed_sphere_is_one_manifold_shell() =>
        Assert.That(Of(Shapes.Sphere(3)), Is.EqualTo(new MeshTopology(1, 0, 0, true, true, true, false)));

    [Test]
    public void Boxes_that_touch_along_an_edge_share_a_non_manifold_edge()
    {
        var mesh = Shapes.Box(1, 1, 1);
        mesh.AddRange(Shapes.Box(1, 1, 1, new(1, 1, 0)));
        var t = Of(mesh);
        Assert.That((t.Shells, t.BoundaryEdges, t.NonManifoldEdges, t.Manifold, t.Balanced), Is.EqualTo((1L, 0L, 1L, false, true)));
    }

    [Test]
    public void Counts_are_those_of_the_reference_twin_in_any_order()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            // Coarse coordinates: corners meet by chance, triangles collapse, edges are shared by many.
            var mesh = Shapes.Map(Shapes.Soup(random, random.Next(1, 400), 4), p => new(Math.Round(p.X), Math.Round(p.Y), Math.Round(p.Z)));
            if (round % 2 == 0)
                mesh.AddRange(Shapes.Potato(random, 2));
            var expected = MeshTopology.Reference([.. mesh.Select(t => t.Select(p => new Point3((float)p.X, (float)p.Y, (float)p.Z)).ToArray())]);
            Assert.That(Of(mesh), Is.EqualTo(expected), $"round {round}");
            Assert.That(Of(Shapes.Shuffled(mesh, random)), Is.EqualTo(expected), $"round {round}, shuffled");
        }
    }

    [Test]
    public void The_index_is_dropped_when_it_has_too_many_vertices()
    {
        var welded = new WeldedMesh();
        var tile = new TriangleTile { Count = TriangleTile.Capacity };
        var given = 0;
        for (; welded.IsComplete && given < Limits.Mesh.TopologyTrianglesMax; given += tile.Count)
        {
            for (var lane = 0; lane < 9; lane++)
                for (var i = 0; i < TriangleTile.Capacity; i++)
                    tile.Lanes[lane * TriangleTile.Capacity + i] = lane % 3 == 0 ? given + i : lane;
            welded.Add(tile);
        }
        Assert.That(3 * given, Is.EqualTo(Limits.Topology.VerticesMax).Within(3 * tile.Count));
        Assert.That(() => welded.Vertices, Throws.InvalidOperationException);
    }

    [Test]
    public void The_index_is_dropped_when_the_limit_is_passed()
    {
        var welded = new WeldedMesh();
        var tile = Shapes.Tiles(Shapes.Sphere(3))[0];
        var indexed = 0;
        for (; welded.IsComplete && indexed < 20_000_000; indexed += tile.Count)
            welded.Add(tile);
        Assert.That(indexed, Is.EqualTo(Limits.Mesh.TopologyTrianglesMax).Within(tile.Count));
        Assert.That(welded.IsComplete, Is.False);
        Assert.That(welded.Corners.Length, Is.Zero);
    }
}
