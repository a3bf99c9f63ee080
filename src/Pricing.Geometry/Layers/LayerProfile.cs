using System.Numerics;
using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Layers;

/// <summary>Section area and perimeter at every plane, and facing areas between planes, as sums over triangles: no contours.</summary>
/// <remarks>
/// With n = (b−a)×(c−a), corners sorted by height lo ≤ mid ≤ hi, and t(z) = (z−lo)/((hi−lo)(mid−lo)) below mid, (hi−z)/((hi−lo)(hi−mid)) above,
/// a triangle's segment at z has length √(nx²+ny²)·t and adds ½(a·n − nz·z)·t to the section's area; of its projected area, the share below z is
/// (z−lo)·t, or 1 − (hi−z)·t. Per triangle in vectors (pass 1), per crossing in scalars that every path shares (pass 2).
/// </remarks>
static unsafe partial class LayerProfile
{
    /// <summary>Reach of the quick rounding, mm: within it ½·(√2·2¹²)·(√2·2¹³) mm² in 2⁻²⁴ stays below 2⁵¹.</summary>
    public const float NearMm = 4096;

    /// <summary>Triangles prepared before they are scattered: the scratch stays in the first-level cache beside the tile.</summary>
    const int Block = 64;

    const int K0 = 0, Km = 1, K1 = 2, Lo = 3, Hi = 4, Wl = 5, Wh = 6, C = 7, Nz = 8, L = 9, Fields = 10;

    /// <summary>Adds a tile; false once the part is too tall for a profile.</summary>
    public static bool Add<T>(TriangleTile tile, in TileBox box, in LayerGrid grid, in LayerSlopes slopes, LayerRows rows)
        where T : unmanaged, IDoubles<T>
    {
        if (tile.Count == 0)
            return !rows.TooTall;
        if (!rows.Ensure(grid.First(box.MinZ), grid.First(box.MaxZ)))
            return false;
        var near = box.Reach <= NearMm;
        var scratch = stackalloc double[Fields * Block];
        fixed (float* lanes = tile.Lanes)
        fixed (long* storage = rows.Storage)
        {
            for (var start = 0; start < tile.Count; start += Block)
            {
                var active = Prepare<T>(lanes + start, scratch, grid, slopes);
                if (near)
                    Scatter(scratch, active, storage, rows.First, grid.HeightMm, slopes);
                else
                    ScatterFar(scratch, active, storage, rows.First, grid.HeightMm, slopes);
            }
        }
        return true;
    }

    /// <summary>Pass 1: what does not depend on the plane, for 64 triangles. Answers which of them have anything to add.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static ulong Prepare<T>(float* lanes, double* scratch, in LayerGrid grid, in LayerSlopes slopes)
        where T : unmanaged, IDoubles<T>
    {
        const int Stride = TriangleTile.Capacity;
        var perMm = T.Of(grid.PerMm);
        var half = T.Of(0.5);
        var one = T.Of(1);
        var zero = T.Of(0);
        var upSkin = T.Of(0.5 * Math.Min(slopes.UpSkin, slopes.UpFlat));
        var downSkin = T.Of(0.5 * Math.Min(slopes.DownSkin, slopes.DownFlat));
        ulong active = 0;
        for (var i = 0; i < Block; i += T.Count)
        {
            var p = lanes + i;
            var s = scratch + i;
            var az = T.Widen(p + 2 * Stride);
            var bz = T.Widen(p + 5 * Stride);
            var cz = T.Widen(p + 8 * Stride);
            var min = T.Min(az, bz);
            var max = T.Max(az, bz);
            var lo = T.Min(min, cz);
            var hi = T.Max(max, cz);
            var mid = T.Max(min, T.Min(max, cz));
            // The index rises with z, so the sorted corners give the sorted indices.
            var k0 = T.Ceiling(lo * perMm - half);
            var km = T.Ceiling(mid * perMm - half);
            var k1 = T.Ceiling(hi * perMm - half);
            var ax = T.Widen(p);
            var ay = T.Widen(p + Stride);
            var ux = T.Widen(p + 3 * Stride) - ax;
            var uy = T.Widen(p + 4 * Stride) - ay;
            var uz = bz - az;
            var vx = T.Widen(p + 6 * Stride) - ax;
            var vy = T.Widen(p + 7 * Stride) - ay;
            var vz = cz - az;
            var nx = uy * vz - uz * vy;
            var ny = uz * vx - ux * vz;
            var nz = ux * vy - uy * vx;
            var c = half * (ax * nx + ay * ny + az * nz);
            var l = T.Sqrt(nx * nx + ny * ny);
            nz = half * nz;
            var d = hi - lo;
            // A piece of no height divides by zero here and is never read.
            T.Store(one / (d * (mid - lo)), s + Wl * Block);
            T.Store(one / (d * (hi - mid)), s + Wh * Block);
            T.Store(k0, s + K0 * Block);
            T.Store(km, s + Km * Block);
            T.Store(k1, s + K1 * Block);
            T.Store(lo, s + Lo * Block);
            T.Store(hi, s + Hi * Block);
            T.Store(c, s + C * Block);
            T.Store(nz, s + Nz * Block);
            T.Store(l, s + L * Block);
            var mask = T.LessMask(k0, k1) | T.LessMask(upSkin * l, nz) | T.LessMask(downSkin * l, zero - nz);
            active |= (ulong)mask << i;
        }
        return active;
    }

