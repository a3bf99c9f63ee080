using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Mass;

/// <summary>Ten sums over triangles: volume, three first and six second moments, by tetrahedra to the middle of the box.</summary>
/// <remarks>
/// Not in the one pass: six second moments and their rounding are about a hundred vector operations for eight triangles, 6 cycles each at two
/// a cycle, for a figure no price waits for. Taken afterwards, about the middle of the box, they need no more digits for a part that lies far from the origin, and the
/// scale of the fixed point can follow the part: 101 bits below the largest term there could be.
/// With d = a·((b−a)×(c−a)) and S = a+b+c, ∫xᵢ = d·Sᵢ/24 and ∫xᵢxⱼ = d·(SᵢSⱼ + aᵢaⱼ + bᵢbⱼ + cᵢcⱼ)/120.
/// </remarks>
sealed unsafe partial record SolidMoments
{
    const int Volume6 = 0, First24 = 1, Second120 = 4, TermCount = 10;

    /// <summary>Triangles gathered at a time.</summary>
    const int Block = 64;

    const int HalfBits = 50;

    // |d| < 2⁵ r³, |S| ≤ 3r, |SᵢSⱼ + …| ≤ 12 r².
    static double Bound(int term, double r) => term == Volume6 ? 32 * r * r * r : term < Second120 ? 128 * r * r * r * r : 512 * r * r * r * r * r;

    static double Value(Int128[] sums, int term, double reach) =>
        (double)sums[term] * (Bound(term, reach) / (1L << HalfBits) / (1L << (HalfBits + 1)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static Int128[] Sums<T>(ReadOnlySpan<float> coordinates, ReadOnlySpan<int> corners, Point3 origin, double reach)
        where T : unmanaged, IDoubles<T>
    {
        var sums = new Int128[TermCount];
        var p = stackalloc double[9 * Block];
        var acc = stackalloc T[2 * TermCount];
        var perUnit = stackalloc double[TermCount];
        for (var i = 0; i < TermCount; i++)
            perUnit[i] = (1L << HalfBits) / Bound(i, reach);
        for (var start = 0; start < corners.Length; start += 3 * Block)
        {
            var count = Math.Min(Block, (corners.Length - start) / 3);
            new Span<double>(p, 9 * Block).Clear();
            for (var i = 0; i < count; i++)
                Gather(coordinates, corners.Slice(start + 3 * i, 3), origin, p + i);
            for (var i = 0; i < 2 * TermCount; i++)
                acc[i] = T.Of(0);
            for (var i = 0; i < Block; i += T.Count)
                AddTerms(p + i, acc, perUnit);
            var bias = unchecked(Block * FixedPoint.MagicBits);
            for (var i = 0; i < TermCount; i++)
                sums[i] += ((Int128)unchecked(T.SumBits(acc[2 * i]) - bias) << (HalfBits + 1)) + unchecked(T.SumBits(acc[2 * i + 1]) - bias);
        }
        return sums;
    }

    /// <summary>Turned so that the least corner is first: terms do not depend on where a triangle starts.</summary>
    static void Gather(ReadOnlySpan<float> coordinates, ReadOnlySpan<int> triangle, Point3 origin, double* to)
    {
        var a = coordinates.Slice(3 * triangle[0], 3);
        var b = coordinates.Slice(3 * triangle[1], 3);
        var c = coordinates.Slice(3 * triangle[2], 3);
        if (IsLess(b, a) && !IsLess(c, b))
        {
            var t = a;
            a = b;
            b = c;
            c = t;
        }
        else if (IsLess(c, a))
        {
            var t = a;
            a = c;
            c = b;
            b = t;
        }
        Put(a, 0);
        Put(b, 3);
        Put(c, 6);

        static bool IsLess(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
            a[0] < b[0] || (a[0] == b[0] && (a[1] < b[1] || (a[1] == b[1] && a[2] < b[2])));

        void Put(ReadOnlySpan<float> v, int row)
        {
            to[row * Block] = v[0] - origin.X;
            to[(row + 1) * Block] = v[1] - origin.Y;
            to[(row + 2) * Block] = v[2] - origin.Z;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddTerms<T>(double* p, T* acc, double* perUnit)
        where T : unmanaged, IDoubles<T>
    {
        var ax = T.Load(p);
        var ay = T.Load(p + Block);
        var az = T.Load(p + 2 * Block);
        var bx = T.Load(p + 3 * Block);
        var by = T.Load(p + 4 * Block);
        var bz = T.Load(p + 5 * Block);
        var cx = T.Load(p + 6 * Block);
        var cy = T.Load(p + 7 * Block);
        var cz = T.Load(p + 8 * Block);
        var ux = bx - ax;
        var uy = by - ay;
        var uz = bz - az;
        var vx = cx - ax;
        var vy = cy - ay;
        var vz = cz - az;
        var d = ax * (uy * vz - uz * vy) + ay * (uz * vx - ux * vz) + az * (ux * vy - uy * vx);
        var sx = ax + bx + cx;
        var sy = ay + by + cy;
        var sz = az + bz + cz;
        Add(acc, perUnit, Volume6, d);
        Add(acc, perUnit, First24, d * sx);
        Add(acc, perUnit, First24 + 1, d * sy);
        Add(acc, perUnit, First24 + 2, d * sz);
        Add(acc, perUnit, Second120, d * (sx * sx + ax * ax + bx * bx + cx * cx));
        Add(acc, perUnit, Second120 + 1, d * (sy * sy + ay * ay + by * by + cy * cy));
        Add(acc, perUnit, Second120 + 2, d * (sz * sz + az * az + bz * bz + cz * cz));
        Add(acc, perUnit, Second120 + 3, d * (sx * sy + ax * ay + bx * by + cx * cy));
        Add(acc, perUnit, Second120 + 4, d * (sx * sz + ax * az + bx * bz + cx * cz));
        Add(acc, perUnit, Second120 + 5, d * (sy * sz + ay * az + by * bz + cy * cz));
    }

    /// <summary>Whole multiples of a unit, then what they leave; powers of two, so that scaling does not round.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add<T>(T* acc, double* perUnit, int term, T value)
        where T : unmanaged, IDoubles<T>
    {
        var high = value * T.Of(perUnit[term]) + T.Of(FixedPoint.Magic);
        var rest = value * T.Of(perUnit[term]) - (high - T.Of(FixedPoint.Magic));
        acc[2 * term] = T.AddBits(acc[2 * term], high);
        acc[2 * term + 1] = T.AddBits(acc[2 * term + 1], rest * T.Of(1L << (HalfBits + 1)) + T.Of(FixedPoint.Magic));
    }
}
