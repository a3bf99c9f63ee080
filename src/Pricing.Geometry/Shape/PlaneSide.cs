using System.Numerics;

namespace Pricing.Geometry.Shape;

/// <summary>On which side of a plane a point lies: exactly, whatever the float32 coordinates are.</summary>
/// <remarks>
/// A filter in double decides all but nearly flat cases; those are summed as expansions (J. R. Shewchuk, "Adaptive Precision Floating-Point
/// Arithmetic and Fast Robust Geometric Predicates", 1997). A product of two float32 is exact in double, so is each half of a third factor's
/// product: 24 products of three coordinates are 48 doubles without error. Nothing underflows: 2⁻¹⁴⁹ cubed is 2⁻⁴⁴⁷.
/// </remarks>
static class PlaneSide
{
    /// <summary>Eight rounding units; Shewchuk's bound of the filter is a little over seven.</summary>
    const double FilterError = 1.0 / (1L << 50);

    const int ProductsMost = 48;

    /// <summary>1 when d lies where a, b, c run counter-clockwise, −1 on the other side, 0 on their plane.</summary>
    public static int Of(Vector3 a, Vector3 b, Vector3 c, Vector3 d)
    {
        double ax = a.X, ay = a.Y, az = a.Z;
        double ux = b.X - ax, uy = b.Y - ay, uz = b.Z - az;
        double vx = c.X - ax, vy = c.Y - ay, vz = c.Z - az;
        double wx = d.X - ax, wy = d.Y - ay, wz = d.Z - az;
        double yz = uy * vz, zy = uz * vy, zx = uz * vx, xz = ux * vz, xy = ux * vy, yx = uy * vx;
        var volume = (yz - zy) * wx + (zx - xz) * wy + (xy - yx) * wz;
        var permanent = (Math.Abs(yz) + Math.Abs(zy)) * Math.Abs(wx) + (Math.Abs(zx) + Math.Abs(xz)) * Math.Abs(wy)
            + (Math.Abs(xy) + Math.Abs(yx)) * Math.Abs(wz);
        if (Math.Abs(volume) > FilterError * permanent)
            return Math.Sign(volume);
        // Each product holds a factor that is exactly zero: a difference of floats is zero only when they are equal.
        return permanent == 0 ? 0 : Exact(a, b, c, d);
    }

    /// <summary>The sign without a filter.</summary>
    public static int Exact(Vector3 a, Vector3 b, Vector3 c, Vector3 d)
    {
        // |b−a, c−a, d−a| = |b,c,d| − |a,c,d| + |a,b,d| − |a,b,c|
        Span<double> sum = stackalloc double[ProductsMost + 1];
        var length = Add(sum, 0, b, c, d, 1);
        length = Add(sum, length, a, c, d, -1);
        length = Add(sum, length, a, b, d, 1);
        length = Add(sum, length, a, b, c, -1);
        return Math.Sign(sum[length - 1]);
    }

    static int Add(Span<double> sum, int length, Vector3 p, Vector3 q, Vector3 r, double sign)
    {
        length = Add(sum, length, sign * p.X, q.Y, r.Z);
        length = Add(sum, length, -sign * p.X, q.Z, r.Y);
        length = Add(sum, length, sign * p.Y, q.Z, r.X);
        length = Add(sum, length, -sign * p.Y, q.X, r.Z);
        length = Add(sum, length, sign * p.Z, q.X, r.Y);
        return Add(sum, length, -sign * p.Z, q.Y, r.X);
    }

    /// <summary>Adds a product of three numbers of 24 bits each.</summary>
    static int Add(Span<double> sum, int length, double x, double y, double z)
    {
        const double Splitter = (1 << 27) + 1;
        var xy = x * y;
        var shifted = Splitter * xy;
        var high = shifted - (shifted - xy);
        length = Grow(sum, length, high * z);
        return Grow(sum, length, (xy - high) * z);
    }

    /// <summary>Adds a number to an expansion, smallest part first, without error; parts that vanish are left out.</summary>
    static int Grow(Span<double> sum, int length, double value)
    {
        var kept = 0;
        for (var i = 0; i < length; i++)
        {
            var total = value + sum[i];
            var virtually = total - value;
            var error = (value - (total - virtually)) + (sum[i] - virtually);
            if (error != 0)
                sum[kept++] = error;
            value = total;
        }
        if (value != 0 || kept == 0)
            sum[kept++] = value;
        return kept;
    }
}
