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
/// (z−lo)·t, or 1 − (hi−z)·t. Per triangle in vectors (pass 1), per crossing in scalars that every path shares (pass 2); a side that crosses
/// many planes is added as differences instead (pass 3), so cost does not grow with the number of layers.
/// </remarks>
static unsafe partial class LayerProfile
{
    /// <summary>Reach of the quick rounding, mm: within it ½·(√2·2¹²)·(√2·2¹³) mm² in 2⁻²⁴ stays below 2⁵¹.</summary>
    public const float NearMm = 4096;

    /// <summary>Triangles prepared before they are scattered: the scratch stays in the first-level cache beside the tile.</summary>
    const int Block = 64;

    const double Places = 1L << LayerRows.Bits;

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
        long updates = 0;
        fixed (float* lanes = tile.Lanes)
        fixed (long* storage = rows.Storage, whole = rows.WholeStorage)
        {
            for (var start = 0; start < tile.Count; start += Block)
            {
                var active = Prepare<T>(lanes + start, scratch, grid, slopes);
                var tall = near
                    ? Scatter<NearRounding>(scratch, active, storage, whole, rows.First, grid.HeightMm, slopes, ref updates)
                    : Scatter<FarRounding>(scratch, active, storage, whole, rows.First, grid.HeightMm, slopes, ref updates);
                if (tall == 0)
                    continue;
                fixed (long* steps = rows.StepStorage())
                {
                    if (near)
                        ScatterTall<NearRounding>(scratch, tall, steps, rows.First, grid.HeightMm, slopes, ref updates);
                    else
                        ScatterTall<FarRounding>(scratch, tall, steps, rows.First, grid.HeightMm, slopes, ref updates);
                }
            }
        }
        rows.Updates += updates;
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

    /// <summary>The row field of hanging walls a face counts for, 0 for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int HangingOf(double nz, double l, in LayerSlopes slopes) =>
        !(Math.Abs(nz) > slopes.Overhang * 0.5 * l) ? 0 : nz < 0 ? LayerRows.Overhang : LayerRows.OverhangInverted;

    /// <summary>Pass 2: each crossing of each triangle, rounded and added to its row. Answers which triangles have a side that is tall.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static ulong Scatter<R>(double* scratch, ulong active, long* storage, long* whole, int first, double height, in LayerSlopes slopes, ref long updates)
        where R : struct, IRounding
    {
        ulong tall = 0;
        for (; active != 0; active &= active - 1)
        {
            var triangle = BitOperations.TrailingZeroCount(active);
            var s = scratch + triangle;
            double nz = s[Nz * Block], l = s[L * Block];
            int k0 = (int)s[K0 * Block], km = (int)s[Km * Block], k1 = (int)s[K1 * Block];
            var cls = ClassOf(nz, l, slopes);
            var hanging = HangingOf(nz, l, slopes);
            var c = s[C * Block];
            var area = Math.Abs(nz);
            if (cls >= 0)
                whole[(long)(k1 - first) * LayerRows.Classes + cls] += R.Of(area * Places);
            if (km - k0 < LayerSteps.PlanesMin)
            {
                var row = storage + (long)(k0 - first) * LayerRows.Stride;
                var lo = s[Lo * Block];
                var weight = s[Wl * Block];
                updates += km - k0;
                for (var k = k0; k < km; k++, row += LayerRows.Stride)
                {
                    var z = (k + 0.5) * height;
                    var t = (z - lo) * weight;
                    row[LayerRows.Area] += R.Of((c - nz * z) * t * Places);
                    var p = R.Of(l * t * Places);
                    row[LayerRows.Perimeter] += p;
                    if (cls >= 0)
                        row[LayerRows.Below + cls] += R.Of(area * ((z - lo) * t) * Places);
                    if (hanging != 0)
                        row[hanging] += p;
                }
            }
            else
                tall |= 1ul << triangle;
            if (k1 - km < LayerSteps.PlanesMin)
            {
                var row = storage + (long)(km - first) * LayerRows.Stride;
                var hi = s[Hi * Block];
                var weight = s[Wh * Block];
                updates += k1 - km;
                for (var k = km; k < k1; k++, row += LayerRows.Stride)
                {
                    var z = (k + 0.5) * height;
                    var t = (hi - z) * weight;
                    row[LayerRows.Area] += R.Of((c - nz * z) * t * Places);
                    var p = R.Of(l * t * Places);
                    row[LayerRows.Perimeter] += p;
                    if (cls >= 0)
                        row[LayerRows.Below + cls] += R.Of(area * (1 - (hi - z) * t) * Places);
                    if (hanging != 0)
                        row[hanging] += p;
                }
            }
            else
                tall |= 1ul << triangle;
        }
        return tall;
    }

    /// <summary>Pass 3: the tall sides of tall triangles, as differences.</summary>
    static void ScatterTall<R>(double* scratch, ulong tall, long* steps, int first, double height, in LayerSlopes slopes, ref long updates)
        where R : struct, IRounding
    {
        for (; tall != 0; tall &= tall - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(tall);
            double nz = s[Nz * Block], l = s[L * Block], c = s[C * Block];
            int k0 = (int)s[K0 * Block], km = (int)s[Km * Block], k1 = (int)s[K1 * Block];
            var cls = ClassOf(nz, l, slopes);
            var hanging = HangingOf(nz, l, slopes);
            if (km - k0 >= LayerSteps.PlanesMin)
            {
                var z = (k0 + 0.5) * height;
                AddSide(new(steps + (long)(k0 - first) * LayerSteps.Stride, km - k0), z, z - s[Lo * Block], height, s[Wl * Block]);
                updates += 2;
            }
            if (k1 - km >= LayerSteps.PlanesMin)
            {
                var z = (km + 0.5) * height;
                AddSide(new(steps + (long)(km - first) * LayerSteps.Stride, k1 - km), z, s[Hi * Block] - z, -height, s[Wh * Block]);
                updates += 2;
            }

            // u is the way from the side's own corner, lowest or highest; each plane adds du to it, and t = u·w.
            void AddSide(in LayerSteps.Piece side, double z, double u, double du, double w)
            {
                var d = c - nz * z;
                // (d − nz·h·j)·(u + du·j)·w, in differences of j.
                side.AddArea<R>(new(d * u * w, (du * d - nz * height * (u + du)) * w, -2 * nz * height * du * w));
                side.AddPerimeter<R>(l * u * w, l * du * w, hanging);
                if (cls < 0)
                    return;
                // The share below the plane: (u + du·j)²·w from the lowest corner, what that leaves from the highest.
                var area = Math.Abs(nz);
                var q = du > 0 ? area * w : -area * w;
                side.AddBelow<R>(cls, new((du > 0 ? 0 : area) + q * u * u, q * du * (2 * u + du), 2 * q * du * du));
            }
        }
    }
}
