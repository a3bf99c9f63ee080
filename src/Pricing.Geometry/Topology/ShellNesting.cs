using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Pricing.Geometry.Mass;

namespace Pricing.Geometry.Topology;

/// <summary>What becomes of a shell when the solid is where the winding number is not zero.</summary>
enum ShellPart
{
    /// <summary>It bounds the solid as it is turned.</summary>
    Kept,

    /// <summary>It bounds the solid, but faces the wrong way.</summary>
    Turned,

    /// <summary>There is solid on both of its sides: it bounds nothing.</summary>
    Swallowed,

    /// <summary>It runs through another shell or through itself, or lies on one wherever it was looked at.</summary>
    Entangled,
}

/// <summary>
/// How the shells of a closed mesh lie in one another, exactly: the winding number of all others is taken at a few corners of each shell that
/// crosses nothing. The union of shells follows from that alone, as a slicer forms it.
/// </summary>
sealed class ShellNesting
{
    /// <summary>Corners of a shell at which it is looked: the extremes along the axes.</summary>
    const int Probes = 6;

    readonly SolidMesh _mesh;
    readonly TriangleTree _tree;
    readonly int[] _shellOf;

    ShellNesting(SolidMesh mesh, TriangleTree tree, EdgeTable edges)
    {
        _mesh = mesh;
        _tree = tree;
        var sets = Closed(edges, mesh.FileTriangles.Length == 0 ? 0 : mesh.FileTriangles[^1] + 1);
        var number = new Dictionary<int, int>();
        _shellOf = new int[mesh.Triangles];
        for (var t = 0; t < _shellOf.Length; t++)
        {
            var root = sets.Find(mesh.FileTriangles[t]);
            if (!number.TryGetValue(root, out var shell))
                number[root] = shell = number.Count;
            _shellOf[t] = shell;
        }
        Count = number.Count;
        Parts = new ShellPart[Count];
        Intersections = SelfIntersections.NotCounted;
    }

    public int Count { get; }

    /// <summary>By number of shell.</summary>
    public ShellPart[] Parts { get; }

    public SelfIntersections Intersections { get; private set; }

    /// <summary>All shells together enclose a negative volume.</summary>
    public bool IsInverted { get; private set; }

    /// <summary>Pairs of triangles that cross.</summary>
    public IReadOnlyList<(int First, int Second)> Pairs { get; private set; } = [];

    public ShellPart PartOf(int triangle) => Parts[_shellOf[triangle]];

    /// <summary>How the shells lie; null where the mesh is too entangled to find out within bounds.</summary>
    /// <param name="mesh">Closed: every edge is walked as often one way as the other.</param>
    /// <param name="tree">Over the mesh.</param>
    /// <param name="edges">Of the mesh, with the file's numbers of triangles.</param>
    public static ShellNesting? Of(SolidMesh mesh, TriangleTree tree, EdgeTable edges)
    {
        var nesting = new ShellNesting(mesh, tree, edges);
        nesting.Intersections = SelfIntersections.Count(mesh, tree, out var pairs);
        nesting.Pairs = pairs;
        if (!nesting.Intersections.IsCounted)
            return null;
        if (nesting.Intersections.IsAtLeast)
            Array.Fill(nesting.Parts, ShellPart.Entangled);
        foreach (var (first, second) in pairs)
            nesting.Parts[nesting._shellOf[first]] = nesting.Parts[nesting._shellOf[second]] = ShellPart.Entangled;
        return nesting.Settle() ? nesting : null;
    }

