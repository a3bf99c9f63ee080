using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Rays;

/// <summary>Triangles in the order in which their middles follow a Z-shaped curve through the part's box: neighbours in the list are neighbours in space.</summary>
static class MortonOrder
{
    const int BitsPerAxis = 10, DigitBits = 10, Digits = 3;

    public static int[] Of(SolidMesh mesh)
    {
        var codes = Codes(mesh);
        Sort(ref codes);
        var order = new int[codes.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = (int)(uint)codes[i];
        return order;
    }

    /// <summary>Code in the high half, triangle in the low.</summary>
    static ulong[] Codes(SolidMesh mesh)
    {
        Span<float> min = [float.MaxValue, float.MaxValue, float.MaxValue];
        var extent = 0f;
        Span<float> max = [float.MinValue, float.MinValue, float.MinValue];
        foreach (var v in mesh.Corners)
            for (var a = 0; a < 3; a++)
            {
                min[a] = Math.Min(min[a], mesh.Coordinates[3 * v + a]);
                max[a] = Math.Max(max[a], mesh.Coordinates[3 * v + a]);
            }
        for (var a = 0; a < 3; a++)
            extent = Math.Max(extent, max[a] - min[a]);
        var scale = extent > 0 ? ((1 << BitsPerAxis) - 1) / (3.0 * extent) : 0;
        var codes = new ulong[mesh.Triangles];
        for (var t = 0; t < codes.Length; t++)
        {
            uint code = 0;
            for (var a = 0; a < 3; a++)
            {
                var sum = (double)mesh.Coordinates[3 * mesh.Corners[3 * t] + a] + mesh.Coordinates[3 * mesh.Corners[3 * t + 1] + a]
                    + mesh.Coordinates[3 * mesh.Corners[3 * t + 2] + a];
                code |= Spread((uint)Math.Max(0, (sum - 3.0 * min[a]) * scale)) << a;
            }
            codes[t] = (ulong)code << 32 | (uint)t;
        }
        return codes;
    }

    /// <summary>Two zeros after each of ten bits.</summary>
    static uint Spread(uint x)
    {
        x &= (1 << BitsPerAxis) - 1;
        x = (x | x << 16) & 0x030000FF;
        x = (x | x << 8) & 0x0300F00F;
        x = (x | x << 4) & 0x030C30C3;
        return (x | x << 2) & 0x09249249;
    }

    /// <summary>Radix sort, least digit first.</summary>
    static void Sort(ref ulong[] codes)
    {
        var other = new ulong[codes.Length];
        var ends = new int[1 << DigitBits];
        for (var digit = 0; digit < Digits; digit++)
        {
            var shift = 32 + digit * DigitBits;
            Array.Clear(ends);
            foreach (var code in codes)
                ends[(int)(code >> shift) & (ends.Length - 1)]++;
            var total = 0;
            for (var i = 0; i < ends.Length; i++)
                (ends[i], total) = (total, total + ends[i]);
            foreach (var code in codes)
                other[ends[(int)(code >> shift) & (ends.Length - 1)]++] = code;
            (codes, other) = (other, codes);
        }
    }
}
