using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pricing.IntegrationTests.Models;

/// <summary>Model files the tests make themselves, so that they need no corpus.</summary>
static class GeneratedModel
{
    const int HeaderBytes = 84;
    const int TriangleBytes = 50;

    /// <summary>
    /// A closed, oriented torus as a binary STL of 2 · around · across triangles (50 bytes each), radii in mm.
    /// <paramref name="seed"/> stands in the header: another seed, another hash, the same part.
    /// </summary>
    public static byte[] Torus(int around, int across, int seed = 0, float majorMm = 30, float minorMm = 10)
    {
        var file = new byte[HeaderBytes + (TriangleBytes * 2 * around * across)];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), seed);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(80), 2 * around * across);
        var at = HeaderBytes;
        for (var i = 0; i < around; i++)
        {
            for (var j = 0; j < across; j++)
            {
                var (a, b, c, d) = (Point(i, j), Point(i + 1, j), Point(i + 1, j + 1), Point(i, j + 1));
                at = Write(file, at, a, b, c);
                at = Write(file, at, a, c, d);
            }
        }
        return file;

        // Indices wrap, so that a shared corner has the same bits wherever it is used.
        (float X, float Y, float Z) Point(int i, int j)
        {
            var (sinU, cosU) = MathF.SinCos(i % around * MathF.Tau / around);
            var (sinV, cosV) = MathF.SinCos(j % across * MathF.Tau / across);
            var radius = majorMm + (minorMm * cosV);
            return (radius * cosU, radius * sinU, minorMm + (minorMm * sinV));
        }
    }

    public static string Sha256(ReadOnlySpan<byte> file) => Convert.ToHexStringLower(SHA256.HashData(file));

    static int Write(Span<byte> file, int at, params ReadOnlySpan<(float X, float Y, float Z)> corners)
    {
        // The normal stays zero: readers compute it from the corners.
        var offset = at + 12;
        foreach (var (x, y, z) in corners)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file[offset..], x);
            BinaryPrimitives.WriteSingleLittleEndian(file[(offset + 4)..], y);
            BinaryPrimitives.WriteSingleLittleEndian(file[(offset + 8)..], z);
            offset += 12;
        }
        return at + TriangleBytes;
    }
}
