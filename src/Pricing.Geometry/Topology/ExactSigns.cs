using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Topology;

/// <summary>
/// Signs of determinants of points whose coordinates are float32 values, never wrong: doubles within a proven error bound first, and where they
/// cannot tell (points in one plane, mostly) sums of doubles that carry every bit. After Shewchuk, "Adaptive Precision Floating-Point
/// Arithmetic and Fast Robust Geometric Predicates", 1997.
/// </summary>
/// <remarks>Three factors below 2¹²⁸ in steps of 2⁻¹⁴⁹ stay far from the ends of a double's range, so no term over- or underflows.</remarks>
static class ExactSigns
{
    const double Epsilon = 1.0 / (1L << 53);

    /// <summary>Relative errors of the plain determinants (Shewchuk's A bounds).</summary>
    const double Bound3 = (7 + 56 * Epsilon) * Epsilon, Bound2 = (3 + 16 * Epsilon) * Epsilon;

    /// <summary>Terms of the exact determinant: three products of a minor of 16 terms and a difference of two, two terms each.</summary>
    const int Terms3 = 3 * 16 * 2 * 2, MinorTerms = 16, DifferenceTerms = 2;

    /// <summary>On which side of the triangle a b c the point d is: 1 where its corners are seen counter-clockwise, −1 behind, 0 in its plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Side(in Point3 a, in Point3 b, in Point3 c, in Point3 d)
    {
        double adx = a.X - d.X, ady = a.Y - d.Y, adz = a.Z - d.Z;
        double bdx = b.X - d.X, bdy = b.Y - d.Y, bdz = b.Z - d.Z;
        double cdx = c.X - d.X, cdy = c.Y - d.Y, cdz = c.Z - d.Z;
        double bc1 = bdx * cdy, bc2 = cdx * bdy, ca1 = cdx * ady, ca2 = adx * cdy, ab1 = adx * bdy, ab2 = bdx * ady;
        var det = adz * (bc1 - bc2) + bdz * (ca1 - ca2) + cdz * (ab1 - ab2);
        var size = (Math.Abs(bc1) + Math.Abs(bc2)) * Math.Abs(adz) + (Math.Abs(ca1) + Math.Abs(ca2)) * Math.Abs(bdz)
            + (Math.Abs(ab1) + Math.Abs(ab2)) * Math.Abs(cdz);
        var error = Bound3 * size;
        if (det > error)
            return -1;
        if (det < -error)
            return 1;
        return size == 0 ? 0 : ExactSide(a, b, c, d);
    }

    /// <summary>Which way the corners turn in a plane: 1 counter-clockwise, −1 clockwise, 0 on one line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Turn(double ax, double ay, double bx, double by, double cx, double cy)
    {
        double left = (ax - cx) * (by - cy), right = (ay - cy) * (bx - cx);
        var det = left - right;
        var error = Bound2 * (Math.Abs(left) + Math.Abs(right));
        if (det > error)
            return 1;
        if (det < -error)
            return -1;
        return left == 0 && right == 0 ? 0 : ExactTurn(ax, ay, bx, by, cx, cy);
    }

    [SkipLocalsInit]
    static int ExactSide(in Point3 a, in Point3 b, in Point3 c, in Point3 d)
    {
        Span<double> room = stackalloc double[Terms3 + MinorTerms + 9 * DifferenceTerms];
        var sum = new Expansion(room[..Terms3]);
        var minorRoom = room.Slice(Terms3, MinorTerms);
        var at = Terms3 + MinorTerms;
        var adx = Expansion.Difference(room.Slice(at, 2), a.X, d.X);
        var ady = Expansion.Difference(room.Slice(at + 2, 2), a.Y, d.Y);
        var adz = Expansion.Difference(room.Slice(at + 4, 2), a.Z, d.Z);
        var bdx = Expansion.Difference(room.Slice(at + 6, 2), b.X, d.X);
        var bdy = Expansion.Difference(room.Slice(at + 8, 2), b.Y, d.Y);
        var bdz = Expansion.Difference(room.Slice(at + 10, 2), b.Z, d.Z);
        var cdx = Expansion.Difference(room.Slice(at + 12, 2), c.X, d.X);
        var cdy = Expansion.Difference(room.Slice(at + 14, 2), c.Y, d.Y);
        var cdz = Expansion.Difference(room.Slice(at + 16, 2), c.Z, d.Z);
        AddMinor(ref sum, minorRoom, bdx, cdy, cdx, bdy, adz);
        AddMinor(ref sum, minorRoom, cdx, ady, adx, cdy, bdz);
        AddMinor(ref sum, minorRoom, adx, bdy, bdx, ady, cdz);
        return -sum.Sign;
    }

    /// <summary>Adds (p·q − r·s)·factor.</summary>
    static void AddMinor(ref Expansion sum, Span<double> room, Expansion p, Expansion q, Expansion r, Expansion s, Expansion factor)
    {
        var minor = new Expansion(room);
        minor.AddProduct(p, q, 1);
        minor.AddProduct(r, s, -1);
        sum.AddProduct(minor, factor, 1);
    }

    [SkipLocalsInit]
    static int ExactTurn(double ax, double ay, double bx, double by, double cx, double cy)
    {
        Span<double> room = stackalloc double[MinorTerms + 4 * DifferenceTerms];
        var sum = new Expansion(room[..MinorTerms]);
        sum.AddProduct(Expansion.Difference(room.Slice(MinorTerms, 2), ax, cx), Expansion.Difference(room.Slice(MinorTerms + 2, 2), by, cy), 1);
        sum.AddProduct(Expansion.Difference(room.Slice(MinorTerms + 4, 2), ay, cy), Expansion.Difference(room.Slice(MinorTerms + 6, 2), bx, cx), -1);
        return sum.Sign;
    }
}

/// <summary>A number as a sum of doubles that do not overlap, the smallest first, none of them zero: exact under + − ×.</summary>
ref struct Expansion(Span<double> room)
{
    readonly Span<double> _terms = room;
    int _count;

    /// <summary>The last term outweighs all others.</summary>
    public readonly int Sign => _count == 0 ? 0 : Math.Sign(_terms[_count - 1]);

    public static Expansion Difference(Span<double> room, double a, double b)
    {
        var difference = new Expansion(room);
        difference.Add(a);
        difference.Add(-b);
        return difference;
    }

    /// <summary>Each term takes up what it can of the number; what is left of both, without error, stays behind it.</summary>
    public void Add(double x)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var term = _terms[i];
            var sum = x + term;
            var part = sum - x;
            var rest = (x - (sum - part)) + (term - part);
            if (rest != 0)
                _terms[kept++] = rest;
            x = sum;
        }
        if (x != 0)
            _terms[kept++] = x;
        _count = kept;
    }

    public void AddProduct(scoped in Expansion a, scoped in Expansion b, double sign)
    {
        for (var j = 0; j < b._count; j++)
            for (var i = 0; i < a._count; i++)
            {
                double x = sign * a._terms[i], y = b._terms[j];
                var product = x * y;
                Add(Math.FusedMultiplyAdd(x, y, -product));
                Add(product);
            }
    }
}
