namespace Pricing.Geometry.Mesh;

/// <summary>Keeps all triangles, nine floats each, for a pass that needs them more than once. Bounded by <c>Limits.Fdm.RasterTrianglesMax</c>: larger meshes are never kept.</summary>
sealed class TriangleSoup : ITileConsumer
{
    float[] _coordinates = new float[9 * TriangleTile.Capacity];
    int _count;

    public ReadOnlySpan<float> Coordinates => _coordinates.AsSpan(0, _count);

    public TriangleTile Accept(TriangleTile tile)
    {
        var needed = _count + 9 * tile.Count;
        if (_coordinates.Length < needed)
            Array.Resize(ref _coordinates, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _coordinates.Length)));
        var lanes = tile.Lanes;
        for (var i = 0; i < tile.Count; i++)
            for (var lane = 0; lane < 9; lane++)
                _coordinates[_count++] = lanes[lane * TriangleTile.Capacity + i];
        return tile;
    }
}
