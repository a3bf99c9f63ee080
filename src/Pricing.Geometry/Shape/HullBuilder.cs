using System.Numerics;

namespace Pricing.Geometry.Shape;

/// <summary>
/// QuickHull (Barber, Dobkin, Huhdanpaa, 1996) with exact sides: each point outside waits at one triangle it sees; the farthest point of
/// a triangle replaces all triangles it sees. "Sees" is strict, so points on a plane neither tear nor fold the surface; triangles in one plane
/// are left for the caller to join.
/// </summary>
/// <remarks>
/// Distances in double only choose which point comes next (and, of a large hull, what is left out); what a point sees is decided exactly.
/// The course depends on the points and their order alone, which is the caller's: sorted.
/// </remarks>
sealed class HullBuilder
{
    const int None = -1;

    /// <summary>Share of the diagonal of the points' box by which a point may be left out of a large hull: half a µm on 100 mm.</summary>
    const double LeftOutShare = 5e-6;

    readonly Vector3[] _points;
    readonly int[] _next;

    /// <summary>For each point of the current horizon: the new triangle that begins there.</summary>
    readonly int[] _begins;
    readonly Vector3 _reach;
    readonly int _trianglesMost;
    readonly long _testsMost;
    readonly List<int> _visible = [];
    readonly List<int> _fresh = [];
    readonly Stack<int> _free = new();
    readonly Stack<int> _waiting = new();
    HullTriangle[] _triangles = new HullTriangle[64];
    int _used;
    int _stamp;
    long _tests;

    HullBuilder(Vector3[] points, bool isExact, int trianglesMost, long testsMost)
    {
        _trianglesMost = trianglesMost;
        _points = points;
        _next = new int[points.Length];
        _begins = new int[points.Length];
        _testsMost = testsMost;
        Vector3 low = points[0], high = points[0];
        foreach (var p in points)
            (low, high) = (Vector3.Min(low, p), Vector3.Max(high, p));
        // Rounded up: a bound.
        _reach = (high - low) * 1.000001f;
        LeftOutMm = isExact ? 0 : LeftOutShare * _reach.Length();
    }

    /// <summary>No point left out is farther outside than this; 0 when none is.</summary>
    public double LeftOutMm { get; }

    /// <summary>The triangles of the hull, counter-clockwise from outside, neighbours by their place in the list.</summary>
    public HullTriangle[] Triangles { get; private set; } = [];

    /// <summary>
    /// Null when the points lie in one plane or the work passes its bound. When an exact hull would have more than
    /// <paramref name="trianglesMost"/> triangles, points that are outside by less than <see cref="LeftOutMm"/> are left out.
    /// </summary>
    public static HullBuilder? Build(Vector3[] points, int trianglesMost, long testsMost)
    {
        if (points.Length < 4)
            return null;
        var builder = new HullBuilder(points, isExact: true, trianglesMost, testsMost);
        if (!builder.Begin())
            return null;
        if (!builder.Grow())
        {
            // Far more are left out than would pass the bound again, which is the tests' then.
            builder = new(points, isExact: false, int.MaxValue, testsMost);
            if (!builder.Begin() || !builder.Grow())
                return null;
        }
        builder.Compact();
        return builder;
    }

    /// <summary>A tetrahedron of points far from one another.</summary>
    bool Begin()
    {
        int a = 0, b = 0;
        for (var i = 1; i < _points.Length; i++)
        {
            if (Sum(_points[i]) < Sum(_points[a]))
                a = i;
            if (Sum(_points[i]) > Sum(_points[b]))
                b = i;
        }
        if (a == b)
            b = Array.FindIndex(_points, p => p != _points[a]);
        if (b < 0)
            return false;
        // Where rounding chose badly the first point that does is taken.
        var c = Farthest(p => Vector3.Cross(_points[b] - _points[a], p - _points[a]).LengthSquared());
        if (!IsOffLine(_points[a], _points[b], _points[c]))
            c = Array.FindIndex(_points, p => IsOffLine(_points[a], _points[b], p));
        if (c < 0)
            return false;
        var normal = Vector3.Cross(_points[b] - _points[a], _points[c] - _points[a]);
        var d = Farthest(p => MathF.Abs(Vector3.Dot(normal, p - _points[a])));
        if (Side(_points[d]) == 0)
            d = Array.FindIndex(_points, p => Side(p) != 0);
        if (d < 0)
            return false;
        if (Side(_points[d]) > 0)
            (b, c) = (c, b);
        int f0 = Take(a, b, c), f1 = Take(a, d, b), f2 = Take(b, d, c), f3 = Take(c, d, a);
        SetNeighbours(f0, f1, f2, f3);
        SetNeighbours(f1, f3, f2, f0);
        SetNeighbours(f2, f1, f3, f0);
        SetNeighbours(f3, f2, f1, f0);
        _fresh.AddRange([f0, f1, f2, f3]);
        for (var i = _points.Length - 1; i >= 0; i--)
            if (i != a && i != b && i != c && i != d)
                Settle(i);
        foreach (var f in _fresh)
            Wait(f);
        return true;

        int Side(Vector3 p) => PlaneSide.Of(_points[a], _points[b], _points[c], p);
        static float Sum(Vector3 p) => p.X + p.Y * 0.8f + p.Z * 0.6f;
    }

