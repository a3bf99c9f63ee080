namespace Pricing.Geometry.Shape;

/// <summary>
/// From nearness and normals to colours, in whole numbers: a key light from the upper left, a fill light from the right, light from above
/// and below, and a thin dark line where the surface breaks off or folds, which is what makes a grey part readable.
/// </summary>
sealed class Shading
{
    const int One = 511;

    // Unit directions in the picture (right, up, towards the eye), in 1/256.
    static readonly (int X, int Y, int Z) Key = (-115, 150, 173);
    static readonly (int X, int Y, int Z) Fill = (200, 20, 158);

    /// <summary>Where the heat ramp bends: blue-grey over straw to vermilion. Told apart with any of the common colour deficiencies, and in grey.</summary>
    static readonly (int R, int G, int B)[] Ramp = [(178, 190, 202), (236, 214, 140), (238, 155, 62), (200, 62, 28)];

    static readonly (int R, int G, int B) Grey = (190, 198, 207);

    readonly SampleRaster _raster;
    readonly bool _hasHeat;

    public Shading(SampleRaster raster, bool hasHeat)
    {
        _raster = raster;
        _hasHeat = hasHeat;
    }

    /// <summary>Averages samples to pixels.</summary>
    public byte[] Pixels(int samples, bool isTransparent)
    {
        int width = _raster.Width / samples, height = _raster.Height / samples, all = samples * samples;
        var pixels = new byte[4 * width * height];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                int r = 0, g = 0, b = 0, hit = 0;
                for (var s = 0; s < all; s++)
                {
                    int sx = samples * x + s % samples, sy = samples * y + s / samples;
                    if (_raster.Words[sy * _raster.Width + sx] == 0)
                        continue;
                    var colour = Colour(sx, sy);
                    r += colour.R;
                    g += colour.G;
                    b += colour.B;
                    hit++;
                }
                var target = pixels.AsSpan(4 * (y * width + x), 4);
                var white = isTransparent ? 0 : 255 * (all - hit);
                var share = isTransparent ? Math.Max(1, hit) : all;
                target[0] = (byte)((r + white + share / 2) / share);
                target[1] = (byte)((g + white + share / 2) / share);
                target[2] = (byte)((b + white + share / 2) / share);
                target[3] = isTransparent ? (byte)(255 * hit / all) : (byte)255;
            }
        return pixels;
    }

    (int R, int G, int B) Colour(int x, int y)
    {
        var word = _raster.Words[y * _raster.Width + x];
        var (nx, ny, nz) = Normal(word);
        // Lights add to 1024 at most; 300 of it is everywhere.
        var light = 330 + 470 * Math.Max(0, nx * Key.X + ny * Key.Y + nz * Key.Z) / (256 * One)
            + 130 * Math.Max(0, nx * Fill.X + ny * Fill.Y + nz * Fill.Z) / (256 * One) + 110 * (ny + One) / (2 * One);
        light = light * (256 - Line(x, y, word)) / 256;
        var (r, g, b) = _hasHeat ? Heat((int)(word >> 32 & 0xFF)) : Grey;
        return (Math.Min(255, r * light / 790), Math.Min(255, g * light / 790), Math.Min(255, b * light / 790));
    }

    /// <summary>How dark a line is here, of 256: against nothing or far behind most, at a fold by how sharp it is.</summary>
    int Line(int x, int y, ulong word)
    {
        var dark = 0;
        foreach (var (dx, dy) in (ReadOnlySpan<(int, int)>)[(1, 0), (-1, 0), (0, 1), (0, -1)])
        {
            int ox = x + dx, oy = y + dy;
            var other = (uint)ox < (uint)_raster.Width && (uint)oy < (uint)_raster.Height ? _raster.Words[oy * _raster.Width + ox] : 0;
            dark = Math.Max(dark, other == 0 ? 120 : Between(word, other));
        }
        return dark;
    }

    static int Between(ulong word, ulong other)
    {
        // Only the nearer side of a step is darkened, so a line is one sample wide.
        var step = (long)(word >> SampleRaster.PayloadBits) - (long)(other >> SampleRaster.PayloadBits);
        var (ax, ay, az) = Normal(word);
        var (bx, by, bz) = Normal(other);
        if (step > 1 << (SampleRaster.NearBits - 6))
            return 105;
        var cosine = (ax * bx + ay * by + az * bz) * 256 / (One * One);
        // Folds sharper than about 25°.
        return cosine < 232 ? Math.Min(80, 30 + (232 - cosine) / 2) : 0;
    }

    static (int X, int Y, int Z) Normal(ulong word) => ((int)(word >> 10 & 1023) - One, (int)(word & 1023) - One, (int)(word >> 20 & 1023) - One);

    static (int R, int G, int B) Heat(int heat)
    {
        var at = heat * (Ramp.Length - 1);
        var i = Math.Min(at / 255, Ramp.Length - 2);
        var share = at - 255 * i;
        var (from, to) = (Ramp[i], Ramp[i + 1]);
        return (from.R + (to.R - from.R) * share / 255, from.G + (to.G - from.G) * share / 255, from.B + (to.B - from.B) * share / 255);
    }
}
