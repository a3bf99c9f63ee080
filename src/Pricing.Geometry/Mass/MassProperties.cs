using System.Numerics;
using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>Area, signed volume, first moments, facing areas: sums over triangles by the divergence theorem.</summary>
/// <remarks>
/// n = (b−a)×(c−a) from exact differences of float32; then √(n·n), a·n and (a·n)(a+b+c), each in double, in the written order.
/// Each term is rounded to fixed point by adding a magic number and summed as an integer; a row with a large one is first split at a power of two,
/// the halves summed apart. The reference twin rounds the same terms one by one in big integers.
/// </remarks>
static unsafe partial class MassProperties
{
    /// <summary>Reach of the vector path, mm: within it no high half exceeds 2⁵¹ (moments: 3·2¹³ · 3·2¹³ · 2²⁹ = 2⁵⁸, in units of 2¹¹).</summary>
    public const float NearMm = 8192;

    /// <summary>Every large term keeps 51 bits in its low half; the unit of the high half follows.</summary>
    const int LowBits = 51;

    /// <summary>1.5·2⁵² places: adding it rounds to places. Areas and volumes have equally many.</summary>
    const double AreaMagic = FixedPoint.Magic / (1L << MassSums.AreaBits);
    const double MomentMagic = FixedPoint.Magic / (1L << MassSums.MomentBits);

    /// <summary>Rows of terms up to these, half of what a magic number reaches, need no high half: every row of a fine mesh.</summary>
    const double SmallMm2 = AreaMagic / 6, SmallMm3 = AreaMagic / 6, SmallMm4 = MomentMagic / 6;

    /// <summary>What is added up: as <see cref="MassSums"/>, with the whole in place of one of two parts.</summary>
    const int KeptArea2 = 0, KeptNormalX2 = 1, KeptNormalY2 = 2, KeptNormalZ2 = 3, KeptUp2 = 4, KeptSteep2 = 5, KeptOverhang2 = 6,
        KeptVolume6 = 7, KeptMoments24 = 8, Kept = 11;

