using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Topology;

sealed class MeshTopologyTests
{
    static MeshTopology Of(List<Point3[]> mesh)
    {
        var welded = new WeldedMesh();
        foreach (var tile in Shapes.Tiles(mesh))
            welded.Add(tile);
        return MeshTopology.Of(welded.Corners, welded.Vertices.Count, new(welded.Corners, welded.Vertices.Count));
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
    public void The_index_is_dropped_when_the_limit_is_passed()
    {
        var welded = new WeldedMesh();
        var tile = Shapes.Tiles(Shapes.Sphere(3))[0];
        var indexed = 0;
        for (; welded.IsComplete && indexed < 3_000_000; indexed += tile.Count)
            welded.Add(tile);
        Assert.That(indexed, Is.EqualTo(2_000_000).Within(tile.Count));
        Assert.That(welded.IsComplete, Is.False);
        Assert.That(welded.Corners.Length, Is.Zero);
    }
}
