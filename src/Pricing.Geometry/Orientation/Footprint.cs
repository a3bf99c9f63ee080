namespace Pricing.Geometry.Orientation;

/// <summary>The smallest rectangle a part takes up on the bed when it lies in a given way and may be turned about the vertical.</summary>
/// <remarks>
/// It has a side along an edge of the outline's hull (Freeman and Shapira, "Determining the minimum-area encasing rectangle", CACM 1975).
/// Of a round outline only the longest edges are tried: the others gain nothing.
/// </remarks>
readonly record struct Footprint(double AreaMm2, Frame Frame)
{
    /// <summary>Clearly inside, whatever rounding did: no corner of the outline is dropped.</summary>
    const double InsideMm2 = 1e-6;

    /// <summary>Rectangles whose areas differ by less are the same; the first of them is taken.</summary>
    const double SameShare = 1e-9;

    /// <param name="hull">Vertices of the part's hull.</param>
    /// <param name="up">Unit direction that points up.</param>
    public static Footprint Of(IReadOnlyList<Point3> hull, Point3 up)
    {
        var frame = Frame.WithUp(up);
        var outline = Outline(hull, frame);
        var edges = Enumerable.Range(0, outline.Count)
            .Select(i => (From: outline[i], To: outline[(i + 1) % outline.Count]))
            .Select(e => (X: e.To.X - e.From.X, Y: e.To.Y - e.From.Y))
            .OrderByDescending(e => e.X * e.X + e.Y * e.Y).ThenBy(e => e).Take(Limits.Orientation.FootprintEdgesMax);
        // Without an edge there is no area; the frame's own axes come first, so they win a tie.
        var best = Rectangle(outline, 1, 0);
        (double X, double Y) along = (1, 0);
        foreach (var (x, y) in edges)
        {
            var length = Math.Sqrt(x * x + y * y);
            if (length == 0)
                continue;
            var area = Rectangle(outline, x / length, y / length);
            if (area >= best * (1 - SameShare))
                continue;
            best = area;
            along = (x / length, y / length);
        }
        // A quarter turn leaves the rectangle: the one that turns the frame least, so that flips stay flips.
        while (along.X < Math.Abs(along.Y) || along.Y == -along.X)
            along = (along.Y, -along.X);
        var (c, s) = along;
        return new(best, new(Mix(frame.X, c, frame.Y, s), Mix(frame.X, -s, frame.Y, c), frame.Z));
    }

    static Point3 Mix(Point3 a, double s, Point3 b, double t) => new(s * a.X + t * b.X, s * a.Y + t * b.Y, s * a.Z + t * b.Z);

    static double Rectangle(List<(double X, double Y)> outline, double c, double s)
    {
        double lowU = double.PositiveInfinity, highU = double.NegativeInfinity, lowV = double.PositiveInfinity, highV = double.NegativeInfinity;
        foreach (var (x, y) in outline)
        {
            double u = c * x + s * y, v = c * y - s * x;
            lowU = Math.Min(lowU, u);
            highU = Math.Max(highU, u);
            lowV = Math.Min(lowV, v);
            highV = Math.Max(highV, v);
        }
        return (highU - lowU) * (highV - lowV);
    }

    /// <summary>Hull of the projected vertices, counter-clockwise (Andrew's monotone chain).</summary>
    static List<(double X, double Y)> Outline(IReadOnlyList<Point3> hull, Frame frame)
    {
        var points = new (double X, double Y)[hull.Count];
        for (var i = 0; i < points.Length; i++)
        {
            var p = frame.Place(hull[i]);
            points[i] = (p.X + 0.0, p.Y + 0.0);
        }
        points = OutsideOctagon(points);
        Sort(points);
        List<(double X, double Y)> chain = [];
        foreach (var pass in new[] { points, [.. points.Reverse()] })
        {
            var start = chain.Count;
            foreach (var p in pass)
            {
                while (chain.Count >= start + 2 && Cross(chain[^2], chain[^1], p) <= 0)
                    chain.RemoveAt(chain.Count - 1);
                chain.Add(p);
            }
            chain.RemoveAt(chain.Count - 1);
        }
        return chain.Count > 0 ? chain : [points[0]];
    }

    static double Cross((double X, double Y) a, (double X, double Y) b, (double X, double Y) c) =>
        (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);

    /// <summary>By x, then y. Plain numbers sort several times faster than pairs, and equal x are rare.</summary>
    static void Sort((double X, double Y)[] points)
    {
        Array.Sort(Array.ConvertAll(points, p => p.X), points);
        for (var i = 1; i < points.Length; i++)
            for (var k = i; k > 0 && points[k - 1].X == points[k].X && points[k - 1].Y > points[k].Y; k--)
                (points[k - 1], points[k]) = (points[k], points[k - 1]);
    }

    /// <summary>Drops what is inside the octagon of the extreme points, most of a fine hull, before the sort (Akl and Toussaint 1978).</summary>
    static (double X, double Y)[] OutsideOctagon((double X, double Y)[] points)
    {
        const int FewPoints = 64;
        if (points.Length <= FewPoints)
            return points;
        var extremes = new (double X, double Y)[8];
        Array.Fill(extremes, points[0]);
        foreach (var p in points)
        {
            double sum = p.X + p.Y, difference = p.X - p.Y;
            // Against the clock from the right. Any extreme point will do: what is dropped is inside the hull whichever was taken.
            if (p.X > extremes[0].X)
                extremes[0] = p;
            if (sum > extremes[1].X + extremes[1].Y)
                extremes[1] = p;
            if (p.Y > extremes[2].Y)
                extremes[2] = p;
            if (difference < extremes[3].X - extremes[3].Y)
                extremes[3] = p;
            if (p.X < extremes[4].X)
                extremes[4] = p;
            if (sum < extremes[5].X + extremes[5].Y)
                extremes[5] = p;
            if (p.Y < extremes[6].Y)
                extremes[6] = p;
            if (difference > extremes[7].X - extremes[7].Y)
                extremes[7] = p;
        }
        var kept = 0;
        foreach (var p in points)
            if (!IsInside(p))
                points[kept++] = p;
        return points[..kept];

        bool IsInside((double X, double Y) p)
        {
            for (var i = 0; i < extremes.Length; i++)
            {
                var next = extremes[(i + 1) % extremes.Length];
                if (extremes[i] != next && Cross(extremes[i], next, p) <= InsideMm2)
                    return false;
            }
            return true;
        }
    }
}
