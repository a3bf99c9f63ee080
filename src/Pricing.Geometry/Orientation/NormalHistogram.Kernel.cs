using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Orientation;

/// <summary>The pass over a tile: per triangle eight float32 terms, then one row of integers.</summary>
/// <remarks>
/// Each triangle is first turned so that its least corner (by x, then y, then z) is a: its terms do not depend on where it starts. float32 is
/// enough: n is good to 10⁻⁷ of |u||v|, which moves an area by less than the search can tell. Bins: the octahedral map of Cigolle et al.,
/// "A Survey of Efficient Representations for Independent Unit Vectors", JCGT 2014; +0 is added to n first, so that no bin hangs on the sign of a zero.
/// </remarks>
sealed unsafe partial class NormalHistogram
{
    /// <summary>Reach of the quick rounding, mm: within it twice a triangle's area is below 2²⁵·⁶ mm² and every term in fixed point below 2⁶⁰.</summary>
    public const float NearMm = 2048;

    /// <summary>Keeps a quotient finite where the normal is zero; so is the term then.</summary>
    const float Tiny = 1e-30f;

    /// <summary>Adds a tile. <paramref name="box"/> is the tile's own box.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<T>(TriangleTile tile, in TileBox box, NormalHistogram sums)
        where T : unmanaged, IFloats<T>
    {
        if (tile.Count == 0)
            return;
        sums.Reserve(tile.Count + T.Count);
        var unaligned = stackalloc float[Fields * 16 + 16];
        var rows = (float*)(((nint)unaligned + 63) & ~63);
        var bins = stackalloc int[16];
        var near = box.Reach <= NearMm;
        fixed (float* lanes = tile.Lanes)
        fixed (ushort* rowOf = sums._rowOf)
        fixed (long* table = &sums._rows[sums._start])
        {
            // Whole rows of lanes: the zeroed tail is made of point triangles, which add zeros.
            for (var i = 0; i < tile.Count; i += T.Count)
            {
                Prepare<T>(lanes + i, rows, bins);
                for (var k = 0; k < T.Count; k++)
                    if (rowOf[bins[k]] == 0)
                        sums.RowOf(bins[k]);
                if (near)
                    for (var k = 0; k < T.Count; k++)
                        T.AddRow(rows + 4 * k, rows + 4 * (T.Count + k), table + Fields * rowOf[bins[k]]);
                else
                    for (var k = 0; k < T.Count; k++)
                        AddFar(rows + 4 * k, rows + 4 * (T.Count + k), table + Fields * rowOf[bins[k]]);
            }
        }
    }

    static float PlacesOf(int field) => 1L << (field < Moment6 ? AreaBits : field < Square2 ? MomentBits : SquareBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prepare<T>(float* p, float* rows, int* bins)
        where T : unmanaged, IFloats<T>
    {
        const int Stride = TriangleTile.Capacity;
        var px = T.Load(p);
        var py = T.Load(p + Stride);
        var pz = T.Load(p + 2 * Stride);
        var qx = T.Load(p + 3 * Stride);
        var qy = T.Load(p + 4 * Stride);
        var qz = T.Load(p + 5 * Stride);
        var rx = T.Load(p + 6 * Stride);
        var ry = T.Load(p + 7 * Stride);
        var rz = T.Load(p + 8 * Stride);
        var zero = T.Of(0);
        // Negative where the second is the lesser corner. A difference of floats is zero only for equal ones.
        var second = Order(qx, qy, qz, px, py, pz);
        var lx = T.IfLess(second, zero, qx, px);
        var ly = T.IfLess(second, zero, qy, py);
        var lz = T.IfLess(second, zero, qz, pz);
        var third = Order(rx, ry, rz, lx, ly, lz);
        var ax = T.IfLess(third, zero, rx, lx);
        var ay = T.IfLess(third, zero, ry, ly);
        var az = T.IfLess(third, zero, rz, lz);
        var bx = T.IfLess(third, zero, px, T.IfLess(second, zero, rx, qx));
        var by = T.IfLess(third, zero, py, T.IfLess(second, zero, ry, qy));
        var bz = T.IfLess(third, zero, pz, T.IfLess(second, zero, rz, qz));
        var cx = T.IfLess(third, zero, qx, T.IfLess(second, zero, px, rx));
        var cy = T.IfLess(third, zero, qy, T.IfLess(second, zero, py, ry));
        var cz = T.IfLess(third, zero, qz, T.IfLess(second, zero, pz, rz));
        var ux = bx - ax;
        var uy = by - ay;
        var uz = bz - az;
        var vx = cx - ax;
        var vy = cy - ay;
        var vz = cz - az;
        var nx = uy * vz - uz * vy + zero;
        var ny = uz * vx - ux * vz + zero;
        var nz = ux * vy - uy * vx + zero;
        var area = T.Sqrt(nx * nx + ny * ny + nz * nz);
        var s = ax * nx + ay * ny + az * nz;
        var square = s * (s / T.Max(area, T.Of(Tiny)));
        // Powers of two: scaling does not round.
        var areaPlaces = T.Of(1L << AreaBits);
        var moment = area * T.Of(1L << MomentBits);
        T.StoreRows(area * areaPlaces, nx * areaPlaces, ny * areaPlaces, nz * areaPlaces,
            (ax + bx + cx) * moment, (ay + by + cy) * moment, (az + bz + cz) * moment, square * T.Of(1L << SquareBits), rows);

        var one = T.Of(1);
        var scale = one / T.Max(T.Abs(nx) + T.Abs(ny) + T.Abs(nz), T.Of(Tiny));
        var ex = nx * scale;
        var ey = ny * scale;
        var foldX = T.OrSign(one - T.Abs(ey), ex);
        var foldY = T.OrSign(one - T.Abs(ex), ey);
        ex = T.IfLess(nz, zero, foldX, ex);
        ey = T.IfLess(nz, zero, foldY, ey);
        T.StoreIntegers(Cell(ey) * T.Of(Side) + Cell(ex), bins);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static T Order(T x, T y, T z, T thanX, T thanY, T thanZ) =>
            T.OrIfZero(T.OrIfZero(x - thanX, y - thanY), z - thanZ);
    }

    /// <summary>From −1..1 to 0..60, a whole number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Cell<T>(T e)
        where T : unmanaged, IFloats<T> =>
        T.Min(T.Truncate((e + T.Of(1)) * T.Of(Side / 2f)), T.Of(Side - 1));

    /// <summary>The same where a term may exceed 64 bits: modulo 2⁶⁴, which is right wherever <see cref="Holds"/> is.</summary>
    static void AddFar(float* low, float* high, long* sums)
    {
        for (var f = 0; f < 4; f++)
        {
            sums[f] += unchecked((long)(Int128)MathF.Round(low[f]));
            sums[4 + f] += unchecked((long)(Int128)MathF.Round(high[f]));
        }
    }
}
