using NUnit.Framework;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

sealed class TileWriterTests
{
    sealed class Ring : ITileConsumer
    {
        readonly TriangleTile[] _tiles = [new(), new()];
        int _next;

        public List<(long First, int Count, bool TailClear)> Seen { get; } = [];

        public TriangleTile First => _tiles[0];

        public TriangleTile Accept(TriangleTile tile)
        {
            var clear = true;
            for (var lane = 0; lane < 9; lane++)
                clear &= !tile.Lanes.Slice(lane * TriangleTile.Capacity + tile.Count, TriangleTile.Capacity - tile.Count).ContainsAnyExcept(0f);
            Seen.Add((tile.FirstTriangle, tile.Count, clear));
            return _tiles[_next++ & 1];
        }
    }

    [Test]
    public void Tiles_are_full_but_the_last_and_its_tail_is_clear_even_when_tiles_take_turns()
    {
        var ring = new Ring();
        var writer = new TileWriter(ring, ring.First);
        for (var i = 0; i < 1300; i++)
            writer.Add(i, 1, 2, 3, 4, 5, 6, 7, 8);
        writer.Complete();
        Assert.That(ring.Seen, Is.EqualTo(new[] { (0L, 512, true), (512L, 512, true), (1024L, 276, true) }));
        Assert.That(writer.Triangles, Is.EqualTo(1300));
    }

    [Test]
    public void The_vector_transposition_gives_the_bits_of_the_plain_one()
    {
        var records = new byte[StlRecord.Bytes * 512];
        new Random(3).NextBytes(records);
        for (var count = 0; count <= 40; count++)
        {
            var (whole, single) = (new TriangleTile(), new TriangleTile());
            StlRecord.Transpose(records.AsSpan(0, count * StlRecord.Bytes), whole, 5);
            for (var i = 0; i < count; i++)
                StlRecord.Transpose(records.AsSpan(i * StlRecord.Bytes, StlRecord.Bytes), single, 5 + i);
            Assert.That(System.Runtime.InteropServices.MemoryMarshal.AsBytes(whole.Lanes).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(single.Lanes)), Is.True);
        }
    }
}
