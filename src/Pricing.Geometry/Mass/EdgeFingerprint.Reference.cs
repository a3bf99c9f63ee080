using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>The plain twins: the same sums with scalar words, and the fact they stand for with a dictionary of edges.</summary>
static partial class EdgeFingerprint
{
    public static EdgeChain ReferenceChain(IEnumerable<TriangleTile> tiles)
    {
        EdgeChain chain = default;
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
            {
                var a = Hash(tile.Ax[i], tile.Ay[i], tile.Az[i]);
                var b = Hash(tile.Bx[i], tile.By[i], tile.Bz[i]);
                var c = Hash(tile.Cx[i], tile.Cy[i], tile.Cz[i]);
                chain.First += Edge(a.First, b.First) + Edge(b.First, c.First) + Edge(c.First, a.First);
                chain.Second += Edge(a.Second, b.Second) + Edge(b.Second, c.Second) + Edge(c.Second, a.Second);
            }
        return chain;
    }

    /// <summary>True when every directed edge is met by as many opposite ones.</summary>
    public static bool ReferenceIsClosed(IEnumerable<TriangleTile> tiles)
    {
        Dictionary<((float, float, float), (float, float, float)), int> balance = [];
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
            {
                var a = (tile.Ax[i], tile.Ay[i], tile.Az[i]);
                var b = (tile.Bx[i], tile.By[i], tile.Bz[i]);
                var c = (tile.Cx[i], tile.Cy[i], tile.Cz[i]);
                Count(a, b);
                Count(b, c);
                Count(c, a);
            }
        return balance.Values.All(v => v == 0);

        // Floats compare −0 equal to +0, and so does their hash code.
        void Count((float, float, float) from, (float, float, float) to)
        {
            if (from == to)
                return;
            var forward = from.CompareTo(to) < 0;
            var key = forward ? (from, to) : (to, from);
            balance[key] = balance.GetValueOrDefault(key) + (forward ? 1 : -1);
        }
    }

    static uint Edge(uint a, uint b) => a * b * (a - b);

    static (uint First, uint Second) Hash(float x, float y, float z)
    {
        uint px = Pattern(x), py = Pattern(y), pz = Pattern(z);
        var f = px * 0x9E3779B1u;
        f = ((f ^ (f >> 16)) + py) * 0x85EBCA77u;
        f = ((f ^ (f >> 15)) + pz) * 0xC2B2AE3Du;
        f = (f ^ (f >> 16)) * 0x27D4EB2Fu;
        var s = pz * 0xFD7046C5u;
        s = ((s ^ (s >> 15)) + px) * 0xD3A2646Du;
        s = ((s ^ (s >> 17)) + py) * 0xB55A4F09u;
        s = (s ^ (s >> 14)) * 0x165667B1u;
        return (f ^ (f >> 15), s ^ (s >> 16));
    }

    static uint Pattern(float value) => value == 0 ? 0 : BitConverter.SingleToUInt32Bits(value);
}
