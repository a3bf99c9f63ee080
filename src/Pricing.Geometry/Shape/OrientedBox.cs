using System.Numerics;

namespace Pricing.Geometry.Shape;

/// <summary>
/// The smallest box found that holds the part, turned any way: with a face on one of the hull's faces and an edge along an edge of what is seen
/// from there. Never larger than the box along the axes.
/// </summary>
/// <param name="ExtentsMm">Extents, the longest first.</param>
/// <param name="Axes">Directions of the extents, in their order: unit, right-handed.</param>
/// <param name="VolumeMm3">Product of the extents.</param>
/// <remarks>
/// Faces are tried from the largest on, at most <c>Limits.Shape.BoxFacesMax</c>; a hull of many vertices is tried with an even choice of them and
/// measured with all. A later box must be smaller by more than rounding, so equal ones do not take turns.
/// </remarks>
public sealed record OrientedBox(Point3 ExtentsMm, Frame Axes, double VolumeMm3)
{
    /// <summary>Share of the volume by which a box must be smaller than one found before it.</summary>
    const double Gain = 1e-9;

    internal static OrientedBox Of(ConvexHull hull)
    {
        var all = hull.Points;
        var some = Chosen(all, Limits.Shape.BoxVerticesMax);
        var best = Around(all, Frame.AsIs);
        foreach (var normal in LargestFaces(hull))
        {
            var frame = Turned(some, Frame.WithUp(normal));
            // What holds them all holds some: no smaller than theirs.
            if (some != all && Around(some, frame).VolumeMm3 >= best.VolumeMm3)
                continue;
            var box = Around(all, frame);
            if (box.VolumeMm3 < best.VolumeMm3 * (1 - Gain))
                best = box;
        }
        return Sorted(best);
    }

    /// <summary>Every n-th vertex, in their order.</summary>
    static Vector3[] Chosen(Vector3[] all, int most)
    {
        var step = (all.Length + most - 1) / most;
        return step == 1 ? all : [.. all.Where((_, i) => i % step == 0)];
    }

    /// <summary>Normals of the largest faces, of equal ones the first.</summary>
    static IEnumerable<Point3> LargestFaces(ConvexHull hull)
    {
        var normals = new Point3[hull.Faces];
        var keys = new (double Smallness, int Face)[hull.Faces];
        for (var f = 0; f < hull.Faces; f++)
        {
            var face = hull.Face(f);
            var a = hull.Points[face[0]];
            double nx = 0, ny = 0, nz = 0;
            for (var k = 2; k < face.Length; k++)
            {
                Vector3 b = hull.Points[face[k - 1]], c = hull.Points[face[k]];
                double ux = (double)b.X - a.X, uy = (double)b.Y - a.Y, uz = (double)b.Z - a.Z;
                double vx = (double)c.X - a.X, vy = (double)c.Y - a.Y, vz = (double)c.Z - a.Z;
                nx += uy * vz - uz * vy;
                ny += uz * vx - ux * vz;
                nz += ux * vy - uy * vx;
            }
            normals[f] = new(nx, ny, nz);
            keys[f] = (-(nx * nx + ny * ny + nz * nz), f);
        }
        Array.Sort(keys);
        return keys.Take(Limits.Shape.BoxFacesMax).Where(key => key.Smallness < 0).Select(key => normals[key.Face]);
    }

    /// <summary>The frame turned about its Z so that the rectangle round what is seen from there is smallest: one side along an edge of its outline.</summary>
    static Frame Turned(Vector3[] points, Frame frame)
    {
        var outline = Outline(points, frame);
        var (bestArea, bestX, bestY) = (double.PositiveInfinity, 1.0, 0.0);
        int right = 0, top = 0, left = 0;
        for (var i = 0; i < outline.Count; i++)
        {
            var (from, to) = (outline[i], outline[(i + 1) % outline.Count]);
            double dx = to.X - from.X, dy = to.Y - from.Y, length = Math.Sqrt(dx * dx + dy * dy);
            if (!(length > 0))
                continue;
            (dx, dy) = (dx / length, dy / length);
            // Rotating calipers: as the edge turns, the extremes only move on. One round at most, should rounding say otherwise.
            right = Farthest(outline, i == 0 ? 0 : right, dx, dy);
            top = Farthest(outline, i == 0 ? right : top, -dy, dx);
            left = Farthest(outline, i == 0 ? top : left, -dx, -dy);
            var width = (outline[right].X - outline[left].X) * dx + (outline[right].Y - outline[left].Y) * dy;
            var height = (outline[top].Y - from.Y) * dx - (outline[top].X - from.X) * dy;
            if (width * height < bestArea * (1 - Gain))
                (bestArea, bestX, bestY) = (width * height, dx, dy);
        }
        Point3 x = frame.X, y = frame.Y;
        return new(new(bestX * x.X + bestY * y.X, bestX * x.Y + bestY * y.Y, bestX * x.Z + bestY * y.Z),
            new(bestX * y.X - bestY * x.X, bestX * y.Y - bestY * x.Y, bestX * y.Z - bestY * x.Z), frame.Z);
    }

