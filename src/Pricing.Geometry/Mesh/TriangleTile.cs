namespace Pricing.Geometry.Mesh;

/// <summary>
/// 512 triangles as nine lanes of float32 (18 KB, fits L1): every kernel reads the tile, nobody keeps a mesh-sized copy.
/// Lane order ax ay az bx by bz cx cy cz; entries at and above <see cref="Count"/> are zero, so a kernel may run whole vectors.
/// </summary>
public sealed class TriangleTile
{
    /// <summary>Triangles per tile. Fixed: it is part of the determinism contract of any kernel that sums within a tile.</summary>
    public const int Capacity = 512;

    readonly float[] _lanes = GC.AllocateArray<float>(9 * Capacity, pinned: true);

    /// <summary>Triangles present, 0..512.</summary>
    public int Count { get; set; }

    /// <summary>Index in the file of the first triangle of this tile.</summary>
    public long FirstTriangle { get; set; }

    /// <summary>Tiles that are summed up and remembered as one: fewer layers per triangle, so that remembering costs little.</summary>
    internal const int PerChunk = 4;

    /// <summary>Under which the sums of the chunk that these triangles belong to may be remembered; null where they are not.</summary>
    internal UInt128? Key { get; set; }

    /// <summary>The last tile of its chunk.</summary>
    internal bool EndsChunk { get; set; }

    public Span<float> Ax => _lanes.AsSpan(0 * Capacity, Capacity);
    public Span<float> Ay => _lanes.AsSpan(1 * Capacity, Capacity);
    public Span<float> Az => _lanes.AsSpan(2 * Capacity, Capacity);
    public Span<float> Bx => _lanes.AsSpan(3 * Capacity, Capacity);
    public Span<float> By => _lanes.AsSpan(4 * Capacity, Capacity);
    public Span<float> Bz => _lanes.AsSpan(5 * Capacity, Capacity);
    public Span<float> Cx => _lanes.AsSpan(6 * Capacity, Capacity);
    public Span<float> Cy => _lanes.AsSpan(7 * Capacity, Capacity);
    public Span<float> Cz => _lanes.AsSpan(8 * Capacity, Capacity);

    /// <summary>All nine lanes, in order, 9 × <see cref="Capacity"/> floats.</summary>
    public Span<float> Lanes => _lanes;

    /// <summary>Zeroes the entries above <see cref="Count"/>.</summary>
    public void ClearTail()
    {
        for (var lane = 0; lane < 9; lane++)
            _lanes.AsSpan(lane * Capacity + Count, Capacity - Count).Clear();
    }
}
