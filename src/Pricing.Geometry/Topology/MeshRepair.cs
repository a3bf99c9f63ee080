using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Topology;

/// <summary>
/// What can be put right without doubt, as a changed copy of the index table: triangles written twice, corners that miss each other by less
/// than a slicer's resolution, triangles and shells turned the wrong way. The answer does not depend on the order of triangles.
/// </summary>
sealed class MeshRepair
{
    /// <summary>Open corners closer than this on every axis are one, mm.</summary>
    public const double WeldMm = 1e-4;

    /// <summary>Holes with a longer rim than this share of the part's diagonal are not closed with flat patches.</summary>
    const double SmallHoleShare = 0.25;

    /// <summary>A doubt below this share of the volume is none.</summary>
    public const double NoDoubtShare = 1e-6;

    readonly WeldedMesh _mesh;
    readonly VertexTable _vertices;

    /// <summary>The file's own table until something has to be changed.</summary>
    int[]? _own;
    Int128 _holeDoubt, _holeArea;

    MeshRepair(WeldedMesh mesh)
    {
        _mesh = mesh;
        _vertices = mesh.Vertices;
        Edges = new(mesh.Corners, _vertices.Count);
        Topology = MeshTopology.Of(mesh.Corners, _vertices.Count, Edges);
        Original = Topology;
    }

    /// <summary>How the mesh hangs together as it came.</summary>
    public MeshTopology Original { get; }

    public ReadOnlySpan<int> Corners => _own is null ? _mesh.Corners : _own;

    /// <summary>Edges of the repaired mesh.</summary>
    public EdgeTable Edges { get; private set; }

    /// <summary>How the repaired mesh hangs together.</summary>
    public MeshTopology Topology { get; private set; }

    /// <summary>Triangles dropped because an equal one is there.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Triangles of three corners on one line dropped because they kept the mesh from being closed.</summary>
    public long Slivers { get; private set; }

    /// <summary>Corners moved onto a neighbour.</summary>
    public long Welded { get; private set; }

    /// <summary>Triangles turned to agree with their neighbours.</summary>
    public long Turned { get; private set; }

    /// <summary>Whole shells turned inside out.</summary>
    public long ShellsTurned { get; private set; }

    /// <summary>Shells that lay wholly within the solid and were dropped.</summary>
    public long ShellsSwallowed { get; private set; }

    /// <summary>Small holes that were closed with triangles between their corners, the area of those, and the volume another surface could make.</summary>
    public long HolesClosed { get; private set; }
    public double HolesAreaMm2 => (double)_holeArea / HoleUnit;
    public double HolesDoubtMm3 => (double)_holeDoubt / HoleUnit;

    /// <summary>Where the mesh was open and where edges had more than two triangles, once corners were joined and triangles turned; null where it was sound.</summary>
    public BoundaryLoops? Boundary { get; private set; }

    /// <summary>Where the repaired surface runs through itself.</summary>
    public SelfIntersections Intersections { get; private set; } = SelfIntersections.NotCounted;

    /// <summary>False for a closed mesh whose shells could not be compared: nothing is known of overlaps then.</summary>
    public bool ShellsCompared { get; private set; }

    /// <summary>What the sum over triangles counts too much; null when nothing overlaps.</summary>
    public OverlapExcess? Overlap { get; private set; }

    public bool Changed => Duplicates + Slivers + Welded + Turned + ShellsTurned + ShellsSwallowed + HolesClosed > 0;

    /// <summary>What can be said to have been put right without any doubt.</summary>
    public bool IsRepaired => Duplicates + Slivers + Welded + Turned + ShellsTurned + ShellsSwallowed > 0;

    const double HoleUnit = 1L << 40;

    /// <summary>Repairs what can be; a mesh that is right is left alone.</summary>
    public static MeshRepair Of(WeldedMesh mesh)
    {
        var repair = new MeshRepair(mesh);
        if (mesh.Triangles > Limits.Topology.RepairTrianglesMax)
            return repair;
        if (!repair.Topology.Balanced)
        {
            if (repair.Topology.RepeatedHalfEdges)
                repair.DropDuplicates();
            if (repair.Topology.BoundaryEdges > 0)
                repair.WeldOpenCorners();
            if (!repair.Topology.Balanced)
                repair.DropSlivers();
            repair.TurnTriangles();
        }
        if (repair.Topology is { Balanced: false } or { NonManifoldEdges: > 0 })
            repair.Boundary = BoundaryLoops.Of(repair.Edges, repair._vertices);
        if (!repair.Topology.Balanced)
            repair.CloseSmallHoles();
        if (mesh.Triangles <= Limits.Topology.CrossingTrianglesMax)
            repair.CompareShells();
        if (!repair.ShellsCompared && repair.Topology.Balanced && repair.Topology.Shells > 1)
            repair.TurnShells();
        return repair;
    }