    /// <summary>
    /// Groups of triangles that are closed each by itself: joined over edges of two uses, and over others only where a group would stay open.
    /// So parts that touch in a corner or along an edge are shells of their own here.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static DisjointSets Closed(EdgeTable edges, int faces)
    {
        var sets = new DisjointSets(faces);
        foreach (var edge in edges)
            if (edge.Uses == 2)
                sets.Join(edge.Face(0), edge.Face(1));
        edges.VisitUnsound(edge =>
        {
            Dictionary<int, int> net = [];
            for (var use = 0; use < edge.Uses; use++)
            {
                var root = sets.Find(edge.Face(use));
                net[root] = net.GetValueOrDefault(root) + (edge.Forward(use) ? 1 : -1);
            }
            if (net.Values.All(n => n == 0))
                return;
            for (var use = 1; use < edge.Uses; use++)
                sets.Join(edge.Face(0), edge.Face(use));
        });
        return sets;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    bool Settle()
    {
        // A single sound shell bounds what it bounds.
        if (Count == 1 && Parts[0] == ShellPart.Kept)
            return true;
        var volume6 = new Int128[Count];
        var probes = new int[Count * Probes];
        var boxes = new LaneBox[Count];
        Array.Fill(probes, -1);
        Array.Fill(boxes, LaneBox.Empty);
        for (var t = 0; t < _shellOf.Length; t++)
        {
            var shell = _shellOf[t];
            boxes[shell] = boxes[shell].With(_mesh.BoxOf(t));
            // From the lowest corner on, so that rounding does not depend on where the file begins.
            var lowest = _mesh.LowestCorner(t);
            var a = _mesh.Vertex(_mesh.Corners[3 * t + lowest]);
            var b = _mesh.Vertex(_mesh.Corners[3 * t + (lowest + 1) % 3]);
            var c = _mesh.Vertex(_mesh.Corners[3 * t + (lowest + 2) % 3]);
            volume6[shell] += (Int128)Math.Round(TriangleTerms.Of(a, b, c).Volume6 * (1L << MassSums.VolumeBits));
            for (var corner = 0; corner < 3; corner++)
                for (var probe = 0; probe < Probes; probe++)
                {
                    ref var best = ref probes[shell * Probes + probe];
                    var v = _mesh.Corners[3 * t + corner];
                    if (best < 0 || IsFurther(probe, _mesh.Vertex(v), _mesh.Vertex(best)))
                        best = v;
                }
        }
        var total = volume6.Aggregate(Int128.Zero, (sum, v) => sum + v);
        var sense = total < 0 ? -1 : 1;
        IsInverted = total < 0;
        if (Count == 1)
            return true;
        for (var shell = 0; shell < Count; shell++)
        {
            if (Parts[shell] == ShellPart.Entangled)
                continue;
            if (!TryWinding(shell, boxes[shell], probes.AsSpan(shell * Probes, Probes), out var winding))
                return false;
            // A shell without volume adds nothing either way.
            if (winding is not { } outside)
                Parts[shell] = ShellPart.Entangled;
            else if (volume6[shell] != 0)
                Parts[shell] = PartOf(sense * outside, volume6[shell] < 0 ? -sense : sense);
        }
        return true;
    }

    /// <param name="outside">Winding number just outside of the shell.</param>
    /// <param name="step">What it changes by on the way in.</param>
    static ShellPart PartOf(int outside, int step)
    {
        var bounds = (outside + step != 0 ? 1 : 0) - (outside != 0 ? 1 : 0);
        return bounds == step ? ShellPart.Kept : bounds == 0 ? ShellPart.Swallowed : ShellPart.Turned;
    }

    /// <summary>
    /// The winding number of the other shells around this one, the same at every corner looked at that does not lie on one of them; null where
    /// there is no such corner or they differ. Answers false when the bound on work ended it.
    /// </summary>
    bool TryWinding(int shell, in LaneBox box, ReadOnlySpan<int> probes, out int? winding)
    {
        winding = null;
        var near = new Others(_shellOf, shell);
        // Nothing of another shell within the box: one corner stands for all.
        var isAlone = _tree.Visit(box, ref near, Limits.Topology.BoxTestsMax);
        if (!isAlone && !near.Found)
            return false;
        int? found = null;
        foreach (var probe in isAlone ? probes[..1] : probes)
        {
            var p = _mesh.Vertex(probe);
            var ray = new RayUp(_mesh, _shellOf, shell, p);
            var above = new LaneBox(Vector128.Create((float)p.X, (float)p.Y, (float)p.Z, 0),
                Vector128.Create((float)p.X, (float)p.Y, float.PositiveInfinity, 0));
            if (!_tree.Visit(above, ref ray, Limits.Topology.BoxTestsMax) && !ray.IsOnSurface)
                return false;
            if (ray.IsOnSurface)
                continue;
            if (found is { } before && before != ray.Winding)
                return true;
            found = ray.Winding;
        }
        winding = found;
        return true;
    }

    /// <summary>Whether p is beyond q along the probe's axis; ties by the other coordinates.</summary>
    static bool IsFurther(int probe, in Point3 p, in Point3 q)
    {
        var (a, b) = (probe / 2) switch { 0 => (p.X, q.X), 1 => (p.Y, q.Y), _ => (p.Z, q.Z) };
        return a != b ? a > b == ((probe & 1) == 0) : SolidMesh.Compare(p, q) < 0;
    }

    struct Others(int[] shellOf, int shell) : ITriangleVisitor
    {
        public bool Found { get; private set; }

        public bool Visit(int triangle)
        {
            Found = shellOf[triangle] != shell;
            return !Found;
        }
    }

    /// <summary>Sums what the triangles above a point add to its winding number. Exact, by one rule for points above an edge or a corner.</summary>
    struct RayUp(SolidMesh mesh, int[] shellOf, int except, Point3 p) : ITriangleVisitor
    {
        public int Winding { get; private set; }

        public bool IsOnSurface { get; private set; }

        public bool Visit(int triangle)
        {
            if (shellOf[triangle] == except)
                return true;
            var a = mesh.Vertex(mesh.Corners[3 * triangle]);
            var b = mesh.Vertex(mesh.Corners[3 * triangle + 1]);
            var c = mesh.Vertex(mesh.Corners[3 * triangle + 2]);
            var around = Crossing(a, b) + Crossing(b, c) + Crossing(c, a);
            // An upright triangle has no inside seen from above, and yet the point may lie on it.
            if (around == 0 && Math.Min(a.Z, Math.Min(b.Z, c.Z)) > p.Z)
                return true;
            var side = ExactSigns.Side(a, b, c, p);
            IsOnSurface = side == 0;
            // A triangle that faces up lies above what is behind it.
            if (side * around < 0)
                Winding += around;
            return !IsOnSurface;
        }

        /// <summary>What an edge, seen from above, adds to the winding around the point: crossings of the ray towards +x.</summary>
        readonly int Crossing(in Point3 from, in Point3 to)
        {
            var up = from.Y <= p.Y;
            if (up == to.Y <= p.Y)
                return 0;
            var turn = ExactSigns.Turn(from.X, from.Y, to.X, to.Y, p.X, p.Y);
            return up ? turn > 0 ? 1 : 0 : turn < 0 ? -1 : 0;
        }
    }
}
