using System.Buffers.Binary;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

sealed class BinaryStlDecoderTests
{
    /// <summary>Random finite coordinates, any header; not a closed mesh, which a decoder does not care about.</summary>
    static (byte[] File, float[] Coordinates) RandomStl(Random random, int triangles, string header = "binary")
    {
        var file = new byte[84 + 50 * triangles];
        System.Text.Encoding.ASCII.GetBytes(header).CopyTo(file, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(80), (uint)triangles);
        random.NextBytes(file.AsSpan(84));
        var coordinates = new float[9 * triangles];
        for (var i = 0; i < coordinates.Length; i++)
        {
            coordinates[i] = (random.NextSingle() - 0.5f) * 200;
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(84 + i / 9 * 50 + 12 + i % 9 * 4), coordinates[i]);
        }
        return (file, coordinates);
    }

    static MeshFormatException Refusal(byte[] file, string name = "part.stl") =>
        Assert.Throws<MeshFormatException>(() => Soup.Decode(file, name))!;

    [TestCase(1), TestCase(7), TestCase(8), TestCase(511), TestCase(512), TestCase(513), TestCase(1500)]
    public void Every_coordinate_comes_through_bit_for_bit_in_file_order(int triangles)
    {
        var (file, coordinates) = RandomStl(new Random(triangles), triangles);
        var soup = Soup.Decode(file);
        Assert.That(soup.Format, Is.EqualTo(MeshFormat.StlBinary));
        Assert.That(soup.Coordinates, Is.EqualTo(coordinates));
    }

    [Test]
    public void Chunking_does_not_change_a_bit()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var (file, coordinates) = RandomStl(random, 1100);
        Assert.That(Soup.Decode(file, chunk: _ => 1).Coordinates, Is.EqualTo(coordinates));
        for (var i = 0; i < 20; i++)
            Assert.That(Soup.Decode(file, chunk: _ => random.Next(1, 400)).Coordinates, Is.EqualTo(coordinates));
    }

    [Test]
    public void Unit_and_scale_multiply_in_double_and_round_once()
    {
        var (file, coordinates) = RandomStl(new Random(5), 700);
        var soup = Soup.Decode(file, unit: LengthUnit.Inch, scale: 1.1);
        Assert.That(soup.Coordinates, Is.EqualTo(coordinates.Select(v => (float)(v * (25.4 * 1.1)))));
    }

    [Test]
    public void A_header_that_says_solid_is_still_binary_when_the_length_agrees()
    {
        var (file, coordinates) = RandomStl(new Random(3), 20, "solid facet normal");
        Assert.That(Soup.Decode(file).Coordinates, Is.EqualTo(coordinates));
    }

    [Test]
    public void One_byte_too_many_is_measured_and_said()
    {
        var (file, coordinates) = RandomStl(new Random(3), 20);
        var soup = Soup.Decode([.. file, 0], "part.stl");
        Assert.That(soup.Coordinates, Is.EqualTo(coordinates));
        Assert.That(soup.Notes.Single().Code, Is.EqualTo("STL_TRAILING_BYTES"));
    }

    [TestCase(0u), TestCase(10u), TestCase(30u), TestCase(uint.MaxValue)]
    public void A_count_that_lies_is_refused(uint count)
    {
        var (file, _) = RandomStl(new Random(3), 20);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(80), count);
        var refusal = Refusal(file);
        Assert.That(refusal.Reason, Is.EqualTo("STL_COUNT_MISMATCH"));
        Assert.That(refusal.Limit, Does.Contain("20 triangles"));
        Assert.That(refusal.Actual, Does.Contain($"{count} triangles"));
    }

    [Test]
    public void A_file_cut_inside_a_triangle_is_refused_as_truncated()
    {
        var (file, _) = RandomStl(new Random(3), 20);
        Assert.That(Refusal(file[..^333]).Reason, Is.EqualTo("STL_TRUNCATED"));
    }

    [Test]
    public void A_count_borne_out_by_the_length_but_above_the_limit_names_the_limit() =>
        Assert.That(Assert.Throws<MeshFormatException>(() => TileWriter.CheckTriangles(Limits.Mesh.TrianglesMax + 1))!.Reason,
            Is.EqualTo("TOO_MANY_TRIANGLES"));

    [TestCase(float.NaN, "COORDINATE_NOT_FINITE"), TestCase(float.PositiveInfinity, "COORDINATE_NOT_FINITE")]
    [TestCase(3e38f, "COORDINATE_OUT_OF_RANGE"), TestCase(-1.1e6f, "COORDINATE_OUT_OF_RANGE")]
    public void A_bad_coordinate_is_named_by_triangle_vertex_and_axis(float bad, string reason)
    {
        var (file, _) = RandomStl(new Random(3), 700);
        BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(84 + 600 * 50 + 12 + 4 * 4), bad);
        var refusal = Refusal(file);
        Assert.That(refusal.Reason, Is.EqualTo(reason));
        Assert.That(refusal.Field, Is.EqualTo("triangle 600, vertex 1, y"));
    }

    [Test]
    public void Bad_normals_do_not_matter()
    {
        var (file, coordinates) = RandomStl(new Random(3), 9);
        for (var i = 0; i < 9; i++)
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(84 + 50 * i), float.NaN);
        Assert.That(Soup.Decode(file).Coordinates, Is.EqualTo(coordinates));
    }

    [Test]
    public void Nothing_and_no_triangles_are_refused_with_their_own_reasons()
    {
        Assert.That(Refusal([]).Reason, Is.EqualTo("FILE_EMPTY"));
        Assert.That(Refusal(new byte[84]).Reason, Is.EqualTo("MESH_EMPTY"));
        Assert.That(Refusal(new byte[20]).Reason, Is.EqualTo("STL_TRUNCATED"));
        Assert.That(Refusal([1, 2, 3, 4], "part.xyz").Reason, Is.EqualTo("FORMAT_UNKNOWN"));
    }

    [Test]
    public void Bytes_that_do_not_add_up_to_the_announced_length_are_refused()
    {
        var (file, _) = RandomStl(new Random(3), 9);
        var decoder = MeshDecoder.Open(file.Length, null, null, 1, new TileWriter(new Keeper(), new TriangleTile()));
        decoder.Push(file.AsSpan(0, 300));
        Assert.That(Assert.Throws<MeshFormatException>(decoder.Finish)!.Reason, Is.EqualTo("LENGTH_MISMATCH"));
        var second = MeshDecoder.Open(file.Length, null, null, 1, new TileWriter(new Keeper(), new TriangleTile()));
        second.Push(file);
        Assert.That(Assert.Throws<MeshFormatException>(() => second.Push([1]))!.Reason, Is.EqualTo("LENGTH_MISMATCH"));
    }

    sealed class Keeper : ITileConsumer
    {
        public TriangleTile Accept(TriangleTile tile) => tile;
    }
}
