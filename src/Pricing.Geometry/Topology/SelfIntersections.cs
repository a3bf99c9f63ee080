namespace Pricing.Geometry.Topology;

/// <summary>Where the surface runs through itself: pairs of triangles that cross (<see cref="TriangleMeeting"/>), counted exactly.</summary>
/// <param name="Pairs">Number of pairs. Surfaces that only touch, and neighbours that only share corners, are none.</param>
/// <param name="IsAtLeast">There are more: counting stopped at <c>Limits.Topology.CrossingPairsMax</c>.</param>
/// <param name="IsCounted">False when the mesh is too large or too entangled to look at: nothing is known then.</param>
/// <param name="First">Middles of the first pairs by x, y, z.</param>
public sealed partial record SelfIntersections(long Pairs, bool IsAtLeast, bool IsCounted, IReadOnlyList<Point3> First)
{
    /// <summary>A mesh nobody looked at.</summary>
    internal static SelfIntersections NotCounted { get; } = new(0, false, false, []);

    /// <summary>Counts the pairs of a mesh of at most <c>Limits.Topology.CrossingTrianglesMax</c> triangles.</summary>
    internal static SelfIntersections Count(SolidMesh mesh) =>
        mesh.Triangles > Limits.Topology.CrossingTrianglesMax ? NotCounted : Count(mesh, new TriangleTree(mesh), out _);

    /// <summary>As the other, and gives the pairs it found.</summary>
    internal static SelfIntersections Count(SolidMesh mesh, TriangleTree tree, out List<(int First, int Second)> pairs)
    {
        pairs = [];
        var visitor = new Crossings(mesh, pairs);
        var whole = tree.VisitPairs(ref visitor, Limits.Topology.BoxTestsMax);
        if (!whole && pairs.Count < Limits.Topology.CrossingPairsMax)
            return NotCounted;
        var middles = pairs.Select(p => Middle(mesh.BoxOf(p.First), mesh.BoxOf(p.Second))).ToList();
        middles.Sort((a, b) => SolidMesh.Compare(a, b));
        return new(pairs.Count, !whole, true, [.. middles.Take(Limits.Topology.PlacesMax)]);
    }

    /// <summary>The middle of what two boxes share.</summary>
    static Point3 Middle(in LaneBox a, in LaneBox b)
    {
        return new(Axis(a, b, 0), Axis(a, b, 1), Axis(a, b, 2));

        static double Axis(in LaneBox a, in LaneBox b, int axis) =>
            0.5 * ((double)Math.Max(a.Min[axis], b.Min[axis]) + Math.Min(a.Max[axis], b.Max[axis])) + 0.0;
    }

    readonly struct Crossings(SolidMesh mesh, List<(int First, int Second)> pairs) : IPairVisitor
    {
        public bool Visit(int first, int second)
        {
            if (!TriangleMeeting.IsCrossing(mesh, first, second))
                return true;
            if (pairs.Count == Limits.Topology.CrossingPairsMax)
                return false;
            pairs.Add((first, second));
            return true;
        }
    }
}
