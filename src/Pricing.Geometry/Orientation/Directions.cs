namespace Pricing.Geometry.Orientation;

/// <summary>Directions spread over the sphere, the six axes first: an octahedron whose edges are halved four times, blown up. Roots only.</summary>
static class Directions
{
    const int Halvings = 4;

    /// <summary>4^(<see cref="Halvings"/>+1) + 2 = 1,026 of them, at most 7° from any direction to the nearest.</summary>
    public static IReadOnlyList<Point3> Sphere { get; } = Build();

    public static double Dot(Point3 a, Point3 b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;

    static List<Point3> Build()
    {
        List<Point3> points = [new(0, 0, 1), new(0, 0, -1), new(1, 0, 0), new(-1, 0, 0), new(0, 1, 0), new(0, -1, 0)];
        List<(int A, int B, int C)> faces = [(2, 4, 0), (4, 3, 0), (3, 5, 0), (5, 2, 0), (4, 2, 1), (3, 4, 1), (5, 3, 1), (2, 5, 1)];
        for (var i = 0; i < Halvings; i++)
        {
            Dictionary<(int, int), int> middles = [];
            List<(int, int, int)> finer = [];
            foreach (var (a, b, c) in faces)
            {
                int ab = Middle(a, b), bc = Middle(b, c), ca = Middle(c, a);
                finer.AddRange([(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]);
            }
            faces = finer;

            int Middle(int a, int b)
            {
                var key = (Math.Min(a, b), Math.Max(a, b));
                if (!middles.TryGetValue(key, out var m))
                {
                    middles[key] = m = points.Count;
                    Point3 p = points[a], q = points[b], s = new(p.X + q.X, p.Y + q.Y, p.Z + q.Z);
                    var l = Math.Sqrt(Dot(s, s));
                    points.Add(new(s.X / l, s.Y / l, s.Z / l));
                }
                return m;
            }
        }
        return points;
    }
}
