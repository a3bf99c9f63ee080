namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Times of straight moves under an acceleration with a jerk (a speed the planner takes at once), and the sines they need:
/// + − × ÷ √ only, so the same bits everywhere.
/// </summary>
static class Motion
{
    const double HalfPi = 1.5707963267948966;

    /// <summary>Seconds for a line that begins and ends at the jerk speed.</summary>
    public static double LineS(double lengthMm, double speed, double jerk, double acceleration)
    {
        if (!(lengthMm > 0))
            return 0;
        if (jerk >= speed)
            return lengthMm / speed;
        var peak2 = jerk * jerk + acceleration * lengthMm;
        return peak2 < speed * speed
            ? 2 * (Math.Sqrt(peak2) - jerk) / acceleration
            : 2 * (speed - jerk) / acceleration + (lengthMm - (speed * speed - jerk * jerk) / acceleration) / speed;
    }

    /// <summary>Seconds a line takes beyond length over speed.</summary>
    public static double LossS(double lengthMm, double speed, double jerk, double acceleration) =>
        lengthMm > 0 ? LineS(lengthMm, speed, jerk, acceleration) - lengthMm / speed : 0;

    /// <summary>How a loss grows with speed, relative to another speed: the square of what lies above the jerk.</summary>
    public static double LossGrowth(double speed, double jerk)
    {
        var above = Math.Max(0, speed - jerk);
        return above * above / Math.Max(speed, 1);
    }

    /// <summary>Sine, to 1e-15 for moderate arguments: quadrant, then the series.</summary>
    public static double Sin(double radians)
    {
        var quadrant = Math.Floor(radians / HalfPi + 0.5);
        var x = radians - quadrant * HalfPi;
        return ((long)quadrant & 3) switch
        {
            0 => SinSeries(x),
            1 => CosSeries(x),
            2 => -SinSeries(x),
            _ => -CosSeries(x),
        };
    }

    public static double Cos(double radians) => Sin(radians + HalfPi);

    /// <summary>Arc tangent of y/x for y ≥ 0, 0…π: halved twice, then the series; to 3e-9.</summary>
    public static double AngleOf(double y, double x)
    {
        if (x < 0)
            return 2 * HalfPi - AngleOf(y, -x);
        var radius = Math.Sqrt(x * x + y * y);
        if (!(radius > 0))
            return 0;
        var half = y / (radius + x);
        var t = half / (1 + Math.Sqrt(1 + half * half));
        var s = t * t;
        return 4 * t * (1 - s * (1.0 / 3 - s * (1.0 / 5 - s * (1.0 / 7 - s * (1.0 / 9 - s * (1.0 / 11 - s * (1.0 / 13 - s * (1.0 / 15 - s / 17))))))));
    }

    /// <summary>Arc sine, −π/2…π/2.</summary>
    public static double Asin(double sine)
    {
        var clamped = Math.Min(Math.Abs(sine), 1);
        var angle = AngleOf(clamped, Math.Sqrt(1 - clamped * clamped));
        return sine < 0 ? -angle : angle;
    }

    static double SinSeries(double x)
    {
        var s = x * x;
        return x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156 * (1 - s / 210)))))));
    }

    static double CosSeries(double x)
    {
        var s = x * x;
        return 1 - s / 2 * (1 - s / 12 * (1 - s / 30 * (1 - s / 56 * (1 - s / 90 * (1 - s / 132 * (1 - s / 182 * (1 - s / 240)))))));
    }
}