    static int Farthest(List<(double X, double Y)> outline, int at, double dx, double dy)
    {
        for (var steps = 0; steps < outline.Count; steps++)
        {
            var next = at + 1 == outline.Count ? 0 : at + 1;
            if ((outline[next].X - outline[at].X) * dx + (outline[next].Y - outline[at].Y) * dy < 0)
                break;
            at = next;
        }
        return at;
    }

    /// <summary>The outline seen from above, counter-clockwise (A. M. Andrew's chain, 1979).</summary>
    static List<(double X, double Y)> Outline(Vector3[] points, Frame frame)
    {
        var seen = new (double X, double Y)[points.Length];
        for (var i = 0; i < seen.Length; i++)
        {
            Point3 x = frame.X, y = frame.Y;
            var p = points[i];
            seen[i] = (x.X * p.X + x.Y * p.Y + x.Z * p.Z, y.X * p.X + y.Y * p.Y + y.Z * p.Z);
        }
        Array.Sort(seen);
        List<(double X, double Y)> outline = [];
        Chain(seen, outline);
        outline.RemoveAt(outline.Count - 1);
        Array.Reverse(seen);
        var start = outline.Count;
        Chain(seen, outline, start);
        outline.RemoveAt(outline.Count - 1);
        return outline;

        static void Chain((double X, double Y)[] seen, List<(double X, double Y)> outline, int start = 0)
        {
            foreach (var p in seen)
            {
                while (outline.Count >= start + 2 && Turn(outline[^2], outline[^1], p) <= 0)
                    outline.RemoveAt(outline.Count - 1);
                outline.Add(p);
            }
        }

        static double Turn((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) =>
            (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
    }

    static OrientedBox Around(Vector3[] points, Frame frame)
    {
        Point3 low = new(double.MaxValue, double.MaxValue, double.MaxValue), high = new(double.MinValue, double.MinValue, double.MinValue);
        foreach (var p in points)
        {
            var q = frame.Place(new(p.X, p.Y, p.Z));
            low = new(Math.Min(low.X, q.X), Math.Min(low.Y, q.Y), Math.Min(low.Z, q.Z));
            high = new(Math.Max(high.X, q.X), Math.Max(high.Y, q.Y), Math.Max(high.Z, q.Z));
        }
        Point3 extents = new(high.X - low.X, high.Y - low.Y, high.Z - low.Z);
        return new(extents, frame, extents.X * extents.Y * extents.Z);
    }

    /// <summary>Longest first; the third row closes a right-handed frame.</summary>
    static OrientedBox Sorted(OrientedBox box)
    {
        (double Extent, Point3 Axis)[] rows = [(box.ExtentsMm.X, box.Axes.X), (box.ExtentsMm.Y, box.Axes.Y), (box.ExtentsMm.Z, box.Axes.Z)];
        var sorted = rows.Index().OrderByDescending(row => row.Item.Extent).ThenBy(row => row.Index).Select(row => row.Item).ToArray();
        Point3 x = sorted[0].Axis, y = sorted[1].Axis, z = sorted[2].Axis;
        var turn = (x.Y * y.Z - x.Z * y.Y) * z.X + (x.Z * y.X - x.X * y.Z) * z.Y + (x.X * y.Y - x.Y * y.X) * z.Z;
        return box with
        {
            ExtentsMm = new(sorted[0].Extent, sorted[1].Extent, sorted[2].Extent),
            Axes = new(x, y, turn < 0 ? new(0 - z.X, 0 - z.Y, 0 - z.Z) : z),
        };
    }
}
