using Pricing.Geometry;
using Pricing.Geometry.Examples;
using Pricing.Geometry.Mesh;
using Pricing.Geometry.Mesh.Writers;

namespace Pricing.Cli.Bench;

/// <summary>A torus as a text file, with all the digits a float needs: what a text decoder is timed on.</summary>
public sealed record BenchText(MeshFormat Format, int Triangles, byte[] File)
{
    public static BenchText Torus(MeshFormat format, int triangles)
    {
        // Text is several times as long as binary: of ten million triangles it would not fit an array.
        triangles = Math.Min(triangles, Limits.Cli.BenchTextTrianglesMax);
        // Twice as many steps around as across; two triangles per cell.
        var across = Math.Max(3, (int)Math.Sqrt(triangles / 4.0));
        var mesh = Solids.Torus(60, 25, Math.Max(3, triangles / 2 / across), across);
        return new(format, mesh.TriangleCount, MeshWriter.ToBytes(mesh, format));
    }

    /// <summary>Decodes the whole file, pushed as an upload would push it; answers the triangles.</summary>
    public long Decode()
    {
        var writer = new TileWriter(new TileSink(), new TriangleTile());
        var decoder = MeshDecoder.Open(File.Length, null, null, 1, writer);
        for (var at = 0; at < File.Length; at += Limits.Wire.ChunkBytes)
            decoder.Push(File.AsSpan(at, Math.Min(Limits.Wire.ChunkBytes, File.Length - at)));
        decoder.Finish();
        return writer.Triangles;
    }
}
