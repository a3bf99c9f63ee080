using System.Numerics;
using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>Area, signed volume, first moments, facing areas: sums over triangles by the divergence theorem.</summary>
/// <remarks>
/// n = (b−a)×(c−a) from exact differences of float32; then √(n·n), a·n and (a·n)(a+b+c), each in double, in the written order.
/// Each term is split at a power of two and rounded to fixed point by adding <see cref="FixedPoint.Magic"/>, the halves summed as
/// integers. The reference twin rounds the same terms one by one in big integers.
/// </remarks>
static unsafe partial class MassProperties
{
    /// <summary>Reach of the vector path, mm: within it no high half exceeds 2⁵¹ (moments: 3·2¹³ · 3·2¹³ · 2²⁹ = 2⁵⁸, in units of 2¹¹).</summary>
    public const float NearMm = 8192;

    /// <summary>Every term keeps 51 bits in its low half; the unit of the high half follows.</summary>
    const int LowBits = 51;

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
            AddNear<T>(tile, sums);
        else
            AddFar(tile, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddNear<T>(TriangleTile tile, MassSums sums)
        where T : unmanaged, IDoubles<T>
    {
        const int Stride = TriangleTile.Capacity;
        var acc = stackalloc T[2 * MassSums.TermCount];
        for (var i = 0; i < 2 * MassSums.TermCount; i++)
            acc[i] = T.Of(0);
        var scratch = stackalloc double[3 * 8];
        var zero = T.Of(0);
        var bedTop = T.Of(sums.BedTopMm);
        long solid = 0;
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
                AddArea(acc + 2 * MassSums.Area2, area);
                AddArea(acc + 2 * MassSums.NormalX2, nx);
                AddArea(acc + 2 * MassSums.NormalY2, ny);
                AddArea(acc + 2 * MassSums.Up2, T.Max(nz, zero));
                AddArea(acc + 2 * MassSums.Down2, T.Max(zero - nz, zero));
                AddArea(acc + 2 * MassSums.Overhang2, overhang);
                AddArea(acc + 2 * MassSums.Overhang2Inverted, steep - overhang);
                var d = ax * nx + ay * ny + az * nz;
                AddSplit(acc + 2 * MassSums.Volume6, d, 1.0 / (1L << (LowBits - MassSums.VolumeBits)),
                    1L << (LowBits - MassSums.VolumeBits), 1L << MassSums.VolumeBits);
                AddMoment(acc + 2 * MassSums.MomentX24, d * (ax + bx + cx));
                AddMoment(acc + 2 * MassSums.MomentY24, d * (ay + by + cy));
                AddMoment(acc + 2 * MassSums.MomentZ24, d * (az + bz + cz));
                var top = T.Max(T.Max(az, bz), cz);
                var low = T.LessMask(top, bedTop) & T.LessMask(zero, steep);
                if (low != 0)
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
        // Each pattern carries the magic number's bits once per lane and row; 64-bit sums wrap and come back.
        var bias = unchecked(rows * T.Count * FixedPoint.MagicBits);
        for (var i = 0; i < MassSums.TermCount; i++)
        {
            var high = unchecked(T.SumBits(acc[2 * i]) - bias);
            var low = unchecked(T.SumBits(acc[2 * i + 1]) - bias);
            sums.Terms[i] += ((Int128)high << LowBits) + low;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddArea<T>(T* acc, T term)
        where T : unmanaged, IDoubles<T> =>
        AddSplit(acc, term, 1.0 / (1L << (LowBits - MassSums.AreaBits)), 1L << (LowBits - MassSums.AreaBits), 1L << MassSums.AreaBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddMoment<T>(T* acc, T term)
        where T : unmanaged, IDoubles<T> =>
        AddSplit(acc, term, 1.0 / (1L << (LowBits - MassSums.MomentBits)), 1L << (LowBits - MassSums.MomentBits), 1L << MassSums.MomentBits);

    /// <summary>High half: whole multiples of <paramref name="unit"/>. Low half: the exact rest, rounded to 1/<paramref name="places"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddSplit<T>(T* acc, T term, double perUnit, double unit, double places)
        where T : unmanaged, IDoubles<T>
    {
        var high = term * T.Of(perUnit) + T.Of(FixedPoint.Magic);
        var rest = term - (high - T.Of(FixedPoint.Magic)) * T.Of(unit);
        var low = rest * T.Of(places) + T.Of(FixedPoint.Magic);
        acc[0] = T.AddBits(acc[0], high);
        acc[1] = T.AddBits(acc[1], low);
    }

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
