using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Geometry.Examples;

/// <summary>Solids whose volume is known in closed form for the very polyhedron built, not only for the shape it approximates.</summary>
public static class Solids
{
    /// <summary>Volume x·y·z, one corner at the origin.</summary>
    public static Polyhedron Box(double x, double y, double z) => Prism([(0, 0), (x, 0), (x, y), (0, y)], z);

    /// <summary>A regular prism standing on z = 0: volume <see cref="RegularPrismVolume"/>.</summary>
    public static Polyhedron RegularPrism(int sides, double radius, double height) => Prism(Contours.Circle(0, 0, radius, sides), height);

    public static double RegularPrismVolume(int sides, double radius, double height) =>
        sides / 2.0 * radius * radius * UnitCircle.At(1, sides).Sin * height;

    /// <summary>A sphere of latitudes and longitudes about the origin: volume <see cref="RevolutionVolume"/> of its profile.</summary>
    public static Polyhedron Sphere(double radius, int longitudes, int latitudes) => Revolve(SphereProfile(radius, latitudes), longitudes);

    public static double SphereVolume(double radius, int longitudes, int latitudes) => RevolutionVolume(SphereProfile(radius, latitudes), longitudes);

    /// <summary>A torus about the z axis, around the origin.</summary>
    public static Polyhedron Torus(double ringRadius, double tubeRadius, int rings, int sides) =>
        Revolve(Contours.Circle(ringRadius, 0, tubeRadius, sides), rings);

    public static double TorusVolume(double ringRadius, double tubeRadius, int rings, int sides) =>
        RevolutionVolume(Contours.Circle(ringRadius, 0, tubeRadius, sides), rings);

    /// <summary>
    /// Volume of a contour (r, z) revolved in steps: between two steps a section at height z is a trapezoid of area ½·sin δ·(r₂² − r₁²), so
    /// the whole is steps · sin δ · ∬ r dr dz, and the integral over a polygon is a sum over its edges.
    /// </summary>
    public static double RevolutionVolume(IReadOnlyList<(double R, double Z)> profile, int steps)
    {
        var moment = 0.0;
        for (var i = 0; i < profile.Count; i++)
        {
            var (a, b) = (profile[i], profile[(i + 1) % profile.Count]);
            moment += (a.R + b.R) * (a.R * b.Z - b.R * a.Z) / 6;
        }
        return steps * UnitCircle.At(1, steps).Sin * moment;
    }

    internal static Polyhedron Prism(IReadOnlyList<(double X, double Y)> contour, double height)
    {
        var builder = new PolyhedronBuilder();
        var (bottom, top) = (builder.Loop(contour, 0), builder.Loop(contour, height));
        builder.Wall(bottom, top);
        builder.Cap(bottom, [], up: false);
        builder.Cap(top, [], up: true);
        return builder.Build();
    }

    /// <summary>Revolves a counter-clockwise contour (r, z), r ≥ 0, about the z axis. A point on the axis is one vertex.</summary>
    internal static Polyhedron Revolve(IReadOnlyList<(double R, double Z)> profile, int steps)
    {
        var builder = new PolyhedronBuilder();
        var circle = UnitCircle.Points(steps);
        var rings = new int[profile.Count][];
        for (var j = 0; j < profile.Count; j++)
        {
            var (r, z) = profile[j];
            if (r == 0)
            {
                rings[j] = new int[steps];
                Array.Fill(rings[j], builder.Vertex(0, 0, z));
            }
            else
                rings[j] = [.. circle.Select(p => builder.Vertex(r * p.Cos, r * p.Sin, z))];
        }
        for (var j = 0; j < profile.Count; j++)
        {
            var (below, above) = (rings[j], rings[(j + 1) % profile.Count]);
            var (belowPole, abovePole) = (profile[j].R == 0, profile[(j + 1) % profile.Count].R == 0);
            for (var i = 0; i < steps && !(belowPole && abovePole); i++)
            {
                var next = (i + 1) % steps;
                if (!belowPole)
                    builder.Triangle(below[i], below[next], abovePole ? above[i] : above[next]);
                if (!abovePole)
                    builder.Triangle(below[i], above[next], above[i]);
            }
        }
        return builder.Build();
    }

    /// <summary>From the south pole up; the pole points lie on the axis.</summary>
    static List<(double R, double Z)> SphereProfile(double radius, int latitudes)
    {
        var profile = new List<(double, double)> { (0, -radius) };
        for (var i = 1; i < latitudes; i++)
        {
            var (cos, sin) = UnitCircle.At(i, 2 * latitudes);
            profile.Add((radius * sin, -radius * cos));
        }
        profile.Add((0, radius));
        return profile;
    }
}
