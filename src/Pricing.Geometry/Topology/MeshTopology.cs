namespace Pricing.Geometry.Topology;

/// <summary>How triangles hang together, counted on vertices of equal coordinates. Independent of the order of triangles.</summary>
/// <param name="Shells">Groups of triangles that share no vertex with one another.</param>
/// <param name="BoundaryEdges">Undirected edges that exactly one triangle uses.</param>
/// <param name="NonManifoldEdges">Undirected edges that more than two triangles use.</param>
/// <param name="Manifold">Every edge is used exactly twice, in whatever directions.</param>
/// <param name="Balanced">Every edge is walked as often one way as the other: closed and consistently oriented.</param>
/// <param name="Consistent">No two triangles that share an edge between just the two of them walk it the same way.</param>
/// <param name="RepeatedHalfEdges">Some edge is walked twice the same way (flipped or doubled triangles).</param>
sealed partial record MeshTopology(long Shells, long BoundaryEdges, long NonManifoldEdges, bool Manifold, bool Balanced, bool Consistent,
    bool RepeatedHalfEdges)
{
    public static MeshTopology Of(ReadOnlySpan<int> corners, int vertices, EdgeTable edges)
    {
        long boundary = 0, nonManifold = 0;
        bool manifold = true, balanced = true, consistent = true, repeated = false;
        edges.VisitUnsound(edge =>
        {
            var forward = 0;
            for (var use = 0; use < edge.Uses; use++)
                forward += edge.Forward(use) ? 1 : 0;
            var backward = edge.Uses - forward;
            if (edge.Uses == 1)
                boundary++;
            else if (edge.Uses > 2)
                nonManifold++;
            manifold &= edge.Uses == 2;
            balanced &= forward == backward;
            consistent &= edge.Uses != 2 || forward == 1;
            repeated |= forward > 1 || backward > 1;
        });
        return new(CountShells(corners, vertices), boundary, nonManifold, manifold, balanced, consistent, repeated);
    }

    /// <summary>Trees of vertices, each hung under a lower number; −1 per join. Every vertex of a file is used by a triangle, so it counts.</summary>
    static long CountShells(ReadOnlySpan<int> corners, int vertices)
    {
        var parent = new int[vertices];
        for (var i = 0; i < vertices; i++)
            parent[i] = i;
        long shells = vertices;
        for (var i = 0; i < corners.Length; i += 3)
        {
            int a = corners[i], b = corners[i + 1], c = corners[i + 2];
            // Neighbours mostly hang under one root already.
            if (parent[a] == parent[b] && parent[a] == parent[c])
                continue;
            a = Root(a);
            b = Root(b);
            if (a != b)
                Hang();
            b = Root(c);
            if (a != b)
                Hang();

            void Hang()
            {
                shells--;
                (a, b) = (Math.Min(a, b), Math.Max(a, b));
                parent[b] = a;
            }
        }
        return shells;

        // Halving the path: each vertex passed hangs under its grandparent afterwards.
        int Root(int v)
        {
            for (int up; (up = parent[v]) != v; v = parent[v])
                parent[v] = parent[up];
            return v;
        }
    }
}
