using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Topology;

/// <summary>
/// The welded mesh: three vertex numbers per triangle, at most <c>Limits.Mesh.TopologyTrianglesMax</c> of them and
/// <c>Limits.Topology.VerticesMax</c> vertices. Beyond either the tables are gone, so memory never grows with the file.
/// </summary>
/// <param name="foresee">How many triangles will come, where that is known: asked with the first tile. Saves room that grows, or the whole work.</param>
sealed class WeldedMesh(Func<long?>? foresee = null)
{
    VertexTable? _vertices = new();
    int[] _corners = [];

    /// <summary>False once the limit is passed: nothing is known then.</summary>
    public bool IsComplete => _vertices is not null;

    public int Triangles { get; private set; }

    public VertexTable Vertices => _vertices ?? throw new InvalidOperationException("The mesh has more triangles than are indexed.");

    /// <summary>Vertex numbers, three per triangle, in file order.</summary>
    public ReadOnlySpan<int> Corners => _corners.AsSpan(0, 3 * Triangles);

    public void Add(TriangleTile tile)
    {
        if (_vertices is null)
            return;
        var foreseen = Triangles == 0 ? foresee?.Invoke() ?? 0 : 0;
        if (Math.Max(Triangles + tile.Count, foreseen) > Limits.Mesh.TopologyTrianglesMax
            || _vertices.Count + 3 * tile.Count > Limits.Topology.VerticesMax)
        {
            _vertices = null;
            _corners = [];
            Triangles = 0;
            return;
        }
        if (foreseen > 0)
        {
            _corners = new int[3 * foreseen];
            // A closed mesh has half as many vertices as triangles, but for its handles.
            _vertices.Reserve((int)foreseen / 2 + TriangleTile.Capacity);
        }
        var needed = 3 * (Triangles + tile.Count);
        if (needed > _corners.Length)
            Array.Resize(ref _corners, Math.Max(Math.Max(needed, 3 * TriangleTile.Capacity), Math.Min(2 * _corners.Length, 3 * Limits.Mesh.TopologyTrianglesMax)));
        _vertices.Add(tile, _corners.AsSpan(3 * Triangles, 3 * tile.Count));
        Triangles += tile.Count;
    }
}
