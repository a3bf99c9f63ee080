using System.Text;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Tests.Geometry.Mesh;

sealed class GltfTests
{
    static readonly string Box = Encoding.UTF8.GetString(MeshWriter.ToBytes(Solids.Box(1, 2, 3), MeshFormat.Gltf));

    static MeshFormatException Refusal(string json) => Assert.Throws<MeshFormatException>(() => Soup.Decode(Samples.Utf8(json), "a.gltf"))!;

    static Soup Nodes(string nodes, string roots = "0") =>
        Soup.Decode(Samples.Utf8(Box.Replace("\"nodes\":[{\"mesh\":0}]", $"\"nodes\":[{nodes}]").Replace("\"nodes\":[0]", $"\"nodes\":[{roots}]")), "a.gltf");

    /// <summary>A file of one primitive over hand-made buffers.</summary>
    static byte[] Primitive(float[] positions, byte[] indices, int componentType, int count, int mode)
    {
        byte[] buffer = [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(positions), .. indices];
        return Samples.Utf8($$"""
            {"asset":{"version":"2.0"},"nodes":[{"mesh":0}],"meshes":[{"primitives":[{"attributes":{"POSITION":0},{{(count > 0 ? "\"indices\":1," : "")}}"mode":{{mode}}}]}],
            "buffers":[{"byteLength":{{buffer.Length}},"uri":"data:;base64,{{Convert.ToBase64String(buffer)}}"}],
            "bufferViews":[{"buffer":0,"byteLength":{{positions.Length * 4}}},{"buffer":0,"byteOffset":{{positions.Length * 4}},"byteLength":{{indices.Length}}}],
            "accessors":[{"bufferView":0,"componentType":5126,"count":{{positions.Length / 3}},"type":"VEC3"},{"bufferView":1,"componentType":{{componentType}},"count":{{count}},"type":"SCALAR"}]}
            """);
    }

    static readonly float[] Square = [0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0];

    [Test]
    public void Nodes_place_their_meshes_by_matrix_or_by_scale_rotation_translation()
    {
        Assert.That(Nodes("""{"mesh":0,"translation":[10,0,0],"scale":[2,2,2]}""").SignedVolume(), Is.EqualTo(48).Within(1e-9));
        var turned = Nodes("""{"mesh":0,"rotation":[0,0,0.70710678,0.70710678]}""");
        Assert.That(turned.Coordinates.Min(), Is.EqualTo(-2));
        Assert.That(turned.SignedVolume(), Is.EqualTo(6).Within(1e-5));
        var mirrored = Nodes("""{"matrix":[-1,0,0,0, 0,1,0,0, 0,0,1,0, 5,0,0,1],"children":[1]},{"mesh":0}""");
        Assert.That(mirrored.SignedVolume(), Is.EqualTo(6).Within(1e-9));
        Assert.That(mirrored.IsClosed(), Is.True);
        Assert.That(Nodes("""{"mesh":0},{"mesh":0,"translation":[5,0,0]},{"mesh":0}""", "0,1").Triangles, Is.EqualTo(24), "the third node is in no scene");
    }

    [TestCase(5121, new byte[] { 0, 1, 2, 1, 3, 2 }, 4, 2), TestCase(5123, new byte[] { 0, 0, 1, 0, 2, 0 }, 4, 1), TestCase(5125, new byte[] { 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 }, 4, 1)]
    [TestCase(5121, new byte[] { 0, 1, 2, 3 }, 5, 2), TestCase(5121, new byte[] { 0, 1, 3, 2 }, 6, 2)]
    public void Indices_of_every_width_and_strips_and_fans_face_the_same_way(int componentType, byte[] indices, int mode, int triangles)
    {
        var count = indices.Length / (componentType == 5121 ? 1 : componentType == 5123 ? 2 : 4);
        var soup = Soup.Decode(Primitive(Square, indices, componentType, count, mode));
        Assert.That(soup.Triangles, Is.EqualTo(triangles));
        for (var t = 0; t < soup.Coordinates.Length; t += 9)
        {
            var c = soup.Coordinates.AsSpan(t, 9);
            Assert.That((c[3] - c[0]) * (c[7] - c[1]) - (c[4] - c[1]) * (c[6] - c[0]), Is.EqualTo(1), "counter-clockwise seen from above");
        }
    }

