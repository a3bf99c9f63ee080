using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using NUnit.Framework;
using Pricing.Geometry;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Shape;

namespace Pricing.Tests.Geometry.Shape;

sealed class ThumbnailTests
{
    [Test]
    public void The_raster_agrees_with_asking_every_sample()
    {
        var random = Made.Random();
        for (var round = 0; round < 60; round++)
        {
            var raster = new SampleRaster(40, 30);
            List<(RasterCorner, RasterCorner, RasterCorner, ulong)> triangles = [];
            // Corners on sample middles and corners make ties of all kinds.
            var step = round % 3 == 0 ? 128 : 1;
            RasterCorner Corner() => new(random.Next(40 * 256 / step + 1) * step, random.Next(30 * 256 / step + 1) * step, 1 + random.Next(round % 2 == 0 ? 4 : 1 << 23));
            for (var i = 0; i < 40; i++)
                triangles.Add((Corner(), Corner(), Corner(), (ulong)random.Next(100)));
            foreach (var (a, b, c, payload) in triangles)
                if (SampleRaster.MayCover(a, b, c))
                    raster.Draw(a, b, c, payload);
            Assert.That(raster.Words.ToArray(), Is.EqualTo(SampleRaster.Reference(40, 30, triangles)));
        }
    }

    [Test]
    public void Order_of_triangles_changes_no_pixel()
    {
        var random = Made.Random();
        foreach (var (name, mesh) in Made.Parts().Where(part => part.Mesh.Count < 12_000))
        {
            var solid = Shapes.Solid(mesh);
            var heat = solid.FileTriangles.Select(t => Heat(mesh[t])).ToArray();
            var stirred = Made.Stirred(mesh, random);
            var other = Shapes.Solid(stirred);
            var otherHeat = other.FileTriangles.Select(t => Heat(stirred[t])).ToArray();
            var options = new ThumbnailOptions { WidthPixels = 160, HeightPixels = 120 };
            Assert.That(Hash(Thumbnail.Pixels(other, options with { Heat = otherHeat })), Is.EqualTo(Hash(Thumbnail.Pixels(solid, options with { Heat = heat }))), name);
        }

        static byte Heat(Point3[] t) => (byte)(int)Math.Clamp(t.Min(p => p.Z) * 5, 0, 255);
        static string Hash(byte[] pixels) => Convert.ToHexString(SHA256.HashData(pixels));
    }

    [Test]
    public void A_part_stands_in_the_middle_with_a_margin_and_shows_three_greys()
    {
        var pixels = Thumbnail.Pixels(Shapes.Solid(Shapes.Box(20, 20, 20)), new() { IsTransparent = true });
        var drawn = Enumerable.Range(0, 512 * 384).Where(i => pixels[4 * i + 3] > 0).ToArray();
        int left = drawn.Min(i => i % 512), right = drawn.Max(i => i % 512), top = drawn.Min(i => i / 512), bottom = drawn.Max(i => i / 512);
        Assert.That(Math.Abs(left - (511 - right)), Is.LessThanOrEqualTo(2));
        Assert.That(Math.Abs(top - (383 - bottom)), Is.LessThanOrEqualTo(2));
        Assert.That(top, Is.InRange(18, 28));
        var greys = drawn.GroupBy(i => pixels[4 * i]).Where(g => g.Count() > 2_000).Select(g => (int)g.Key).Order().ToArray();
        Assert.That(greys, Has.Length.EqualTo(3));
        Assert.That(greys[1] - greys[0], Is.GreaterThan(15));
        Assert.That(greys[2] - greys[1], Is.GreaterThan(15));
        Assert.That(greys[0], Is.GreaterThan(80), "no black blob");
    }

    [Test]
    public void Heat_colours_what_it_names_and_the_background_is_white()
    {
        var solid = Shapes.Solid(Shapes.Box(20, 20, 20));
        var calm = Thumbnail.Pixels(solid, new() { Heat = new byte[12] });
        var hot = Thumbnail.Pixels(solid, new() { Heat = Enumerable.Repeat((byte)255, 12).ToArray() });
        int middle = 4 * (192 * 512 + 256);
        Assert.That(hot[middle] - hot[middle + 2], Is.GreaterThan(60), "red over blue");
        Assert.That(calm[middle + 2], Is.GreaterThanOrEqualTo(calm[middle]), "blue-grey");
        Assert.That(calm[..4], Is.EqualTo(new byte[] { 255, 255, 255, 255 }));
        Assert.Throws<ArgumentException>(() => Thumbnail.Pixels(solid, new() { Heat = new byte[3] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Thumbnail.Pixels(solid, new() { WidthPixels = 100_000 }));
    }

    [Test]
    public void The_png_holds_the_pixels()
    {
        var solid = Shapes.Solid(Shapes.Potato(new(5)));
        var png = Thumbnail.Render(solid, new());
        var pixels = Thumbnail.Pixels(solid, new());
        Assert.That(png[..8], Is.EqualTo(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 }));
        using var data = new MemoryStream();
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            Assert.That(BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)), Is.EqualTo(Crc32.End(Crc32.Add(Crc32.Begin, png.AsSpan(at + 4, 4 + length)))));
            if (png.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
                data.Write(png, at + 8, length);
            at += 12 + length;
        }
        data.Position = 0;
        using var raw = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionMode.Decompress))
            zlib.CopyTo(raw);
        var rows = raw.ToArray();
        Assert.That(rows, Has.Length.EqualTo(384 * (1 + 4 * 512)));
        var line = new byte[2048];
        for (var y = 0; y < 384; y++)
        {
            Assert.That(rows[y * 2049], Is.EqualTo(2));
            for (var i = 0; i < 2048; i++)
                line[i] += rows[y * 2049 + 1 + i];
            Assert.That(line.AsSpan().SequenceEqual(pixels.AsSpan(2048 * y, 2048)), Is.True, $"row {y}");
        }
    }

    [Test]
    public void Nothing_and_a_flat_sheet_seen_edge_on_are_pictures_too()
    {
        Assert.That(Thumbnail.Pixels(Shapes.Solid([]), new()), Is.All.EqualTo(255));
        List<Point3[]> sheet = [[new(0, 0, 0), new(10, 0, 0), new(10, 0, 10)]];
        Assert.That(Thumbnail.Render(Shapes.Solid(sheet), new()), Is.Not.Empty);
    }
}
