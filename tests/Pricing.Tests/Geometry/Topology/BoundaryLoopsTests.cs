using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Topology;

namespace Pricing.Tests.Geometry.Topology;

sealed class BoundaryLoopsTests
{
    static BoundaryLoops Of(List<Point3[]> mesh)
    {
        var welded = new WeldedMesh();
        foreach (var tile in Shapes.Tiles(mesh))
            welded.Add(tile);
        return BoundaryLoops.Of(new(welded.Corners, welded.Vertices.Count), welded.Vertices);
    }

    [Test]
    public void A_closed_mesh_has_none()
    {
        var sphere = Of(Shapes.Sphere(3));
        Assert.That((sphere.OpenEdges, sphere.Loops, sphere.Largest.Count, sphere.SharedEdges), Is.EqualTo((0L, (long?)0, 0, 0L)));
    }

    [Test]
    public void Each_hole_is_a_loop_with_its_length_box_and_area()
    {
        // A box without its lid (two triangles) and another without one triangle of its floor.
        var open = Shapes.Box(10, 20, 5);
        open.RemoveRange(2, 2);
        var other = Shapes.Box(3, 4, 5, new(50, 0, 0));
        other.RemoveAt(0);
        var loops = Of([.. other, .. open]);
        Assert.That((loops.OpenEdges, loops.Loops), Is.EqualTo((7L, (long?)2)));
        Assert.That(loops.LengthMm, Is.EqualTo(60 + 12).Within(1e-9));
        var lid = loops.Largest[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((lid.Edges, lid.MinMm, lid.MaxMm, lid.CentreMm), Is.EqualTo((4, new Point3(0, 0, 5), new Point3(10, 20, 5), new Point3(5, 10, 5))));
            Assert.That(lid.LengthMm, Is.EqualTo(60).Within(1e-9));
            Assert.That(lid.AreaMm2, Is.EqualTo(200).Within(1e-9));
            Assert.That(loops.Largest[1].AreaMm2, Is.EqualTo(6).Within(1e-9));
        }
    }

    [Test]
    public void Edges_of_more_than_two_triangles_have_places()
    {
        var t = Of([.. Shapes.Box(1, 1, 1), .. Shapes.Box(1, 1, 1, new(1, 1, 0))]);
        Assert.That((t.OpenEdges, t.SharedEdges), Is.EqualTo((0L, 1L)));
        Assert.That(t.FirstShared, Is.EqualTo(new[] { new SharedEdge(new(1, 1, 0), new(1, 1, 1), 4) }));
    }

    [Test]
    public void The_same_loops_in_any_order_and_no_more_of_them_than_the_limit()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 30; round++)
        {
            var mesh = Shapes.Potato(random, 4);
            for (var i = random.Next(200); i > 0; i--)
                mesh.RemoveAt(random.Next(mesh.Count));
            if (round % 3 == 0)
                mesh = Shapes.Map([.. mesh, .. Shapes.Soup(random, 50, 3)], p => new(Math.Round(p.X), Math.Round(p.Y), Math.Round(p.Z)));
            var expected = Of(mesh);
            var again = Of(Shapes.Shuffled(mesh, random));
            Assert.That((again.OpenEdges, again.Loops, again.LengthMm, again.SharedEdges),
                Is.EqualTo((expected.OpenEdges, expected.Loops, expected.LengthMm, expected.SharedEdges)), $"round {round}");
            Assert.That(again.Largest, Is.EqualTo(expected.Largest), $"round {round}");
            Assert.That(again.FirstShared, Is.EqualTo(expected.FirstShared), $"round {round}");
            Assert.That(expected.Largest.Count, Is.EqualTo(Math.Min(expected.Loops!.Value, Limits.Topology.PlacesMax)));
        }
    }
}
