namespace Pricing.Geometry.Shape;

/// <summary>The plain twin: every sample asks every triangle.</summary>
sealed partial class SampleRaster
{
    internal static ulong[] Reference(int width, int height, IReadOnlyList<(RasterCorner A, RasterCorner B, RasterCorner C, ulong Payload)> triangles)
    {
        var words = new ulong[width * height];
        for (var row = 0; row < height; row++)
            for (var column = 0; column < width; column++)
                foreach (var (a, b, c, payload) in triangles)
                {
                    long x = column * Sub + Sub / 2, y = row * Sub + Sub / 2;
                    var plane = RasterPlane.Of(a, b, c);
                    long[] sides = [Edge(a, b, x, y), Edge(b, c, x, y), Edge(c, a, x, y)];
                    if (plane.Area != 0 && (sides.All(side => side >= 0) || sides.All(side => side <= 0)))
                        words[row * width + column] = Math.Max(words[row * width + column], (ulong)plane.Near(x, y) << PayloadBits | payload);
                }
        return words;
    }
}