    /// <summary>Whether three points span a plane, exactly: one of three projections has area when the triangle has.</summary>
    internal static bool IsOffLine(Vector3 a, Vector3 b, Vector3 c)
    {
        foreach (var axis in (ReadOnlySpan<Vector3>)[Vector3.UnitX, Vector3.UnitY, Vector3.UnitZ])
        {
            var keep = Vector3.One - axis;
            if (PlaneSide.Of(a * keep, b * keep, c * keep, axis) != 0)
                return true;
        }
        return false;
    }

    int Farthest(Func<Vector3, float> distance)
    {
        var best = 0;
        var most = distance(_points[0]);
        for (var i = 1; i < _points.Length; i++)
            if (distance(_points[i]) is var value && value > most)
                (best, most) = (i, value);
        return best;
    }

    bool Grow()
    {
        while (_waiting.TryPop(out var f))
        {
            if (!_triangles[f].IsAlive || _triangles[f].First == None)
                continue;
            var apex = _triangles[f].Farthest;
            if (LeftOutMm > 0 && _triangles[f].DistanceMm <= LeftOutMm)
                apex = FarOutside(f);
            if (apex != None)
                Replace(f, apex);
            if (_tests > _testsMost || _used - _free.Count > _trianglesMost)
                return false;
        }
        return true;
    }

    /// <summary>A point that waits here, hardly above this triangle, yet far above another one it sees. The others go on waiting.</summary>
    int FarOutside(int f)
    {
        for (var p = _triangles[f].First; p != None; p = _next[p])
        {
            _visible.Clear();
            _visible.Add(f);
            _triangles[f].Seen = ++_stamp;
            for (var i = 0; i < _visible.Count; i++)
                for (var edge = 0; edge < 3; edge++)
                {
                    var other = _triangles[_visible[i]].Neighbour(edge);
                    ref var neighbour = ref _triangles[other];
                    _tests++;
                    if (neighbour.Seen == _stamp || !Sees(ref neighbour, _points[p], out var distance))
                        continue;
                    if (neighbour.InMm(distance) > LeftOutMm)
                        return p;
                    neighbour.Seen = _stamp;
                    _visible.Add(other);
                }
        }
        return None;
    }

    /// <summary>Takes away what the apex sees, joins the rim to it, and gives the points that waited there new places.</summary>
    void Replace(int first, int apex)
    {
        _visible.Clear();
        _fresh.Clear();
        _stamp++;
        _visible.Add(first);
        _triangles[first].Seen = _stamp;
        for (var i = 0; i < _visible.Count; i++)
            for (var edge = 0; edge < 3; edge++)
            {
                var other = _triangles[_visible[i]].Neighbour(edge);
                ref var neighbour = ref _triangles[other];
                if (neighbour.Seen == _stamp)
                    continue;
                _tests++;
                if (Sees(ref neighbour, _points[apex], out _))
                {
                    neighbour.Seen = _stamp;
                    _visible.Add(other);
                }
                else
                    Join(_visible[i], edge, other, apex);
            }
        // Each rim point begins one new triangle and ends another.
        foreach (var f in _fresh)
        {
            var next = _begins[_triangles[f].B];
            _triangles[f].AcrossBc = next;
            _triangles[next].AcrossCa = f;
        }
        foreach (var f in _visible)
        {
            var p = _triangles[f].First;
            _triangles[f].IsAlive = false;
            while (p != None)
            {
                var next = _next[p];
                if (p != apex)
                    Settle(p);
                p = next;
            }
        }
        foreach (var f in _visible)
            _free.Push(f);
        foreach (var f in _fresh)
            Wait(f);
    }

    void Join(int seen, int edge, int unseen, int apex)
    {
        var (from, to) = _triangles[seen].Edge(edge);
        var fresh = Take(from, to, apex);
        _triangles[fresh].AcrossAb = unseen;
        _triangles[unseen].Point(seen, fresh);
        _begins[from] = fresh;
        _fresh.Add(fresh);
    }

    /// <summary>Lets a point wait at the first new triangle it sees; a point that sees none is inside.</summary>
    void Settle(int p)
    {
        var at = _points[p];
        foreach (var f in _fresh)
        {
            _tests++;
            ref var triangle = ref _triangles[f];
            if (!Sees(ref triangle, at, out var distance))
                continue;
            _next[p] = triangle.First;
            triangle.First = p;
            if (distance > triangle.Distance)
                (triangle.Distance, triangle.Farthest) = (distance, p);
            return;
        }
    }