    /// <summary>Sends the repaired triangles through a consumer, in file order, without those that were dropped or have collapsed.</summary>
    public void WriteTo(TileWriter writer)
    {
        var corners = Corners;
        for (var i = 0; i < corners.Length; i += 3)
        {
            if (EdgeTable.IsCollapsed(corners, i))
                continue;
            var a = _vertices[corners[i]];
            var b = _vertices[corners[i + 1]];
            var c = _vertices[corners[i + 2]];
            writer.Add((float)a.X, (float)a.Y, (float)a.Z, (float)b.X, (float)b.Y, (float)b.Z, (float)c.X, (float)c.Y, (float)c.Z);
        }
        writer.Complete();
    }

    void Rebuild()
    {
        Edges = new(Corners, _vertices.Count);
        Topology = MeshTopology.Of(Corners, _vertices.Count, Edges);
    }

    /// <summary>The table as one that may be written to.</summary>
    int[] Own() => _own ??= _mesh.Corners.ToArray();

    void DropDuplicates()
    {
        // Corners rotated so that the lowest comes first: equal triples are equal, equally oriented triangles.
        HashSet<(int, int, int)> seen = [];
        var corners = Own();
        for (var i = 0; i < corners.Length; i += 3)
        {
            if (EdgeTable.IsCollapsed(corners, i))
                continue;
            int a = corners[i], b = corners[i + 1], c = corners[i + 2];
            var key = a < b && a < c ? (a, b, c) : b < c ? (b, c, a) : (c, a, b);
            if (seen.Add(key))
                continue;
            corners[i + 1] = corners[i + 2] = a;
            Duplicates++;
        }
        if (Duplicates > 0)
            Rebuild();
    }

    /// <summary>
    /// A triangle whose corners lie on one line bounds nothing, but its edges count: some close a row of corners along another's edge and are
    /// needed, others lie loose on the surface. Those go whose edges are met less well with them than without.
    /// </summary>
    void DropSlivers()
    {
        List<int> loose = [];
        for (var f = 0; f < Corners.Length / 3; f++)
        {
            if (EdgeTable.IsCollapsed(Corners, 3 * f))
                continue;
            var gain = 0;
            for (var c = 0; c < 3; c++)
            {
                int from = Corners[3 * f + c], to = Corners[3 * f + (c + 1) % 3];
                var net = Edges.Net(from, to);
                gain += Math.Abs(net) - Math.Abs(net - 1);
            }
            if (gain > 0 && IsOnLine(f))
                loose.Add(f);
        }
        if (loose.Count == 0)
            return;
        var boundary = Topology.BoundaryEdges;
        var before = _own?.ToArray();
        foreach (var f in loose)
            Drop(f);
        Slivers = loose.Count;
        Rebuild();
        if (Topology.BoundaryEdges < boundary || Topology.Balanced)
            return;
        _own = before;
        Slivers = 0;
        Rebuild();
    }

    bool IsOnLine(int face)
    {
        Point3 a = _vertices[Corners[3 * face]], b = _vertices[Corners[3 * face + 1]], c = _vertices[Corners[3 * face + 2]];
        return ExactSigns.Turn(a.X, a.Y, b.X, b.Y, c.X, c.Y) == 0 && ExactSigns.Turn(a.Y, a.Z, b.Y, b.Z, c.Y, c.Z) == 0
            && ExactSigns.Turn(a.Z, a.X, b.Z, b.X, c.Z, c.X) == 0;
    }

    void WeldOpenCorners()
    {
        var open = OpenVertices();
        if (VertexClusters.Join(open, _vertices, WeldMm) is not { } target)
            return;
        var before = _own;
        _own = Corners.ToArray();
        for (var i = 0; i < _own.Length; i++)
            _own[i] = target.GetValueOrDefault(_own[i], _own[i]);
        var boundary = Topology.BoundaryEdges;
        Rebuild();
        if (Topology.BoundaryEdges < boundary)
            Welded = target.Count;
        else
        {
            _own = before;
            Rebuild();
        }
    }

    List<int> OpenVertices()
    {
        HashSet<int> open = [];
        foreach (var edge in Edges)
            if (edge.Uses == 1)
            {
                open.Add(edge.Low);
                open.Add(edge.High);
            }
        return [.. open];
    }

