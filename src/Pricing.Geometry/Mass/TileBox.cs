using System.Numerics;
using System.Runtime.CompilerServices;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>Axis-aligned extents in mm. Minimum and maximum do not round, so they may be taken in any order and at any width.</summary>
struct TileBox
{
    public float MinX, MinY, MinZ, MaxX, MaxY, MaxZ;

    public static TileBox Empty => new()
    {
        MinX = float.PositiveInfinity,
        MinY = float.PositiveInfinity,
        MinZ = float.PositiveInfinity,
        MaxX = float.NegativeInfinity,
        MaxY = float.NegativeInfinity,
        MaxZ = float.NegativeInfinity,
    };

    public readonly bool IsEmpty => MinX > MaxX;

    /// <summary>Largest absolute coordinate, mm.</summary>
    public readonly float Reach =>
        Math.Max(Math.Max(Math.Max(-MinX, MaxX), Math.Max(-MinY, MaxY)), Math.Max(-MinZ, MaxZ));

    public static TileBox Of(TriangleTile tile)
    {
        if (tile.Count == 0)
            return Empty;
        var box = Empty;
        Range(tile.Ax, tile.Bx, tile.Cx, tile.Count, out box.MinX, out box.MaxX);
        Range(tile.Ay, tile.By, tile.Cy, tile.Count, out box.MinY, out box.MaxY);
        Range(tile.Az, tile.Bz, tile.Cz, tile.Count, out box.MinZ, out box.MaxZ);
        return box;
    }

    public void Include(in TileBox other)
    {
        MinX = Math.Min(MinX, other.MinX);
        MinY = Math.Min(MinY, other.MinY);
        MinZ = Math.Min(MinZ, other.MinZ);
        MaxX = Math.Max(MaxX, other.MaxX);
        MaxY = Math.Max(MaxY, other.MaxY);
        MaxZ = Math.Max(MaxZ, other.MaxZ);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Range(Span<float> a, Span<float> b, Span<float> c, int count, out float min, out float max)
    {
        var lo = new Vector<float>(float.PositiveInfinity);
        var hi = new Vector<float>(float.NegativeInfinity);
        var i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            var va = new Vector<float>(a[i..]);
            var vb = new Vector<float>(b[i..]);
            var vc = new Vector<float>(c[i..]);
            lo = Vector.MinNative(Vector.MinNative(va, vb), Vector.MinNative(vc, lo));
            hi = Vector.MaxNative(Vector.MaxNative(va, vb), Vector.MaxNative(vc, hi));
        }
        min = float.PositiveInfinity;
        max = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++)
        {
            min = Math.Min(min, lo[lane]);
            max = Math.Max(max, hi[lane]);
        }
        for (; i < count; i++)
        {
            min = Math.Min(min, Math.Min(a[i], Math.Min(b[i], c[i])));
            max = Math.Max(max, Math.Max(a[i], Math.Max(b[i], c[i])));
        }
        // The sign of a zero may depend on the order; the answer must not.
        min += 0f;
        max += 0f;
    }
}