    bool Sees(ref HullTriangle f, Vector3 p, out double distance)
    {
        distance = f.Nx * (p.X - f.Ax) + f.Ny * (p.Y - f.Ay) + f.Nz * (p.Z - f.Az);
        return distance > f.Error
            || (distance >= -f.Error && PlaneSide.Of(_points[f.A], _points[f.B], _points[f.C], p) > 0);
    }

    void Wait(int f)
    {
        if (_triangles[f].First != None)
            _waiting.Push(f);
    }

    int Take(int a, int b, int c)
    {
        if (!_free.TryPop(out var f))
        {
            if (_used == _triangles.Length)
                Array.Resize(ref _triangles, 2 * _used);
            f = _used++;
        }
        Vector3 p = _points[a], q = _points[b], r = _points[c];
        double ax = p.X, ay = p.Y, az = p.Z;
        double ux = q.X - ax, uy = q.Y - ay, uz = q.Z - az, vx = r.X - ax, vy = r.Y - ay, vz = r.Z - az;
        double yz = uy * vz, zy = uz * vy, zx = uz * vx, xz = ux * vz, xy = ux * vy, yx = uy * vx;
        // As in PlaneSide, for the farthest point there is; twice the bound, for the reach is rounded too.
        var error = ((Math.Abs(yz) + Math.Abs(zy)) * _reach.X + (Math.Abs(zx) + Math.Abs(xz)) * _reach.Y
            + (Math.Abs(xy) + Math.Abs(yx)) * _reach.Z) / (1L << 49);
        _triangles[f] = new HullTriangle
        {
            A = a,
            B = b,
            C = c,
            AcrossAb = None,
            AcrossBc = None,
            AcrossCa = None,
            Ax = ax,
            Ay = ay,
            Az = az,
            Nx = yz - zy,
            Ny = zx - xz,
            Nz = xy - yx,
            Error = error,
            First = None,
            Farthest = None,
            Distance = double.NegativeInfinity,
            IsAlive = true,
        };
        return f;
    }

    void SetNeighbours(int f, int ab, int bc, int ca) =>
        (_triangles[f].AcrossAb, _triangles[f].AcrossBc, _triangles[f].AcrossCa) = (ab, bc, ca);

    void Compact()
    {
        var place = new int[_used];
        var count = 0;
        for (var f = 0; f < _used; f++)
            place[f] = _triangles[f].IsAlive ? count++ : None;
        var kept = new HullTriangle[count];
        for (var f = 0; f < _used; f++)
        {
            if (!_triangles[f].IsAlive)
                continue;
            ref var target = ref kept[place[f]];
            target = _triangles[f];
            (target.AcrossAb, target.AcrossBc, target.AcrossCa) = (place[target.AcrossAb], place[target.AcrossBc], place[target.AcrossCa]);
        }
        Triangles = kept;
    }
}

/// <summary>A triangle of the hull under construction: its corners, who lies across its edges, its plane, and the points that wait at it.</summary>
struct HullTriangle
{
    public double Nx, Ny, Nz, Ax, Ay, Az;

    /// <summary>Up to here a distance may be rounding.</summary>
    public double Error;

    /// <summary>Distance of the farthest waiting point, in units of the normal's length.</summary>
    public double Distance;
    public int A, B, C;
    public int AcrossAb, AcrossBc, AcrossCa;
    public int First;
    public int Farthest;
    public int Seen;
    public bool IsAlive;

    public readonly double DistanceMm => InMm(Distance);

    public readonly double InMm(double distance) => distance / Math.Sqrt(Nx * Nx + Ny * Ny + Nz * Nz);

    public readonly int Neighbour(int edge) => edge == 0 ? AcrossAb : edge == 1 ? AcrossBc : AcrossCa;

    public readonly (int From, int To) Edge(int edge) => edge == 0 ? (A, B) : edge == 1 ? (B, C) : (C, A);

    /// <summary>The edge that begins at a corner.</summary>
    public readonly int EdgeFrom(int corner) => corner == A ? 0 : corner == B ? 1 : 2;

    public readonly int Opposite(int edge) => edge == 0 ? C : edge == 1 ? A : B;

    /// <summary>The edge across which a neighbour lies.</summary>
    public readonly int EdgeTo(int neighbour) => AcrossAb == neighbour ? 0 : AcrossBc == neighbour ? 1 : 2;

    public void Point(int from, int to)
    {
        if (AcrossAb == from)
            AcrossAb = to;
        else if (AcrossBc == from)
            AcrossBc = to;
        else
            AcrossCa = to;
    }
}
