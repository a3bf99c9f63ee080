namespace Pricing.Tests.Geometry.Fdm.Raster;

/// <summary>Parts made here, as nine floats per triangle, outward normals, mm.</summary>
static class Parts
{
    public static float[] Box(double x, double y, double z, double atX = 0, double atY = 0, double atZ = 0)
    {
        (double X, double Y, double Z) P(int i) => (atX + ((i & 1) != 0 ? x : 0), atY + ((i & 2) != 0 ? y : 0), atZ + ((i & 4) != 0 ? z : 0));
        int[] quads = [0, 2, 3, 1, 4, 5, 7, 6, 0, 1, 5, 4, 2, 6, 7, 3, 0, 4, 6, 2, 1, 3, 7, 5];
        var triangles = new List<float>();
        for (var q = 0; q < quads.Length; q += 4)
        {
            Add(triangles, P(quads[q]), P(quads[q + 1]), P(quads[q + 2]));
            Add(triangles, P(quads[q]), P(quads[q + 2]), P(quads[q + 3]));
        }
        return [.. triangles];
    }

    /// <summary>A sphere whose radius swells and shrinks, so that nothing about it is regular.</summary>
    public static float[] Bumpy(double radius, int steps)
    {
        (double, double, double) P(int i, int j)
        {
            double u = 2 * Math.PI * (j % (2 * steps)) / (2 * steps), v = Math.PI * i / steps;
            var r = i == 0 || i == steps ? radius : radius * (1 + 0.1 * Math.Sin(5 * u) * Math.Sin(v) + 0.05 * Math.Cos(7 * v));
            return (r * Math.Sin(v) * Math.Cos(u), r * Math.Sin(v) * Math.Sin(u), r * Math.Cos(v));
        }
        var triangles = new List<float>();
        for (var i = 0; i < steps; i++)
            for (var j = 0; j < 2 * steps; j++)
            {
                if (i < steps - 1)
                    Add(triangles, P(i, i == 0 ? 0 : j), P(i + 1, j), P(i + 1, j + 1));
                if (i > 0)
                    Add(triangles, P(i, j), P(i + 1, i == steps - 1 ? 0 : j + 1), P(i, j + 1));
            }
        return [.. triangles];
    }

    public static float[] Join(params float[][] parts) => [.. parts.SelectMany(p => p)];

    /// <summary>The same part, triangles in another order, each begun at another corner.</summary>
    public static float[] Shuffled(float[] part, Random random)
    {
        var order = Enumerable.Range(0, part.Length / 9).ToArray();
        random.Shuffle(order);
        var shuffled = new float[part.Length];
        for (var t = 0; t < order.Length; t++)
        {
            var turn = random.Next(3);
            for (var i = 0; i < 9; i++)
                shuffled[9 * t + i] = part[9 * order[t] + (i + 3 * turn) % 9];
        }
        return shuffled;
    }

    public static float[] Inverted(float[] part)
    {
        var inverted = (float[])part.Clone();
        for (var t = 0; t < part.Length; t += 9)
            for (var i = 0; i < 3; i++)
                (inverted[t + 3 + i], inverted[t + 6 + i]) = (part[t + 6 + i], part[t + 3 + i]);
        return inverted;
    }

    static void Add(List<float> triangles, params (double X, double Y, double Z)[] corners)
    {
        foreach (var (x, y, z) in corners)
            triangles.AddRange([(float)x, (float)y, (float)z]);
    }
}
