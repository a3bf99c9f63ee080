namespace Pricing.Geometry.Mesh;

/// <summary>Counts vertices and triangles of all meshes of one package together: they are in memory together.</summary>
sealed class MeshBudget
{
    long _vertices;
    long _triangles;

    public void Vertex()
    {
        if (++_vertices > Limits.Mesh.PackageVerticesMax)
            throw new MeshFormatException("TOO_MANY_VERTICES", "The package has too many vertices.", "vertices",
                $"{Limits.Mesh.PackageVerticesMax} vertices", $"more than {Limits.Mesh.PackageVerticesMax} vertices");
    }

    public void Triangle() => TileWriter.CheckTriangles(++_triangles);
}

/// <summary>
/// A mesh that is placed later, perhaps several times: vertices stay doubles as parsed, because unit and placement are applied before the
/// one rounding to float32.
/// </summary>
sealed class IndexedMesh(MeshBudget budget)
{
    const int BlockBits = 12;
    const int BlockItems = 1 << BlockBits;
    const int FirstItems = 8;

    readonly List<double[]> _vertices = [];
    readonly List<int[]> _triangles = [];

    public int Vertices { get; private set; }

    public int Triangles { get; private set; }

    public void AddVertex(double x, double y, double z)
    {
        budget.Vertex();
        Add(_vertices, Vertices++, x, y, z);
    }

    /// <summary>Adds a triangle by vertex indices from 0; refuses one outside the vertices read so far.</summary>
    public void AddTriangle(long a, long b, long c, string part)
    {
        var vertices = (ulong)Vertices;
        if ((ulong)a >= vertices || (ulong)b >= vertices || (ulong)c >= vertices)
            throw IndexOutOfRange(a, b, c, part);
        budget.Triangle();
        Add(_triangles, Triangles++, (int)a, (int)b, (int)c);
    }

    MeshFormatException IndexOutOfRange(long a, long b, long c, string part)
    {
        var index = (ulong)a >= (ulong)Vertices ? a : (ulong)b >= (ulong)Vertices ? b : c;
        return new MeshFormatException("INDEX_OUT_OF_RANGE", "A triangle names a vertex that does not exist.", $"{part}, triangle {Triangles}",
            $"{Vertices} vertices", $"vertex {index}, counted from 0");
    }

    /// <summary>Writes the mesh at a place. A mirroring placement turns every triangle round.</summary>
    public void WriteTo(TileWriter writer, in Transform place)
    {
        var mirrored = place.Determinant < 0;
        var placed = place != Transform.Identity;
        var corners = (stackalloc float[9]);
        for (var t = 0; t < Triangles; t++)
        {
            var at = _triangles[t >> BlockBits].AsSpan(3 * (t & (BlockItems - 1)), 3);
            for (var k = 0; k < 3; k++)
            {
                var index = at[mirrored ? 2 - k : k];
                var vertex = _vertices[index >> BlockBits].AsSpan(3 * (index & (BlockItems - 1)), 3);
                var (x, y, z) = placed ? place.Apply(vertex[0], vertex[1], vertex[2]) : (vertex[0], vertex[1], vertex[2]);
                corners[3 * k] = writer.Scale(x);
                corners[3 * k + 1] = writer.Scale(y);
                corners[3 * k + 2] = writer.Scale(z);
            }
            writer.Add(corners[0], corners[1], corners[2], corners[3], corners[4], corners[5], corners[6], corners[7], corners[8]);
        }
    }

    /// <summary>The first block starts small, because a package may hold many tiny meshes; later ones are whole.</summary>
    static void Add<T>(List<T[]> blocks, int index, T a, T b, T c)
    {
        var at = 3 * (index & (BlockItems - 1));
        if (at == 0)
            blocks.Add(new T[3 * (blocks.Count == 0 ? FirstItems : BlockItems)]);
        var block = blocks[^1];
        if (at == block.Length)
        {
            Array.Resize(ref block, 2 * block.Length);
            blocks[^1] = block;
        }
        block[at] = a;
        block[at + 1] = b;
        block[at + 2] = c;
    }
}
