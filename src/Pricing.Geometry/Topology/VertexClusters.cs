namespace Pricing.Geometry.Topology;

/// <summary>Groups of vertices closer than a distance on every axis, found on a grid of cells of that size.</summary>
static class VertexClusters
{
    /// <summary>For each vertex that moves, where to: the lowest corner of its group by x, y, z. Null when there is none or it would take too long.</summary>
    public static Dictionary<int, int>? Join(List<int> members, VertexTable vertices, double distanceMm)
    {
        var cells = members.GroupBy(v => Cell(vertices[v], distanceMm)).ToDictionary(g => g.Key, g => g.ToArray());
        // Comparing is quadratic within neighbouring cells; a file made to be slow there is not welded.
        long pairs = 0;
        foreach (var (cell, own) in cells)
            foreach (var near in Neighbours(cell))
                pairs += cells.TryGetValue(near, out var others) ? (long)own.Length * others.Length : 0;
        if (pairs > 64L * members.Count + 4096)
            return null;
        var index = members.Select((v, i) => (v, i)).ToDictionary(x => x.v, x => x.i);
        var sets = new DisjointSets(members.Count);
        foreach (var (cell, own) in cells)
            foreach (var near in Neighbours(cell))
                if (cells.TryGetValue(near, out var others))
                    foreach (var a in own)
                        foreach (var b in others)
                            if (a < b && AreClose(vertices[a], vertices[b], distanceMm))
                                sets.Join(index[a], index[b]);
        Dictionary<int, int> lowest = [];
        foreach (var v in members)
        {
            var root = sets.Find(index[v]);
            if (!lowest.TryGetValue(root, out var best) || Precedes(vertices[v], vertices[best]))
                lowest[root] = v;
        }
        Dictionary<int, int> target = [];
        foreach (var v in members)
            if (lowest[sets.Find(index[v])] is var to && to != v)
                target[v] = to;
        return target.Count > 0 ? target : null;
    }

    static (long, long, long) Cell(Point3 p, double size) =>
        ((long)Math.Floor(p.X / size), (long)Math.Floor(p.Y / size), (long)Math.Floor(p.Z / size));

    static IEnumerable<(long, long, long)> Neighbours((long X, long Y, long Z) cell)
    {
        for (var dx = -1; dx <= 1; dx++)
            for (var dy = -1; dy <= 1; dy++)
                for (var dz = -1; dz <= 1; dz++)
                    yield return (cell.X + dx, cell.Y + dy, cell.Z + dz);
    }

    static bool AreClose(Point3 a, Point3 b, double distance) =>
        Math.Abs(a.X - b.X) <= distance && Math.Abs(a.Y - b.Y) <= distance && Math.Abs(a.Z - b.Z) <= distance;

    static bool Precedes(Point3 a, Point3 b) =>
        a.X != b.X ? a.X < b.X : a.Y != b.Y ? a.Y < b.Y : a.Z < b.Z;
}
