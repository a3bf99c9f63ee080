namespace Pricing.Geometry.Examples;

/// <summary>
/// Ear clipping of a polygon with holes (after D. Eberly, "Triangulation by Ear Clipping"): each hole is joined to the outer loop by a
/// bridge between two vertices that see each other, then ears are cut off. Quadratic to cubic; meant for some hundred vertices.
/// </summary>
static class PolygonTriangulation
{
    /// <param name="outer">Vertex indices, counter-clockwise.</param>
    /// <param name="holes">Vertex indices of each hole, clockwise.</param>
    /// <param name="at">The point of a vertex.</param>
    public static List<(int A, int B, int C)> Triangulate(int[] outer, IReadOnlyList<int[]> holes, Func<int, (double X, double Y)> at)
    {
        var loop = new List<int>(outer);
        var left = holes.OrderByDescending(hole => hole.Max(index => at(index).X)).ToList();
        while (left.Count > 0)
        {
            var hole = left[0];
            left.RemoveAt(0);
            JoinHole(loop, hole, left, at);
        }
        var triangles = new List<(int, int, int)>();
        while (loop.Count > 3)
        {
            var ear = FindEar(loop, at);
            triangles.Add((loop[(ear + loop.Count - 1) % loop.Count], loop[ear], loop[(ear + 1) % loop.Count]));
            loop.RemoveAt(ear);
        }
        triangles.Add((loop[0], loop[1], loop[2]));
        return triangles;
    }

    /// <summary>Joins the hole's rightmost vertex to the nearest vertex of the loop that it sees.</summary>
    static void JoinHole(List<int> loop, int[] hole, List<int[]> otherHoles, Func<int, (double X, double Y)> at)
    {
        var start = Array.IndexOf(hole, hole.MaxBy(index => at(index).X));
        var from = at(hole[start]);
        var best = Enumerable.Range(0, loop.Count)
            .Where(i => Sees(from, at(loop[i]), loop, at) && Sees(from, at(loop[i]), hole, at) && otherHoles.TrueForAll(other => Sees(from, at(loop[i]), other, at)) && InCone(loop, i, from, at))
            .MinBy(i => Distance2(from, at(loop[i])));
        var bridge = new List<int>();
        for (var k = 0; k <= hole.Length; k++)
            bridge.Add(hole[(start + k) % hole.Length]);
        bridge.Add(loop[best]);
        loop.InsertRange(best + 1, bridge);
    }

    static bool Sees((double X, double Y) p, (double X, double Y) q, IReadOnlyList<int> loop, Func<int, (double X, double Y)> at)
    {
        for (var i = 0; i < loop.Count; i++)
        {
            var (a, b) = (at(loop[i]), at(loop[(i + 1) % loop.Count]));
            if (a == p || b == p || a == q || b == q)
                continue;
            if (Cross(p, q, a) * Cross(p, q, b) <= 0 && Cross(a, b, p) * Cross(a, b, q) <= 0)
                return false;
        }
        return true;
    }

    /// <summary>The point lies inside the loop as seen from its vertex i (a vertex may stand twice in the loop, once on each side of a bridge).</summary>
    static bool InCone(List<int> loop, int i, (double X, double Y) p, Func<int, (double X, double Y)> at)
    {
        var (before, here, after) = (at(loop[(i + loop.Count - 1) % loop.Count]), at(loop[i]), at(loop[(i + 1) % loop.Count]));
        return Cross(before, here, after) >= 0
            ? Cross(here, after, p) > 0 && Cross(before, here, p) > 0
            : Cross(here, after, p) > 0 || Cross(before, here, p) > 0;
    }

    /// <summary>Of all ears the one whose cut is shortest, so that slivers stay few.</summary>
    static int FindEar(List<int> loop, Func<int, (double X, double Y)> at)
    {
        var (best, bestLength) = (-1, double.MaxValue);
        for (var i = 0; i < loop.Count; i++)
        {
            var (a, b, c) = (at(loop[(i + loop.Count - 1) % loop.Count]), at(loop[i]), at(loop[(i + 1) % loop.Count]));
            var length = Distance2(a, c);
            if (length < bestLength && Cross(a, b, c) > 0 && !loop.Exists(index => Inside(at(index), a, b, c)))
                (best, bestLength) = (i, length);
        }
        return best >= 0 ? best : throw new InvalidOperationException("The polygon crosses itself.");
    }

    static bool Inside((double X, double Y) p, (double X, double Y) a, (double X, double Y) b, (double X, double Y) c) =>
        p != a && p != b && p != c && Cross(a, b, p) >= 0 && Cross(b, c, p) >= 0 && Cross(c, a, p) >= 0;

    static double Cross((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) => (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);

    static double Distance2((double X, double Y) p, (double X, double Y) q) => (p.X - q.X) * (p.X - q.X) + (p.Y - q.Y) * (p.Y - q.Y);
}
