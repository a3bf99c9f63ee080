using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Layers;

/// <summary>Section area and perimeter at every plane, and facing areas between planes, as sums over triangles: no contours.</summary>
/// <remarks>
/// With n = (b−a)×(c−a), corners sorted by height lo ≤ mid ≤ hi, and t(z) = (z−lo)/((hi−lo)(mid−lo)) below mid, (hi−z)/((hi−lo)(hi−mid)) above,
/// a triangle's segment at z has length √(nx²+ny²)·t and adds ½(a·n − nz·z)·t to the section's area; of its projected area, the share below z is
/// (z−lo)·t, or 1 − (hi−z)·t. A row of triangles goes up plane by plane together, each from its own lowest; what they add is listed, and the list
/// goes to the rows without a branch, since how many planes a triangle meets and how steep it is cannot be foretold. A side that crosses many planes
/// is added as differences instead, so cost does not grow with the number of layers.
/// </remarks>
static unsafe partial class LayerProfile
{
    /// <summary>Reach of the quick rounding, mm: within it ½·(√2·2¹²)·(√2·2¹³) mm² in 2⁻²⁴ stays below 2⁵¹.</summary>
    public const float NearMm = 4096;

    /// <summary>1.5·2⁵² units of a row: adding it rounds to them.</summary>
    const double RowMagic = FixedPoint.Magic / (1L << LayerRows.Bits);

    /// <summary>Triangles whose classes of slope are noted before they are looked at.</summary>
    const int Block = 64;

    /// <summary>Noted of each triangle: the plane above it and its kind as integers in the low bits, and its normal. Of a row with something rare all.</summary>
    const int K1 = 0, Kind = 1, Nz = 2, K0 = 3, Km = 4, Lo = 5, Hi = 6, Wl = 7, Wh = 8, C = 9, L = 10, Fields = 11;

    /// <summary>Crossings listed before they are added to the rows, and those of one row of triangles at most.</summary>
    const int SlotsListed = 512, RowSlots = 8 * 2 * (LayerSteps.PlanesMin - 1);

    /// <summary>Columns of the list: what a triangle adds at a plane, <see cref="RowMagic"/> still in it, then its kind and the plane. They are not a page apart.</summary>
    const int Area = 0, Length = 1, Below = 2, Place = 3, Columns = 4, Column = SlotsListed + 24;

    /// <summary>Adds a tile; false once the part is too tall for a profile.</summary>
    [SkipLocalsInit]
    public static bool Add<T>(TriangleTile tile, in TileBox box, in LayerGrid grid, in LayerSlopes slopes, LayerRows rows)
        where T : unmanaged, IDoubles<T>
    {
        if (tile.Count == 0)
            return !rows.TooTall;
        if (!rows.Ensure(grid.First(box.MinZ), grid.First(box.MaxZ)))
            return false;
        var near = box.Reach <= NearMm;
        var scratch = stackalloc double[Fields * Block];
        var columns = stackalloc long[Columns * Column + 8];
        var slots = stackalloc ushort[SlotsListed + 8];
        var list = new CrossingList((long*)((nint)(columns + 7) & ~63), slots);
        fixed (float* lanes = tile.Lanes)
        fixed (long* storage = rows.Storage, whole = rows.WholeStorage)
        {
            var rowZero = storage - (long)rows.First * LayerRows.Stride;
            var wholeZero = whole - (long)rows.First * LayerRows.Classes;
            for (var start = 0; start < tile.Count; start += Block)
            {
                var rare = Cross<T>(lanes + start, scratch, grid, slopes, near, rowZero, ref list, out var classed);
                if (near)
                    AddWhole<NearRounding>(scratch, classed, wholeZero);
                else
                    AddWhole<FarRounding>(scratch, classed, wholeZero);
                if (rare == 0)
                    continue;
                if (!near && (rare = AddFar(scratch, rare, rowZero, grid.HeightMm, ref list)) == 0)
                    continue;
                fixed (long* steps = rows.StepStorage())
                {
                    if (near)
                        AddTall<NearRounding>(scratch, rare, steps, rows.First, grid.HeightMm, ref list.Updates);
                    else
                        AddTall<FarRounding>(scratch, rare, steps, rows.First, grid.HeightMm, ref list.Updates);
                }
            }
            AddRows<T>(ref list, rowZero);
        }
        rows.Updates += list.Updates;
        return true;
    }

    /// <summary>A list of crossings: the columns' places are filled row by row, and those that count are named.</summary>
    struct CrossingList(long* columns, ushort* slots)
    {
        public readonly long* Columns = columns;
        public readonly ushort* Slots = slots;
        public int Filled;
        public int Count;
        public long Updates;
    }

