using Pricing.Geometry;

namespace Pricing.Tests.Geometry.Dexels;

/// <summary>Solids of revolution and extrusions, and frames, for the dexel tests.</summary>
static class Turned
{
    /// <summary>A closed outline (distance from the axis, height) turned about z in flat steps.</summary>
    public static List<Point3[]> Lathe((double R, double Z)[] outline, int steps = 96)
    {
        List<Point3[]> mesh = [];
        for (var i = 0; i < steps; i++)
            for (var k = 0; k < outline.Length; k++)
            {
                var (p, q) = (outline[k], outline[(k + 1) % outline.Length]);
                Point3 a = At(p, i), b = At(p, (i + 1) % steps), c = At(q, (i + 1) % steps), d = At(q, i);
                if (p.R > 0)
                    mesh.Add([a, b, c]);
                if (q.R > 0)
                    mesh.Add([a, c, d]);
            }
        return Outward(mesh);

        Point3 At((double R, double Z) p, int step) =>
            new(p.R == 0 ? 0 : p.R * Math.Cos(2 * Math.PI * step / steps), p.R == 0 ? 0 : p.R * Math.Sin(2 * Math.PI * step / steps), p.Z);
    }

    /// <summary>Area of the regular polygon a circle becomes.</summary>
    public static double PolygonMm2(double radius, int steps = 96) => 0.5 * steps * radius * radius * Math.Sin(2 * Math.PI / steps);

    /// <summary>A convex outline in x and z, drawn along y from 0.</summary>
    public static List<Point3[]> Extrude((double X, double Z)[] outline, double depth)
    {
        List<Point3[]> mesh = [];
        for (var k = 0; k < outline.Length; k++)
        {
            var (p, q) = (outline[k], outline[(k + 1) % outline.Length]);
            mesh.Add([new(p.X, 0, p.Z), new(q.X, 0, q.Z), new(q.X, depth, q.Z)]);
            mesh.Add([new(p.X, 0, p.Z), new(q.X, depth, q.Z), new(p.X, depth, p.Z)]);
            if (k < 2)
                continue;
            var (a, b, c) = (outline[0], outline[k - 1], outline[k]);
            mesh.Add([new(a.X, 0, a.Z), new(c.X, 0, c.Z), new(b.X, 0, b.Z)]);
            mesh.Add([new(a.X, depth, a.Z), new(b.X, depth, b.Z), new(c.X, depth, c.Z)]);
        }
        return Outward(mesh);
    }

    public static double Volume(IEnumerable<Point3[]> mesh) => mesh.Sum(t =>
        (t[0].X * (t[1].Y * t[2].Z - t[1].Z * t[2].Y) + t[0].Y * (t[1].Z * t[2].X - t[1].X * t[2].Z) + t[0].Z * (t[1].X * t[2].Y - t[1].Y * t[2].X)) / 6);

    public static double Area(IEnumerable<Point3[]> mesh) => mesh.Sum(t =>
    {
        double ux = t[1].X - t[0].X, uy = t[1].Y - t[0].Y, uz = t[1].Z - t[0].Z, vx = t[2].X - t[0].X, vy = t[2].Y - t[0].Y, vz = t[2].Z - t[0].Z;
        double x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
        return Math.Sqrt(x * x + y * y + z * z) / 2;
    });

    /// <summary>Any direction up.</summary>
    public static Frame AnyFrame(Random random)
    {
        double R() => random.NextDouble() * 2 - 1;
        return Frame.WithUp(new(R(), R(), R() + 1e-3));
    }

    /// <summary>Upside down.</summary>
    public static Frame Hanging { get; } = Frame.WithUp(new(0, 0, -1));

    static List<Point3[]> Outward(List<Point3[]> mesh) => Volume(mesh) < 0 ? Shapes.Inverted(mesh) : mesh;
}
