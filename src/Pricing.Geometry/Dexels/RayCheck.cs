using Pricing.Geometry.Rays;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Dexels;

/// <summary>
/// Asks rays about the small widths columns found: a ray along the normal must meet the surface opposite about as near. The share confirmed
/// of each class scales the class's area.
/// </summary>
sealed class RayCheck(SolidMesh mesh, DexelGrid grid)
{
    /// <summary>For so few a tree is not built: asking every triangle costs less and answers the same.</summary>
    const int FewRays = 8;

    /// <summary>In a wedge of 30°, the widest that counts as a wall, a ray is 1.08 times the width long.</summary>
    const double ConfirmedFactor = 1.25, ConfirmedMm = 0.02;

    Bvh? _tree;

    public WidthFacts Facts(WidthSums sums, bool isGap, double backingMm2, int threads)
    {
        var classes = WidthSums.ThresholdsMm.Length;
        var cast = new int[classes];
        var confirmed = new int[classes];
        var chosen = Enumerable.Range(0, classes).Select(k => sums.Points(k).ToArray()).ToArray();
        if (mesh.Triangles > Limits.Dexel.RayTrianglesMax)
            chosen = [];
        else if (chosen.Sum(points => points.Length) > FewRays)
            _tree ??= new(mesh);
        for (var k = 0; k < chosen.Length; k++)
        {
            var points = chosen[k];
            var hits = 0;
            Bands.Run(threads, points.Length, (from, to) =>
            {
                for (var i = from; i < to; i++)
                    if (IsConfirmed(points[i], isGap))
                        Interlocked.Increment(ref hits);
            });
            (cast[k], confirmed[k]) = (points.Length, hits);
        }
        return Facts(sums, cast, confirmed, backingMm2);
    }

    bool IsConfirmed(in RayPoint point, bool isGap)
    {
        int first = (point.Axis + 1) % 3, second = (point.Axis + 2) % 3;
        var width = grid.Cells[first];
        Span<double> at = stackalloc double[3], toward = stackalloc double[3];
        at[first] = (point.Column % width + 0.5) * grid.CellMm[first] + grid.Min[first];
        at[second] = (point.Column / width + 0.5) * grid.CellMm[second] + grid.Min[second];
        at[point.Axis] = Crossing.Height(point.Crossing) / grid.QuantaPerMm + grid.Min[point.Axis];
        var normal = Crossing.Normal(point.Crossing);
        var sign = isGap ? 1 : -1;
        (toward[first], toward[second], toward[point.Axis]) = (sign * normal.X, sign * normal.Y, sign * normal.Z);
        var distance = _tree?.Nearest(InFile(at), InFile(toward), fromInside: !isGap) ?? Bvh.Reference(mesh, InFile(at), InFile(toward), fromInside: !isGap);
        return distance <= ConfirmedFactor * point.WidthMm + ConfirmedMm;
    }

    /// <summary>Back from the frame: the rows are at right angles, so their transpose turns back.</summary>
    Point3 InFile(ReadOnlySpan<double> p)
    {
        var (x, y, z) = (grid.Rows[0], grid.Rows[1], grid.Rows[2]);
        return new(x.X * p[0] + y.X * p[1] + z.X * p[2], x.Y * p[0] + y.Y * p[1] + z.Y * p[2], x.Z * p[0] + y.Z * p[1] + z.Z * p[2]);
    }

    WidthFacts Facts(WidthSums sums, int[] cast, int[] confirmed, double backingMm2)
    {
        var edges = WidthFacts.EdgesMm;
        var byWidth = new double[edges.Count + 1];
        var below = new double[WidthSums.ThresholdsMm.Length];
        double running = 0, unopposed = 0;
        double? smallest = null;
        for (var axis = 0; axis < 3; axis++)
            unopposed += MmSquared(sums.Unopposed[axis], axis);
        // Bins in rising order, one fixed sequence of additions.
        for (var bin = 0; bin < WidthSums.Bins; bin++)
        {
            var area = MmSquared(sums.Area[0][bin], 0) + MmSquared(sums.Area[1][bin], 1) + MmSquared(sums.Area[2][bin], 2);
            if (area == 0)
                continue;
            var k = 0;
            while (k < edges.Count && bin >= Math.Round(edges[k] * WidthSums.BinsPerMm))
                k++;
            byWidth[k] += area;
            var kind = WidthSums.Class(bin);
            // No rays where the mesh is too large for them: then what the columns say stands.
            var backed = kind < below.Length && cast[kind] > 0 ? area * confirmed[kind] / cast[kind] : area;
            for (k = kind; k < below.Length; k++)
                below[k] += backed;
            running += backed;
            if (smallest is null && bin < WidthSums.Bins - 1 && backed > 0 && running >= backingMm2)
                smallest = bin / (double)WidthSums.BinsPerMm;
        }
        return new()
        {
            AreaByWidthMm2 = byWidth,
            Below = [.. below.Select((area, k) => new AreaBelow(WidthSums.ThresholdsMm[k], area))],
            SmallestMm = smallest,
            UnopposedMm2 = unopposed,
            RaysCast = cast.Sum(),
            RaysConfirmed = confirmed.Sum(),
        };
    }

    double MmSquared(long weight, int axis) => weight * (grid.CellMm[(axis + 1) % 3] * grid.CellMm[(axis + 2) % 3] / SurfaceWalk.WeightSteps);
}
