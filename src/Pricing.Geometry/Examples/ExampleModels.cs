using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Geometry.Examples;

/// <summary>One example: how to build it, and its volume where that is known in closed form.</summary>
public sealed record ExampleModel(string Name, string Description, Func<Polyhedron> Build, double? VolumeMm3);

/// <summary>
/// Parts a customer might send, made by this code alone: closed, outward-facing, watertight bit for bit, and the same bits on every machine.
/// </summary>
public static class ExampleModels
{
    public static IReadOnlyList<ExampleModel> All { get; } =
    [
        new("bracket", "gusset bracket 90 × 70 × 8 mm with bosses, two bores and a lightening window", Bracket, BracketVolume()),
        new("signet-ring", "signet ring for casting, 18 mm bore, oval face", SignetRing, null),
        new("gear", "spur gear of 24 teeth with hub and bore", Gear, GearVolume()),
        new("knob", "scalloped knob with a rounded top and a blind bore", Knob, null),
        new("torus", "torus 60 mm across", () => Solids.Torus(24, 6, 96, 48), Solids.TorusVolume(24, 6, 96, 48)),
        new("sphere", "sphere of 40 mm", () => Solids.Sphere(20, 96, 48), Solids.SphereVolume(20, 96, 48)),
        new("prism", "hexagonal prism", () => Solids.RegularPrism(6, 15, 40), Solids.RegularPrismVolume(6, 15, 40)),
        new("box", "box 20 × 30 × 10 mm", () => Solids.Box(20, 30, 10), 20 * 30 * 10),
    ];

    const double PlateMm = 8;
    const double BossMm = 4;
    const int CircleSteps = 64;

    /// <summary>The L with a sloping gusset, every corner rounded.</summary>
    static List<(double X, double Y)> BracketOutline() => Contours.Rounded(
        [(0, 0, 6), (90, 0, 9), (90, 20, 9), (62, 20, 30), (22, 52, 16), (22, 70, 9), (0, 70, 9)], stepsPerCorner: 12);

    static List<(double X, double Y)> BracketWindow() => Contours.Rounded([(17, 16, 3), (50, 16, 3), (17, 43, 3)], stepsPerCorner: 8);

    static (double X, double Y)[] BracketBores() => [(78, 10), (11, 59)];

    /// <summary>A plate with a window; round each bore stands a boss, whose wall rises from a loop inside the plate's top face.</summary>
    public static Polyhedron Bracket()
    {
        var builder = new PolyhedronBuilder();
        var outline = BracketOutline();
        var window = Contours.Reversed(BracketWindow());
        var (bottom, top) = (builder.Loop(outline, 0), builder.Loop(outline, PlateMm));
        var (windowBottom, windowTop) = (builder.Loop(window, 0), builder.Loop(window, PlateMm));
        builder.Wall(bottom, top);
        builder.Wall(windowBottom, windowTop);
        List<int[]> bottomHoles = [windowBottom], topHoles = [windowTop];
        foreach (var (x, y) in BracketBores())
        {
            var bore = Contours.Reversed(Contours.Circle(x, y, 3.2, CircleSteps));
            var boss = Contours.Circle(x, y, 7, CircleSteps);
            var (boreBottom, boreTop) = (builder.Loop(bore, 0), builder.Loop(bore, PlateMm + BossMm));
            var (bossBottom, bossTop) = (builder.Loop(boss, PlateMm), builder.Loop(boss, PlateMm + BossMm));
            builder.Wall(boreBottom, boreTop);
            builder.Wall(bossBottom, bossTop);
            builder.Cap(bossTop, [boreTop], up: true);
            bottomHoles.Add(boreBottom);
            topHoles.Add([.. bossBottom.Reverse()]);
        }
        builder.Cap(bottom, bottomHoles, up: false);
        builder.Cap(top, topHoles, up: true);
        return builder.Build();
    }

    static double BracketVolume()
    {
        var bore = Contours.Area(Contours.Circle(0, 0, 3.2, CircleSteps));
        var boss = Contours.Area(Contours.Circle(0, 0, 7, CircleSteps));
        return PlateMm * (Contours.Area(BracketOutline()) - Contours.Area(BracketWindow()) - 2 * bore) + BossMm * 2 * (boss - bore);
    }

    const int Teeth = 24;
    const double GearMm = 10;
    const double HubMm = 6;

