using System.Numerics;
using System.Runtime.InteropServices;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Shape;

/// <summary>What the edges of a surface say: how sharp, how bent, how many faces, how many holes through it. Order-independent: whole-number sums, counts of sets.</summary>
/// <param name="Convex30Mm">Length of outer edges bent by more than 30°.</param>
/// <param name="Concave30Mm">The same of inner edges.</param>
/// <param name="Convex60Mm">Length of outer edges bent by more than 60°.</param>
/// <param name="Concave60Mm">The same of inner edges.</param>
/// <param name="MeanCurvatureMm">Integral of mean curvature: half the sum of length times angle, outer edges positive. 4πR for a sphere.</param>
/// <param name="BendingMm">The same without signs.</param>
/// <param name="Patches">Pieces of surface between edges sharper than 30°, as a designer sees faces: a cylinder has three.</param>
/// <param name="PlanarPatches">Those of them that are flat.</param>
/// <param name="PlanarFaces">Flat pieces of any size; facets of a curve (bent by less than 30° from a piece at least half as large) do not count.</param>
/// <param name="Handles">Holes through the part, of all its shells (genus); null when a triangle has an edge that not exactly two use.</param>
public sealed partial record SurfaceEdges(double Convex30Mm, double Concave30Mm, double Convex60Mm, double Concave60Mm, double MeanCurvatureMm,
    double BendingMm, long Patches, long PlanarPatches, long PlanarFaces, long? Handles)
{
    const double Tan30 = 0.57735026918962573;
    const double Tan60 = 1.7320508075688772;

    /// <summary>Triangles bent less than this (0.1°), or apart by less than <see cref="MeshRepair.WeldMm"/>, lie in one plane.</summary>
    const double FlatTan = 0.002;

    /// <summary>A piece is flat when its normals add up to this share of its area: within about 1° throughout.</summary>
    const double FlatShare = 0.9999;

    const int LengthBits = 32;

    /// <summary>Binary places of an area in the sums per piece, mm²: 2⁴³ fit.</summary>
    const int AreaBits = 20;

    /// <summary>Null above <c>Limits.Shape.EdgeTrianglesMax</c>.</summary>
    internal static SurfaceEdges? Of(SolidMesh mesh) => mesh.Triangles > Limits.Shape.EdgeTrianglesMax ? null : new Walk(mesh).Run();

    /// <summary>The bend at an edge as a direction (across, along): no angle is needed to compare it.</summary>
    readonly record struct Bend(double LengthMm, double Sine, double Cosine, double ApartMm)
    {
        /// <summary>From the edge's ends, lower first, and the opposite corners of the two triangles: the one that walks it from p to q, the other.</summary>
        public static Bend Of(Vector3 p, Vector3 q, Vector3 r, Vector3 s)
        {
            double ex = (double)q.X - p.X, ey = (double)q.Y - p.Y, ez = (double)q.Z - p.Z;
            double ux = (double)r.X - p.X, uy = (double)r.Y - p.Y, uz = (double)r.Z - p.Z;
            double wx = (double)s.X - p.X, wy = (double)s.Y - p.Y, wz = (double)s.Z - p.Z;
            // Normals e × u and w × e; their cross product is −(n·w) e.
            double nx = ey * uz - ez * uy, ny = ez * ux - ex * uz, nz = ex * uy - ey * ux;
            double mx = wy * ez - wz * ey, my = wz * ex - wx * ez, mz = wx * ey - wy * ex;
            var length = Math.Sqrt(ex * ex + ey * ey + ez * ez);
            var above = nx * wx + ny * wy + nz * wz;
            var area = Math.Sqrt(nx * nx + ny * ny + nz * nz);
            var other = Math.Sqrt(mx * mx + my * my + mz * mz);
            // A sliver has no normal: no bend, and nothing is joined across it.
            if (!(area > 0 && other > 0))
                return new(length, 0, 0, double.PositiveInfinity);
            return new(length, -above * length / area / other, (nx * mx + ny * my + nz * mz) / area / other, Math.Abs(above) / area);
        }

        public bool IsSliver => Cosine == 0 && Sine == 0;

        public bool IsOver(double tan) => Math.Abs(Sine) > tan * Cosine;

        public bool IsFlat => !IsSliver && Cosine > 0 && (ApartMm <= MeshRepair.WeldMm ? !IsOver(Tan30) : !IsOver(FlatTan));

        public bool IsSmooth => !IsSliver && !IsOver(Tan30);
    }

    sealed class Walk(SolidMesh mesh)
    {
        readonly Pieces _flat = new(mesh.Triangles);
        readonly Pieces _smooth = new(mesh.Triangles);
        readonly Pieces _connected = new(mesh.Triangles);

        /// <summary>Corners of triangles that are one corner of the surface: parts that only touch in a point have one each.</summary>
        readonly Pieces _corners = new(mesh.Corners.Length);
        readonly Int128[] _lengths = new Int128[4];
        Int128 _mean;
        Int128 _bending;
        long _edges;
        bool _isManifold = true;

        public SurfaceEdges Run()
        {
            var table = new EdgeTable(mesh.Corners, mesh.Vertices);
            foreach (var edge in table)
                Add(edge);
            var (planar, areas) = Planar(_flat);
            MarkFacets(table, areas, planar);
            var (flatPatches, patchAreas) = Planar(_smooth);
            long? handles = null;
            if (_isManifold && mesh.Triangles > 0)
                handles = _connected.Count - (_corners.Count - _edges + mesh.Triangles) / 2;
            return new(Mm(_lengths[0]), Mm(_lengths[1]), Mm(_lengths[2]), Mm(_lengths[3]), Mm(_mean) / 2, Mm(_bending) / 2,
                patchAreas.Count(area => area > 0), flatPatches.Count(isPlanar => isPlanar), planar.Count(isPlanar => isPlanar), handles);
        }

        static double Mm(Int128 sum) => (double)sum / (1L << LengthBits);

        void Add(Edge edge)
        {
            _edges++;
            if (edge.Uses != 2 || edge.Forward(0) == edge.Forward(1))
            {
                _isManifold = false;
                return;
            }
            int f = edge.Face(0), g = edge.Face(1);
            _connected.Join(f, g);
            _corners.Join(CornerAt(f, edge.Low), CornerAt(g, edge.Low));
            _corners.Join(CornerAt(f, edge.High), CornerAt(g, edge.High));
            var bend = BendAt(edge);
            if (bend.IsFlat)
                _flat.Join(f, g);
            if (bend.IsSmooth)
                _smooth.Join(f, g);
            if (bend.IsSliver || bend.Sine == 0)
                return;
            var angle = Angle.Of(bend.Sine, bend.Cosine);
            var bent = (Int128)Math.Round(bend.LengthMm * angle * (1L << LengthBits));
            _mean += bent;
            _bending += Int128.Abs(bent);
            var length = (long)Math.Round(bend.LengthMm * (1L << LengthBits));
            var side = bend.Sine > 0 ? 0 : 1;
            if (bend.IsOver(Tan30))
                _lengths[side] += length;
            if (bend.IsOver(Tan60))
                _lengths[2 + side] += length;
        }

        Bend BendAt(Edge edge)
        {
            var points = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates);
            Vector3 p = points[edge.Low], q = points[edge.High];
            var isTurned = !IsLower(p, q);
            // The triangle that walks the edge from the lower place to the higher comes first.
            var forward = edge.Forward(0) != isTurned ? 0 : 1;
            var r = points[Opposite(edge.Face(forward), edge)];
            var s = points[Opposite(edge.Face(1 - forward), edge)];
            return isTurned ? Bend.Of(q, p, r, s) : Bend.Of(p, q, r, s);
        }

        static bool IsLower(Vector3 p, Vector3 q) => p.X < q.X || (p.X == q.X && (p.Y < q.Y || (p.Y == q.Y && p.Z < q.Z)));

        int Opposite(int face, Edge edge)
        {
            var c = mesh.Corners.AsSpan(3 * face, 3);
            return c[0] != edge.Low && c[0] != edge.High ? c[0] : c[1] != edge.Low && c[1] != edge.High ? c[1] : c[2];
        }

        int CornerAt(int face, int vertex)
        {
            var at = 3 * face;
            return mesh.Corners[at] == vertex ? at : mesh.Corners[at + 1] == vertex ? at + 1 : at + 2;
        }

        /// <summary>For each triangle that stands for a piece whether the piece is flat, and twice its area; the others have no area.</summary>
        (bool[] Planar, long[] Areas) Planar(Pieces pieces)
        {
            var sums = new long[3 * mesh.Triangles];
            var areas = new long[mesh.Triangles];
            var points = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates);
            for (var t = 0; t < mesh.Triangles; t++)
            {
                var root = pieces.Find(t);
                Vector3 p = points[mesh.Corners[3 * t]], q = points[mesh.Corners[3 * t + 1]], r = points[mesh.Corners[3 * t + 2]];
                if (IsLower(q, p) && !IsLower(r, q))
                    (p, q, r) = (q, r, p);
                else if (IsLower(r, p))
                    (p, q, r) = (r, p, q);
                double ux = (double)q.X - p.X, uy = (double)q.Y - p.Y, uz = (double)q.Z - p.Z;
                double vx = (double)r.X - p.X, vy = (double)r.Y - p.Y, vz = (double)r.Z - p.Z;
                double nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
                sums[3 * root] += Fixed(nx);
                sums[3 * root + 1] += Fixed(ny);
                sums[3 * root + 2] += Fixed(nz);
                areas[root] += Fixed(Math.Sqrt(nx * nx + ny * ny + nz * nz));
            }
            var planar = new bool[mesh.Triangles];
            for (var t = 0; t < mesh.Triangles; t++)
            {
                double x = sums[3 * t], y = sums[3 * t + 1], z = sums[3 * t + 2], area = FlatShare * areas[t];
                planar[t] = areas[t] > 0 && x * x + y * y + z * z >= area * area;
            }
            return (planar, areas);

            static long Fixed(double value) => (long)Math.Round(value * (1L << AreaBits));
        }

        /// <summary>Takes away flat pieces that a smooth edge joins to one at least half as large: facets of a curve.</summary>
        void MarkFacets(EdgeTable table, long[] areas, bool[] planar)
        {
            var isFacet = new bool[mesh.Triangles];
            foreach (var edge in table)
            {
                if (edge.Uses != 2 || edge.Forward(0) == edge.Forward(1))
                    continue;
                int f = _flat.Find(edge.Face(0)), g = _flat.Find(edge.Face(1));
                if (f == g || !BendAt(edge).IsSmooth)
                    continue;
                isFacet[f] |= 2 * areas[g] >= areas[f];
                isFacet[g] |= 2 * areas[f] >= areas[g];
            }
            for (var t = 0; t < planar.Length; t++)
                planar[t] &= !isFacet[t];
        }
    }

    /// <summary>Union-find with path halving and a count of sets; each hangs under a lower number.</summary>
    sealed class Pieces
    {
        readonly int[] _parent;

        public Pieces(int count)
        {
            _parent = [.. Enumerable.Range(0, count)];
            Count = count;
        }

        public int Count { get; private set; }

        public int Find(int i)
        {
            for (; _parent[i] != i; i = _parent[i])
                _parent[i] = _parent[_parent[i]];
            return i;
        }

        public void Join(int a, int b)
        {
            (a, b) = (Find(a), Find(b));
            if (a == b)
                return;
            _parent[Math.Max(a, b)] = Math.Min(a, b);
            Count--;
        }
    }
}
