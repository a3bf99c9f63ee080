using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Tests.Repository;

/// <summary>The models in examples/ are what the project's own generator makes, byte for byte.</summary>
[TestFixture]
public sealed class ExamplesTests
{
    static IEnumerable<string> Models() => SourceTree.Files("examples").Where(f => !f.EndsWith(".md", StringComparison.Ordinal));

    [TestCaseSource(nameof(Models))]
    public void An_example_is_what_the_generator_makes(string file)
    {
        var example = ExampleModels.All.Single(e => e.Name == Path.GetFileNameWithoutExtension(file));
        var format = Path.GetExtension(file) switch
        {
            ".stl" => MeshFormat.StlBinary,
            ".3mf" => MeshFormat.ThreeMf,
            ".obj" => MeshFormat.Obj,
            var other => throw new InvalidOperationException($"no rule for {other}"),
        };
        Assert.That(File.ReadAllBytes(Path.Combine(SourceTree.Root, file)), Is.EqualTo(MeshWriter.ToBytes(example.Build(), format)));
    }

    [Test]
    public void The_example_of_the_readme_exists()
        => Assert.That(Models(), Does.Contain("examples/bracket.stl"));
}
