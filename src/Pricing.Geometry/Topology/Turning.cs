using Pricing.Geometry.Layers;

namespace Pricing.Geometry.Topology;

/// <summary>Speeds and limits of the machine that corner losses depend on.</summary>
readonly record struct CornerMotion(double OuterMmS, double InnerMmS, double AccelerationMmS2, double JerkMmS);

/// <summary>
/// How the contours of every section turn, from the mesh's edges: each face is cut along one direction at every height, so an edge
/// between two faces turns the contour by one angle at all planes it crosses. Kept as differences over planes: two updates per edge.
/// </summary>
/// <remarks>Terms are rounded to fixed point, so the order of edges does not matter. Angles come from a series of our own: a libm differs between platforms.</remarks>
sealed class Turning
{
    /// <summary>Binary places of the sums.</summary>
    const int Bits = 32;

    /// <summary>Longs per plane: angle, inset, outer loss, inner loss.</summary>
    const int Stride = 4;

    /// <summary>Tangent of half the sharpest corner (2.6 rad) that is followed to its tip.</summary>
    const double MitreTan = 3.6;

    /// <summary>Eight times the deviation at which the slicer straightens a curve (0.0125 mm), mm: chord² = 8·r·deviation.</summary>
    const double SmoothingMm = 0.1;

    readonly long[] _steps;

    Turning(int planes)
    {
        _steps = new long[(planes + 1) * Stride];
        Loops = new double[planes];
        Inset = new double[planes];
        OuterLossS = new double[planes];
        InnerLossS = new double[planes];
    }

    /// <summary>Outer contours less holes, per plane.</summary>
    public double[] Loops { get; }

    /// <summary>Σ 2·tan(θ/2) over convex corners, Σ θ over others: an inset by d loses d·P and wins back half of this times d².</summary>
    public double[] Inset { get; }

    /// <summary>Seconds a planner loses at the corners of one wall, at the outer and at the inner wall's speed.</summary>
    public double[] OuterLossS { get; }
    public double[] InnerLossS { get; }

    public static Turning Of(ReadOnlySpan<int> corners, VertexTable vertices, EdgeTable edges, LayerGrid grid, double minZMm, double maxZMm,
        bool inverted, in CornerMotion motion)
    {
        var first = grid.First(minZMm);
        var turning = new Turning(grid.First(maxZMm) - first);
        foreach (var edge in edges)
        {
            // Only where exactly two faces meet the opposite way does one contour turn from the one into the other.
            if (edge.Uses != 2 || edge.Forward(0) == edge.Forward(1))
                continue;
            double za = vertices[edge.Low].Z, zb = vertices[edge.High].Z;
            int ka = grid.First(za), kb = grid.First(zb);
            if (ka == kb)
                continue;
            // With the interior on its left, the contour leaves the face that walks the edge upwards and enters the one that walks it down.
            var up = edge.Forward(0) == zb > za ? 0 : 1;
            turning.Add(Cut.Of(corners, vertices, edge.Face(up)), Cut.Of(corners, vertices, edge.Face(1 - up)),
                (Math.Min(ka, kb) - first) * Stride, (Math.Max(ka, kb) - first) * Stride, inverted, motion);
        }
        turning.Integrate();
        return turning;
    }

    /// <summary>Direction and mean length of a face's cuts.</summary>
    readonly record struct Cut(double X, double Y, double MeanMm)
    {
        public static Cut Of(ReadOnlySpan<int> corners, VertexTable vertices, int face)
        {
            var a = vertices[corners[3 * face]];
            var b = vertices[corners[3 * face + 1]];
            var c = vertices[corners[3 * face + 2]];
            double ux = b.X - a.X, uy = b.Y - a.Y, uz = b.Z - a.Z, vx = c.X - a.X, vy = c.Y - a.Y, vz = c.Z - a.Z;
            double nx = uy * vz - uz * vy, ny = uz * vx - ux * vz;
            var length = Math.Sqrt(nx * nx + ny * ny);
            var height = Math.Max(Math.Max(a.Z, b.Z), c.Z) - Math.Min(Math.Min(a.Z, b.Z), c.Z);
            return length > 0 ? new(-ny / length, nx / length, length / (2 * height)) : default;
        }
    }

