using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Geometry.Examples;

/// <summary>
/// Builds closed meshes from loops of shared vertices: a vertex is computed once and used by index, so the mesh is watertight bit for bit.
/// Loops run counter-clockwise seen from +z round material, clockwise round a hole; then <see cref="Wall"/> always faces outwards.
/// </summary>
sealed class PolyhedronBuilder
{
    readonly List<float> _vertices = [];
    readonly List<int> _triangles = [];

    public int Vertex(double x, double y, double z)
    {
        _vertices.AddRange([(float)x, (float)y, (float)z]);
        return _vertices.Count / 3 - 1;
    }

    public void Triangle(int a, int b, int c) => _triangles.AddRange([a, b, c]);

    public void Quad(int a, int b, int c, int d)
    {
        Triangle(a, b, c);
        Triangle(a, c, d);
    }

    /// <summary>One vertex per point, all at one height.</summary>
    public int[] Loop(IReadOnlyList<(double X, double Y)> points, double z) => [.. points.Select(p => Vertex(p.X, p.Y, z))];

    /// <summary>The surface between two loops of equally many vertices, the second one above the first.</summary>
    public void Wall(int[] below, int[] above)
    {
        for (var i = 0; i < below.Length; i++)
        {
            var next = (i + 1) % below.Length;
            Quad(below[i], below[next], above[next], above[i]);
        }
    }

    /// <summary>A flat face inside an outer loop, less its holes, facing up or down.</summary>
    public void Cap(int[] outer, IReadOnlyList<int[]> holes, bool up)
    {
        foreach (var (a, b, c) in PolygonTriangulation.Triangulate(outer, holes, index => (_vertices[3 * index], _vertices[3 * index + 1])))
            if (up)
                Triangle(a, b, c);
            else
                Triangle(c, b, a);
    }

    public Polyhedron Build() => new([.. _vertices], [.. _triangles]);
}
