using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Pricing.Geometry.Mesh;

/// <summary>Vertices of an indexed format, already in mm: grows as vertices really come, in blocks, up to <c>Limits.Mesh.VerticesMax</c>.</summary>
sealed class VertexStore
{
    const int BlockBits = 14;
    const int BlockVertices = 1 << BlockBits;

    float[][] _blocks = [];
    float[] _last = [];

    public int Count { get; private set; }

    public void Add(float x, float y, float z)
    {
        var at = Count & (BlockVertices - 1);
        if (at == 0)
            Grow();
        _last[3 * at] = x;
        _last[3 * at + 1] = y;
        _last[3 * at + 2] = z;
        Count++;
    }

    /// <summary>Adds the point whose x, y, z are the first three elements. The fourth falls on the next vertex, not yet written, or on the spare float.</summary>
    public void Add(Vector128<float> point)
    {
        var at = Count & (BlockVertices - 1);
        if (at == 0)
            Grow();
        point.StoreUnsafe(ref _last[3 * at]);
        Count++;
    }

    /// <summary>A vertex as the first three elements. The caller has checked the index against <see cref="Count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<float> Corner(uint index) => Vector128.LoadUnsafe(
        ref MemoryMarshal.GetArrayDataReference(Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_blocks), index >> BlockBits)), 3 * (index & (BlockVertices - 1)));

    /// <summary>The three coordinates of a vertex. The caller has checked the index against <see cref="Count"/>.</summary>
    public ReadOnlySpan<float> this[int index] => _blocks[index >> BlockBits].AsSpan(3 * (index & (BlockVertices - 1)), 3);

    /// <summary>A block has one float more than its vertices, so that four may be read and written at the last one.</summary>
    void Grow()
    {
        CheckCount(Count + 1L);
        _last = new float[3 * BlockVertices + 1];
        var block = Count >> BlockBits;
        if (block == _blocks.Length)
            Array.Resize(ref _blocks, Math.Max(16, 2 * block));
        _blocks[block] = _last;
    }

    /// <summary>Refuses a stated count before anything is built on it.</summary>
    public static void CheckCount(long vertices)
    {
        if (vertices > Limits.Mesh.VerticesMax)
            throw new MeshFormatException("TOO_MANY_VERTICES", "The model has too many vertices.", "vertices",
                $"{Limits.Mesh.VerticesMax} vertices", $"{vertices} vertices");
    }
}
