namespace Pricing.Geometry.Fdm.Raster;

/// <summary>
/// Mean speed on infill that is never straight: a motion planner (trapezoids, jerk at corners per axis, look-ahead) drives a sample of the pattern, built
/// from the profile's numbers, at several set speeds.
/// </summary>
sealed class PatternSpeed
{
    static readonly double[] Steps = [8, 12, 16, 20, 25, 30, 40, 50, 65, 80, 100, 150, 200, 400];

    readonly double[] _mean = new double[Steps.Length];

    PatternSpeed(List<(double X, double Y)> path, double jerk, double acceleration)
    {
        for (var i = 0; i < Steps.Length; i++)
            _mean[i] = Planner.MeanSpeed(path, Steps[i], jerk, acceleration);
    }

    /// <summary>Null for patterns of straight lines.</summary>
    public static PatternSpeed? Of(FdmProfile profile, in Beads beads, in Speeds speeds)
    {
        if (profile.InfillDensity is <= 0 or >= 1)
            return null;
        return profile.InfillPattern switch
        {
            InfillPattern.Gyroid => new(Gyroid.Sample(profile.InfillDensity, beads.HeightMm, beads.SparseSpacingMm, profile.FillAngleDegrees),
                profile.JerkMmS, speeds.InfillAcceleration),
            InfillPattern.Honeycomb => new(Honeycomb(profile.InfillDensity, beads.SparseSpacingMm), profile.JerkMmS, speeds.InfillAcceleration),
            _ => null,
        };
    }

    /// <summary>Mean speed when set to a speed: between the steps in a straight line.</summary>
    public double At(double speed)
    {
        if (speed <= Steps[0])
            return _mean[0] * speed / Steps[0];
        for (var i = 1; i < Steps.Length; i++)
            if (speed <= Steps[i])
                return _mean[i - 1] + (_mean[i] - _mean[i - 1]) * (speed - Steps[i - 1]) / (Steps[i] - Steps[i - 1]);
        return _mean[^1];
    }

    /// <summary>A row of the slicer's honeycomb: sides of hexagons whose walls are doubled, 30° up, across, 30° down.</summary>
    static List<(double X, double Y)> Honeycomb(double density, double spacing)
    {
        var side = spacing / density * 2 / 3;
        List<(double X, double Y)> path = [(0, 0)];
        for (var i = 0; i < 40; i++)
        {
            var (x, y) = path[^1];
            path.Add(i % 2 == 0 ? (x + side, y) : (x + 0.5 * side, y + (i % 4 == 1 ? 1 : -1) * 0.8660254037844386 * side));
        }
        return path;
    }
}