    /// <summary>The class of slope a face's projected area is counted in, or −1. Halves on both sides cancel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int ClassOf(double nz, double l, in LayerSlopes slopes)
    {
        l *= 0.5;
        if (nz > 0)
            return nz > slopes.UpFlat * l ? LayerRows.UpFlat : nz > slopes.UpSkin * l ? LayerRows.UpSkin : -1;
        return -nz > slopes.DownFlat * l ? LayerRows.DownFlat : -nz > slopes.DownSkin * l ? LayerRows.DownSkin : -1;
    }

    /// <summary>Pass 2: each crossing of each triangle, rounded and added to its row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Scatter(double* scratch, ulong active, long* storage, int first, double height, in LayerSlopes slopes)
    {
        const double Places = 1L << LayerRows.Bits;
        for (; active != 0; active &= active - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(active);
            double nz = s[Nz * Block], l = s[L * Block];
            int k0 = (int)s[K0 * Block], km = (int)s[Km * Block], k1 = (int)s[K1 * Block];
            var row = storage + (long)(k0 - first) * LayerRows.Stride;
            var cls = ClassOf(nz, l, slopes);
            var overhang = !(Math.Abs(nz) > slopes.Overhang * 0.5 * l) ? 0 : nz < 0 ? LayerRows.Overhang : LayerRows.OverhangInverted;
            var c = s[C * Block];
            var area = Math.Abs(nz);
            var lo = s[Lo * Block];
            var weight = s[Wl * Block];
            var k = k0;
            for (; k < km; k++, row += LayerRows.Stride)
            {
                var z = (k + 0.5) * height;
                var t = (z - lo) * weight;
                row[LayerRows.Area] += Quick((c - nz * z) * t * Places);
                var p = Quick(l * t * Places);
                row[LayerRows.Perimeter] += p;
                if (cls >= 0)
                    row[LayerRows.Below + cls] += Quick(area * ((z - lo) * t) * Places);
                if (overhang != 0)
                    row[overhang] += p;
            }
            var hi = s[Hi * Block];
            weight = s[Wh * Block];
            for (; k < k1; k++, row += LayerRows.Stride)
            {
                var z = (k + 0.5) * height;
                var t = (hi - z) * weight;
                row[LayerRows.Area] += Quick((c - nz * z) * t * Places);
                var p = Quick(l * t * Places);
                row[LayerRows.Perimeter] += p;
                if (cls >= 0)
                    row[LayerRows.Below + cls] += Quick(area * (1 - (hi - z) * t) * Places);
                if (overhang != 0)
                    row[overhang] += p;
            }
            if (cls >= 0)
                row[LayerRows.Whole + cls] += Quick(area * Places);
        }
    }

    /// <summary>The nearest integer, ties to even, of |x| &lt; 2⁵¹.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Quick(double x) => BitConverter.DoubleToInt64Bits(x + FixedPoint.Magic) - FixedPoint.MagicBits;

    /// <summary>As <see cref="Scatter"/> for coordinates beyond <see cref="NearMm"/>: terms up to 2⁶² need the slow rounding.</summary>
    static void ScatterFar(double* scratch, ulong active, long* storage, int first, double height, in LayerSlopes slopes)
    {
        const double Places = 1L << LayerRows.Bits;
        for (; active != 0; active &= active - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(active);
            double nz = s[Nz * Block], l = s[L * Block], c = s[C * Block], lo = s[Lo * Block], hi = s[Hi * Block];
            int k0 = (int)s[K0 * Block], km = (int)s[Km * Block], k1 = (int)s[K1 * Block];
            var cls = ClassOf(nz, l, slopes);
            var overhang = !(Math.Abs(nz) > slopes.Overhang * 0.5 * l) ? 0 : nz < 0 ? LayerRows.Overhang : LayerRows.OverhangInverted;
            for (var k = k0; k < k1; k++)
            {
                var row = storage + (long)(k - first) * LayerRows.Stride;
                var z = (k + 0.5) * height;
                var t = k < km ? (z - lo) * s[Wl * Block] : (hi - z) * s[Wh * Block];
                row[LayerRows.Area] += Slow((c - nz * z) * t * Places);
                var p = Slow(l * t * Places);
                row[LayerRows.Perimeter] += p;
                if (cls >= 0)
                    row[LayerRows.Below + cls] += Slow(Math.Abs(nz) * (k < km ? (z - lo) * t : 1 - (hi - z) * t) * Places);
                if (overhang != 0)
                    row[overhang] += p;
            }
            if (cls >= 0)
                storage[(long)(k1 - first) * LayerRows.Stride + LayerRows.Whole + cls] += Slow(Math.Abs(nz) * Places);
        }
    }

    /// <summary>Modulo 2⁶⁴, like the sums: what exceeds 64 bits cancels or the section is larger than any part.</summary>
    static long Slow(double x) => unchecked((long)(Int128)Math.Round(x));
}
