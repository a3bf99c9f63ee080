using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>
/// Tells a closed, consistently oriented mesh from any other in one streaming pass, without welding: with h a hash of a vertex's
/// coordinates, Σ h(a)·h(b)·(h(a)−h(b)) over all directed edges is zero when each is met by its opposite, and non-zero otherwise
/// but for a chance of 2⁻⁶⁴ (two independent 32-bit sums).
/// </summary>
/// <remarks>
/// The form is odd under swapping a and b, so opposite edges cancel; a bilinear one would telescope to zero on every triangle.
/// −0 and +0 are one coordinate. Sums modulo 2³² do not depend on order.
/// </remarks>
static unsafe partial class EdgeFingerprint
{
    /// <summary>Adds a tile's edges to the two sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(TriangleTile tile, ref EdgeChain chain)
        where T : unmanaged, IWords<T>
    {
        const int Stride = TriangleTile.Capacity;
        var first = T.Of(0);
        var second = T.Of(0);
        // Whole rows: the zeroed tail is made of point triangles, whose three edges are zero each.
        fixed (float* lanes = tile.Lanes)
        {
            for (var i = 0; i < tile.Count; i += T.Count)
            {
                var p = lanes + i;
                var ax = T.Bits(p);
                var ay = T.Bits(p + Stride);
                var az = T.Bits(p + 2 * Stride);
                var bx = T.Bits(p + 3 * Stride);
                var by = T.Bits(p + 4 * Stride);
                var bz = T.Bits(p + 5 * Stride);
                var cx = T.Bits(p + 6 * Stride);
                var cy = T.Bits(p + 7 * Stride);
                var cz = T.Bits(p + 8 * Stride);
                first += Edges(First(ax, ay, az), First(bx, by, bz), First(cx, cy, cz));
                second += Edges(Second(ax, ay, az), Second(bx, by, bz), Second(cx, cy, cz));
            }
        }
        chain.First += T.Sum(first);
        chain.Second += T.Sum(second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Edges<T>(T a, T b, T c)
        where T : unmanaged, IWords<T> =>
        a * b * (a - b) + b * c * (b - c) + c * a * (c - a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T First<T>(T x, T y, T z)
        where T : unmanaged, IWords<T>
    {
        var h = x * T.Of(0x9E3779B1);
        h = (h ^ T.ShiftRight(h, 16)) + y;
        h *= T.Of(0x85EBCA77);
        h = (h ^ T.ShiftRight(h, 15)) + z;
        h *= T.Of(0xC2B2AE3D);
        h ^= T.ShiftRight(h, 16);
        h *= T.Of(0x27D4EB2F);
        return h ^ T.ShiftRight(h, 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Second<T>(T x, T y, T z)
        where T : unmanaged, IWords<T>
    {
        var h = z * T.Of(0xFD7046C5);
        h = (h ^ T.ShiftRight(h, 15)) + x;
        h *= T.Of(0xD3A2646D);
        h = (h ^ T.ShiftRight(h, 17)) + y;
        h *= T.Of(0xB55A4F09);
        h ^= T.ShiftRight(h, 14);
        h *= T.Of(0x165667B1);
        return h ^ T.ShiftRight(h, 16);
    }
}

/// <summary>The two sums; both zero means closed and consistently oriented.</summary>
record struct EdgeChain(uint First, uint Second)
{
    public readonly bool IsClosed => (First | Second) == 0;

    public void Add(EdgeChain other)
    {
        First += other.First;
        Second += other.Second;
    }
}
