namespace Pricing.Geometry.Shape;

/// <summary>
/// A depth buffer in integers. Each sample keeps the largest of all 64-bit words offered to it: nearness above, then facing and colour, so
/// neither the order of triangles nor ties can change a picture.
/// </summary>
/// <remarks>
/// Corners are in 1/<see cref="Sub"/> of a sample, nearness has <see cref="NearBits"/> bits. A triangle's plane is the determinants of its
/// corners, whole numbers that are the same from whichever corner one starts. Samples on an edge belong to both sides: the larger word wins.
/// </remarks>
sealed partial class SampleRaster(int width, int height)
{
    /// <summary>Steps of a corner's place within a sample.</summary>
    public const int Sub = 256;

    public const int NearBits = 24;

    /// <summary>Bits of a word below its nearness.</summary>
    public const int PayloadBits = 64 - NearBits;

    readonly ulong[] _words = new ulong[width * height];

    public int Width => width;

    public int Height => height;

    /// <summary>0 where nothing was drawn.</summary>
    public ReadOnlySpan<ulong> Words => _words;

    /// <summary>Whether a triangle's box holds a sample's middle; most triangles of a fine mesh hold none.</summary>
    public static bool MayCover(in RasterCorner a, in RasterCorner b, in RasterCorner c) =>
        FirstSample(Math.Min(a.X, Math.Min(b.X, c.X))) <= LastSample(Math.Max(a.X, Math.Max(b.X, c.X)))
        && FirstSample(Math.Min(a.Y, Math.Min(b.Y, c.Y))) <= LastSample(Math.Max(a.Y, Math.Max(b.Y, c.Y)));

    // A sample's middle is half a sample in.
    static int FirstSample(int low) => (low + Sub / 2 - 1) / Sub;

    static int LastSample(int high) => (high - Sub / 2 + Sub) / Sub - 1;

    /// <summary>Offers nearness and <paramref name="payload"/> to all samples of a triangle. All corners lie on the raster.</summary>
    public void Draw(in RasterCorner a, in RasterCorner b, in RasterCorner c, ulong payload)
    {
        var plane = RasterPlane.Of(a, b, c);
        if (plane.Area == 0)
            return;
        // Counter-clockwise or clockwise: edge values turn positive.
        var sign = plane.Area > 0 ? 1 : -1;
        int left = FirstSample(Math.Min(a.X, Math.Min(b.X, c.X))), right = LastSample(Math.Max(a.X, Math.Max(b.X, c.X)));
        int top = FirstSample(Math.Min(a.Y, Math.Min(b.Y, c.Y))), bottom = LastSample(Math.Max(a.Y, Math.Max(b.Y, c.Y)));
        long x = (long)left * Sub + Sub / 2, y = (long)top * Sub + Sub / 2;
        long ab = sign * Edge(a, b, x, y), bc = sign * Edge(b, c, x, y), ca = sign * Edge(c, a, x, y);
        long abX = (long)sign * (a.Y - b.Y) * Sub, bcX = (long)sign * (b.Y - c.Y) * Sub, caX = (long)sign * (c.Y - a.Y) * Sub;
        long abY = (long)sign * (b.X - a.X) * Sub, bcY = (long)sign * (c.X - b.X) * Sub, caY = (long)sign * (a.X - c.X) * Sub;
        for (var row = top; row <= bottom; row++, ab += abY, bc += bcY, ca += caY)
        {
            long first = 0, last = right - left;
            Narrow(ab, abX, ref first, ref last);
            Narrow(bc, bcX, ref first, ref last);
            Narrow(ca, caX, ref first, ref last);
            var line = _words.AsSpan(row * width + left, right - left + 1);
            var sampleY = (long)row * Sub + Sub / 2;
            for (var i = first; i <= last; i++)
            {
                var word = (ulong)plane.Near(x + i * Sub, sampleY) << PayloadBits | payload;
                if (word > line[(int)i])
                    line[(int)i] = word;
            }
        }
    }

    /// <summary>Narrows a run of steps to those at which value + i · step is not negative.</summary>
    static void Narrow(long value, long step, ref long first, ref long last)
    {
        if (step == 0)
            last = value < 0 ? -1 : last;
        else if (step > 0 && value < 0)
            first = Math.Max(first, (-value + step - 1) / step);
        else if (step < 0)
            last = value < 0 ? -1 : Math.Min(last, value / -step);
    }

    static long Edge(in RasterCorner a, in RasterCorner b, long x, long y) =>
        (b.X - a.X) * (y - a.Y) - (b.Y - a.Y) * (x - a.X);
}

/// <summary>A corner on the raster: place in parts of a sample, right and down, and how near it is to the eye.</summary>
readonly record struct RasterCorner(int X, int Y, int Near);

/// <summary>Nearness over a triangle, (Z + X·x + Y·y) / Area, in whole numbers, kept within its corners' range.</summary>
readonly record struct RasterPlane(long Area, double PerX, double PerY, double AtOrigin, int Low, int High)
{
    /// <remarks>18-bit places, 24-bit nearness: the largest product, of three, has 62 bits with its sums.</remarks>
    public static RasterPlane Of(in RasterCorner a, in RasterCorner b, in RasterCorner c)
    {
        long ux = b.X - a.X, uy = b.Y - a.Y, un = b.Near - a.Near, vx = c.X - a.X, vy = c.Y - a.Y, vn = c.Near - a.Near;
        var area = ux * vy - uy * vx;
        var x = un * vy - uy * vn;
        var y = ux * vn - un * vx;
        var origin = (Int128)a.Near * area - (Int128)a.X * x - (Int128)a.Y * y;
        double inverse = 1.0 / area;
        return new(area, x * inverse, y * inverse, (double)origin * inverse,
            Math.Min(a.Near, Math.Min(b.Near, c.Near)), Math.Max(a.Near, Math.Max(b.Near, c.Near)));
    }

    public int Near(long x, long y) => (int)Math.Clamp(AtOrigin + x * PerX + y * PerY, Low, High);
}
