using System.Buffers.Binary;

namespace Pricing.Geometry.Mesh.Writers;

/// <summary>The three bodies a PLY may have.</summary>
public enum PlyBody
{
    Ascii,
    BinaryLittleEndian,
    BinaryBigEndian,
}

/// <summary>PLY with float vertices and triangles.</summary>
public static class PlyWriter
{
    public static void Write(Stream stream, Polyhedron mesh, PlyBody body)
    {
        var format = body switch
        {
            PlyBody.Ascii => "ascii",
            PlyBody.BinaryLittleEndian => "binary_little_endian",
            _ => "binary_big_endian",
        };
        using (var text = MeshWriter.Text(stream))
        {
            text.WriteLine($"ply\nformat {format} 1.0\ncomment millimetres\nelement vertex {mesh.VertexCount}");
            text.WriteLine("property float x\nproperty float y\nproperty float z");
            text.WriteLine($"element face {mesh.TriangleCount}\nproperty list uchar int vertex_indices\nend_header");
            if (body == PlyBody.Ascii)
            {
                for (var i = 0; i < mesh.VertexCount; i++)
                    text.WriteLine(MeshWriter.Point(mesh.Vertex(i)));
                for (var t = 0; t < mesh.Triangles.Length; t += 3)
                    text.WriteLine($"3 {mesh.Triangles[t]} {mesh.Triangles[t + 1]} {mesh.Triangles[t + 2]}");
                return;
            }
        }
        WriteBinary(stream, mesh, bigEndian: body == PlyBody.BinaryBigEndian);
    }

    static void WriteBinary(Stream stream, Polyhedron mesh, bool bigEndian)
    {
        Span<byte> value = stackalloc byte[4];
        foreach (var coordinate in mesh.Vertices)
        {
            if (bigEndian)
                BinaryPrimitives.WriteSingleBigEndian(value, coordinate);
            else
                BinaryPrimitives.WriteSingleLittleEndian(value, coordinate);
            stream.Write(value);
        }
        for (var i = 0; i < mesh.Triangles.Length; i++)
        {
            if (i % 3 == 0)
                stream.WriteByte(3);
            if (bigEndian)
                BinaryPrimitives.WriteInt32BigEndian(value, mesh.Triangles[i]);
            else
                BinaryPrimitives.WriteInt32LittleEndian(value, mesh.Triangles[i]);
            stream.Write(value);
        }
    }
}
