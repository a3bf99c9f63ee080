using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mass;

sealed class EdgeFingerprintTests
{
    static EdgeChain Chain(InstructionSet set, List<TriangleTile> tiles)
    {
        EdgeChain chain = default;
        foreach (var tile in tiles)
            switch (set)
            {
                case InstructionSet.Avx512: EdgeFingerprint.Add<Words512>(tile, ref chain); break;
                case InstructionSet.Avx2: EdgeFingerprint.Add<Words256>(tile, ref chain); break;
                default: EdgeFingerprint.Add<Words1>(tile, ref chain); break;
            }
        return chain;
    }

    [Test]
    public void Every_path_gives_the_sums_of_the_reference_twin()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var tiles = Shapes.Tiles(Shapes.Soup(new(seed), 1000, 100));
        foreach (var set in Shapes.Paths)
            Assert.That(Chain(set, tiles), Is.EqualTo(EdgeFingerprint.ReferenceChain(tiles)), set.ToString());
    }

    [Test]
    public void Closed_meshes_give_zero_and_minus_zero_is_zero()
    {
        var box = Shapes.Box(1, 2, 3);
        box[0] = [.. box[0].Select(p => p with { X = p.X == 0 ? -0.0 : p.X })];
        foreach (var mesh in new[] { box, Shapes.Sphere(4), Shapes.Pyramid(3, 4), Shapes.Inverted(Shapes.Sphere(2)) })
            foreach (var set in Shapes.Paths)
                Assert.That(Chain(set, Shapes.Tiles(mesh)).IsClosed, Is.True);
    }

    [Test]
    public void No_mutation_passes_for_closed_and_no_closed_mesh_is_refused()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var mesh = Shapes.Potato(random, 2);
            var count = random.Next(0, 3);
            for (var i = 0; i < count; i++)
                Mutate(mesh, random);
            var tiles = Shapes.Tiles(mesh);
            Assert.That(Chain(InstructionSets.Current, tiles).IsClosed, Is.EqualTo(EdgeFingerprint.ReferenceIsClosed(tiles)), $"round {round}");
        }
    }

    static void Mutate(List<Point3[]> mesh, Random random)
    {
        var i = random.Next(mesh.Count);
        switch (random.Next(4))
        {
            case 0: mesh.RemoveAt(i); break;
            case 1: mesh[i] = [mesh[i][0], mesh[i][2], mesh[i][1]]; break;
            case 2: mesh[i] = [mesh[i][0], mesh[i][1], mesh[i][2] with { Z = MathF.BitIncrement((float)mesh[i][2].Z) }]; break;
            default: mesh.Add(mesh[i]); break;
        }
    }
}
