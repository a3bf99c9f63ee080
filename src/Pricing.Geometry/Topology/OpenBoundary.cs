using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Topology;

/// <summary>
/// The edges that keep a mesh from being closed, and cones that would close it: each connected run of them is joined to the mean of its
/// corners. With the cones added every sum is that of a closed surface; how much their shape could matter bounds the error.
/// </summary>
sealed class OpenBoundary
{
    readonly List<(Point3 Apex, Point3 From, Point3 To)> _cones = [];

    /// <summary>The volume between any sensible surface over the holes and the cones: a hole's area times a quarter of its width, which is a half sphere.</summary>
    public double UncertaintyMm3 { get; private set; }

    /// <summary>Null when there are more open edges than <c>Limits.Topology.OpenEdgesMax</c>.</summary>
    public static OpenBoundary? Of(EdgeTable edges, VertexTable vertices)
    {
        List<(int From, int To)> open = [];
        foreach (var edge in edges)
        {
            var net = BoundaryLoops.Net(edge);
            for (; net > 0; net--)
                open.Add((edge.High, edge.Low));
            for (; net < 0; net++)
                open.Add((edge.Low, edge.High));
            if (open.Count > Limits.Topology.OpenEdgesMax)
                return null;
        }
        var boundary = new OpenBoundary();
        foreach (var run in Runs(open))
            boundary.Close(run, vertices);
        return boundary;
    }

    /// <summary>Sends the cones through a consumer as triangles.</summary>
    public void WriteTo(TileWriter writer)
    {
        foreach (var (apex, from, to) in _cones)
            writer.Add((float)apex.X, (float)apex.Y, (float)apex.Z, (float)from.X, (float)from.Y, (float)from.Z, (float)to.X, (float)to.Y, (float)to.Z);
        writer.Complete();
    }

    static IEnumerable<List<(int From, int To)>> Runs(List<(int From, int To)> open)
    {
        Dictionary<int, int> index = [];
        foreach (var (from, to) in open)
        {
            index.TryAdd(from, index.Count);
            index.TryAdd(to, index.Count);
        }
        var sets = new DisjointSets(index.Count);
        foreach (var (from, to) in open)
            sets.Join(index[from], index[to]);
        return open.GroupBy(e => sets.Find(index[e.From])).Select(g => g.ToList());
    }

    void Close(List<(int From, int To)> run, VertexTable vertices)
    {
        // The mean in fixed point, rounded to float32: the same whatever order the edges came in.
        Int128 x = 0, y = 0, z = 0;
        double minX = double.MaxValue, minY = minX, minZ = minX, maxX = double.MinValue, maxY = maxX, maxZ = maxX;
        foreach (var (from, _) in run)
        {
            var p = vertices[from];
            x += Fixed(p.X);
            y += Fixed(p.Y);
            z += Fixed(p.Z);
            (minX, maxX) = (Math.Min(minX, p.X), Math.Max(maxX, p.X));
            (minY, maxY) = (Math.Min(minY, p.Y), Math.Max(maxY, p.Y));
            (minZ, maxZ) = (Math.Min(minZ, p.Z), Math.Max(maxZ, p.Z));
        }
        var apex = new Point3(Mean(x), Mean(y), Mean(z));
        Int128 area2 = 0;
        foreach (var (from, to) in run)
        {
            _cones.Add((apex, vertices[from], vertices[to]));
            area2 += (Int128)Math.Round(Mass.TriangleTerms.Of(apex, vertices[from], vertices[to]).Area2 * (1L << 40));
        }
        double dx = maxX - minX, dy = maxY - minY, dz = maxZ - minZ;
        _uncertainty += (Int128)Math.Round((double)area2 / (1L << 40) / 2 * Math.Sqrt(dx * dx + dy * dy + dz * dz) / 4 * (1L << 40));
        UncertaintyMm3 = (double)_uncertainty / (1L << 40);

        double Mean(Int128 sum) => (float)((double)sum / (1L << 40) / run.Count);
        static Int128 Fixed(double v) => (Int128)Math.Round(v * (1L << 40));
    }

    Int128 _uncertainty;
}
