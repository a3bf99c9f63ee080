using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Topology;

/// <summary>Direction and mean length of a face's cuts.</summary>
readonly record struct Cut(double X, double Y, double MeanMm);

/// <summary>
/// The arithmetic of <see cref="Turning"/> for a block of faces or edges at a time, in lanes: field by field, <see cref="Size"/> values each.
/// In: the two cuts of each edge. Out, in the first four fields: angle, inset, seconds lost at the outer and at the inner wall's speed.
/// </summary>
/// <remarks>Angles come from a series of our own: a libm differs between platforms.</remarks>
static unsafe class CornerBlock
{
    /// <summary>Edges in a block. A multiple of every path's lanes; six fields of it stay in the first-level cache.</summary>
    public const int Size = 64;

    public const int Fields = 6;

    /// <summary>Tangent of half the sharpest corner (2.6 rad) that is followed to its tip.</summary>
    const double MitreTan = 3.6;

    /// <summary>Eight times the deviation at which the slicer straightens a curve (0.0125 mm), mm: chord² = 8·r·deviation.</summary>
    const double SmoothingMm = 0.1;

    public static void Put(double* block, int at, in Cut from, in Cut to)
    {
        block += at;
        block[0] = from.X;
        block[Size] = from.Y;
        block[2 * Size] = from.MeanMm;
        block[3 * Size] = to.X;
        block[4 * Size] = to.Y;
        block[5 * Size] = to.MeanMm;
    }