    [Test]
    public void Without_indices_corners_come_in_order_and_lines_are_left_out_and_said()
    {
        Assert.That(Soup.Decode(Primitive(Square[..9], [], 5121, 0, 4)).Coordinates, Is.EqualTo(Square[..9]));
        Assert.That(Assert.Throws<MeshFormatException>(() => Soup.Decode(Primitive(Square, [], 5121, 0, 1)))!.Reason, Is.EqualTo("MESH_EMPTY"));
        Assert.That(Assert.Throws<MeshFormatException>(() => Soup.Decode(Primitive(Square, [], 5121, 0, 4)))!.Reason, Is.EqualTo("GLTF_MALFORMED"));
        Assert.That(Assert.Throws<MeshFormatException>(() => Soup.Decode(Primitive(Square, [0, 1, 4], 5121, 3, 4)))!.Reason, Is.EqualTo("INDEX_OUT_OF_RANGE"));
    }

    [TestCase("\"scene\":0", "\"scene\":7", "GLTF_INDEX_OUT_OF_RANGE"), TestCase("\"mesh\":0", "\"mesh\":-1", "GLTF_INDEX_OUT_OF_RANGE")]
    [TestCase("\"mesh\":0", "\"mesh\":\"0\"", "GLTF_MALFORMED"), TestCase("\"count\":8", "\"count\":9", "GLTF_ACCESSOR_OUT_OF_RANGE")]
    [TestCase("\"count\":8", "\"count\":8,\"byteOffset\":9223372036854775807", "GLTF_ACCESSOR_OUT_OF_RANGE"), TestCase("\"byteOffset\":96", "\"byteOffset\":2000000000", "GLTF_ACCESSOR_OUT_OF_RANGE")]
    [TestCase("\"count\":8", "\"count\":8,\"sparse\":{}", "GLTF_SPARSE_NOT_SUPPORTED"), TestCase("\"VEC3\"", "\"VEC2\"", "GLTF_MALFORMED")]
    [TestCase("\"version\":\"2.0\"", "\"version\":\"1.0\"", "GLTF_VERSION_UNSUPPORTED"), TestCase("data:application", "http:application", "GLTF_EXTERNAL_BUFFER")]
    [TestCase("\"scene\":0", "\"scene\":0,\"extensionsRequired\":[\"KHR_draco_mesh_compression\"]", "GLTF_EXTENSION_UNSUPPORTED")]
    [TestCase("\"scene\":0", "\"scene\":0,\"extensionsRequired\":[\"EXT_meshopt_compression\"]", "GLTF_EXTENSION_UNSUPPORTED")]
    [TestCase("\"mesh\":0", "\"mesh\":0,\"children\":[0]", "GLTF_NODE_CYCLE"), TestCase("\"mesh\":0", "\"mesh\":0,\"children\":[1]", "GLTF_INDEX_OUT_OF_RANGE")]
    [TestCase("\"mesh\":0", "\"mesh\":0,\"rotation\":[0,0,0,0]", "GLTF_MALFORMED"), TestCase("\"mesh\":0", "\"mesh\":0,\"scale\":[1,1]", "GLTF_MALFORMED")]
    [TestCase("\"scene\":0", "\"scene\":0,\"x\":\"\\uD800\",\"extensionsRequired\":[\"\\uD800\"]", "JSON_MALFORMED"), TestCase("\"mesh\":0", "\"mesh\":0,", "JSON_MALFORMED")]
    public void A_gltf_gone_wrong_is_named(string from, string to, string reason)
    {
        Assert.That(Box, Does.Contain(from));
        Assert.That(Refusal(Box.Replace(from, to)).Reason, Is.EqualTo(reason));
    }

    [Test]
    public void Deep_json_and_deep_or_shared_nodes_are_refused()
    {
        Assert.That(Refusal("{\"a\":" + new string('[', 200)).Reason, Is.EqualTo("JSON_MALFORMED"));
        var chain = string.Join(",", Enumerable.Range(1, 100).Select(i => $"{{\"children\":[{i}]}}")) + ",{\"mesh\":0}";
        Assert.That(Assert.Throws<MeshFormatException>(() => Nodes(chain))!.Reason, Is.EqualTo("GLTF_TOO_DEEP"));
        Assert.That(Assert.Throws<MeshFormatException>(() => Nodes("{\"children\":[1,1]},{\"mesh\":0}"))!.Reason, Is.EqualTo("GLTF_NODE_CYCLE"));
    }

    [Test]
    public void Glb_lengths_and_chunks_that_lie_are_refused()
    {
        var file = MeshWriter.ToBytes(Solids.Box(1, 2, 3), MeshFormat.Glb);
        foreach (var (at, value, reason) in new[] { (4, (byte)1, "GLTF_VERSION_UNSUPPORTED"), (9, (byte)200, "GLB_LENGTH_MISMATCH"), (15, (byte)0x7F, "GLB_MALFORMED"), (16, (byte)'X', "GLB_MALFORMED") })
        {
            var broken = (byte[])file.Clone();
            broken[at] = value;
            Assert.That(Assert.Throws<MeshFormatException>(() => Soup.Decode(broken))!.Reason, Is.EqualTo(reason));
        }
    }
}
