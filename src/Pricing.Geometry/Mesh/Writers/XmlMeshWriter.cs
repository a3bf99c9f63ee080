using System.Globalization;
using System.IO.Compression;

namespace Pricing.Geometry.Mesh.Writers;

/// <summary>3MF (a zip of three parts, one object, one build item) and plain AMF.</summary>
public static class XmlMeshWriter
{
    /// <summary>Entries get one fixed time, so the same mesh is the same file.</summary>
    static readonly DateTimeOffset EntryTime = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    const string ContentTypes = """
        <?xml version="1.0" encoding="UTF-8"?>
        <Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>
        """;

    const string Relationships = """
        <?xml version="1.0" encoding="UTF-8"?>
        <Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>
        """;

    public static void WriteThreeMf(Stream stream, Polyhedron mesh)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        WritePart(zip, "[Content_Types].xml", text => text.Write(ContentTypes));
        WritePart(zip, "_rels/.rels", text => text.Write(Relationships));
        WritePart(zip, "3D/3dmodel.model", text =>
        {
            text.WriteLine("""<?xml version="1.0" encoding="UTF-8"?>""");
            text.WriteLine("""<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02"><resources><object id="1" type="model"><mesh><vertices>""");
            for (var i = 0; i < mesh.VertexCount; i++)
            {
                var p = mesh.Vertex(i);
                text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"<vertex x=\"{p[0]}\" y=\"{p[1]}\" z=\"{p[2]}\"/>"));
            }
            text.WriteLine("</vertices><triangles>");
            for (var t = 0; t < mesh.Triangles.Length; t += 3)
                text.WriteLine($"<triangle v1=\"{mesh.Triangles[t]}\" v2=\"{mesh.Triangles[t + 1]}\" v3=\"{mesh.Triangles[t + 2]}\"/>");
            text.WriteLine("""</triangles></mesh></object></resources><build><item objectid="1"/></build></model>""");
        });
    }

    public static void WriteAmf(Stream stream, Polyhedron mesh)
    {
        using var text = MeshWriter.Text(stream);
        text.WriteLine("""<?xml version="1.0" encoding="UTF-8"?>""");
        text.WriteLine("""<amf unit="millimeter" version="1.1"><object id="1"><mesh><vertices>""");
        for (var i = 0; i < mesh.VertexCount; i++)
        {
            var p = mesh.Vertex(i);
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"<vertex><coordinates><x>{p[0]}</x><y>{p[1]}</y><z>{p[2]}</z></coordinates></vertex>"));
        }
        text.WriteLine("</vertices><volume>");
        for (var t = 0; t < mesh.Triangles.Length; t += 3)
            text.WriteLine($"<triangle><v1>{mesh.Triangles[t]}</v1><v2>{mesh.Triangles[t + 1]}</v2><v3>{mesh.Triangles[t + 2]}</v3></triangle>");
        text.WriteLine("</volume></mesh></object></amf>");
    }

    static void WritePart(ZipArchive zip, string name, Action<TextWriter> write)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = EntryTime;
        using var stream = entry.Open();
        using var text = MeshWriter.Text(stream);
        write(text);
    }
}
