namespace Pricing.Geometry.Fdm.Raster;

/// <summary>The gyroid as the slicer draws it: one wave per layer and line, refined until chords fit, then simplified.</summary>
static class Gyroid
{
    /// <summary>The slicer's density of gyroid lines per density asked for.</summary>
    const double DensityFactor = 2.44;

    /// <summary>The slicer's simplification of paths, mm.</summary>
    const double SimplifyMm = 0.0125;
    const int Layers = 24, Periods = 8;

    /// <summary>
    /// Length of line per area, relative to straight lines of the same density: waves lie π apart in units of their scale and are longer than their reach.
    /// </summary>
    public static double LengthShare(double density, double height, double spacing)
    {
        var path = Sample(density, height, spacing, 45);
        double length = 0;
        for (var i = 1; i < path.Count; i++)
            length += Math.Sqrt((path[i].X - path[i - 1].X) * (path[i].X - path[i - 1].X) + (path[i].Y - path[i - 1].Y) * (path[i].Y - path[i - 1].Y));
        // Each sampled layer reaches so many periods; the joins between layers are a millimetre each.
        var reach = Layers * Periods * 2 * Math.PI * spacing / (density * DensityFactor);
        return (length - (Layers - 1)) / reach * DensityFactor / Math.PI;
    }

    public static List<(double X, double Y)> Sample(double density, double height, double spacing, double angleDegrees)
    {
        var scale = spacing / (density * DensityFactor);
        var tolerance = Math.Min(0.5 * spacing, 0.2) / scale;
        // The pattern is laid at the fill angle less 45 degrees.
        var turn = (angleDegrees - 45) * (Math.PI / 180);
        double cos = Motion.Cos(turn), sin = Motion.Sin(turn);
        List<(double X, double Y)> path = [];
        for (var layer = 0; layer < Layers; layer++)
        {
            var z = (layer * 7 + 0.5) * height / scale;
            double zSin = Motion.Sin(z), zCos = Motion.Cos(z);
            var vertical = Math.Abs(zSin) <= Math.Abs(zCos);
            var wave = Period(zSin, zCos, vertical, !vertical, tolerance);
            List<(double X, double Y)> line = [];
            for (var period = 0; period < Periods; period++)
                for (var i = 0; i < wave.Count - (period < Periods - 1 ? 1 : 0); i++)
                {
                    double x = (wave[i].X + 2 * Math.PI * period) * scale, y = wave[i].Y * scale;
                    line.Add(vertical ? (y, x) : (x, y));
                }
            var kept = Simplify(line, SimplifyMm);
            // Layers follow each other in one path; the few corners between them do not matter.
            var (shiftX, shiftY) = path.Count > 0 ? (path[^1].X + 1, path[^1].Y) : (0.0, 0.0);
            var (x0, y0) = kept[0];
            foreach (var (x, y) in kept)
                path.Add((shiftX + (x - x0) * cos - (y - y0) * sin, shiftY + (x - x0) * sin + (y - y0) * cos));
        }
        return path;
    }

    static double Wave(double x, double zSin, double zCos, bool vertical, bool flip)
    {
        if (vertical)
        {
            var phase = (zCos < 0 ? Math.PI : 0) + Math.PI;
            double a = Motion.Sin(x + phase), b = -zCos;
            var result = zSin * Motion.Cos(x + phase + (flip ? Math.PI : 0));
            var r = Math.Sqrt(a * a + b * b);
            return Motion.Asin(a / r) + Motion.Asin(result / r) + Math.PI;
        }
        else
        {
            var phase = zSin < 0 ? Math.PI : 0;
            double a = Motion.Cos(x + phase), b = -zSin;
            var result = zCos * Motion.Sin(x + phase + (flip ? 0 : Math.PI));
            var r = Math.Sqrt(a * a + b * b);
            return Motion.Asin(a / r) + Motion.Asin(result / r) + 0.5 * Math.PI;
        }
    }

    static List<(double X, double Y)> Period(double zSin, double zCos, bool vertical, bool flip, double tolerance)
    {
        List<(double X, double Y)> points = [];
        for (var i = 0; i <= 4; i++)
            points.Add((0.5 * Math.PI * i, Wave(0.5 * Math.PI * i, zSin, zCos, vertical, flip)));
        while (points.Count < Limits.Fdm.PatternPointsMax)
        {
            List<(double X, double Y)> refined = [points[0]];
            for (var i = 1; i < points.Count; i++)
            {
                var (lx, ly) = points[i - 1];
                var (rx, ry) = points[i];
                var x = lx + 0.5 * (rx - lx);
                var y = Wave(x, zSin, zCos, vertical, flip);
                if (Math.Abs((x - lx) * (y - ry) - (y - ly) * (x - rx)) > tolerance * tolerance)
                    refined.Add((x, y));
                refined.Add((rx, ry));
            }
            if (refined.Count == points.Count)
                break;
            points = refined;
        }
        return points;
    }

    /// <summary>Douglas and Peucker 1973.</summary>
    static List<(double X, double Y)> Simplify(List<(double X, double Y)> line, double tolerance)
    {
        var keep = new bool[line.Count];
        keep[0] = keep[^1] = true;
        var spans = new Stack<(int From, int To)>();
        spans.Push((0, line.Count - 1));
        while (spans.TryPop(out var span))
        {
            double dx = line[span.To].X - line[span.From].X, dy = line[span.To].Y - line[span.From].Y;
            var length = Math.Max(Math.Sqrt(dx * dx + dy * dy), 1e-12);
            var farthest = tolerance;
            var at = -1;
            for (var i = span.From + 1; i < span.To; i++)
            {
                var distance = Math.Abs(dx * (line[i].Y - line[span.From].Y) - dy * (line[i].X - line[span.From].X)) / length;
                if (distance > farthest)
                    (farthest, at) = (distance, i);
            }
            if (at < 0)
                continue;
            keep[at] = true;
            spans.Push((span.From, at));
            spans.Push((at, span.To));
        }
        List<(double X, double Y)> kept = [];
        for (var i = 0; i < line.Count; i++)
            if (keep[i])
                kept.Add(line[i]);
        return kept;
    }
}
