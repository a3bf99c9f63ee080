namespace Pricing.Geometry.Mesh.Writers;

/// <summary>
/// Small writers for examples and tests. Every one writes coordinates so that the decoder gives back the same float32 bits: binary as they
/// are, text in the shortest decimal that rounds to them.
/// </summary>
public static class MeshWriter
{
    public static void Write(Stream stream, Polyhedron mesh, MeshFormat format)
    {
        switch (format)
        {
            case MeshFormat.StlBinary:
                StlWriter.WriteBinary(stream, mesh);
                break;
            case MeshFormat.StlAscii:
                StlWriter.WriteAscii(stream, mesh);
                break;
            case MeshFormat.Obj:
                IndexedTextWriter.WriteObj(stream, mesh);
                break;
            case MeshFormat.Off:
                IndexedTextWriter.WriteOff(stream, mesh);
                break;
            case MeshFormat.Ply:
                PlyWriter.Write(stream, mesh, PlyBody.BinaryLittleEndian);
                break;
            case MeshFormat.ThreeMf:
                XmlMeshWriter.WriteThreeMf(stream, mesh);
                break;
            case MeshFormat.Amf:
                XmlMeshWriter.WriteAmf(stream, mesh);
                break;
            case MeshFormat.Glb:
                GltfWriter.WriteGlb(stream, mesh);
                break;
            case MeshFormat.Gltf:
                GltfWriter.WriteGltf(stream, mesh);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }
    }

    public static byte[] ToBytes(Polyhedron mesh, MeshFormat format)
    {
        using var stream = new MemoryStream();
        Write(stream, mesh, format);
        return stream.ToArray();
    }

    /// <summary>The usual extension of a format, with its dot.</summary>
    public static string Extension(MeshFormat format) => format switch
    {
        MeshFormat.StlBinary or MeshFormat.StlAscii => ".stl",
        MeshFormat.Obj => ".obj",
        MeshFormat.Ply => ".ply",
        MeshFormat.Off => ".off",
        MeshFormat.ThreeMf => ".3mf",
        MeshFormat.Gltf => ".gltf",
        MeshFormat.Glb => ".glb",
        MeshFormat.Amf => ".amf",
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    internal static StreamWriter Text(Stream stream) => new(stream, new System.Text.UTF8Encoding(false), 16 << 10, leaveOpen: true) { NewLine = "\n" };

    /// <summary>Three coordinates as the shortest decimals that round to them.</summary>
    internal static string Point(ReadOnlySpan<float> p) => FormattableString.Invariant($"{p[0]} {p[1]} {p[2]}");
}
