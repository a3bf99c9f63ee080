namespace Pricing.Geometry.Mass;

/// <summary>A symmetric 3 × 3 tensor. Off the diagonal the products of inertia stand with their minus sign.</summary>
public readonly record struct InertiaTensor(double Xx, double Yy, double Zz, double Xy, double Xz, double Yz)
{
    /// <summary>Below this share of the diagonal a product is rounding: the axes of a box are the file's, exactly.</summary>
    const double RoundingShare = 1e-14;

    /// <summary>Cyclic Jacobi converges quadratically; a 3 × 3 needs about five sweeps.</summary>
    const int Sweeps = 16;

    /// <summary>Values in rising order and their directions, by Jacobi's rotations (Golub and Van Loan, "Matrix Computations", §8.5).</summary>
    public (Point3 Values, Frame Axes) Principal()
    {
        double[,] m = { { Xx, Xy, Xz }, { Xy, Yy, Yz }, { Xz, Yz, Zz } };
        double[,] v = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
        var negligible = RoundingShare * Math.Max(Math.Abs(Xx), Math.Max(Math.Abs(Yy), Math.Abs(Zz)));
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            var turned = false;
            for (var p = 0; p < 2; p++)
                for (var q = p + 1; q < 3; q++)
                    if (Math.Abs(m[p, q]) > negligible)
                    {
                        Turn(m, v, p, q);
                        turned = true;
                    }
            if (!turned)
                break;
        }
        int[] order = [0, 1, 2];
        Array.Sort(order, (a, b) => m[a, a] != m[b, b] ? m[a, a].CompareTo(m[b, b]) : a.CompareTo(b));
        Point3 Column(int i) => Upright(new(v[0, i], v[1, i], v[2, i]));
        Point3 x = Column(order[0]), y = Column(order[1]);
        var z = new Point3(x.Y * y.Z - x.Z * y.Y, x.Z * y.X - x.X * y.Z, x.X * y.Y - x.Y * y.X);
        return (new(m[order[0], order[0]], m[order[1], order[1]], m[order[2], order[2]]), new(x, y, z));
    }

    /// <summary>Turns rows and columns p and q so that their product vanishes.</summary>
    static void Turn(double[,] m, double[,] v, int p, int q)
    {
        var tau = (m[q, q] - m[p, p]) / (2 * m[p, q]);
        var t = (tau < 0 ? -1 : 1) / (Math.Abs(tau) + Math.Sqrt(1 + tau * tau));
        var c = 1 / Math.Sqrt(1 + t * t);
        var s = t * c;
        for (var k = 0; k < 3; k++)
            (m[k, p], m[k, q]) = (c * m[k, p] - s * m[k, q], s * m[k, p] + c * m[k, q]);
        for (var k = 0; k < 3; k++)
            (m[p, k], m[q, k]) = (c * m[p, k] - s * m[q, k], s * m[p, k] + c * m[q, k]);
        m[p, q] = m[q, p] = 0;
        for (var k = 0; k < 3; k++)
            (v[k, p], v[k, q]) = (c * v[k, p] - s * v[k, q], s * v[k, p] + c * v[k, q]);
    }

    /// <summary>Of the two directions of an axis the one whose largest part is positive.</summary>
    static Point3 Upright(Point3 a)
    {
        double x = Math.Abs(a.X), y = Math.Abs(a.Y), z = Math.Abs(a.Z);
        var largest = x >= y && x >= z ? a.X : y >= z ? a.Y : a.Z;
        return largest < 0 ? new(-a.X + 0.0, -a.Y + 0.0, -a.Z + 0.0) : a;
    }
}
