namespace Pricing.Geometry.Mass;

/// <summary>The plain twin: tetrahedra to the origin in doubles, one after the other, and the parallel axes taken off at the end.</summary>
sealed partial record SolidMoments
{
    public static InertiaTensor Reference(IEnumerable<Point3[]> triangles)
    {
        double volume = 0;
        var first = new double[3];
        var second = new double[3, 3];
        foreach (var t in triangles)
        {
            double[][] p = [.. t.Select(v => new double[] { (float)v.X, (float)v.Y, (float)v.Z })];
            var d = p[0][0] * (p[1][1] * p[2][2] - p[1][2] * p[2][1]) - p[0][1] * (p[1][0] * p[2][2] - p[1][2] * p[2][0])
                + p[0][2] * (p[1][0] * p[2][1] - p[1][1] * p[2][0]);
            volume += d / 6;
            for (var i = 0; i < 3; i++)
            {
                first[i] += d / 24 * (p[0][i] + p[1][i] + p[2][i]);
                for (var j = 0; j < 3; j++)
                    second[i, j] += d / 120 * ((p[0][i] + p[1][i] + p[2][i]) * (p[0][j] + p[1][j] + p[2][j])
                        + p[0][i] * p[0][j] + p[1][i] * p[1][j] + p[2][i] * p[2][j]);
            }
        }
        double About(int i, int j) => second[i, j] - first[i] * first[j] / volume;
        return new(About(1, 1) + About(2, 2), About(0, 0) + About(2, 2), About(0, 0) + About(1, 1), -About(0, 1), -About(0, 2), -About(1, 2));
    }
}
