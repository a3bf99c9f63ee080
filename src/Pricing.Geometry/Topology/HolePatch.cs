namespace Pricing.Geometry.Topology;

/// <summary>
/// Closes a small, nearly flat hole with triangles between its own corners: ears are cut off in the plane it is seen largest in, the ear with the
/// shortest cut first. Nothing is added where the rim crosses itself there or a cut would run along an edge that exists.
/// </summary>
static class HolePatch
{
    /// <summary>Corners may lie this share of the hole's width off its plane.</summary>
    const double FlatShare = 0.1;

    /// <param name="rim">Vertices in the order in which a surface that closes the hole walks them; none twice.</param>
    /// <param name="vertices">Where they are.</param>
    /// <param name="edges">Those of the mesh.</param>
    /// <returns>Three vertices per triangle, two triangles fewer than corners; null when the hole is not to be closed so.</returns>
    public static List<(int A, int B, int C)>? Of(ReadOnlySpan<int> rim, VertexTable vertices, EdgeTable edges)
    {
        if (rim.Length < 3 || rim.Length > Limits.Topology.HoleEdgesMax)
            return null;
        var ring = Canonical(rim, vertices);
        var at = ring.Select(v => vertices[v]).ToList();
        var (normal, axis) = Plane(at);
        if (axis < 0 || !IsFlat(at, normal))
            return null;
        // Seen along the axis the rim runs counter-clockwise, or clockwise where its normal points away.
        var sense = (axis == 0 ? normal.X : axis == 1 ? normal.Y : normal.Z) > 0 ? 1 : -1;
        List<(int, int, int)> patch = [];
        while (ring.Count > 3)
        {
            var best = -1;
            var bestCut = double.PositiveInfinity;
            for (var i = 0; i < ring.Count; i++)
            {
                int before = (i + ring.Count - 1) % ring.Count, after = (i + 1) % ring.Count;
                var cut = Square(at[before], at[after]);
                if (cut > bestCut || (cut == bestCut && SolidMesh.Compare(at[i], at[best]) > 0))
                    continue;
                if (IsEar(at, before, i, after, axis, sense) && edges.Uses(ring[before], ring[after]) == 0)
                    (best, bestCut) = (i, cut);
            }
            if (best < 0)
                return null;
            patch.Add((ring[(best + ring.Count - 1) % ring.Count], ring[best], ring[(best + 1) % ring.Count]));
            ring.RemoveAt(best);
            at.RemoveAt(best);
        }
        if (sense * Turn(axis, at[0], at[1], at[2]) <= 0)
            return null;
        patch.Add((ring[0], ring[1], ring[2]));
        return patch;
    }

    /// <summary>The rim from its lowest corner on.</summary>
    static List<int> Canonical(ReadOnlySpan<int> rim, VertexTable vertices)
    {
        var lowest = 0;
        for (var i = 1; i < rim.Length; i++)
            if (SolidMesh.Compare(vertices[rim[i]], vertices[rim[lowest]]) < 0)
                lowest = i;
        return [.. rim[lowest..], .. rim[..lowest]];
    }

    /// <summary>Twice the rim's vector area, and the axis it is largest along; −1 when it has none.</summary>
    static (Point3 Normal, int Axis) Plane(List<Point3> at)
    {
        double x = 0, y = 0, z = 0;
        for (var i = 1; i + 1 < at.Count; i++)
        {
            Point3 a = at[0], b = at[i], c = at[i + 1];
            double ux = b.X - a.X, uy = b.Y - a.Y, uz = b.Z - a.Z, vx = c.X - a.X, vy = c.Y - a.Y, vz = c.Z - a.Z;
            x += uy * vz - uz * vy;
            y += uz * vx - ux * vz;
            z += ux * vy - uy * vx;
        }
        double ax = Math.Abs(x), ay = Math.Abs(y), az = Math.Abs(z);
        return (new(x, y, z), ax + ay + az == 0 ? -1 : az >= ax && az >= ay ? 2 : ay >= ax ? 1 : 0);
    }

    static bool IsFlat(List<Point3> at, in Point3 normal)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity, width2 = 0;
        foreach (var p in at)
        {
            var height = (p.X - at[0].X) * normal.X + (p.Y - at[0].Y) * normal.Y + (p.Z - at[0].Z) * normal.Z;
            (low, high) = (Math.Min(low, height), Math.Max(high, height));
            width2 = Math.Max(width2, Square(p, at[0]));
        }
        var length2 = normal.X * normal.X + normal.Y * normal.Y + normal.Z * normal.Z;
        return (high - low) * (high - low) <= FlatShare * FlatShare * width2 * length2;
    }

    static bool IsEar(List<Point3> at, int before, int tip, int after, int axis, int sense)
    {
        Point3 a = at[before], b = at[tip], c = at[after];
        if (sense * Turn(axis, a, b, c) <= 0)
            return false;
        for (var i = 0; i < at.Count; i++)
            if (i != before && i != tip && i != after && sense * Turn(axis, a, b, at[i]) >= 0 && sense * Turn(axis, b, c, at[i]) >= 0
                && sense * Turn(axis, c, a, at[i]) >= 0)
                return false;
        return true;
    }

    static int Turn(int axis, in Point3 a, in Point3 b, in Point3 c) => axis switch
    {
        0 => ExactSigns.Turn(a.Y, a.Z, b.Y, b.Z, c.Y, c.Z),
        1 => ExactSigns.Turn(a.Z, a.X, b.Z, b.X, c.Z, c.X),
        _ => ExactSigns.Turn(a.X, a.Y, b.X, b.Y, c.X, c.Y),
    };

    static double Square(in Point3 a, in Point3 b)
    {
        double x = b.X - a.X, y = b.Y - a.Y, z = b.Z - a.Z;
        return x * x + y * y + z * z;
    }
}