    /// <summary>
    /// 64 triangles: lists what they add at the planes they cross. Answers those with a side that is tall, or that cross at all where the quick
    /// rounding does not do; and which are of a class of slope.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static ulong Cross<T>(float* lanes, double* scratch, in LayerGrid grid, in LayerSlopes slopes, bool isNear, long* rowZero, ref CrossingList list, out ulong classed)
        where T : unmanaged, IDoubles<T>
    {
        const int Stride = TriangleTile.Capacity;
        var perMm = T.Of(grid.PerMm);
        var height = T.Of(grid.HeightMm);
        var half = T.Of(0.5);
        var one = T.Of(1);
        var zero = T.Of(0);
        var magic = T.Of(FixedPoint.Magic);
        var lessMagic = Bits(-FixedPoint.MagicBits);
        var rowMagic = T.Of(RowMagic);
        var nextPlace = Bits(1);
        var tallFrom = T.Of(LayerSteps.PlanesMin - 0.5);
        var upSkin = T.Of(slopes.UpSkin);
        var upFlat = T.Of(slopes.UpFlat);
        var downSkin = T.Of(slopes.DownSkin);
        var downFlat = T.Of(slopes.DownFlat);
        var hangingFrom = T.Of(slopes.Overhang);
        var lanesOf = LayerKinds.LanesOf;
        ulong rare = 0;
        classed = 0;
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
            // Halves on both sides cancel. Slopes are not negative, so a face is of one side's classes at most.
            var halfL = half * l;
            var down = zero - nz;
            var area = T.Max(nz, down);
            var cls = T.IfLess(upSkin * halfL, nz, OfClass(LayerRows.UpSkin), zero);
            cls = T.IfLess(upFlat * halfL, nz, OfClass(LayerRows.UpFlat), cls);
            cls = T.IfLess(downSkin * halfL, down, OfClass(LayerRows.DownSkin), cls);
            cls = T.IfLess(downFlat * halfL, down, OfClass(LayerRows.DownFlat), cls);
            var kind = T.AddBits(cls, T.IfLess(hangingFrom * halfL, area,
                T.IfLess(nz, zero, Bits((long)LayerKinds.Overhang << 32), Bits((long)LayerKinds.OverhangInverted << 32)), zero));
            var classes = T.LessMask(zero, cls);
            if (classes != 0)
            {
                classed |= (ulong)classes << i;
                T.Store(k1 + magic, s + K1 * Block);
                T.Store(kind, s + Kind * Block);
                T.Store(nz, s + Nz * Block);
            }
            if (T.LessMask(k0, k1) == 0)
                continue;

            var d = hi - lo;
            // A piece of no height divides by zero here and is never read.
            var wl = one / (d * (mid - lo));
            var wh = one / (d * (hi - mid));
            var talls = isNear ? T.LessMask(tallFrom, T.Max(km - k0, k1 - km)) : T.LessMask(k0, k1);
            if (talls != 0)
            {
                rare |= (ulong)talls << i;
                T.Store(k0 + magic, s + K0 * Block);
                T.Store(km + magic, s + Km * Block);
                T.Store(k1 + magic, s + K1 * Block);
                T.Store(kind, s + Kind * Block);
                T.Store(lo, s + Lo * Block);
                T.Store(hi, s + Hi * Block);
                T.Store(wl, s + Wl * Block);
                T.Store(wh, s + Wh * Block);
                T.Store(c, s + C * Block);
                T.Store(nz, s + Nz * Block);
                T.Store(l, s + L * Block);
                if (!isNear)
                    continue;
                var to = T.IfLess(tallFrom, k1 - km, km, k1);
                k0 = T.IfLess(tallFrom, km - k0, km, k0);
                k1 = to;
            }
            if (list.Filled > SlotsListed - RowSlots)
                AddRows<T>(ref list, rowZero);
            // Planes count up by their middles, so that z is one product; k + ½ < km is k < km. The place counts along.
            var place = T.AddBits(T.AddBits(k0 + magic, lessMagic), kind);
            for (var middle = k0 + half; ; middle += one, place = T.AddBits(place, nextPlace))
            {
                var here = T.LessMask(middle, k1);
                if (here == 0)
                    break;
                // Lanes that are done are computed with the others and not listed.
                var z = middle * height;
                var u = T.IfLess(middle, km, z - lo, hi - z);
                var t = u * T.IfLess(middle, km, wl, wh);
                var ut = u * t;
                var below = T.IfLess(middle, km, ut, one - ut);
                var columns = (double*)list.Columns + list.Filled;
                T.Store((c - nz * z) * t + rowMagic, columns + Area * Column);
                T.Store(l * t + rowMagic, columns + Length * Column);
                T.Store(area * below + rowMagic, columns + Below * Column);
                T.Store(place, columns + Place * Column);
                if (T.Count == 1)
                {
                    // One lane has no use for a list.
                    AddRow<T>(list.Columns, rowZero, LayerKinds.Masks);
                    list.Updates++;
                    continue;
                }
                Name(list.Slots + list.Count, list.Filled, lanesOf[here]);
                list.Filled += T.Count;
                list.Count += BitOperations.PopCount(here);
            }
        }
        return rare;

