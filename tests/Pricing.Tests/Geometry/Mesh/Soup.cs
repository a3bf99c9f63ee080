using Pricing.Geometry;
using Pricing.Geometry.Lanes;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>All triangles of a decoded file, nine floats each, and what the decoder said about it.</summary>
sealed record Soup(float[] Coordinates, MeshFormat Format, LengthUnit? FileUnit, IReadOnlyList<MeasurementNote> Notes)
{
    public int Triangles => Coordinates.Length / 9;

    /// <summary>The floats' bits: NaN-safe, and −0 differs from +0.</summary>
    public int[] Bits => Array.ConvertAll(Coordinates, BitConverter.SingleToInt32Bits);

    public static Soup Decode(byte[] file, string? fileName = null, LengthUnit? unit = null, double scale = 1, Func<int, int>? chunk = null, InstructionSet? set = null)
    {
        var collector = new Collector();
        var decoder = MeshDecoder.Open(file.Length, fileName, unit, scale, new TileWriter(collector, new TriangleTile()), set ?? InstructionSets.Current);
        for (var at = 0; at < file.Length;)
        {
            var take = Math.Min(file.Length - at, chunk?.Invoke(at) ?? 64 << 10);
            decoder.Push(file.AsSpan(at, take));
            at += take;
        }
        decoder.Finish();
        return new Soup([.. collector.Coordinates], decoder.Format, decoder.FileUnit, decoder.Notes);
    }

    public double SignedVolume()
    {
        var sum = 0.0;
        for (var i = 0; i < Coordinates.Length; i += 9)
        {
            double ax = Coordinates[i], ay = Coordinates[i + 1], az = Coordinates[i + 2];
            double bx = Coordinates[i + 3], by = Coordinates[i + 4], bz = Coordinates[i + 5];
            double cx = Coordinates[i + 6], cy = Coordinates[i + 7], cz = Coordinates[i + 8];
            sum += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx);
        }
        return sum / 6;
    }

    /// <summary>Every directed edge is met by its opposite, vertices compared bit for bit.</summary>
    public bool IsClosed()
    {
        var edges = new Dictionary<((int, int, int) From, (int, int, int) To), int>();
        var bits = Bits;
        for (var i = 0; i < bits.Length; i += 9)
        {
            var corners = new (int, int, int)[3];
            for (var k = 0; k < 3; k++)
                corners[k] = (bits[i + 3 * k], bits[i + 3 * k + 1], bits[i + 3 * k + 2]);
            for (var k = 0; k < 3; k++)
            {
                var (from, to) = (corners[k], corners[(k + 1) % 3]);
                edges[(from, to)] = edges.GetValueOrDefault((from, to)) + 1;
                edges[(to, from)] = edges.GetValueOrDefault((to, from)) - 1;
            }
        }
        return edges.Values.All(balance => balance == 0);
    }

    sealed class Collector : ITileConsumer
    {
        public List<float> Coordinates { get; } = [];

        public TriangleTile Accept(TriangleTile tile)
        {
            for (var i = 0; i < tile.Count; i++)
                for (var lane = 0; lane < 9; lane++)
                    Coordinates.Add(tile.Lanes[lane * TriangleTile.Capacity + i]);
            return tile;
        }
    }
}