    /// <summary>The cuts of all faces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Cut[] Cuts<T>(ReadOnlySpan<int> corners, VertexTable vertices)
        where T : unmanaged, IDoubles<T>
    {
        var faces = corners.Length / 3;
        var cuts = new Cut[faces];
        var block = stackalloc double[9 * Size];
        new Span<double>(block, 9 * Size).Clear();
        for (var start = 0; start < faces; start += Size)
        {
            var count = Math.Min(Size, faces - start);
            for (var i = 0; i < count; i++)
                for (var corner = 0; corner < 3; corner++)
                {
                    var p = vertices[corners[3 * (start + i) + corner]];
                    var target = block + 3 * corner * Size + i;
                    target[0] = p.X;
                    target[Size] = p.Y;
                    target[2 * Size] = p.Z;
                }
            for (var i = 0; i < Size; i += T.Count)
                CutOf<T>(block + i);
            for (var i = 0; i < count; i++)
                cuts[start + i] = new(block[i], block[Size + i], block[2 * Size + i]);
        }
        return cuts;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void CutOf<T>(double* p)
        where T : unmanaged, IDoubles<T>
    {
        var zero = T.Of(0);
        T ax = T.Load(p), ay = T.Load(p + Size), az = T.Load(p + 2 * Size);
        T bx = T.Load(p + 3 * Size), by = T.Load(p + 4 * Size), bz = T.Load(p + 5 * Size);
        T cx = T.Load(p + 6 * Size), cy = T.Load(p + 7 * Size), cz = T.Load(p + 8 * Size);
        T ux = bx - ax, uy = by - ay, uz = bz - az, vx = cx - ax, vy = cy - ay, vz = cz - az;
        T nx = uy * vz - uz * vy, ny = uz * vx - ux * vz;
        var length = T.Sqrt(nx * nx + ny * ny);
        var height = T.Max(T.Max(az, bz), cz) - T.Min(T.Min(az, bz), cz);
        // A flat face has no cuts.
        T.Store(T.IfLess(zero, length, (zero - ny) / length, zero), p);
        T.Store(T.IfLess(zero, length, nx / length, zero), p + Size);
        T.Store(T.IfLess(zero, length, length / (T.Of(2) * height), zero), p + 2 * Size);
    }

    /// <summary>Corners for cuts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Work<T>(double* block, bool inverted, in CornerMotion motion)
        where T : unmanaged, IDoubles<T>
    {
        var zero = T.Of(0);
        var one = T.Of(1);
        var two = T.Of(2);
        var half = T.Of(0.5);
        for (var i = 0; i < Size; i += T.Count)
        {
            var p = block + i;
            T fromX = T.Load(p), fromY = T.Load(p + Size), toX = T.Load(p + 3 * Size), toY = T.Load(p + 4 * Size);
            var sin = fromX * toY - fromY * toX;
            var cos = fromX * toX + fromY * toY;
            var absSin = Abs(sin);
            var angle = AngleOf(absSin, cos);
            // A flat face has neither sine nor cosine: no corner.
            var known = absSin + Abs(cos);
            angle = T.IfLess(zero, known, angle, zero);
            var left = inverted ? zero - sin : sin;
            // tan(θ/2) = sin θ / (1 + cos θ), cut off where a mitre would run away.
            var mitre = two * T.Min(absSin / T.Max(one + cos, T.Of(1e-9)), T.Of(MitreTan));
            T.Store(Convex(left, inverted, angle, zero - angle), p);
            T.Store(Convex(left, inverted, mitre, zero - angle), p + Size);

            var mean = half * (T.Load(p + 2 * Size) + T.Load(p + 5 * Size));
            // The slicer joins short chords of a curve into longer ones with a sharper corner; each of ours is then a share of one of those.
            var sharp = T.Max(angle, T.Min(T.Sqrt(T.Of(SmoothingMm) * angle / mean), T.Of(1.57)));
            var share = angle / sharp;
            var mx = Abs(toX - fromX);
            var my = Abs(toY - fromY);
            var jump = two * SinOf(half * sharp) * T.Max(mx, my) / T.Sqrt(mx * mx + my * my);
            var length = mean / share;
            var outer = share * LossS(length, motion.OuterMmS, jump, motion);
            var inner = share * LossS(length, motion.InnerMmS, jump, motion);
            // Too little to divide by: nothing is lost there.
            outer = T.IfLess(angle, T.Of(1e-6), zero, T.IfLess(mean, T.Of(1e-9), zero, outer));
            inner = T.IfLess(angle, T.Of(1e-6), zero, T.IfLess(mean, T.Of(1e-9), zero, inner));
            T.Store(outer, p + 2 * Size);
            T.Store(inner, p + 3 * Size);
        }

        // A corner without sine turns neither way; it counts as one that is not convex, which an inverted mesh sees the other way round.
        static T Convex(T left, bool inverted, T convex, T concave) =>
            inverted ? T.IfLess(left, T.Of(0), concave, convex) : T.IfLess(T.Of(0), left, convex, concave);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Abs<T>(T x)
        where T : unmanaged, IDoubles<T> => T.Max(x, T.Of(0) - x);

    /// <summary>Seconds lost by slowing down to a corner and speeding up again within a length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T LossS<T>(T lengthMm, double speedMmS, T jump, in CornerMotion motion)
        where T : unmanaged, IDoubles<T>
    {
        var speed = T.Of(speedMmS);
        var acceleration = T.Of(motion.AccelerationMmS2);
        var change = speed * jump;
        var corner = T.Of(speedMmS * motion.JerkMmS) / change;
        var peak2 = corner * corner + acceleration * lengthMm;
        var shortLoss = T.Of(2) * (T.Sqrt(peak2) - corner) / acceleration - lengthMm / speed;
        var longLoss = T.Of(2) * (speed - corner) / acceleration - (speed * speed - corner * corner) / acceleration / speed;
        var loss = T.IfLess(peak2, speed * speed, shortLoss, longLoss);
        return T.IfLess(T.Of(motion.JerkMmS), change, loss, T.Of(0));
    }

    /// <summary>The angle 0…π with this sine (≥ 0) and cosine, to 3·10⁻⁹: halved twice, then the series of the arc tangent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T AngleOf<T>(T sin, T cos)
        where T : unmanaged, IDoubles<T>
    {
        var one = T.Of(1);
        var half = sin / (one + Abs(cos));
        var t = half / (one + T.Sqrt(one + half * half));
        var s = t * t;
        var series = T.Of(1.0 / 15) - s / T.Of(17);
        series = T.Of(1.0 / 13) - s * series;
        series = T.Of(1.0 / 11) - s * series;
        series = T.Of(1.0 / 9) - s * series;
        series = T.Of(1.0 / 7) - s * series;
        series = T.Of(1.0 / 5) - s * series;
        series = T.Of(1.0 / 3) - s * series;
        var angle = T.Of(4) * t * (one - s * series);
        return T.IfLess(cos, T.Of(0), T.Of(Math.PI) - angle, angle);
    }

    /// <summary>Sine of 0…π/2, to 6·10⁻⁸.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T SinOf<T>(T x)
        where T : unmanaged, IDoubles<T>
    {
        var one = T.Of(1);
        var s = x * x;
        return x * (one - s / T.Of(6) * (one - s / T.Of(20) * (one - s / T.Of(42) * (one - s / T.Of(72) * (one - s / T.Of(110))))));
    }
}
