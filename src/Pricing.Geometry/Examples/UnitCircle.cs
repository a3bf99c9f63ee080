namespace Pricing.Geometry.Examples;

/// <summary>
/// Points of the unit circle by + − × ÷ alone (Taylor series on an eighth of it, mirrored), because the platforms' sines differ in the
/// last bit and the example models are to be the same files everywhere.
/// </summary>
static class UnitCircle
{
    /// <summary>cos and sin of 0, 1/steps, 2/steps … of a turn. Exactly symmetric where steps is a multiple of four.</summary>
    public static (double Cos, double Sin)[] Points(int steps)
    {
        var points = new (double, double)[steps];
        for (var i = 0; i < steps; i++)
            points[i] = At((long)i, steps);
        return points;
    }

    /// <summary>cos and sin of numerator/denominator of a turn.</summary>
    public static (double Cos, double Sin) At(long numerator, long denominator)
    {
        var eighth = (8 * numerator / denominator) % 8;
        var rest = 8 * numerator % denominator; // of an eighth turn, over the denominator
        var odd = (eighth & 1) == 1;
        var x = Math.PI / 4 * ((odd ? denominator - rest : rest) / (double)denominator);
        var (cos, sin) = odd ? (Sin(x), Cos(x)) : (Cos(x), Sin(x));
        return (eighth / 2) switch
        {
            0 => (cos, sin),
            1 => (-sin, cos),
            2 => (-cos, -sin),
            _ => (sin, -cos),
        };
    }

    /// <summary>For 0 ≤ x ≤ π/4; the first term left out is below 1e-19.</summary>
    static double Sin(double x)
    {
        var (sum, term) = (0.0, x);
        for (var n = 1; n < 20; n += 2)
        {
            sum += term;
            term = -term * x * x / ((n + 1) * (n + 2));
        }
        return sum;
    }

    static double Cos(double x)
    {
        var (sum, term) = (0.0, 1.0);
        for (var n = 0; n < 20; n += 2)
        {
            sum += term;
            term = -term * x * x / ((n + 1) * (n + 2));
        }
        return sum;
    }
}
