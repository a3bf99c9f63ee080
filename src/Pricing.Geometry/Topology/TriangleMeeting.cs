using System.Runtime.CompilerServices;

namespace Pricing.Geometry.Topology;

/// <summary>
/// Whether two triangles run through each other: their insides, without edges and corners, have a point in common. Where both lie in one
/// plane they must also face the same way; facing each other they touch, as stacked boxes do. Exact; a triangle without area meets nothing.
/// </summary>
static partial class TriangleMeeting
{
    /// <param name="mesh">Holds both.</param>
    /// <param name="first">Number of a triangle.</param>
    /// <param name="second">Number of another.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsCrossing(SolidMesh mesh, int first, int second)
    {
        var corners = mesh.Corners;
        int a0 = corners[3 * first], a1 = corners[3 * first + 1], a2 = corners[3 * first + 2];
        int b0 = corners[3 * second], b1 = corners[3 * second + 1], b2 = corners[3 * second + 2];
        Point3 p1 = mesh.Vertex(a0), q1 = mesh.Vertex(a1), r1 = mesh.Vertex(a2);
        Point3 p2 = mesh.Vertex(b0), q2 = mesh.Vertex(b1), r2 = mesh.Vertex(b2);
        // A shared corner lies in both planes; nothing has to be computed for it.
        var sp2 = b0 == a0 || b0 == a1 || b0 == a2 ? 0 : ExactSigns.Side(p1, q1, r1, p2);
        var sq2 = b1 == a0 || b1 == a1 || b1 == a2 ? 0 : ExactSigns.Side(p1, q1, r1, q2);
        var sr2 = b2 == a0 || b2 == a1 || b2 == a2 ? 0 : ExactSigns.Side(p1, q1, r1, r2);
        if ((sp2 | sq2 | sr2) == 0)
            return IsCoplanarCrossing(p1, q1, r1, p2, q2, r2);
        if (!IsOnBothSides(sp2, sq2, sr2))
            return false;
        var sp1 = a0 == b0 || a0 == b1 || a0 == b2 ? 0 : ExactSigns.Side(p2, q2, r2, p1);
        var sq1 = a1 == b0 || a1 == b1 || a1 == b2 ? 0 : ExactSigns.Side(p2, q2, r2, q1);
        var sr1 = a2 == b0 || a2 == b1 || a2 == b2 ? 0 : ExactSigns.Side(p2, q2, r2, r1);
        if (!IsOnBothSides(sp1, sq1, sr1))
            return false;
        // Each triangle cuts the line of the two planes in an interval; the lone corner first, on the positive side of the other plane
        // (the other triangle is turned where it is not), two more signs compare the intervals' ends. Guigue and Devillers, "Fast and Robust
        // Triangle-Triangle Overlap Test Using Orientation Predicates", 2003.
        if (PutLoneFirst(ref p1, ref q1, ref r1, sp1, sq1, sr1) < 0)
            (q2, r2, sq2, sr2) = (r2, q2, sr2, sq2);
        if (PutLoneFirst(ref p2, ref q2, ref r2, sp2, sq2, sr2) < 0)
            (q1, r1) = (r1, q1);
        return ExactSigns.Side(q1, p2, p1, q2) < 0 && ExactSigns.Side(p1, p2, r1, r2) < 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsOnBothSides(int a, int b, int c) => Math.Min(a, Math.Min(b, c)) < 0 && Math.Max(a, Math.Max(b, c)) > 0;

    /// <summary>Rotates the corners until the first is the only one on its side; answers which side. Both sides are taken.</summary>
    static int PutLoneFirst(ref Point3 p, ref Point3 q, ref Point3 r, int sp, int sq, int sr)
    {
        if (sp != 0 && sq != sp && sr != sp)
            return sp;
        if (sq != 0 && sp != sq && sr != sq)
        {
            (p, q, r) = (q, r, p);
            return sq;
        }
        (p, q, r) = (r, p, q);
        return sr;
    }

    /// <summary>In the plane: of two convex figures whose insides do not meet, an edge of one has the whole of the other on its far side.</summary>
    static bool IsCoplanarCrossing(in Point3 p1, in Point3 q1, in Point3 r1, in Point3 p2, in Point3 q2, in Point3 r2)
    {
        for (var axis = 0; axis < 3; axis++)
        {
            var first = Turn(axis, p1, q1, r1);
            if (first == 0)
                continue;
            if (Turn(axis, p2, q2, r2) != first)
                return false;
            return !Separates(p1, q1, p2, q2, r2) && !Separates(q1, r1, p2, q2, r2) && !Separates(r1, p1, p2, q2, r2)
                && !Separates(p2, q2, p1, q1, r1) && !Separates(q2, r2, p1, q1, r1) && !Separates(r2, p2, p1, q1, r1);

            bool Separates(in Point3 from, in Point3 to, in Point3 a, in Point3 b, in Point3 c) =>
                first * Turn(axis, from, to, a) <= 0 && first * Turn(axis, from, to, b) <= 0 && first * Turn(axis, from, to, c) <= 0;
        }
        return false;
    }

    /// <summary>Which way three corners turn, seen along an axis.</summary>
    static int Turn(int axis, in Point3 a, in Point3 b, in Point3 c) => axis switch
    {
        0 => ExactSigns.Turn(a.Y, a.Z, b.Y, b.Z, c.Y, c.Z),
        1 => ExactSigns.Turn(a.Z, a.X, b.Z, b.X, c.Z, c.X),
        _ => ExactSigns.Turn(a.X, a.Y, b.X, b.Y, c.X, c.Y),
    };
}