    /// <summary>Toothed disc, a hub on top of it, a bore through both.</summary>
    public static Polyhedron Gear()
    {
        var builder = new PolyhedronBuilder();
        var teeth = Contours.Gear(Teeth, 21, 26);
        var hub = Contours.Circle(0, 0, 11, CircleSteps);
        var bore = Contours.Reversed(Contours.Circle(0, 0, 4, CircleSteps));
        var (bottom, top) = (builder.Loop(teeth, 0), builder.Loop(teeth, GearMm));
        var (hubBottom, hubTop) = (builder.Loop(hub, GearMm), builder.Loop(hub, GearMm + HubMm));
        var (boreBottom, boreTop) = (builder.Loop(bore, 0), builder.Loop(bore, GearMm + HubMm));
        builder.Wall(bottom, top);
        builder.Wall(hubBottom, hubTop);
        builder.Wall(boreBottom, boreTop);
        builder.Cap(bottom, [boreBottom], up: false);
        builder.Cap(top, [[.. hubBottom.Reverse()]], up: true);
        builder.Cap(hubTop, [boreTop], up: true);
        return builder.Build();
    }

    static double GearVolume()
    {
        var bore = Contours.Area(Contours.Circle(0, 0, 4, CircleSteps));
        return GearMm * (Contours.Area(Contours.Gear(Teeth, 21, 26)) - bore) + HubMm * (Contours.Area(Contours.Circle(0, 0, 11, CircleSteps)) - bore);
    }

    /// <summary>A lofted grip: the scalloped outline shrinks to a rounded top; a blind bore from below takes the shaft.</summary>
    public static Polyhedron Knob()
    {
        var builder = new PolyhedronBuilder();
        const int ArcSteps = 10;
        const double HeightMm = 16, EdgeMm = 4, RadiusMm = 18, BoreDepthMm = 11;
        var previous = builder.Loop(Contours.Scalloped(10, RadiusMm, 2, 12), 0);
        var bottom = previous;
        for (var i = 0; i <= ArcSteps; i++)
        {
            var (cos, sin) = UnitCircle.At(i, 4 * ArcSteps);
            var loop = builder.Loop(Contours.Scalloped(10, RadiusMm - EdgeMm * (1 - cos), 2, 12), HeightMm - EdgeMm + EdgeMm * sin);
            builder.Wall(previous, loop);
            previous = loop;
        }
        builder.Cap(previous, [], up: true);
        var bore = Contours.Reversed(Contours.Circle(0, 0, 3, 48));
        var (boreBottom, boreTop) = (builder.Loop(bore, 0), builder.Loop(bore, BoreDepthMm));
        builder.Wall(boreBottom, boreTop);
        builder.Cap([.. boreTop.Reverse()], [], up: false);
        builder.Cap(bottom, [boreBottom], up: false);
        return builder.Build();
    }

    /// <summary>
    /// A closed band of sections round the finger: each section is a rounded rectangle from the bore outwards, wider and thicker towards the
    /// top, where the outside is cut by a plane to make the face.
    /// </summary>
    public static Polyhedron SignetRing()
    {
        const int Sections = 180, Sides = 48;
        const double BoreRadiusMm = 9, FaceHeightMm = 11.6;
        var builder = new PolyhedronBuilder();
        var around = UnitCircle.Points(Sections);
        var section = UnitCircle.Points(Sides);
        var rings = new int[Sections][];
        for (var i = 0; i < Sections; i++)
        {
            var (cos, sin) = around[i];
            var top = (1 + sin) / 2;                              // 0 at the bottom of the ring, 1 at its face
            var swell = top * top * top * top;
            var halfWidth = 2.0 + 4.2 * swell;
            var thickness = 1.7 + 2.2 * swell;
            rings[i] = new int[Sides];
            for (var j = 0; j < Sides; j++)
            {
                var (across, outwards) = (Squircle(section[j].Cos), Squircle(section[j].Sin));
                var radius = BoreRadiusMm + thickness * (1 + outwards) / 2;
                var (x, z) = (radius * cos, radius * sin);
                if (z > FaceHeightMm)
                    z = FaceHeightMm;
                rings[i][j] = builder.Vertex(x, halfWidth * across, z);
            }
        }
        for (var i = 0; i < Sections; i++)
        {
            var (here, next) = (rings[i], rings[(i + 1) % Sections]);
            for (var j = 0; j < Sides; j++)
            {
                var up = (j + 1) % Sides;
                builder.Quad(here[j], next[j], next[up], here[up]);
            }
        }
        return builder.Build();

        // Pushes a circle's coordinate towards a rounded square: t·(3 − t²)/2.
        static double Squircle(double t) => t * (3 - t * t) / 2;
    }
}