    void Add(in Cut from, in Cut to, int low, int high, bool inverted, in CornerMotion motion)
    {
        var sin = from.X * to.Y - from.Y * to.X;
        var cos = from.X * to.X + from.Y * to.Y;
        if (sin == 0 && cos == 0)
            return;
        var angle = AngleOf(Math.Abs(sin), cos);
        var convex = sin > 0 != inverted;
        var turn = convex ? angle : -angle;
        // tan(θ/2) = sin θ / (1 + cos θ), cut off where a mitre would run away.
        var inset = !convex ? turn : 2 * Math.Min(Math.Abs(sin) / Math.Max(1 + cos, 1e-9), MitreTan);
        Step(low, high, 0, turn);
        Step(low, high, 1, inset);
        var mean = 0.5 * (from.MeanMm + to.MeanMm);
        if (angle < 1e-6 || mean < 1e-9)
            return;
        // The slicer joins short chords of a curve into longer ones with a sharper corner; each of ours is then a share of one of those.
        var sharp = Math.Max(angle, Math.Min(Math.Sqrt(SmoothingMm * angle / mean), 1.57));
        var share = angle / sharp;
        var mx = Math.Abs(to.X - from.X);
        var my = Math.Abs(to.Y - from.Y);
        var jump = 2 * SinOf(0.5 * sharp) * Math.Max(mx, my) / Math.Sqrt(mx * mx + my * my);
        Step(low, high, 2, share * LossS(mean / share, motion.OuterMmS, jump, motion));
        Step(low, high, 3, share * LossS(mean / share, motion.InnerMmS, jump, motion));
    }

    /// <summary>Seconds lost by slowing down to a corner and speeding up again within a length.</summary>
    static double LossS(double lengthMm, double speed, double jump, in CornerMotion motion)
    {
        var change = speed * jump;
        if (!(change > motion.JerkMmS))
            return 0;
        var corner = speed * motion.JerkMmS / change;
        var peak2 = corner * corner + motion.AccelerationMmS2 * lengthMm;
        return peak2 < speed * speed
            ? 2 * (Math.Sqrt(peak2) - corner) / motion.AccelerationMmS2 - lengthMm / speed
            : 2 * (speed - corner) / motion.AccelerationMmS2 - (speed * speed - corner * corner) / motion.AccelerationMmS2 / speed;
    }

    void Step(int low, int high, int field, double value)
    {
        var term = (long)Math.Round(value * (1L << Bits));
        _steps[low + field] += term;
        _steps[high + field] -= term;
    }

    void Integrate()
    {
        Span<long> sum = stackalloc long[Stride];
        for (var k = 0; k < Loops.Length; k++)
        {
            for (var f = 0; f < Stride; f++)
                sum[f] += _steps[k * Stride + f];
            Loops[k] = sum[0] * (1.0 / (1L << Bits)) / (2 * Math.PI);
            Inset[k] = sum[1] * (1.0 / (1L << Bits));
            OuterLossS[k] = sum[2] * (1.0 / (1L << Bits));
            InnerLossS[k] = sum[3] * (1.0 / (1L << Bits));
        }
    }

    /// <summary>The angle 0…π with this sine (≥ 0) and cosine, to 3·10⁻⁹: halved twice, then the series of the arc tangent.</summary>
    internal static double AngleOf(double sin, double cos)
    {
        if (cos < 0)
            return Math.PI - AngleOf(sin, -cos);
        var half = sin / (1 + cos);
        var t = half / (1 + Math.Sqrt(1 + half * half));
        var s = t * t;
        return 4 * t * (1 - s * (1.0 / 3 - s * (1.0 / 5 - s * (1.0 / 7 - s * (1.0 / 9 - s * (1.0 / 11 - s * (1.0 / 13 - s * (1.0 / 15 - s / 17))))))));
    }

    /// <summary>Sine of 0…π/2, to 6·10⁻⁸.</summary>
    internal static double SinOf(double x)
    {
        var s = x * x;
        return x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110)))));
    }
}
