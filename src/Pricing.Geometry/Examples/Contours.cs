namespace Pricing.Geometry.Examples;

/// <summary>Closed contours of the examples, counter-clockwise; <see cref="Reversed"/> makes a hole of one.</summary>
static class Contours
{
    public static List<(double X, double Y)> Circle(double x, double y, double radius, int steps) =>
        [.. UnitCircle.Points(steps).Select(p => (x + radius * p.Cos, y + radius * p.Sin))];

    public static List<(double X, double Y)> Reversed(IReadOnlyList<(double X, double Y)> contour) => [.. contour.Reverse()];

    /// <summary>
    /// A polygon whose corners are rounded to the radius given with each (0 = sharp). Works for convex and re-entrant corners; two arcs that
    /// meet on a side must leave room for each other, else the contour would run through itself.
    /// </summary>
    public static List<(double X, double Y)> Rounded(IReadOnlyList<(double X, double Y, double Radius)> corners, int stepsPerCorner)
    {
        var contour = new List<(double, double)>();
        var room = corners.Select((corner, i) => Distance(corner, corners[(i + 1) % corners.Count])).ToArray();
        for (var i = 0; i < corners.Count; i++)
        {
            var (px, py, _) = corners[(i + corners.Count - 1) % corners.Count];
            var (x, y, radius) = corners[i];
            var (nx, ny, _) = corners[(i + 1) % corners.Count];
            if (radius == 0)
            {
                contour.Add((x, y));
                continue;
            }
            var (ux, uy) = Unit(px - x, py - y);
            var (vx, vy) = Unit(nx - x, ny - y);

            // Half the angle between the sides: its tangent gives how far from the corner the arc begins.
            var cos = ux * vx + uy * vy;
            var tangent = Math.Sqrt((1 - cos) / (1 + cos));
            var from = radius / tangent;
            room[i] -= from;
            room[(i + corners.Count - 1) % corners.Count] -= from;
            var (ax, ay) = (x + ux * from, y + uy * from);
            var (bx, by) = (x + vx * from, y + vy * from);
            var (mx, my) = Unit(ux + vx, uy + vy);
            var reach = Math.Sqrt(radius * radius + from * from);
            var (cx, cy) = (x + mx * reach, y + my * reach);
            for (var k = 0; k <= stepsPerCorner; k++)
            {
                // Points on the chord pushed out to the arc: no angle needed, and evenly enough spread.
                var t = k / (double)stepsPerCorner;
                var (dx, dy) = Unit(ax + (bx - ax) * t - cx, ay + (by - ay) * t - cy);
                contour.Add((cx + radius * dx, cy + radius * dy));
            }
        }
        if (room.Min() < 0)
            throw new ArgumentException("The radii of neighbouring corners overlap.", nameof(corners));
        return contour;

        static double Distance((double X, double Y, double) a, (double X, double Y, double) b) =>
            Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y));
    }

    /// <summary>A spur gear of straight-flanked teeth with tip and root lands; eight points a tooth.</summary>
    public static List<(double X, double Y)> Gear(int teeth, double rootRadius, double tipRadius)
    {
        var contour = new List<(double, double)>();
        (int Sixteenth, double Height)[] tooth = [(0, 0), (2, 0), (4, 0.35), (6, 1), (8, 1), (10, 1), (12, 0.35), (14, 0)];
        for (var i = 0; i < teeth; i++)
            foreach (var (sixteenth, height) in tooth)
            {
                var (cos, sin) = UnitCircle.At(16 * i + sixteenth, 16 * teeth);
                var radius = rootRadius + (tipRadius - rootRadius) * height;
                contour.Add((radius * cos, radius * sin));
            }
        return contour;
    }

    /// <summary>A round grip with so many shallow scallops.</summary>
    public static List<(double X, double Y)> Scalloped(int scallops, double radius, double depth, int stepsPerScallop)
    {
        var contour = new List<(double, double)>();
        var steps = scallops * stepsPerScallop;
        for (var i = 0; i < steps; i++)
        {
            var (cos, sin) = UnitCircle.At(i, steps);
            var wave = UnitCircle.At(i % stepsPerScallop, stepsPerScallop).Cos;
            var r = radius - depth * (1 - wave) / 2;
            contour.Add((r * cos, r * sin));
        }
        return contour;
    }

    /// <summary>Enclosed area, positive when counter-clockwise.</summary>
    public static double Area(IReadOnlyList<(double X, double Y)> contour)
    {
        var sum = 0.0;
        for (var i = 0; i < contour.Count; i++)
        {
            var (a, b) = (contour[i], contour[(i + 1) % contour.Count]);
            sum += a.X * b.Y - b.X * a.Y;
        }
        return sum / 2;
    }

    static (double X, double Y) Unit(double x, double y)
    {
        var length = Math.Sqrt(x * x + y * y);
        return (x / length, y / length);
    }
}
