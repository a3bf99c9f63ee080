using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// A triangle as a field sees it: snapped corners counter-clockwise in the plane, heights, normal. Corners start at the one that comes first
/// by its coordinates in the file, so that the answer does not depend on which the file names first.
/// </summary>
readonly unsafe struct Facet
{
    readonly Point3 _normal;
    readonly bool _isOwned;
    readonly double _height, _toB, _toC, _quanta;

    Facet(int* ax, int* b, int* c, bool isExit, long area2, double height, double toB, double toC, double quanta, Point3 normal, bool isOwned)
    {
        (Ax, Ay, Bx, By, Cx, Cy) = (ax[0], ax[1], b[0], b[1], c[0], c[1]);
        IsExit = isExit;
        Area2 = area2;
        _height = height;
        _toB = toB;
        _toC = toC;
        _quanta = quanta;
        _normal = normal;
        _isOwned = isOwned;
    }

    public int Ax { get; }
    public int Ay { get; }
    public int Bx { get; }
    public int By { get; }
    public int Cx { get; }
    public int Cy { get; }

    /// <summary>Faces up the column.</summary>
    public bool IsExit { get; }

    /// <summary>Twice the area in the plane, in steps squared; 0 when the triangle stands upright.</summary>
    public long Area2 { get; }

    public static Facet Of(float* coordinates, int a, int b, int c, long* snapped, DexelGrid grid, int axis)
    {
        Start(coordinates, ref a, ref b, ref c);
        float* p = coordinates + 3L * a, q = coordinates + 3L * b, r = coordinates + 3L * c;
        int first = (axis + 1) % 3, second = (axis + 2) % 3;
        double height = Along(grid.Rows[axis], p), heightB = Along(grid.Rows[axis], q), heightC = Along(grid.Rows[axis], r);
        double pu = Along(grid.Rows[first], p), pv = Along(grid.Rows[second], p);
        double bu = Along(grid.Rows[first], q) - pu, bv = Along(grid.Rows[second], q) - pv, bw = heightB - height;
        double cu = Along(grid.Rows[first], r) - pu, cv = Along(grid.Rows[second], r) - pv, cw = heightC - height;
        double u = bv * cw - bw * cv, v = bw * cu - bu * cw, w = bu * cv - bv * cu;
        // Twins of this field along the two other axes see the same three numbers, so exactly one of the three owns the triangle.
        double size = Math.Abs(w), sizeU = Math.Abs(u), sizeV = Math.Abs(v);
        var isOwned = (size > sizeU || (size == sizeU && axis < first)) && (size > sizeV || (size == sizeV && axis < second));
        int* at = (int*)(snapped + a), atB = (int*)(snapped + b), atC = (int*)(snapped + c);
        var area2 = ((long)atB[0] - at[0]) * ((long)atC[1] - at[1]) - ((long)atB[1] - at[1]) * ((long)atC[0] - at[0]);
        var normal = new Point3(u, v, w);
        return area2 >= 0
            ? new(at, atB, atC, true, area2, height - grid.Min[axis], bw, cw, grid.QuantaPerMm, normal, isOwned)
            : new(at, atC, atB, false, -area2, height - grid.Min[axis], cw, bw, grid.QuantaPerMm, normal, isOwned);
    }

    public ulong NormalBits()
    {
        var sum = Math.Abs(_normal.X) + Math.Abs(_normal.Y) + Math.Abs(_normal.Z);
        // A sliver whose area rounds to nothing.
        return sum > 0 ? Dexels.Crossing.NormalBits(_normal.X, _normal.Y, _normal.Z) : Dexels.Crossing.NormalBits(0, 0, IsExit ? 1 : -1);
    }

    /// <summary>The crossing at the point with these weights of the second and third corner, of <see cref="Area2"/> in all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Crossing(long weightB, long weightC, ulong normal)
    {
        var mm = _height + (weightB * _toB + weightC * _toC) / Area2;
        return Dexels.Crossing.Of((long)Math.Max(0, Math.Round(mm * _quanta)), IsExit, _isOwned, normal);
    }

    /// <summary>Turns the corners so that the first by x, then y, then z leads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Start(float* coordinates, ref int a, ref int b, ref int c)
    {
        if (Precedes(coordinates + 3L * b, coordinates + 3L * a) && !Precedes(coordinates + 3L * c, coordinates + 3L * b))
            (a, b, c) = (b, c, a);
        else if (Precedes(coordinates + 3L * c, coordinates + 3L * a))
            (a, b, c) = (c, a, b);
    }

    static bool Precedes(float* p, float* q) => p[0] != q[0] ? p[0] < q[0] : p[1] != q[1] ? p[1] < q[1] : p[2] < q[2];

    /// <summary>As <see cref="Frame.Place"/>, one coordinate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Along(Point3 row, float* p) => row.X * p[0] + row.Y * p[1] + row.Z * p[2];
}
