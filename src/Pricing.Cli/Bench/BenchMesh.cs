using System.Buffers.Binary;
using Pricing.Geometry.Mesh;

namespace Pricing.Cli.Bench;

/// <summary>A bumpy torus of any number of triangles, as a binary STL and as tiles: closed, row after row, like a scan or a fine export.</summary>
public sealed class BenchMesh
{
    const int Header = 84, Record = 50;

    BenchMesh(byte[] stl) => Stl = stl;

    public byte[] Stl { get; }

    public int Triangles => (Stl.Length - Header) / Record;

    /// <param name="triangles">About as many.</param>
    /// <param name="dent">Another number, another depth of a dent that takes one hundredth of the triangles.</param>
    public static BenchMesh Torus(int triangles, int dent = 0)
    {
        // Twice as many steps around as across; two triangles per cell.
        var across = Math.Max(3, (int)Math.Sqrt(triangles / 4.0));
        var around = Math.Max(3, triangles / 2 / across);
        var points = new (float X, float Y, float Z)[around * across];
        for (var i = 0; i < around; i++)
            for (var j = 0; j < across; j++)
            {
                var (sinU, cosU) = Math.SinCos(2 * Math.PI * i / around);
                var (sinV, cosV) = Math.SinCos(2 * Math.PI * j / across);
                var tube = 25 * (1 + 0.1 * Math.Sin(18 * Math.PI * i / around) * Math.Cos(14 * Math.PI * j / across));
                if (i >= around * 2 / 5 && i < around * 2 / 5 + around / 100 - 1)
                    tube -= 0.001 * dent;
                points[i * across + j] = ((float)((60 + tube * cosV) * cosU), (float)((60 + tube * cosV) * sinU), (float)(tube * sinV));
            }
        var stl = new byte[Header + Record * 2L * around * across];
        BinaryPrimitives.WriteUInt32LittleEndian(stl.AsSpan(80), (uint)(2 * around * across));
        var at = Header;
        for (var i = 0; i < around; i++)
            for (var j = 0; j < across; j++)
            {
                var a = points[i * across + j];
                var b = points[(i + 1) % around * across + j];
                var c = points[(i + 1) % around * across + (j + 1) % across];
                var d = points[i * across + (j + 1) % across];
                Write(stl.AsSpan(at), a, b, c);
                Write(stl.AsSpan(at + Record), a, c, d);
                at += 2 * Record;
            }
        return new(stl);
    }

    /// <summary>The triangles as the kernels see them.</summary>
    public IReadOnlyList<TriangleTile> Tiles()
    {
        var keeper = new TileKeeper();
        var decoder = MeshDecoder.Open(Stl.Length, "bench.stl", null, 1, new TileWriter(keeper, new TriangleTile()));
        decoder.Push(Stl);
        decoder.Finish();
        return keeper.Tiles;
    }

    static void Write(Span<byte> record, (float X, float Y, float Z) a, (float X, float Y, float Z) b, (float X, float Y, float Z) c)
    {
        ReadOnlySpan<float> values = [0, 0, 0, a.X, a.Y, a.Z, b.X, b.Y, b.Z, c.X, c.Y, c.Z];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(record[(4 * i)..], values[i]);
    }

    sealed class TileKeeper : ITileConsumer
    {
        public List<TriangleTile> Tiles { get; } = [];

        public TriangleTile Accept(TriangleTile tile)
        {
            Tiles.Add(tile);
            return new();
        }
    }
}

/// <summary>Takes tiles and gives them back: decoding alone.</summary>
public sealed class TileSink : ITileConsumer
{
    public TriangleTile Accept(TriangleTile tile) => tile;
}
