using System.Buffers.Binary;
using System.IO.Compression;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Shape;

/// <summary>Writes pictures of four bytes a pixel as PNG (ISO/IEC 15948). The compressed bytes differ between zlib versions; the pixels do not.</summary>
static class Png
{
    public static byte[] Write(ReadOnlySpan<byte> pixels, int width, int height)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = 6;
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "IDAT"u8, Compressed(pixels, 4 * width, height));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>Each row as differences from the one above: flat ground becomes zeros.</summary>
    static byte[] Compressed(ReadOnlySpan<byte> pixels, int stride, int height)
    {
        using var target = new MemoryStream();
        using (var zlib = new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[stride + 1];
            row[0] = 2;
            for (var y = 0; y < height; y++)
            {
                var line = pixels.Slice(y * stride, stride);
                for (var i = 0; i < stride; i++)
                    row[i + 1] = (byte)(line[i] - (y > 0 ? pixels[(y - 1) * stride + i] : 0));
                zlib.Write(row);
            }
        }
        return target.ToArray();
    }

    static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        file.Write(number);
        file.Write(type);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.End(Crc32.Add(Crc32.Add(Crc32.Begin, type), body)));
        file.Write(number);
    }
}
