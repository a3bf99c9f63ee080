using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;
using Pricing.Tests.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Examples;

sealed class ExampleModelTests
{
    static IEnumerable<string> Names => ExampleModels.All.Select(example => example.Name);

    static ExampleModel Named(string name) => ExampleModels.All.Single(example => example.Name == name);

    [TestCaseSource(nameof(Names))]
    public void Every_example_is_closed_and_faces_outwards(string name)
    {
        var soup = Soup.Decode(MeshWriter.ToBytes(Named(name).Build(), MeshFormat.StlBinary));
        Assert.That(soup.IsClosed(), Is.True);
        Assert.That(soup.SignedVolume(), Is.Positive);
    }

    [TestCaseSource(nameof(Names))]
    public void A_volume_known_in_closed_form_is_the_volume_of_the_mesh(string name)
    {
        var example = Named(name);
        var volume = Soup.Decode(MeshWriter.ToBytes(example.Build(), MeshFormat.StlBinary)).SignedVolume();
        TestContext.Out.WriteLine($"{name}: {volume} mm³, {example.Build().TriangleCount} triangles");
        if (example.VolumeMm3 is { } exact)
            Assert.That(volume, Is.EqualTo(exact).Within(1e-6).Percent.Or.EqualTo(exact).Within(2e-5 * exact / 100));
        else
            Assert.That(volume, Is.InRange(100, 20_000));
    }

    [Test]
    public void Every_triangle_has_area_and_no_vertex_is_left_unused()
    {
        foreach (var example in ExampleModels.All)
        {
            var mesh = example.Build();
            Assert.That(mesh.Triangles.Distinct().Count(), Is.EqualTo(mesh.VertexCount), example.Name);
            for (var t = 0; t < mesh.Triangles.Length; t += 3)
                Assert.That(mesh.Triangles.Skip(t).Take(3).Distinct().Count(), Is.EqualTo(3), example.Name);
        }
    }

    [Test]
    public void A_streamed_torus_has_the_triangles_asked_for_and_is_closed()
    {
        Assert.That(TorusStream.SizeFor(10_000_000), Is.EqualTo((2500, 2000)));
        using var stream = new MemoryStream();
        TorusStream.WriteBinaryStl(stream, 50, 40);
        var soup = Soup.Decode(stream.ToArray());
        Assert.That(soup.Triangles, Is.EqualTo(4000));
        Assert.That(soup.IsClosed(), Is.True);
        Assert.That(soup.SignedVolume(), Is.EqualTo(2 * Math.PI * Math.PI * 40 * 14 * 14).Within(2).Percent);
    }

    [Test]
    public void The_circle_of_our_own_agrees_with_the_library_and_is_symmetric()
    {
        for (var steps = 3; steps < 200; steps++)
        {
            var points = UnitCircle.Points(steps);
            for (var i = 0; i < steps; i++)
            {
                Assert.That(points[i].Cos, Is.EqualTo(Math.Cos(2 * Math.PI * i / steps)).Within(2e-15));
                Assert.That(points[i].Sin, Is.EqualTo(Math.Sin(2 * Math.PI * i / steps)).Within(2e-15));
            }
        }
        Assert.That(UnitCircle.At(1, 4), Is.EqualTo((-0.0, 1.0)).Or.EqualTo((0.0, 1.0)));
        Assert.That(UnitCircle.At(37, 100).Cos, Is.EqualTo(-UnitCircle.At(13, 100).Cos));
    }
}
