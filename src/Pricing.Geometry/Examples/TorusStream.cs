using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Geometry.Examples;

/// <summary>
/// A torus with a gently bumpy tube as a binary STL of any size, written ring by ring: three rings of vertices are held, never the mesh.
/// Every vertex is computed once, so the file is watertight bit for bit.
/// </summary>
public static class TorusStream
{
    const double RingRadiusMm = 40;
    const double TubeRadiusMm = 14;
    const double BumpMm = 0.6;
    const int Bumps = 9;

    /// <summary>Writes 84 + 100 · rings · sides bytes: 2 · rings · sides triangles.</summary>
    public static void WriteBinaryStl(Stream stream, int rings, int sides)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rings, 3);
        ArgumentOutOfRangeException.ThrowIfLessThan(sides, 3);
        StlWriter.WriteHeader(stream, 2L * rings * sides);
        var tube = UnitCircle.Points(sides);
        var first = Ring(0, rings, tube);
        var here = first;
        var records = new byte[2 * sides * 50];
        for (var i = 1; i <= rings; i++)
        {
            var next = i == rings ? first : Ring(i, rings, tube);
            for (var j = 0; j < sides; j++)
            {
                var up = (j + 1) % sides;
                StlWriter.Fill(records.AsSpan(100 * j, 50), At(here, j), At(next, j), At(next, up));
                StlWriter.Fill(records.AsSpan(100 * j + 50, 50), At(here, j), At(next, up), At(here, up));
            }
            stream.Write(records);
            here = next;
        }
    }

    /// <summary>Rings and sides for about so many triangles, as 5 : 4; 10,000,000 gives exactly 2,500 × 2,000.</summary>
    public static (int Rings, int Sides) SizeFor(long triangles)
    {
        var sides = Math.Max(3, (int)Math.Sqrt(triangles / 2.5));
        return ((int)Math.Max(3, triangles / 2 / sides), sides);
    }

    static float[] Ring(int index, int rings, (double Cos, double Sin)[] tube)
    {
        var (cos, sin) = UnitCircle.At(index, rings);
        var bump = UnitCircle.At((long)Bumps * index % rings, rings).Cos;
        var ring = new float[3 * tube.Length];
        for (var j = 0; j < tube.Length; j++)
        {
            var tubeRadius = TubeRadiusMm + BumpMm * bump * tube[j].Cos;
            var radius = RingRadiusMm + tubeRadius * tube[j].Cos;
            ring[3 * j] = (float)(radius * cos);
            ring[3 * j + 1] = (float)(radius * sin);
            ring[3 * j + 2] = (float)(tubeRadius * tube[j].Sin);
        }
        return ring;
    }

    static ReadOnlySpan<float> At(float[] ring, int index) => ring.AsSpan(3 * index, 3);
}
