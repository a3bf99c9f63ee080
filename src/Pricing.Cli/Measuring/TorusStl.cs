using System.Runtime.InteropServices;

namespace Pricing.Cli.Measuring;

/// <summary>
/// A closed, oriented torus as binary STL: 20 mm ring radius, 8 mm tube radius, lying on the bed. Written ring by ring, so memory does not
/// grow with the file.
/// </summary>
sealed class TorusStl
{
    public const int TrianglesMin = 18;
    const double RingRadiusMm = 20;
    const double TubeRadiusMm = 8;
    const int RecordBytes = 50;
    const int HeaderBytes = 84;

    readonly int _around;
    readonly int _tube;

    TorusStl(int around, int tube) => (_around, _tube) = (around, tube);

    public long Triangles => 2L * _around * _tube;

    public long Bytes => HeaderBytes + RecordBytes * Triangles;

    /// <summary>The torus with at least so many triangles, its quads about square.</summary>
    public static TorusStl Of(long triangles)
    {
        var tube = Math.Max(3, (int)Math.Sqrt(triangles / 2.0 * TubeRadiusMm / RingRadiusMm));
        var around = (int)Math.Max(3, (triangles + 2 * tube - 1) / (2L * tube));
        return new TorusStl(around, tube);
    }

    public void Write(string path, CancellationToken cancellation)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, Limits.Cli.ReadBufferBytes);
        var header = new byte[HeaderBytes];
        "pricing generate: torus"u8.CopyTo(header);
        MemoryMarshal.Write(header.AsSpan(HeaderBytes - 4), (uint)Triangles);
        file.Write(header);
        var ring = new byte[2 * _tube * RecordBytes];
        for (var i = 0; i < _around; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var j = 0; j < _tube; j++)
            {
                // Indices wrap, so both ends of a seam are the same bits and the torus is closed.
                var (a, b) = (Corner(i, j), Corner(i + 1, j));
                var (c, d) = (Corner(i + 1, j + 1), Corner(i, j + 1));
                Record(ring.AsSpan(2 * j * RecordBytes), a, b, c);
                Record(ring.AsSpan((2 * j + 1) * RecordBytes), a, c, d);
            }
            file.Write(ring);
        }
    }

    (float X, float Y, float Z) Corner(int i, int j)
    {
        var (sinRing, cosRing) = Math.SinCos(2 * Math.PI * (i % _around) / _around);
        var (sinTube, cosTube) = Math.SinCos(2 * Math.PI * (j % _tube) / _tube);
        var radius = RingRadiusMm + TubeRadiusMm * cosTube;
        return ((float)(radius * cosRing), (float)(radius * sinRing), (float)(TubeRadiusMm + TubeRadiusMm * sinTube));
    }

    static void Record(Span<byte> record, (float X, float Y, float Z) a, (float X, float Y, float Z) b, (float X, float Y, float Z) c)
    {
        // The normal stays zero: readers compute it from the corners.
        var floats = MemoryMarshal.Cast<byte, float>(record[..48]);
        (floats[3], floats[4], floats[5]) = a;
        (floats[6], floats[7], floats[8]) = b;
        (floats[9], floats[10], floats[11]) = c;
    }
}
