using System.Numerics;
using System.Runtime.InteropServices;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Shape;

/// <summary>The plain twin of what is summed along edges: a dictionary of edges by place, unit normals, the angle between them.</summary>
sealed partial record SurfaceEdges
{
    /// <summary>Convex and concave length over 30°, over 60°, integral of mean curvature, bending.</summary>
    internal static double[] Reference(SolidMesh mesh)
    {
        var points = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates).ToArray();
        Dictionary<(int, int), int> walks = [];
        for (var i = 0; i < mesh.Corners.Length; i++)
            walks[(mesh.Corners[i], mesh.Corners[i % 3 == 2 ? i - 2 : i + 1])] = i / 3;
        var sums = new double[6];
        foreach (var ((p, q), f) in walks)
        {
            if (p > q || !walks.TryGetValue((q, p), out var g))
                continue;
            var (n, m) = (Normal(f), Normal(g));
            var along = Minus(points[q], points[p]);
            var length = Math.Sqrt(Dot(along, along));
            var angle = Angle.Of(Dot(Cross(n, m), along) / length, Dot(n, m));
            var side = angle > 0 ? 0 : 1;
            sums[side] += Math.Abs(angle) > Math.PI / 6 ? length : 0;
            sums[2 + side] += Math.Abs(angle) > Math.PI / 3 ? length : 0;
            sums[4] += length * angle / 2;
            sums[5] += length * Math.Abs(angle) / 2;
        }
        return sums;

        Point3 Normal(int f)
        {
            var c = mesh.Corners.AsSpan(3 * f, 3);
            var n = Cross(Minus(points[c[1]], points[c[0]]), Minus(points[c[2]], points[c[0]]));
            var l = Math.Sqrt(Dot(n, n));
            return new(n.X / l, n.Y / l, n.Z / l);
        }

        static Point3 Minus(Vector3 p, Vector3 q) => new((double)p.X - q.X, (double)p.Y - q.Y, (double)p.Z - q.Z);
        static double Dot(Point3 p, Point3 q) => p.X * q.X + p.Y * q.Y + p.Z * q.Z;
        static Point3 Cross(Point3 p, Point3 q) => new(p.Y * q.Z - p.Z * q.Y, p.Z * q.X - p.X * q.Z, p.X * q.Y - p.Y * q.X);
    }
}
