namespace Pricing.Geometry.Mesh.Writers;

/// <summary>An indexed triangle mesh to be written: three floats a vertex, three vertex indices a triangle, in mm.</summary>
public sealed record Polyhedron(float[] Vertices, int[] Triangles)
{
    public int VertexCount => Vertices.Length / 3;

    public int TriangleCount => Triangles.Length / 3;

    /// <summary>The three coordinates of a vertex.</summary>
    public ReadOnlySpan<float> Vertex(int index) => Vertices.AsSpan(3 * index, 3);
}
