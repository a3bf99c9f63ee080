using System.Numerics;

namespace Pricing.Geometry.Topology;

/// <summary>The plain twin: whole numbers of any size, the two intervals on the line of the planes as fractions.</summary>
static partial class TriangleMeeting
{
    public static bool Reference(IReadOnlyList<Point3> first, IReadOnlyList<Point3> second)
    {
        var t1 = first.Select(Whole.Of).ToArray();
        var t2 = second.Select(Whole.Of).ToArray();
        var n1 = (t1[1] - t1[0]).Cross(t1[2] - t1[0]);
        var n2 = (t2[1] - t2[0]).Cross(t2[2] - t2[0]);
        if (n1.IsZero || n2.IsZero)
            return false;
        var line = n1.Cross(n2);
        if (line.IsZero)
            return n1.Dot(t2[0] - t1[0]).IsZero && n1.Dot(n2).Sign > 0 && IsFlatOverlap(t1, t2, n1);
        var i1 = Interval(t1, [.. t1.Select(v => n2.Dot(v - t2[0]))], line);
        var i2 = Interval(t2, [.. t2.Select(v => n1.Dot(v - t1[0]))], line);
        return i1 is var (a, b) && i2 is var (c, d) && Less(c, b) && Less(a, d);
    }

    /// <summary>Where the triangle's inside cuts the other's plane, along the line; null where the plane only touches it.</summary>
    static ((BigInteger N, BigInteger D) Low, (BigInteger N, BigInteger D) High)? Interval(Whole[] t, BigInteger[] height, Whole line)
    {
        if (!Array.Exists(height, h => h.Sign > 0) || !Array.Exists(height, h => h.Sign < 0))
            return null;
        List<(BigInteger N, BigInteger D)> cuts = [];
        for (var i = 0; i < 3; i++)
        {
            var j = (i + 1) % 3;
            if (height[i].IsZero)
                cuts.Add((line.Dot(t[i]), 1));
            if (height[i].Sign * height[j].Sign < 0)
            {
                // Between u and v at the share hu / (hu − hv).
                var d = height[i] - height[j];
                var n = line.Dot(t[i]) * d + (line.Dot(t[j]) - line.Dot(t[i])) * height[i];
                cuts.Add(d.Sign > 0 ? (n, d) : (-n, -d));
            }
        }
        return Less(cuts[0], cuts[1]) ? (cuts[0], cuts[1]) : (cuts[1], cuts[0]);
    }

    static bool Less((BigInteger N, BigInteger D) a, (BigInteger N, BigInteger D) b) => a.N * b.D < b.N * a.D;

    static bool IsFlatOverlap(Whole[] t1, Whole[] t2, Whole normal)
    {
        return !Parts(t1, t2) && !Parts(t2, t1);

        bool Parts(Whole[] by, Whole[] other) => Enumerable.Range(0, 3).Any(i =>
            other.All(v => normal.Dot((by[(i + 1) % 3] - by[i]).Cross(v - by[i])).Sign <= 0));
    }

    readonly record struct Whole(BigInteger X, BigInteger Y, BigInteger Z)
    {
        public bool IsZero => X.IsZero && Y.IsZero && Z.IsZero;

        /// <summary>Every float32 is a whole multiple of 2⁻¹⁴⁹.</summary>
        public static Whole Of(Point3 p) => new(Scaled(p.X), Scaled(p.Y), Scaled(p.Z));

        static BigInteger Scaled(double value) => value == 0 ? 0 : (BigInteger)Math.ScaleB(value, 149);

        public static Whole operator -(Whole a, Whole b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

        public Whole Cross(Whole o) => new(Y * o.Z - Z * o.Y, Z * o.X - X * o.Z, X * o.Y - Y * o.X);

        public BigInteger Dot(Whole o) => X * o.X + Y * o.Y + Z * o.Z;
    }
}