    /// <summary>Makes neighbours agree: of the two ways to orient a group of triangles, the one that turns fewer.</summary>
    void TurnTriangles()
    {
        var faces = Corners.Length / 3;
        var sets = new DisjointSets(faces);
        HashSet<int> twisted = [];
        foreach (var edge in Edges)
            if (edge.Uses == 2 && !sets.Join(edge.Face(0), edge.Face(1), edge.Forward(0) == edge.Forward(1)))
                twisted.Add(edge.Face(0));
        // A one-sided surface has no orientation; its group is left as it is.
        HashSet<int> twistedRoots = [.. twisted.Select(sets.Find)];
        var odd = new int[faces];
        var all = new int[faces];
        var volume6 = new Int128[faces];
        for (var f = 0; f < faces; f++)
        {
            if (EdgeTable.IsCollapsed(Corners, 3 * f))
                continue;
            var root = sets.Find(f);
            var isOdd = sets.IsOdd(f);
            all[root]++;
            odd[root] += isOdd ? 1 : 0;
            volume6[root] += isOdd ? -Volume6(f) : Volume6(f);
        }
        for (var f = 0; f < faces; f++)
        {
            var root = sets.Find(f);
            if (odd[root] == 0 || twistedRoots.Contains(root) || EdgeTable.IsCollapsed(Corners, 3 * f))
                continue;
            // As many one way as the other: the way that encloses a positive volume.
            var turnOdd = 2 * odd[root] < all[root] || (2 * odd[root] == all[root] && volume6[root] >= 0);
            if (sets.IsOdd(f) != turnOdd)
                continue;
            Turn(f);
            Turned++;
        }
        if (Turned > 0)
            Rebuild();
    }

    /// <summary>
    /// Closes small, nearly flat holes with triangles between their own corners, numbered after those of the file. Each leaves the doubt whether
    /// the surface was flat: a hole's area times a quarter of its width, as for the holes that stay open.
    /// </summary>
    void CloseSmallHoles()
    {
        if (Boundary is not { Loops: not null })
            return;
        List<(int From, int To)> open = [];
        var all = LaneBox.Empty;
        foreach (var edge in Edges)
        {
            all = all.With(LaneBox.Of(_vertices[edge.Low], _vertices[edge.High]));
            for (var net = BoundaryLoops.Net(edge); net != 0; net -= Math.Sign(net))
                open.Add(net > 0 ? (edge.High, edge.Low) : (edge.Low, edge.High));
        }
        double dx = (double)all.Max[0] - all.Min[0], dy = (double)all.Max[1] - all.Min[1], dz = (double)all.Max[2] - all.Min[2];
        var longest = SmallHoleShare * Math.Sqrt(dx * dx + dy * dy + dz * dz);
        List<int> corners = [];
        HashSet<(int, int)> cuts = [];
        foreach (var rim in BoundaryLoops.Chains(open, _vertices))
        {
            if (rim.Length > Limits.Topology.HoleEdgesMax)
                continue;
            var hole = BoundaryLoops.Measured(rim, _vertices);
            if (hole.LengthMm > longest || HolePatch.Of(rim, _vertices, Edges) is not { } patch || !AreNew(patch, rim, cuts))
                continue;
            HolesClosed++;
            Int128 area = 0;
            foreach (var (a, b, c) in patch)
            {
                corners.AddRange([a, b, c]);
                area += (Int128)Math.Round(TriangleTerms.Of(_vertices[a], _vertices[b], _vertices[c]).Area2 / 2 * HoleUnit);
            }
            double x = hole.MaxMm.X - hole.MinMm.X, y = hole.MaxMm.Y - hole.MinMm.Y, z = hole.MaxMm.Z - hole.MinMm.Z;
            _holeArea += area;
            _holeDoubt += (Int128)Math.Round((double)area * Math.Sqrt(x * x + y * y + z * z) / 4);
        }
        if (HolesClosed == 0)
            return;
        _own = [.. Corners, .. corners];
        Rebuild();
    }

    /// <summary>Two holes that share corners must not be cut along one line.</summary>
    static bool AreNew(List<(int A, int B, int C)> patch, int[] rim, HashSet<(int, int)> cuts)
    {
        HashSet<(int, int)> own = [];
        foreach (var (a, b, c) in patch)
            own.UnionWith([Key(a, b), Key(b, c), Key(c, a)]);
        for (var i = 0; i < rim.Length; i++)
            own.Remove(Key(rim[i], rim[(i + 1) % rim.Length]));
        if (cuts.Overlaps(own))
            return false;
        cuts.UnionWith(own);
        return true;

        static (int, int) Key(int a, int b) => (Math.Min(a, b), Math.Max(a, b));
    }