        static T Bits(long pattern) => T.Of(BitConverter.Int64BitsToDouble(pattern));

        static T OfClass(int cls) => Bits((long)LayerKinds.OfClass(cls) << 32);
    }

    /// <summary>Writes eight places, as many counting as there are: the row's first and, byte by byte, the lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Name(ushort* slots, int first, ulong lanes) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(lanes).AsByte()) + Vector128.Create((ushort)first)).Store(slots);

    /// <summary>A face of a class of slope counts whole from the plane above it on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddWhole<R>(double* scratch, ulong classed, long* whole)
        where R : struct, IRounding
    {
        for (; classed != 0; classed &= classed - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(classed);
            whole[(long)*(int*)(s + K1 * Block) * LayerRows.Classes + LayerKinds.ClassOf(KindAt(s))] += R.Of(Math.Abs(s[Nz * Block]) * (1L << LayerRows.Bits));
        }
    }

    static int KindAt(double* s) => ((int*)(s + Kind * Block))[1];

    /// <summary>Adds each crossing listed to its plane's row and empties the list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddRows<T>(ref CrossingList list, long* rowZero)
        where T : unmanaged, IDoubles<T>
    {
        var masks = LayerKinds.Masks;
        var slot = list.Slots;
        for (var end = slot + list.Count; slot < end; slot++)
            AddRow<T>(list.Columns + *slot, rowZero, masks);
        list.Updates += list.Count;
        list.Filled = list.Count = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddRow<T>(long* terms, long* rowZero, long* masks)
        where T : unmanaged, IDoubles<T>
    {
        var place = terms[Place * Column];
        // The plane's sign reaches into the kind above it.
        T.AddSpread(rowZero + (long)(int)place * LayerRows.Stride, terms[Area * Column], terms[Length * Column], terms[Below * Column],
            BitConverter.DoubleToInt64Bits(RowMagic), masks + (place + (1L << 31) >> 32) * LayerRows.Stride);
    }

    /// <summary>Crossings of sides that are not tall, one by one, for sums that the quick rounding does not hold. Answers the triangles with a tall side.</summary>
    static ulong AddFar(double* scratch, ulong crossed, long* rowZero, double height, ref CrossingList list)
    {
        ulong tall = 0;
        for (; crossed != 0; crossed &= crossed - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(crossed);
            int k0 = *(int*)(s + K0 * Block), km = *(int*)(s + Km * Block), k1 = *(int*)(s + K1 * Block);
            if (km - k0 >= LayerSteps.PlanesMin || k1 - km >= LayerSteps.PlanesMin)
                tall |= crossed & (0 - crossed);
            if (km - k0 >= LayerSteps.PlanesMin)
                k0 = km;
            if (k1 - km >= LayerSteps.PlanesMin)
                k1 = km;
            for (var k = k0; k < k1; k++, list.Updates++)
            {
                const double Places = 1L << LayerRows.Bits;
                var z = (k + 0.5) * height;
                var nz = s[Nz * Block];
                var u = k < km ? z - s[Lo * Block] : s[Hi * Block] - z;
                var t = u * s[(k < km ? Wl : Wh) * Block];
                var below = k < km ? u * t : 1 - u * t;
                Doubles1.AddSpread(rowZero + (long)k * LayerRows.Stride, FarRounding.Of((s[C * Block] - nz * z) * t * Places), FarRounding.Of(s[L * Block] * t * Places),
                    FarRounding.Of(Math.Abs(nz) * below * Places), 0, LayerKinds.Masks + (long)KindAt(s) * LayerRows.Stride);
            }
        }
        return tall;
    }

    /// <summary>The tall sides of tall triangles, as differences.</summary>
    static void AddTall<R>(double* scratch, ulong tall, long* steps, int first, double height, ref long updates)
        where R : struct, IRounding
    {
        for (; tall != 0; tall &= tall - 1)
        {
            var s = scratch + BitOperations.TrailingZeroCount(tall);
            double nz = s[Nz * Block], l = s[L * Block], c = s[C * Block];
            int k0 = *(int*)(s + K0 * Block), km = *(int*)(s + Km * Block), k1 = *(int*)(s + K1 * Block);
            var kind = KindAt(s);
            var cls = LayerKinds.ClassOf(kind);
            var hanging = LayerKinds.HangingOf(kind);
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
