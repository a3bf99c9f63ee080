using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Shape;

namespace Pricing.Tests.Geometry.Shape;

sealed class SurfaceEdgesTests
{
    [Test]
    public void An_angle_is_right_to_the_stated_error()
    {
        for (var i = -100_000; i <= 100_000; i++)
        {
            var angle = i * Math.PI / 100_000;
            Assert.That(Angle.Of(Math.Sin(angle) * 7, Math.Cos(angle) * 7), Is.EqualTo(Math.Atan2(Math.Sin(angle), Math.Cos(angle))).Within(1e-11));
        }
        Assert.That((Angle.Of(0, 0), Angle.Of(0, 2), Angle.Of(0, -2)), Is.EqualTo((0.0, 0.0, Math.PI)));
    }

    [Test]
    public void A_box_has_twelve_edges_and_six_faces()
    {
        var e = SurfaceEdges.Of(Shapes.Solid(Shapes.Box(20, 30, 10)))!;
        Assert.That((e.Convex30Mm, e.Convex60Mm, e.Concave30Mm, e.Concave60Mm), Is.EqualTo((240.0, 240.0, 0.0, 0.0)));
        Assert.That((e.Patches, e.PlanarPatches, e.PlanarFaces, e.Handles), Is.EqualTo((6L, 6L, 6L, (long?)0)));
        // Half of length times a right angle.
        Assert.That(e.MeanCurvatureMm, Is.EqualTo(240 * Math.PI / 4).Within(1e-6));
    }

    [Test]
    public void A_sphere_is_one_curved_patch_whose_curvature_is_its_circumference_twice()
    {
        var e = SurfaceEdges.Of(Shapes.Solid(Shapes.Sphere(5, 10)))!;
        Assert.That(e.MeanCurvatureMm, Is.EqualTo(4 * Math.PI * 10).Within(0.1).Percent);
        Assert.That((e.Patches, e.PlanarPatches, e.PlanarFaces, e.Handles), Is.EqualTo((1L, 0L, 0L, (long?)0)));
    }

    [Test]
    public void A_cylinder_has_three_patches_two_of_them_flat()
    {
        var e = SurfaceEdges.Of(Shapes.Solid(Made.Cylinder(64, 10, 30)))!;
        Assert.That((e.Patches, e.PlanarPatches, e.PlanarFaces), Is.EqualTo((3L, 2L, 2L)));
        Assert.That(e.MeanCurvatureMm, Is.EqualTo(Math.PI * 30 + Math.PI * Math.PI * 10).Within(0.2).Percent);
    }

    [Test]
    public void A_cavity_is_concave_and_parts_that_touch_in_a_point_have_no_handle()
    {
        var hollow = SurfaceEdges.Of(Shapes.Solid([.. Shapes.Box(30, 30, 30), .. Shapes.Inverted(Shapes.Box(10, 10, 10, new(10, 10, 10)))]))!;
        Assert.That((hollow.Convex30Mm, hollow.Concave30Mm, hollow.Handles), Is.EqualTo((360.0, 120.0, (long?)0)));
        var touching = SurfaceEdges.Of(Shapes.Solid([.. Shapes.Box(10, 10, 10), .. Shapes.Box(10, 10, 10, new(10, 10, 10))]))!;
        Assert.That((touching.Patches, touching.Handles), Is.EqualTo((12L, (long?)0)));
    }

    [Test]
    public void A_frame_has_a_handle_and_an_open_surface_no_count()
    {
        // Eight boxes in a square would share faces; a torus is the plain case.
        var torus = Torus(24, 12);
        Assert.That(SurfaceEdges.Of(Shapes.Solid(torus))!.Handles, Is.EqualTo(1));
        Assert.That(SurfaceEdges.Of(Shapes.Solid([.. torus, .. Shapes.Map(torus, p => p with { X = p.X + 100 })]))!.Handles, Is.EqualTo(2));
        torus.RemoveAt(5);
        Assert.That(SurfaceEdges.Of(Shapes.Solid(torus))!.Handles, Is.Null);
    }

    static List<Point3[]> Torus(int rings, int sides)
    {
        Point3 At(int i, int j)
        {
            double u = i % rings * Math.Tau / rings, v = j % sides * Math.Tau / sides, r = 20 + 5 * Math.Cos(v);
            return new(r * Math.Cos(u), r * Math.Sin(u), 5 * Math.Sin(v));
        }
        List<Point3[]> mesh = [];
        for (var i = 0; i < rings; i++)
            for (var j = 0; j < sides; j++)
                mesh.AddRange([[At(i, j), At(i + 1, j), At(i + 1, j + 1)], [At(i, j), At(i + 1, j + 1), At(i, j + 1)]]);
        return mesh;
    }

    [Test]
    public void Sums_agree_with_the_plain_twin()
    {
        var random = Made.Random();
        foreach (var mesh in new[] { Shapes.Potato(random), Torus(30, 9), Made.Cylinder(9, 4, 4) })
        {
            var solid = Shapes.Solid(mesh);
            var e = SurfaceEdges.Of(solid)!;
            Assert.That(new[] { e.Convex30Mm, e.Concave30Mm, e.Convex60Mm, e.Concave60Mm, e.MeanCurvatureMm, e.BendingMm },
                Is.EqualTo(SurfaceEdges.Reference(solid)).Within(1e-6));
        }
    }

    [Test]
    public void Order_changes_no_bit_and_no_part_of_the_corpus_is_refused()
    {
        var random = Made.Random();
        foreach (var (name, mesh) in Made.Parts().Where(part => part.Mesh.Count < 12_000))
        {
            var solid = Shapes.Solid(mesh);
            var first = SurfaceEdges.Of(solid);
            Assert.That(SurfaceEdges.Of(Shapes.Solid(Made.Stirred(mesh, random))), Is.EqualTo(first), name);
            var complexity = Complexity.Of(1, 10, ConvexHull.Of(solid), null, first);
            Assert.That(complexity.Index, Is.InRange(0.0, 1.0), name);
        }
    }

    [Test]
    public void Harder_shapes_have_a_higher_index()
    {
        static double Index(List<Point3[]> mesh)
        {
            var terms = mesh.Select(t => TriangleTerms.Of(t[0], t[1], t[2])).ToArray();
            var solid = Shapes.Solid(mesh);
            var hull = ConvexHull.Of(solid)!;
            return Complexity.Of(terms.Sum(t => t.Volume6) / 6, terms.Sum(t => t.Area2) / 2, hull, OrientedBox.Of(hull), SurfaceEdges.Of(solid)).Index;
        }
        double sphere = Index(Shapes.Sphere(4)), box = Index(Shapes.Box(10, 10, 10)), torus = Index(Torus(40, 20)),
            comb = Index([.. Enumerable.Range(0, 12).SelectMany(i => Shapes.Box(1, 20, 20, new(3 * i, 0, 0)))]);
        Assert.That(new[] { sphere, box, torus, comb }, Is.Ordered.Ascending);
        Assert.That((sphere < 0.05, comb > 0.4), Is.EqualTo((true, true)), $"{sphere} {comb}");
        Assert.That(Index(Shapes.Box(1000, 1000, 1000)), Is.EqualTo(box).Within(1e-6), "size does not matter");
        Assert.That(Complexity.CubeRoot(27e9), Is.EqualTo(3000).Within(1e-9));
        Assert.That(Complexity.CubeRoot(1e-21), Is.EqualTo(1e-7).Within(1e-19));
    }
}
