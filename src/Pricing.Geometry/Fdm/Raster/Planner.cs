namespace Pricing.Geometry.Fdm.Raster;

/// <summary>A planner of straight moves at one set speed, as firmware and slicers do it.</summary>
static class Planner
{
    public static double MeanSpeed(List<(double X, double Y)> path, double speed, double jerk, double acceleration)
    {
        var moves = path.Count - 1;
        var length = new double[moves];
        var limit = new double[moves + 1];
        limit[0] = limit[moves] = Math.Min(jerk, speed);
        double beforeX = 0, beforeY = 0, total = 0;
        for (var i = 0; i < moves; i++)
        {
            double dx = path[i + 1].X - path[i].X, dy = path[i + 1].Y - path[i].Y;
            length[i] = Math.Sqrt(dx * dx + dy * dy);
            total += length[i];
            dx /= length[i];
            dy /= length[i];
            if (i > 0)
            {
                var change = Math.Max(AxisJump(beforeX, dx), AxisJump(beforeY, dy));
                limit[i] = change * speed > jerk ? jerk / change : speed;
            }
            (beforeX, beforeY) = (dx, dy);
        }
        for (var i = moves - 1; i >= 0; i--)
            limit[i] = Math.Min(limit[i], Math.Sqrt(limit[i + 1] * limit[i + 1] + 2 * acceleration * length[i]));
        double seconds = 0;
        for (var i = 0; i < moves; i++)
        {
            limit[i + 1] = Math.Min(limit[i + 1], Math.Sqrt(limit[i] * limit[i] + 2 * acceleration * length[i]));
            seconds += Trapezoid(length[i], limit[i], limit[i + 1], speed, acceleration);
        }
        return total / seconds;
    }

    /// <summary>Change of speed along an axis, per speed; a reversal counts as its larger side, as firmware has it.</summary>
    static double AxisJump(double from, double to) => from * to >= 0 ? Math.Abs(to - from) : Math.Max(Math.Abs(from), Math.Abs(to));

    static double Trapezoid(double length, double from, double to, double speed, double acceleration)
    {
        var peak = Math.Min(speed, Math.Sqrt(0.5 * (from * from + to * to) + acceleration * length));
        var ramps = (2 * peak * peak - from * from - to * to) / (2 * acceleration);
        return (2 * peak - from - to) / acceleration + Math.Max(0, length - ramps) / peak;
    }
}
