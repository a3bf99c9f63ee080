using System.Numerics;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Shape;

/// <summary>
/// The convex hull of a part: its extreme points and its faces, exactly those that the float32 coordinates have. A point within a face or an
/// edge is no vertex; triangles in one plane are one face. The same bits for any order of triangles and vertices.
/// </summary>
/// <remarks>
/// 1. <see cref="HullCandidates"/> drops what lies well inside. 2. <see cref="HullBuilder"/> makes triangles. 3. Triangles in one plane are
/// joined, corners that fewer than three planes meet at are dropped. 4. Vertices and faces are put in order; sums run in that order.
/// </remarks>
sealed partial class ConvexHull
{
    readonly int[] _starts;
    readonly int[] _corners;

    ConvexHull(Vector3[] points, int[] starts, int[] corners, double leftOutMm)
    {
        LeftOutMm = leftOutMm;
        Points = points;
        _starts = starts;
        _corners = corners;
        Vertices = [.. points.Select(p => new Point3(p.X, p.Y, p.Z))];
        (VolumeMm3, AreaMm2) = Measure();
    }

    /// <summary>Extreme points, rising by x, then y, then z.</summary>
    public IReadOnlyList<Point3> Vertices { get; }

    /// <summary>The same as <see cref="Vertices"/>, as the file has them.</summary>
    internal Vector3[] Points { get; }

    public int Faces => _starts.Length - 1;

    public double VolumeMm3 { get; }

    public double AreaMm2 { get; }

    /// <summary>0 for an exact hull. Beyond <c>Limits.Shape.HullTrianglesMax</c> no point is farther outside than this, five millionths of the diagonal.</summary>
    public double LeftOutMm { get; }

    /// <summary>Vertex numbers of a face, counter-clockwise from outside, the lowest first. Faces rise by their first two.</summary>
    public ReadOnlySpan<int> Face(int face) => _corners.AsSpan(_starts[face].._starts[face + 1]);

    /// <summary>Null when the vertices lie in one plane, or when the work passes <c>Limits.Shape.HullTestsMax</c>.</summary>
    public static ConvexHull? Of(SolidMesh mesh) => OfSorted(HullCandidates.Of(mesh));

    /// <summary>The hull of points in any order.</summary>
    internal static ConvexHull? Of(IEnumerable<Vector3> points) => OfSorted(HullCandidates.Sorted([.. points]));

    static ConvexHull? OfSorted(Vector3[] points) =>
        HullBuilder.Build(points, Limits.Shape.HullTrianglesMax, Limits.Shape.HullTestsMax) is { } built ? OfTriangles(points, built) : null;

    static ConvexHull OfTriangles(Vector3[] points, HullBuilder built)
    {
        var triangles = built.Triangles;
        var face = FacesOf(points, triangles);
        var number = Number(points.Length, triangles, face, out var count);
        var vertices = new Vector3[count];
        for (var i = 0; i < points.Length; i++)
            if (number[i] >= 0)
                vertices[number[i]] = points[i];
        List<int[]> polygons = [];
        var isDone = new bool[triangles.Length];
        for (var f = 0; f < triangles.Length; f++)
            for (var edge = 0; edge < 3 && !isDone[face[f]]; edge++)
                if (face[triangles[f].Neighbour(edge)] != face[f])
                {
                    isDone[face[f]] = true;
                    polygons.Add(Outline(triangles, face, number, f, edge));
                }
        polygons.Sort((p, q) => (p[0], p[1]).CompareTo((q[0], q[1])));
        var starts = new int[polygons.Count + 1];
        for (var i = 0; i < polygons.Count; i++)
            starts[i + 1] = starts[i] + polygons[i].Length;
        return new(vertices, starts, [.. polygons.SelectMany(p => p)], built.LeftOutMm);
    }

    /// <summary>For each triangle a triangle that stands for its face: neighbours in exactly one plane are of one face.</summary>
    static int[] FacesOf(Vector3[] points, HullTriangle[] triangles)
    {
        var face = new int[triangles.Length];
        for (var f = 0; f < face.Length; f++)
            face[f] = f;
        for (var f = 0; f < face.Length; f++)
            for (var edge = 0; edge < 3; edge++)
            {
                ref var t = ref triangles[f];
                var other = t.Neighbour(edge);
                if (other < f)
                    continue;
                var opposite = triangles[other].Opposite(triangles[other].EdgeTo(f));
                if (PlaneSide.Of(points[t.A], points[t.B], points[t.C], points[opposite]) == 0)
                    face[Root(other)] = Root(f);
            }
        for (var f = 0; f < face.Length; f++)
            face[f] = Root(f);
        return face;

        int Root(int f)
        {
            for (; face[f] != f; f = face[f])
                face[f] = face[face[f]];
            return f;
        }
    }

    /// <summary>New numbers of the points that three faces or more meet at, in the points' order; −1 for the others.</summary>
    static int[] Number(int points, HullTriangle[] triangles, int[] face, out int count)
    {
        var (first, second, number) = (new int[points], new int[points], new int[points]);
        for (var f = 0; f < triangles.Length; f++)
            for (var edge = 0; edge < 3; edge++)
            {
                var p = triangles[f].Edge(edge).From;
                var own = face[f] + 1;
                if (first[p] == 0)
                    first[p] = own;
                else if (first[p] != own && second[p] == 0)
                    second[p] = own;
                else if (first[p] != own && second[p] != own)
                    number[p] = 1;
            }
        count = 0;
        for (var p = 0; p < points; p++)
            number[p] = number[p] == 1 ? count++ : -1;
        return number;
    }

    /// <summary>Walks a face's rim from one of its edges: about each corner, through the face's own triangles, to the next edge of the rim.</summary>
    static int[] Outline(HullTriangle[] triangles, int[] face, int[] number, int f, int edge)
    {
        List<int> rim = [];
        var begin = triangles[f].Edge(edge).From;
        do
        {
            var (from, to) = triangles[f].Edge(edge);
            if (number[from] >= 0)
                rim.Add(number[from]);
            edge = triangles[f].EdgeFrom(to);
            for (int other; face[other = triangles[f].Neighbour(edge)] == face[f]; f = other)
                edge = triangles[other].EdgeFrom(to);
        }
        while (triangles[f].Edge(edge).From != begin);
        var lowest = rim.IndexOf(rim.Min());
        return [.. rim[lowest..], .. rim[..lowest]];
    }

    /// <summary>Fans from each face's first vertex, cones from the first of all.</summary>
    (double Volume, double Area) Measure()
    {
        double volume6 = 0, area2 = 0;
        var apex = Points[0];
        for (var i = 0; i < Faces; i++)
        {
            var face = Face(i);
            var a = Points[face[0]];
            double ax = a.X, ay = a.Y, az = a.Z, hx = ax - apex.X, hy = ay - apex.Y, hz = az - apex.Z;
            for (var k = 2; k < face.Length; k++)
            {
                Vector3 b = Points[face[k - 1]], c = Points[face[k]];
                double ux = b.X - ax, uy = b.Y - ay, uz = b.Z - az, vx = c.X - ax, vy = c.Y - ay, vz = c.Z - az;
                double nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
                volume6 += hx * nx + hy * ny + hz * nz;
                area2 += Math.Sqrt(nx * nx + ny * ny + nz * nz);
            }
        }
        return (volume6 / 6, area2 / 2);
    }
}