    /// <summary>Adds a tile. <paramref name="box"/> is the tile's own box.</summary>
    public static void Add<T>(TriangleTile tile, in TileBox box, MassSums sums)
        where T : unmanaged, IDoubles<T>
    {
        if (tile.Count == 0)
            return;
        sums.Box.Include(box);
        sums.LowerBed(MassSums.BedStepOf(sums.Box.MinZ));
        sums.Triangles += tile.Count;
        if (box.Reach <= NearMm)
            AddNear<T>(tile, box, sums);
        else
            AddFar(tile, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddNear<T>(TriangleTile tile, in TileBox box, MassSums sums)
        where T : unmanaged, IDoubles<T>
    {
        const int Stride = TriangleTile.Capacity;
        var large = stackalloc T[2 * Kept];
        for (var i = 0; i < 2 * Kept; i++)
            large[i] = T.Of(0);
        var scratch = stackalloc double[3 * 8];
        var zero = T.Of(0);
        var areaMagic = T.Of(AreaMagic);
        var momentMagic = T.Of(MomentMagic);
        var smallArea = T.Of(SmallMm2);
        // |moment| ≤ |volume|·3·reach, but for roundings that the factor of two below the reach of the magic number takes.
        var smallVolume = T.Of(Math.Min(SmallMm3, SmallMm4 / (3 * box.Reach)));
        var bedTop = T.Of(box.MinZ < sums.BedTopMm ? sums.BedTopMm : double.NegativeInfinity);
        T area2 = zero, normalX = zero, normalY = zero, normalZ = zero, up = zero, steep2 = zero, overhang2 = zero;
        T volume = zero, momentX = zero, momentY = zero, momentZ = zero;
        long solid = 0;
        var largeAreas = 0;
        var largeVolumes = 0;
        var rows = (tile.Count + T.Count - 1) / T.Count;
        fixed (float* lanes = tile.Lanes)
        {
            for (var row = 0; row < rows; row++)
            {
                var p = lanes + row * T.Count;
                var ax = T.Widen(p);
                var ay = T.Widen(p + Stride);
                var az = T.Widen(p + 2 * Stride);
                var bx = T.Widen(p + 3 * Stride);
                var by = T.Widen(p + 4 * Stride);
                var bz = T.Widen(p + 5 * Stride);
                var cx = T.Widen(p + 6 * Stride);
                var cy = T.Widen(p + 7 * Stride);
                var cz = T.Widen(p + 8 * Stride);
                var ux = bx - ax;
                var uy = by - ay;
                var uz = bz - az;
                var vx = cx - ax;
                var vy = cy - ay;
                var vz = cz - az;
                var nx = uy * vz - uz * vy;
                var ny = uz * vx - ux * vz;
                var nz = ux * vy - uy * vx;
                var nn = nx * nx + ny * ny + nz * nz;
                var area = T.Sqrt(nn);
                solid += BitOperations.PopCount(T.LessMask(zero, nn));
                // Steeper than 45°: 2 nz² > n².
                var steep = T.IfLess(nn, nz * nz + nz * nz, area, zero);
                var overhang = T.IfLess(nz, zero, steep, zero);
                var d = ax * nx + ay * ny + az * nz;
                var mx = d * (ax + bx + cx);
                var my = d * (ay + by + cy);
                var mz = d * (az + bz + cz);
                if (T.LessMask(smallArea, area) == 0)
                {
                    var z = nz + areaMagic;
                    area2 = T.AddBits(area2, area + areaMagic);
                    normalX = T.AddBits(normalX, nx + areaMagic);
                    normalY = T.AddBits(normalY, ny + areaMagic);
                    normalZ = T.AddBits(normalZ, z);
                    up = T.AddBits(up, T.Max(z, areaMagic));
                    steep2 = T.AddBits(steep2, steep + areaMagic);
                    overhang2 = T.AddBits(overhang2, overhang + areaMagic);
                }
                else
                {
                    largeAreas++;
                    AddLarge(large + 2 * KeptArea2, area, AreaMagic);
                    AddLarge(large + 2 * KeptNormalX2, nx, AreaMagic);
                    AddLarge(large + 2 * KeptNormalY2, ny, AreaMagic);
                    AddLarge(large + 2 * KeptNormalZ2, nz, AreaMagic);
                    AddLarge(large + 2 * KeptUp2, T.Max(nz, zero), AreaMagic);
                    AddLarge(large + 2 * KeptSteep2, steep, AreaMagic);
                    AddLarge(large + 2 * KeptOverhang2, overhang, AreaMagic);
                }
                if (T.LessMask(smallVolume, T.Max(d, zero - d)) == 0)
                {
                    volume = T.AddBits(volume, d + areaMagic);
                    momentX = T.AddBits(momentX, mx + momentMagic);
                    momentY = T.AddBits(momentY, my + momentMagic);
                    momentZ = T.AddBits(momentZ, mz + momentMagic);
                }
                else
                {
                    largeVolumes++;
                    AddLarge(large + 2 * KeptVolume6, d, AreaMagic);
                    AddLarge(large + 2 * KeptMoments24, mx, MomentMagic);
                    AddLarge(large + 2 * (KeptMoments24 + 1), my, MomentMagic);
                    AddLarge(large + 2 * (KeptMoments24 + 2), mz, MomentMagic);
                }
                var top = T.Max(T.Max(az, bz), cz);
                var low = T.LessMask(top, bedTop);
                if (low != 0 && (low &= T.LessMask(zero, steep)) != 0)
                {
                    T.Store(top, scratch);
                    T.Store(steep, scratch + 8);
                    T.Store(nz, scratch + 16);
                    for (; low != 0; low &= low - 1)
                    {
                        var lane = BitOperations.TrailingZeroCount(low);
                        sums.AddBedOverhang(scratch[16 + lane] < 0 ? 0 : 1, MassSums.BedStepOf(scratch[lane]),
                            Round(scratch[8 + lane], MassSums.AreaBits));
                    }
                }
            }
        }
        sums.Degenerate += tile.Count - solid;

        var areas = (rows - largeAreas) * T.Count;
        var volumes = (rows - largeVolumes) * T.Count;
        var totals = stackalloc Int128[Kept];
        totals[KeptArea2] = Small(area2, areas, AreaMagic);
        totals[KeptNormalX2] = Small(normalX, areas, AreaMagic);
        totals[KeptNormalY2] = Small(normalY, areas, AreaMagic);
        totals[KeptNormalZ2] = Small(normalZ, areas, AreaMagic);
        totals[KeptUp2] = Small(up, areas, AreaMagic);
        totals[KeptSteep2] = Small(steep2, areas, AreaMagic);
        totals[KeptOverhang2] = Small(overhang2, areas, AreaMagic);
        totals[KeptVolume6] = Small(volume, volumes, AreaMagic);
        totals[KeptMoments24] = Small(momentX, volumes, MomentMagic);
        totals[KeptMoments24 + 1] = Small(momentY, volumes, MomentMagic);
        totals[KeptMoments24 + 2] = Small(momentZ, volumes, MomentMagic);
        if (largeAreas > 0)
            for (var i = 0; i < KeptVolume6; i++)
                totals[i] += Large(large + 2 * i, largeAreas * T.Count, AreaMagic);
        if (largeVolumes > 0)
            for (var i = KeptVolume6; i < Kept; i++)
                totals[i] += Large(large + 2 * i, largeVolumes * T.Count, i == KeptVolume6 ? AreaMagic : MomentMagic);

        var terms = sums.Terms;
        terms[MassSums.Area2] += totals[KeptArea2];
        terms[MassSums.NormalX2] += totals[KeptNormalX2];
        terms[MassSums.NormalY2] += totals[KeptNormalY2];
        terms[MassSums.Up2] += totals[KeptUp2];
        // Rounding is odd, so what faces down is what faces up less the whole, exactly; steep faces likewise.
        terms[MassSums.Down2] += totals[KeptUp2] - totals[KeptNormalZ2];
        terms[MassSums.Overhang2] += totals[KeptOverhang2];
        terms[MassSums.Overhang2Inverted] += totals[KeptSteep2] - totals[KeptOverhang2];
        terms[MassSums.Volume6] += totals[KeptVolume6];
        terms[MassSums.MomentX24] += totals[KeptMoments24];
        terms[MassSums.MomentY24] += totals[KeptMoments24 + 1];
        terms[MassSums.MomentZ24] += totals[KeptMoments24 + 2];
    }

    /// <summary>
    /// High half: multiples of 2⁵¹ places. Low half: the exact rest in places. Adding 1.5·2⁵² places, or that many times 2⁵¹, rounds to them,
    /// ties to even, and leaves the integer in the low bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddLarge<T>(T* acc, T term, double magic)
        where T : unmanaged, IDoubles<T>
    {
        var highMagic = T.Of(magic * (1L << LowBits));
        var high = term + highMagic;
        acc[0] = T.AddBits(acc[0], high);
        acc[1] = T.AddBits(acc[1], term - (high - highMagic) + T.Of(magic));
    }

    static Int128 Large<T>(T* acc, int count, double magic)
        where T : unmanaged, IDoubles<T> =>
        ((Int128)Small(acc[0], count, magic * (1L << LowBits)) << LowBits) + Small(acc[1], count, magic);

    /// <summary>Each pattern carries the magic number's bits once per lane and row; 64-bit sums wrap and come back.</summary>
    static long Small<T>(T acc, int count, double magic)
        where T : unmanaged, IDoubles<T> =>
        unchecked(T.SumBits(acc) - count * BitConverter.DoubleToInt64Bits(magic));

    /// <summary>The same terms one by one for coordinates beyond <see cref="NearMm"/>, where a half would overflow: rare, exact, slow.</summary>
    static void AddFar(TriangleTile tile, MassSums sums)
    {
        var terms = sums.Terms;
        for (var i = 0; i < tile.Count; i++)
        {
            var t = TriangleTerms.Of(tile, i);
            if (!(t.NormalSquared > 0))
                sums.Degenerate++;
            terms[MassSums.Area2] += Round(t.Area2, MassSums.AreaBits);
            terms[MassSums.NormalX2] += Round(t.Nx, MassSums.AreaBits);
            terms[MassSums.NormalY2] += Round(t.Ny, MassSums.AreaBits);
            terms[MassSums.Up2] += Round(Math.Max(t.Nz, 0), MassSums.AreaBits);
            terms[MassSums.Down2] += Round(Math.Max(-t.Nz, 0), MassSums.AreaBits);
            var side = t.Nz < 0 ? 0 : 1;
            terms[MassSums.Overhang2 + side] += Round(t.Steep2, MassSums.AreaBits);
            terms[MassSums.Volume6] += Round(t.Volume6, MassSums.VolumeBits);
            terms[MassSums.MomentX24] += Round(t.MomentX24, MassSums.MomentBits);
            terms[MassSums.MomentY24] += Round(t.MomentY24, MassSums.MomentBits);
            terms[MassSums.MomentZ24] += Round(t.MomentZ24, MassSums.MomentBits);
            if (t.Steep2 > 0 && t.TopZ < sums.BedTopMm)
                sums.AddBedOverhang(side, MassSums.BedStepOf(t.TopZ), Round(t.Steep2, MassSums.AreaBits));
        }
    }

    /// <summary>term × 2^bits to the nearest integer, ties to even. Scaling by a power of two does not round.</summary>
    static Int128 Round(double term, int bits) => (Int128)Math.Round(term * (1L << bits));
}
