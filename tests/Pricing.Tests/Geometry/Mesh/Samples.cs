using System.IO.Compression;
using System.Text;
using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>Small files of every format and flavour, made by the project's own writers.</summary>
static class Samples
{
    public static readonly string[] Names =
        ["binary.stl", "ascii.stl", "mesh.obj", "ascii.ply", "little.ply", "big.ply", "mesh.off", "mesh.3mf", "mesh.gltf", "mesh.glb", "mesh.amf", "zipped.amf"];

    public static byte[] File(string name, Polyhedron mesh) => name switch
    {
        "binary.stl" => MeshWriter.ToBytes(mesh, MeshFormat.StlBinary),
        "ascii.stl" => MeshWriter.ToBytes(mesh, MeshFormat.StlAscii),
        "mesh.obj" => MeshWriter.ToBytes(mesh, MeshFormat.Obj),
        "ascii.ply" => Ply(mesh, PlyBody.Ascii),
        "little.ply" => Ply(mesh, PlyBody.BinaryLittleEndian),
        "big.ply" => Ply(mesh, PlyBody.BinaryBigEndian),
        "mesh.off" => MeshWriter.ToBytes(mesh, MeshFormat.Off),
        "mesh.3mf" => MeshWriter.ToBytes(mesh, MeshFormat.ThreeMf),
        "mesh.gltf" => MeshWriter.ToBytes(mesh, MeshFormat.Gltf),
        "mesh.glb" => MeshWriter.ToBytes(mesh, MeshFormat.Glb),
        "mesh.amf" => MeshWriter.ToBytes(mesh, MeshFormat.Amf),
        "zipped.amf" => Zip(("mesh.amf", MeshWriter.ToBytes(mesh, MeshFormat.Amf))),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>A mesh whose coordinates use all of a float's digits.</summary>
    public static Polyhedron Torus(int rings = 9, int sides = 7) => Solids.Torus(10, 3, rings, sides);

    /// <summary>The mesh's own triangles, as a decoder should give them.</summary>
    public static float[] Coordinates(Polyhedron mesh) => [.. mesh.Triangles.SelectMany(index => mesh.Vertex(index).ToArray())];

    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, bytes) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        return stream.ToArray();
    }

    /// <summary>A 3MF around a model part's inner XML.</summary>
    public static byte[] ThreeMf(string inner, string modelAttributes = "", params (string Name, string Xml)[] otherParts)
    {
        var entries = new List<(string, byte[])>
        {
            ("_rels/.rels", Utf8("""<Relationships xmlns="r"><Relationship Target="/3D/m.model" Id="r" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>""")),
            ("3D/m.model", Utf8(Model(inner, modelAttributes))),
        };
        entries.AddRange(otherParts.Select(part => (part.Name, Utf8(part.Xml))));
        return Zip([.. entries]);
    }

    public static string Model(string inner, string attributes = "") =>
        $"""<?xml version="1.0"?><model xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06" {attributes}>{inner}</model>""";

    /// <summary>A tetrahedron of volume 1/6 as a 3MF mesh element.</summary>
    public const string TetraMesh = """<mesh><vertices><vertex x="0" y="0" z="0"/><vertex x="1" y="0" z="0"/><vertex x="0" y="1" z="0"/><vertex x="0" y="0" z="1"/></vertices><triangles><triangle v1="0" v2="2" v3="1"/><triangle v1="0" v2="1" v3="3"/><triangle v1="1" v2="2" v3="3"/><triangle v1="2" v2="0" v3="3"/></triangles></mesh>""";

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static byte[] Ply(Polyhedron mesh, PlyBody body)
    {
        using var stream = new MemoryStream();
        PlyWriter.Write(stream, mesh, body);
        return stream.ToArray();
    }
}
