using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Rays;

/// <summary>
/// A tree of boxes over a mesh's triangles for nearest hits: leaves are eight triangles that follow each other along a Morton curve, each
/// inner box holds eight. The tree only skips boxes a ray certainly misses, and a hit is worked out in double for the triangle alone, so the
/// answer is that of asking every triangle: it depends on no order. Reference twin: Bvh.Reference.cs.
/// </summary>
/// <remarks>Karras, "Maximizing Parallelism in the Construction of BVHs", HPG 2012, without the hierarchy search: fixed arity needs none. 4 bytes
/// per triangle and 4 for the boxes; 16 more while it is built.</remarks>
sealed unsafe partial class Bvh
{
    const int Arity = 8;

    /// <summary>Boxes are this share of the largest coordinate larger than their triangles: far more than float arithmetic loses.</summary>
    const float PadShare = 1e-5f;

    /// <summary>Nearer to lying along the triangle than this (sine), a ray misses it.</summary>
    const double GrazingSine = 1e-6;

    /// <summary>Barycentric tolerance: a ray through an edge hits one of the two triangles for certain.</summary>
    const double EdgeTolerance = 1e-9;

    readonly SolidMesh _mesh;
    readonly int[] _order;

    // Level 0 bounds the leaves. Eight boxes together: min x, y, z then max x, y, z, eight floats each.
    readonly List<(float[] Boxes, int Count)> _levels = [];
    readonly float _pad;

