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

    readonly VertexTable _vertices;
    readonly int[] _corners;

    MeshRepair(WeldedMesh mesh)
    {
        _vertices = mesh.Vertices;
        _corners = mesh.Corners.ToArray();
        Edges = new(_corners, _vertices.Count);
        Topology = MeshTopology.Of(_corners, _vertices.Count, Edges);
        Original = Topology;
    }

    /// <summary>How the mesh hangs together as it came.</summary>
    public MeshTopology Original { get; }

    public ReadOnlySpan<int> Corners => _corners;

    /// <summary>Edges of the repaired mesh.</summary>
    public EdgeTable Edges { get; private set; }

    /// <summary>How the repaired mesh hangs together.</summary>
    public MeshTopology Topology { get; private set; }

    /// <summary>Triangles dropped because an equal one is there.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Corners moved onto a neighbour.</summary>
    public long Welded { get; private set; }

    /// <summary>Triangles turned to agree with their neighbours.</summary>
    public long Turned { get; private set; }

    /// <summary>Whole shells turned inside out.</summary>
    public long ShellsTurned { get; private set; }

    public bool Changed => Duplicates + Welded + Turned + ShellsTurned > 0;

    /// <summary>Repairs what can be; a mesh that is right is left alone.</summary>
    public static MeshRepair Of(WeldedMesh mesh)
    {
        var repair = new MeshRepair(mesh);
        if (!repair.Topology.Balanced)
        {
            if (repair.Topology.RepeatedHalfEdges)
                repair.DropDuplicates();
            if (repair.Topology.BoundaryEdges > 0)
                repair.WeldOpenCorners();
            repair.TurnTriangles();
        }
        if (repair.Topology.Balanced && repair.Topology.Shells > 1)
            repair.TurnShells();
        return repair;
    }

    /// <summary>Sends the repaired triangles through a consumer, in file order, without those that were dropped or have collapsed.</summary>
    public void WriteTo(TileWriter writer)
    {
        for (var i = 0; i < _corners.Length; i += 3)
        {
            if (EdgeTable.IsCollapsed(_corners, i))
                continue;
            var a = _vertices[_corners[i]];
            var b = _vertices[_corners[i + 1]];
            var c = _vertices[_corners[i + 2]];
            writer.Add((float)a.X, (float)a.Y, (float)a.Z, (float)b.X, (float)b.Y, (float)b.Z, (float)c.X, (float)c.Y, (float)c.Z);
        }
        writer.Complete();
    }

    void Rebuild()
    {
        Edges = new(_corners, _vertices.Count);
        Topology = MeshTopology.Of(_corners, _vertices.Count, Edges);
    }

    void DropDuplicates()
    {
        // Corners rotated so that the lowest comes first: equal triples are equal, equally oriented triangles.
        HashSet<(int, int, int)> seen = [];
        for (var i = 0; i < _corners.Length; i += 3)
        {
            if (EdgeTable.IsCollapsed(_corners, i))
                continue;
            int a = _corners[i], b = _corners[i + 1], c = _corners[i + 2];
            var key = a < b && a < c ? (a, b, c) : b < c ? (b, c, a) : (c, a, b);
            if (seen.Add(key))
                continue;
            _corners[i + 1] = _corners[i + 2] = a;
            Duplicates++;
        }
        if (Duplicates > 0)
            Rebuild();
    }

    void WeldOpenCorners()
    {
        var open = OpenVertices();
        if (VertexClusters.Join(open, _vertices, WeldMm) is not { } target)
            return;
        var before = (int[])_corners.Clone();
        for (var i = 0; i < _corners.Length; i++)
            _corners[i] = target.GetValueOrDefault(_corners[i], _corners[i]);
        var boundary = Topology.BoundaryEdges;
        Rebuild();
        if (Topology.BoundaryEdges < boundary)
            Welded = target.Count;
        else
        {
            before.CopyTo(_corners, 0);
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
        var faces = _corners.Length / 3;
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
            if (EdgeTable.IsCollapsed(_corners, 3 * f))
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
            if (odd[root] == 0 || twistedRoots.Contains(root) || EdgeTable.IsCollapsed(_corners, 3 * f))
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

    /// <summary>Turns shells that are inside out against the rest and lie in no other shell's box, so cannot be cavities.</summary>
    void TurnShells()
    {
        var sets = new DisjointSets(_vertices.Count);
        for (var i = 0; i < _corners.Length; i += 3)
        {
            sets.Join(_corners[i], _corners[i + 1]);
            sets.Join(_corners[i], _corners[i + 2]);
        }
        Dictionary<int, (Int128 Volume6, TileBox Box)> shells = [];
        for (var f = 0; f < _corners.Length / 3; f++)
        {
            var root = sets.Find(_corners[3 * f]);
            var shell = shells.TryGetValue(root, out var known) ? known : (0, TileBox.Empty);
            shell.Volume6 += Volume6(f);
            for (var c = 0; c < 3; c++)
            {
                var p = _vertices[_corners[3 * f + c]];
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
        for (var f = 0; f < _corners.Length / 3; f++)
            if (turn.Contains(sets.Find(_corners[3 * f])))
                Turn(f);
        ShellsTurned = turn.Count;
        Rebuild();
    }

    void Turn(int face) => (_corners[3 * face + 1], _corners[3 * face + 2]) = (_corners[3 * face + 2], _corners[3 * face + 1]);

    Int128 Volume6(int face)
    {
        var a = _vertices[_corners[3 * face]];
        var b = _vertices[_corners[3 * face + 1]];
        var c = _vertices[_corners[3 * face + 2]];
        return (Int128)Math.Round(TriangleTerms.Of(a, b, c).Volume6 * (1L << MassSums.VolumeBits));
    }

    static bool Encloses(in TileBox outer, in TileBox inner) =>
        outer.MinX <= inner.MinX && outer.MinY <= inner.MinY && outer.MinZ <= inner.MinZ
        && outer.MaxX >= inner.MaxX && outer.MaxY >= inner.MaxY && outer.MaxZ >= inner.MaxZ;
}
