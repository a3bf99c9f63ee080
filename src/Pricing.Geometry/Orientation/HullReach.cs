using System.Runtime.CompilerServices;
using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Orientation;

/// <summary>How far a part reaches each way: least and greatest product of its hull's vertices with a direction. Exact to a rounding, in any order.</summary>
sealed unsafe class HullReach
{
    /// <summary>Directions taken through the vertices together: their twelve numbers and eight extremes stay in registers.</summary>
    const int Together = 4;

    /// <summary>Vertices are padded with the first to whole rows of the widest lanes.</summary>
    const int Row = 8;

    readonly double[] _x, _y, _z;
    readonly InstructionSet _set;

    public HullReach(IReadOnlyList<Point3> hull, InstructionSet set)
    {
        _set = set;
        var padded = (hull.Count + Row - 1) / Row * Row;
        _x = new double[padded];
        _y = new double[padded];
        _z = new double[padded];
        for (var i = 0; i < padded; i++)
            (_x[i], _y[i], _z[i]) = hull[i < hull.Count ? i : 0];
    }

    public (double Low, double High)[] Along(IReadOnlyList<Point3> directions)
    {
        var reaches = new (double, double)[directions.Count];
        Span<Point3> four = stackalloc Point3[Together];
        Span<double> extremes = stackalloc double[2 * Together];
        for (var i = 0; i < directions.Count; i += Together)
        {
            for (var k = 0; k < Together; k++)
                four[k] = directions[Math.Min(i + k, directions.Count - 1)];
            switch (_set)
            {
                case InstructionSet.Avx512:
                    Along<Doubles512>(four, extremes);
                    break;
                case InstructionSet.Avx2:
                    Along<Doubles256>(four, extremes);
                    break;
                default:
                    Along<Doubles1>(four, extremes);
                    break;
            }
            // Adding +0 takes the sign off a zero, which may depend on the order.
            for (var k = 0; k < Together && i + k < directions.Count; k++)
                reaches[i + k] = (extremes[2 * k] + 0.0, extremes[2 * k + 1] + 0.0);
        }
        return reaches;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Along<T>(ReadOnlySpan<Point3> d, Span<double> extremes)
        where T : unmanaged, IDoubles<T>
    {
        T x0 = T.Of(d[0].X), y0 = T.Of(d[0].Y), z0 = T.Of(d[0].Z), x1 = T.Of(d[1].X), y1 = T.Of(d[1].Y), z1 = T.Of(d[1].Z);
        T x2 = T.Of(d[2].X), y2 = T.Of(d[2].Y), z2 = T.Of(d[2].Z), x3 = T.Of(d[3].X), y3 = T.Of(d[3].Y), z3 = T.Of(d[3].Z);
        T low0 = T.Of(double.PositiveInfinity), low1 = low0, low2 = low0, low3 = low0;
        T high0 = T.Of(double.NegativeInfinity), high1 = high0, high2 = high0, high3 = high0;
        fixed (double* px = _x, py = _y, pz = _z)
        {
            for (var i = 0; i < _x.Length; i += T.Count)
            {
                T x = T.Load(px + i), y = T.Load(py + i), z = T.Load(pz + i);
                var r0 = x * x0 + y * y0 + z * z0;
                var r1 = x * x1 + y * y1 + z * z1;
                var r2 = x * x2 + y * y2 + z * z2;
                var r3 = x * x3 + y * y3 + z * z3;
                low0 = T.Min(low0, r0);
                high0 = T.Max(high0, r0);
                low1 = T.Min(low1, r1);
                high1 = T.Max(high1, r1);
                low2 = T.Min(low2, r2);
                high2 = T.Max(high2, r2);
                low3 = T.Min(low3, r3);
                high3 = T.Max(high3, r3);
            }
        }
        Reduce(low0, high0, extremes);
        Reduce(low1, high1, extremes[2..]);
        Reduce(low2, high2, extremes[4..]);
        Reduce(low3, high3, extremes[6..]);

        static void Reduce(T low, T high, Span<double> to)
        {
            var lanes = stackalloc double[16];
            T.Store(low, lanes);
            T.Store(high, lanes + 8);
            to[0] = lanes[0];
            to[1] = lanes[8];
            for (var i = 1; i < T.Count; i++)
            {
                to[0] = Math.Min(to[0], lanes[i]);
                to[1] = Math.Max(to[1], lanes[8 + i]);
            }
        }
    }
}