    /// <summary>
    /// Makes the union of shells where it follows without doubt: those within the solid are dropped, those that bound it the wrong way round are
    /// turned. What runs through itself stays, and is measured along columns.
    /// </summary>
    void CompareShells()
    {
        var mesh = SolidMesh.Of(Corners, _vertices, isInverted: false);
        if (mesh.Triangles == 0)
            return;
        var tree = new TriangleTree(mesh);
        if (!Topology.Balanced)
        {
            Intersections = SelfIntersections.Count(mesh, tree, out _);
            return;
        }
        if (ShellNesting.Of(mesh, tree, Edges) is not { } nesting)
            return;
        ShellsCompared = true;
        Intersections = nesting.Intersections;
        ShellsTurned = nesting.Parts.Count(p => p == ShellPart.Turned);
        ShellsSwallowed = nesting.Parts.Count(p => p == ShellPart.Swallowed);
        var entangled = LaneBox.Empty;
        for (var t = 0; t < mesh.Triangles; t++)
        {
            var face = mesh.FileTriangles[t];
            if (nesting.PartOf(t) == ShellPart.Turned)
                Turn(face);
            else if (nesting.PartOf(t) == ShellPart.Swallowed)
                Drop(face);
            else if (nesting.PartOf(t) == ShellPart.Entangled)
                entangled = entangled.With(mesh.BoxOf(t));
        }
        if (ShellsTurned + ShellsSwallowed > 0)
            Rebuild();
        if (entangled.IsEmpty)
            return;
        // What was turned or dropped no longer counts.
        var left = ShellsTurned + ShellsSwallowed > 0 ? SolidMesh.Of(Corners, _vertices, isInverted: false) : mesh;
        Overlap = UnionColumns.Measure(left, entangled, nesting.IsInverted, nesting.Pairs.Select(p => (mesh.BoxOf(p.First), mesh.BoxOf(p.Second))))
            ?? new OverlapExcess(0, double.PositiveInfinity);
    }

    /// <summary>
    /// Where shells cannot be compared by their triangles: turns those that are inside out against the rest and lie in no other shell's box, so
    /// cannot be cavities.
    /// </summary>
    void TurnShells()
    {
        var sets = new DisjointSets(_vertices.Count);
        var corners = Own();
        for (var i = 0; i < corners.Length; i += 3)
        {
            sets.Join(corners[i], corners[i + 1]);
            sets.Join(corners[i], corners[i + 2]);
        }
        Dictionary<int, (Int128 Volume6, TileBox Box)> shells = [];
        for (var f = 0; f < corners.Length / 3; f++)
        {
            var root = sets.Find(corners[3 * f]);
            var shell = shells.TryGetValue(root, out var known) ? known : (0, TileBox.Empty);
            shell.Volume6 += Volume6(f);
            for (var c = 0; c < 3; c++)
            {
                var p = _vertices[corners[3 * f + c]];
                shell.Box.Include(new() { MinX = (float)p.X, MinY = (float)p.Y, MinZ = (float)p.Z, MaxX = (float)p.X, MaxY = (float)p.Y, MaxZ = (float)p.Z });
            }
            shells[root] = shell;
        }
        var total = shells.Values.Aggregate(Int128.Zero, (sum, s) => sum + s.Volume6);
        bool IsAgainst(Int128 volume) => total >= 0 ? volume < 0 : volume > 0;
        var hosts = shells.Values.Where(s => s.Volume6 != 0 && !IsAgainst(s.Volume6)).Select(s => s.Box).ToArray();
        var against = shells.Where(s => IsAgainst(s.Value.Volume6)).ToArray();
        if ((long)hosts.Length * against.Length > Limits.Mesh.ShellPairsMax)
            return;
        var turn = against.Where(s => !Array.Exists(hosts, h => Encloses(h, s.Value.Box))).Select(s => s.Key).ToHashSet();
        if (turn.Count == 0)
            return;
        for (var f = 0; f < corners.Length / 3; f++)
            if (turn.Contains(sets.Find(corners[3 * f])))
                Turn(f);
        ShellsTurned = turn.Count;
        Rebuild();
    }

    /// <summary>A triangle whose corners are one bounds nothing and is left out.</summary>
    void Drop(int face)
    {
        var corners = Own();
        corners[3 * face + 1] = corners[3 * face + 2] = corners[3 * face];
    }

    void Turn(int face)
    {
        var corners = Own();
        (corners[3 * face + 1], corners[3 * face + 2]) = (corners[3 * face + 2], corners[3 * face + 1]);
    }

    Int128 Volume6(int face)
    {
        var a = _vertices[Corners[3 * face]];
        var b = _vertices[Corners[3 * face + 1]];
        var c = _vertices[Corners[3 * face + 2]];
        return (Int128)Math.Round(TriangleTerms.Of(a, b, c).Volume6 * (1L << MassSums.VolumeBits));
    }

    static bool Encloses(in TileBox outer, in TileBox inner) =>
        outer.MinX <= inner.MinX && outer.MinY <= inner.MinY && outer.MinZ <= inner.MinZ
        && outer.MaxX >= inner.MaxX && outer.MaxY >= inner.MaxY && outer.MaxZ >= inner.MaxZ;
}