    public Bvh(SolidMesh mesh)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mesh.Triangles, Limits.Dexel.RayTrianglesMax, nameof(mesh));
        _mesh = mesh;
        _order = MortonOrder.Of(mesh);
        var largest = 0f;
        foreach (var v in mesh.Corners)
            for (var i = 3 * v; i < 3 * v + 3; i++)
                largest = Math.Max(largest, Math.Abs(mesh.Coordinates[i]));
        _pad = largest * PadShare;
        _levels.Add(LeafBoxes());
        while (_levels[^1].Count > Arity)
            _levels.Add(Parents(_levels[^1].Boxes));
    }

    /// <summary>Distance to the nearest surface a ray meets from the side asked for.</summary>
    /// <param name="origin">In the file's coordinates, mm.</param>
    /// <param name="direction">Unit vector.</param>
    /// <param name="fromInside">Only surfaces met from inside the solid, else only those met from outside.</param>
    /// <returns>mm; infinite when there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Nearest(Point3 origin, Point3 direction, bool fromInside)
    {
        var best = double.PositiveInfinity;
        // Each level leaves at most seven boxes behind: nine levels for 8⁹ triangles.
        var stack = stackalloc (int Level, int Box, float Entry)[Arity * 12];
        var entries = stackalloc float[Arity];
        var depth = 0;
        stack[depth++] = (_levels.Count - 1, 0, 0);
        Vector256<float> ox = Vector256.Create((float)origin.X), oy = Vector256.Create((float)origin.Y), oz = Vector256.Create((float)origin.Z);
        Vector256<float> ix = Vector256.Create(Inverse(direction.X)), iy = Vector256.Create(Inverse(direction.Y)), iz = Vector256.Create(Inverse(direction.Z));
        while (depth > 0)
        {
            var (level, group, entry) = stack[--depth];
            if (entry > best)
                continue;
            if (level < 0)
            {
                for (var i = group * Arity; i < Math.Min(_order.Length, (group + 1) * Arity); i++)
                    best = Math.Min(best, Distance(_mesh, _order[i], origin, direction, fromInside));
                continue;
            }
            var (boxes, count) = _levels[level];
            fixed (float* box = &boxes[group * 6 * Arity])
            {
                Vector256<float> x0 = (Vector256.Load(box) - ox) * ix, x1 = (Vector256.Load(box + 24) - ox) * ix;
                Vector256<float> y0 = (Vector256.Load(box + 8) - oy) * iy, y1 = (Vector256.Load(box + 32) - oy) * iy;
                Vector256<float> z0 = (Vector256.Load(box + 16) - oz) * iz, z1 = (Vector256.Load(box + 40) - oz) * iz;
                var near = Vector256.Max(Vector256.Max(Vector256.Min(x0, x1), Vector256.Min(y0, y1)), Vector256.Max(Vector256.Min(z0, z1), Vector256<float>.Zero));
                var far = Vector256.Min(Vector256.Min(Vector256.Max(x0, x1), Vector256.Max(y0, y1)), Vector256.Max(z0, z1));
                near.Store(entries);
                // Farthest first onto the stack, by insertion: few are hit.
                var bottom = depth;
                var present = (1u << Math.Min(Arity, count - group * Arity)) - 1;
                for (var hits = Vector256.LessThanOrEqual(near, far).ExtractMostSignificantBits() & present; hits != 0; hits &= hits - 1)
                {
                    var child = System.Numerics.BitOperations.TrailingZeroCount(hits);
                    if (entries[child] > best)
                        continue;
                    var at = depth++;
                    for (; at > bottom && stack[at - 1].Entry < entries[child]; at--)
                        stack[at] = stack[at - 1];
                    stack[at] = (level - 1, group * Arity + child, entries[child]);
                }
            }
        }
        return best;
    }

    /// <summary>Finite, so that zero times it is zero.</summary>
    static float Inverse(double direction) => Math.Abs(direction) < 1e-20 ? 1e20f : (float)(1 / direction);

    /// <summary>Möller and Trumbore's test ("Fast, Minimum Storage Ray/Triangle Intersection", 1997), corners in an order of their own.</summary>
    internal static double Distance(SolidMesh mesh, int triangle, Point3 origin, Point3 direction, bool fromInside)
    {
        int ia = mesh.Corners[3 * triangle], ib = mesh.Corners[3 * triangle + 1], ic = mesh.Corners[3 * triangle + 2];
        if (Precedes(mesh, ib, ia) && !Precedes(mesh, ic, ib))
            (ia, ib, ic) = (ib, ic, ia);
        else if (Precedes(mesh, ic, ia))
            (ia, ib, ic) = (ic, ia, ib);
        Point3 a = At(mesh, ia), e = Minus(At(mesh, ib), a), f = Minus(At(mesh, ic), a);
        var n = Cross(e, f);
        var p = Cross(direction, f);
        // Minus direction · normal: positive where the ray comes from outside.
        var det = Dot(e, p);
        if ((fromInside ? det >= 0 : det <= 0) || det * det <= GrazingSine * GrazingSine * Dot(n, n))
            return double.PositiveInfinity;
        var s = Minus(origin, a);
        var u = Dot(s, p) / det;
        var q = Cross(s, e);
        var v = Dot(direction, q) / det;
        var t = Dot(f, q) / det;
        return u >= -EdgeTolerance && v >= -EdgeTolerance && u + v <= 1 + EdgeTolerance && t >= 0 ? t : double.PositiveInfinity;
    }

    static bool Precedes(SolidMesh mesh, int v, int w)
    {
        for (var i = 0; i < 2; i++)
            if (mesh.Coordinates[3 * v + i] != mesh.Coordinates[3 * w + i])
                return mesh.Coordinates[3 * v + i] < mesh.Coordinates[3 * w + i];
        return mesh.Coordinates[3 * v + 2] < mesh.Coordinates[3 * w + 2];
    }

    static Point3 At(SolidMesh mesh, int vertex) => new(mesh.Coordinates[3 * vertex], mesh.Coordinates[3 * vertex + 1], mesh.Coordinates[3 * vertex + 2]);

    static Point3 Minus(Point3 a, Point3 b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    static Point3 Cross(Point3 a, Point3 b) => new(a.Y * b.Z - a.Z * b.Y, a.Z * b.X - a.X * b.Z, a.X * b.Y - a.Y * b.X);

    static double Dot(Point3 a, Point3 b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;

    (float[] Boxes, int Count) LeafBoxes()
    {
        var leaves = (_order.Length + Arity - 1) / Arity;
        var boxes = Empty(leaves);
        for (var i = 0; i < _order.Length; i++)
            for (var corner = 0; corner < 3; corner++)
            {
                var at = 3 * _mesh.Corners[3 * _order[i] + corner];
                for (var a = 0; a < 3; a++)
                    Widen(boxes, i / Arity, a, _mesh.Coordinates[at + a] - _pad, _mesh.Coordinates[at + a] + _pad);
            }
        return (boxes, leaves);
    }

    static (float[] Boxes, int Count) Parents(float[] children)
    {
        var groups = children.Length / (6 * Arity);
        var boxes = Empty(groups);
        for (var group = 0; group < groups; group++)
            for (var a = 0; a < 3; a++)
                for (var child = 0; child < Arity; child++)
                    Widen(boxes, group, a, children[group * 6 * Arity + a * Arity + child], children[group * 6 * Arity + (a + 3) * Arity + child]);
        return (boxes, groups);
    }

    /// <summary>Boxes that hold nothing yet, in whole groups.</summary>
    static float[] Empty(int count)
    {
        var boxes = new float[(count + Arity - 1) / Arity * 6 * Arity];
        for (var i = 0; i < boxes.Length; i++)
            boxes[i] = i % (6 * Arity) < 3 * Arity ? float.MaxValue / 4 : float.MinValue / 4;
        return boxes;
    }

    static void Widen(float[] boxes, int box, int axis, float min, float max)
    {
        var at = box / Arity * 6 * Arity + axis * Arity + box % Arity;
        boxes[at] = Math.Min(boxes[at], min);
        boxes[at + 3 * Arity] = Math.Max(boxes[at + 3 * Arity], max);
    }
}
