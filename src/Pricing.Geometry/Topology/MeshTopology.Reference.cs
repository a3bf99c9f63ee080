namespace Pricing.Geometry.Topology;

/// <summary>The plain twin: dictionaries of coordinates and edges, a flood over triangles.</summary>
sealed partial record MeshTopology
{
    public static MeshTopology Reference(IReadOnlyList<Point3[]> triangles)
    {
        // Point3 compares −0 equal to +0, as the weld does.
        Dictionary<(Point3, Point3), (int Forward, int Backward)> edges = [];
        Dictionary<Point3, List<int>> users = [];
        for (var f = 0; f < triangles.Count; f++)
        {
            var t = triangles[f];
            foreach (var p in t)
                (users.TryGetValue(p, out var list) ? list : users[p] = []).Add(f);
            if (t[0] == t[1] || t[1] == t[2] || t[2] == t[0])
                continue;
            for (var i = 0; i < 3; i++)
            {
                Point3 p = t[i], q = t[(i + 1) % 3];
                var forward = (p.X, p.Y, p.Z).CompareTo((q.X, q.Y, q.Z)) < 0;
                var key = forward ? (p, q) : (q, p);
                var uses = edges.GetValueOrDefault(key);
                edges[key] = forward ? (uses.Forward + 1, uses.Backward) : (uses.Forward, uses.Backward + 1);
            }
        }
        var seen = new bool[triangles.Count];
        var shells = 0;
        for (var f = 0; f < triangles.Count; f++)
        {
            if (seen[f])
                continue;
            shells++;
            Stack<int> open = new([f]);
            while (open.TryPop(out var g))
            {
                if (seen[g])
                    continue;
                seen[g] = true;
                foreach (var p in triangles[g])
                    foreach (var next in users[p])
                        if (!seen[next])
                            open.Push(next);
            }
        }
        var all = edges.Values;
        return new(shells, all.Count(e => e.Forward + e.Backward == 1), all.Count(e => e.Forward + e.Backward > 2),
            all.All(e => e.Forward + e.Backward == 2), all.All(e => e.Forward == e.Backward),
            all.All(e => e.Forward + e.Backward != 2 || e.Forward == 1), all.Any(e => e.Forward > 1 || e.Backward > 1));
    }
}
