using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Pricing.Geometry.Mesh.Writers;

/// <summary>glTF 2.0: one scene, one node, one primitive with 32-bit indices; as GLB, or as JSON with the buffer embedded.</summary>
public static class GltfWriter
{
    public static void WriteGlb(Stream stream, Polyhedron mesh)
    {
        var buffer = Buffer(mesh);
        var json = Encoding.UTF8.GetBytes(Json(mesh, $"{{\"byteLength\":{buffer.Length}}}"));
        var jsonPadded = new byte[(json.Length + 3) / 4 * 4];
        jsonPadded.AsSpan().Fill((byte)' ');
        json.CopyTo(jsonPadded, 0);
        Span<byte> header = stackalloc byte[20];
        "glTF"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], checked((uint)(12 + 8 + jsonPadded.Length + 8 + buffer.Length)));
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], jsonPadded.Length);
        "JSON"u8.CopyTo(header[16..]);
        stream.Write(header);
        stream.Write(jsonPadded);
        Span<byte> chunk = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(chunk, buffer.Length);
        "BIN\0"u8.CopyTo(chunk[4..]);
        stream.Write(chunk);
        stream.Write(buffer);
    }

    public static void WriteGltf(Stream stream, Polyhedron mesh)
    {
        var buffer = Buffer(mesh);
        var uri = "data:application/octet-stream;base64," + Convert.ToBase64String(buffer);
        stream.Write(Encoding.UTF8.GetBytes(Json(mesh, $"{{\"byteLength\":{buffer.Length},\"uri\":\"{uri}\"}}")));
    }

    /// <summary>Positions, then indices; both little-endian, as every machine .NET runs on is.</summary>
    static byte[] Buffer(Polyhedron mesh) =>
        [.. MemoryMarshal.AsBytes<float>(mesh.Vertices), .. MemoryMarshal.AsBytes<int>(mesh.Triangles)];

    static string Json(Polyhedron mesh, string buffer)
    {
        float[] min = [float.MaxValue, float.MaxValue, float.MaxValue], max = [float.MinValue, float.MinValue, float.MinValue];
        for (var i = 0; i < mesh.Vertices.Length; i++)
        {
            min[i % 3] = Math.Min(min[i % 3], mesh.Vertices[i]);
            max[i % 3] = Math.Max(max[i % 3], mesh.Vertices[i]);
        }
        return FormattableString.Invariant($$"""
            {"asset":{"version":"2.0","generator":"pricing example, millimetres"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],
            "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1}]}],"buffers":[{{buffer}}],
            "bufferViews":[{"buffer":0,"byteLength":{{mesh.Vertices.Length * 4}}},{"buffer":0,"byteOffset":{{mesh.Vertices.Length * 4}},"byteLength":{{mesh.Triangles.Length * 4}}}],
            "accessors":[{"bufferView":0,"componentType":5126,"count":{{mesh.VertexCount}},"type":"VEC3","min":[{{min[0]}},{{min[1]}},{{min[2]}}],"max":[{{max[0]}},{{max[1]}},{{max[2]}}]},
            {"bufferView":1,"componentType":5125,"count":{{mesh.Triangles.Length}},"type":"SCALAR"}]}
            """);
    }
}
