using System.Buffers.Binary;
using System.Globalization;

namespace Pricing.Geometry.Mesh.Writers;

/// <summary>STL, both forms. Normals are written as the winding gives them, for other programs' sake.</summary>
public static class StlWriter
{
    const string Header = "pricing example";

    public static void WriteBinary(Stream stream, Polyhedron mesh)
    {
        WriteHeader(stream, mesh.TriangleCount);
        Span<byte> record = stackalloc byte[StlRecord.Bytes];
        for (var t = 0; t < mesh.TriangleCount; t++)
        {
            Fill(record, mesh.Vertex(mesh.Triangles[3 * t]), mesh.Vertex(mesh.Triangles[3 * t + 1]), mesh.Vertex(mesh.Triangles[3 * t + 2]));
            stream.Write(record);
        }
    }

    public static void WriteAscii(Stream stream, Polyhedron mesh)
    {
        using var text = MeshWriter.Text(stream);
        text.WriteLine($"solid {Header}");
        for (var t = 0; t < mesh.TriangleCount; t++)
        {
            var (x, y, z) = Normal(mesh.Vertex(mesh.Triangles[3 * t]), mesh.Vertex(mesh.Triangles[3 * t + 1]), mesh.Vertex(mesh.Triangles[3 * t + 2]));
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  facet normal {x} {y} {z}"));
            text.WriteLine("    outer loop");
            for (var k = 0; k < 3; k++)
                text.WriteLine($"      vertex {MeshWriter.Point(mesh.Vertex(mesh.Triangles[3 * t + k]))}");
            text.WriteLine("    endloop");
            text.WriteLine("  endfacet");
        }
        text.WriteLine($"endsolid {Header}");
    }

    internal static void WriteHeader(Stream stream, long triangles)
    {
        Span<byte> header = stackalloc byte[BinaryStlDecoder.HeaderBytes];
        header.Clear();
        System.Text.Encoding.ASCII.GetBytes(Header, header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], checked((uint)triangles));
        stream.Write(header);
    }

    internal static void Fill(Span<byte> record, ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c)
    {
        var (x, y, z) = Normal(a, b, c);
        BinaryPrimitives.WriteSingleLittleEndian(record, x);
        BinaryPrimitives.WriteSingleLittleEndian(record[4..], y);
        BinaryPrimitives.WriteSingleLittleEndian(record[8..], z);
        for (var k = 0; k < 3; k++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(record[(12 + 4 * k)..], a[k]);
            BinaryPrimitives.WriteSingleLittleEndian(record[(24 + 4 * k)..], b[k]);
            BinaryPrimitives.WriteSingleLittleEndian(record[(36 + 4 * k)..], c[k]);
        }
        record[48] = record[49] = 0;
    }

    static (float X, float Y, float Z) Normal(ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c)
    {
        double ux = b[0] - a[0], uy = b[1] - a[1], uz = b[2] - a[2];
        double vx = c[0] - a[0], vy = c[1] - a[1], vz = c[2] - a[2];
        var (x, y, z) = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx);
        var length = Math.Sqrt(x * x + y * y + z * z);
        return length > 0 ? ((float)(x / length), (float)(y / length), (float)(z / length)) : (0, 0, 0);
    }
}
