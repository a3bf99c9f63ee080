namespace Pricing.Geometry.Mesh.Writers;

/// <summary>OBJ and OFF: a list of vertices, a list of faces.</summary>
public static class IndexedTextWriter
{
    public static void WriteObj(Stream stream, Polyhedron mesh)
    {
        using var text = MeshWriter.Text(stream);
        text.WriteLine("# millimetres");
        for (var i = 0; i < mesh.VertexCount; i++)
            text.WriteLine($"v {MeshWriter.Point(mesh.Vertex(i))}");
        for (var t = 0; t < mesh.Triangles.Length; t += 3)
            text.WriteLine($"f {mesh.Triangles[t] + 1} {mesh.Triangles[t + 1] + 1} {mesh.Triangles[t + 2] + 1}");
    }

    public static void WriteOff(Stream stream, Polyhedron mesh)
    {
        using var text = MeshWriter.Text(stream);
        text.WriteLine("OFF");
        text.WriteLine($"{mesh.VertexCount} {mesh.TriangleCount} 0");
        for (var i = 0; i < mesh.VertexCount; i++)
            text.WriteLine(MeshWriter.Point(mesh.Vertex(i)));
        for (var t = 0; t < mesh.Triangles.Length; t += 3)
            text.WriteLine($"3 {mesh.Triangles[t]} {mesh.Triangles[t + 1]} {mesh.Triangles[t + 2]}");
    }
}
