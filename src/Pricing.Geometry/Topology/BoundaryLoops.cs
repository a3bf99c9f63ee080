using Pricing.Geometry.Mass;

namespace Pricing.Geometry.Topology;

/// <summary>One hole's rim.</summary>
/// <param name="Edges">Open edges around it.</param>
/// <param name="LengthMm">Their length.</param>
/// <param name="MinMm">Box of its corners.</param>
/// <param name="MaxMm">See <paramref name="MinMm"/>.</param>
/// <param name="AreaMm2">Area of a cone over the rim with its tip in the mean of the corners: about the hole's size.</param>
public sealed record BoundaryLoop(int Edges, double LengthMm, Point3 MinMm, Point3 MaxMm, double AreaMm2)
{
    public Point3 CentreMm => new(0.5 * (MinMm.X + MaxMm.X), 0.5 * (MinMm.Y + MaxMm.Y), 0.5 * (MinMm.Z + MaxMm.Z));
}

/// <summary>An edge that more than two triangles use.</summary>
public readonly record struct SharedEdge(Point3 From, Point3 To, int Uses);

/// <summary>
/// Where a mesh is open or hangs together wrongly, with positions. An edge is open as often as it is walked more one way than the other; such
/// edges always form closed chains. Independent of the order of triangles.
/// </summary>
/// <param name="OpenEdges">All of them.</param>
/// <param name="Loops">All closed chains; null when there are more open edges than <c>Limits.Topology.OpenEdgesMax</c> and they were not followed.</param>
/// <param name="LengthMm">Of all chains followed.</param>
/// <param name="Largest">The longest chains first, at most <c>Limits.Topology.PlacesMax</c>.</param>
/// <param name="SharedEdges">All edges of more than two triangles.</param>
/// <param name="FirstShared">The first of them by coordinates, at most <c>Limits.Topology.PlacesMax</c>.</param>
public sealed record BoundaryLoops(long OpenEdges, long? Loops, double LengthMm, IReadOnlyList<BoundaryLoop> Largest, long SharedEdges,
    IReadOnlyList<SharedEdge> FirstShared)
{
    /// <summary>Binary places of the sums over a rim.</summary>
    const double Unit = 1L << 40;

    internal static BoundaryLoops Of(EdgeTable edges, VertexTable vertices)
    {
        List<(int From, int To)> open = [];
        var shared = new PriorityQueue<SharedEdge, SharedEdge>(Comparer<SharedEdge>.Create((a, b) => Compare(b, a)));
        long openCount = 0, sharedCount = 0;
        edges.VisitUnsound(edge =>
        {
            var net = Net(edge);
            openCount += Math.Abs(net);
            if (openCount <= Limits.Topology.OpenEdgesMax)
                for (var i = Math.Abs(net); i > 0; i--)
                    open.Add(net > 0 ? (edge.High, edge.Low) : (edge.Low, edge.High));
            if (edge.Uses <= 2)
                return;
            sharedCount++;
            var place = Placed(edge, vertices);
            shared.Enqueue(place, place);
            if (shared.Count > Limits.Topology.PlacesMax)
                shared.Dequeue();
        });
        var first = new SharedEdge[shared.Count];
        for (var i = first.Length - 1; i >= 0; i--)
            first[i] = shared.Dequeue();
        if (openCount > Limits.Topology.OpenEdgesMax)
            return new(openCount, null, 0, [], sharedCount, first);
        var chains = Chains(open, vertices);
        var loops = chains.Select(chain => Measured(chain, vertices)).ToList();
        // In rising order, so that the sum has one value.
        var length = loops.Select(l => l.LengthMm).Order().Sum();
        loops.Sort(Compare);
        return new(openCount, loops.Count, length, [.. loops.Take(Limits.Topology.PlacesMax)], sharedCount, first);
    }

    /// <summary>How often more the edge is walked from low to high than back.</summary>
    internal static int Net(Edge edge)
    {
        var net = 0;
        for (var use = 0; use < edge.Uses; use++)
            net += edge.Forward(use) ? 1 : -1;
        return net;
    }

    /// <summary>
    /// Follows open edges, turned so that a surface that closes the hole walks them, around each hole. Where several run through a corner they are
    /// taken in the order of the corners they lead to, and a chain that comes back to one of its corners is cut there.
    /// </summary>
    internal static List<int[]> Chains(List<(int From, int To)> open, VertexTable vertices)
    {
        var sorted = open.ToArray();
        Array.Sort(sorted, (a, b) => Order(a.From, b.From) is var byFrom && byFrom != 0 ? byFrom : Order(a.To, b.To));
        Dictionary<int, (int Next, int End)> leaving = [];
        for (var i = 0; i < sorted.Length; i++)
            leaving[sorted[i].From] = (leaving.TryGetValue(sorted[i].From, out var known) ? known.Next : i, i + 1);
        List<int[]> chains = [];
        List<int> walk = [];
        Dictionary<int, int> at = [];
        foreach (var (start, _) in sorted)
        {
            var v = start;
            while (leaving[v] is var (next, end) && next < end)
            {
                leaving[v] = (next + 1, end);
                at[v] = walk.Count;
                walk.Add(v);
                v = sorted[next].To;
                if (!at.TryGetValue(v, out var from))
                    continue;
                chains.Add([.. walk[from..]]);
                foreach (var passed in walk[from..])
                    at.Remove(passed);
                walk.RemoveRange(from, walk.Count - from);
            }
        }
        return chains;

        int Order(int a, int b) => a == b ? 0 : SolidMesh.Compare(vertices[a], vertices[b]);
    }

    internal static BoundaryLoop Measured(ReadOnlySpan<int> chain, VertexTable vertices)
    {
        Int128 x = 0, y = 0, z = 0, length = 0, area2 = 0;
        Point3 min = vertices[chain[0]], max = min;
        foreach (var v in chain)
        {
            var p = vertices[v];
            x += Fixed(p.X);
            y += Fixed(p.Y);
            z += Fixed(p.Z);
            min = new(Math.Min(min.X, p.X), Math.Min(min.Y, p.Y), Math.Min(min.Z, p.Z));
            max = new(Math.Max(max.X, p.X), Math.Max(max.Y, p.Y), Math.Max(max.Z, p.Z));
        }
        var tip = new Point3((double)x / Unit / chain.Length, (double)y / Unit / chain.Length, (double)z / Unit / chain.Length);
        for (var i = 0; i < chain.Length; i++)
        {
            Point3 a = vertices[chain[i]], b = vertices[chain[(i + 1) % chain.Length]];
            double dx = b.X - a.X, dy = b.Y - a.Y, dz = b.Z - a.Z;
            length += Fixed(Math.Sqrt(dx * dx + dy * dy + dz * dz));
            area2 += Fixed(TriangleTerms.Of(tip, a, b).Area2);
        }
        return new(chain.Length, (double)length / Unit, min, max, (double)area2 / Unit / 2);

        static Int128 Fixed(double value) => (Int128)Math.Round(value * Unit);
    }

    static SharedEdge Placed(Edge edge, VertexTable vertices)
    {
        Point3 a = vertices[edge.Low], b = vertices[edge.High];
        return SolidMesh.Compare(a, b) < 0 ? new(a, b, edge.Uses) : new(b, a, edge.Uses);
    }

    static int Compare(SharedEdge a, SharedEdge b) => SolidMesh.Compare(a.From, b.From) is var from && from != 0 ? from : SolidMesh.Compare(a.To, b.To);

    /// <summary>The longest first.</summary>
    static int Compare(BoundaryLoop a, BoundaryLoop b)
    {
        var order = b.LengthMm.CompareTo(a.LengthMm);
        order = order != 0 ? order : SolidMesh.Compare(a.MinMm, b.MinMm);
        order = order != 0 ? order : SolidMesh.Compare(a.MaxMm, b.MaxMm);
        order = order != 0 ? order : a.Edges.CompareTo(b.Edges);
        return order != 0 ? order : a.AreaMm2.CompareTo(b.AreaMm2);
    }
}
