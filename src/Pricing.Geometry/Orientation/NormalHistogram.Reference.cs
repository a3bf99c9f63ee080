using System.Numerics;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Orientation;

/// <summary>The plain twin: corners sorted with a comparison, terms one triangle at a time, rounded into big integers, bins by cases.</summary>
sealed partial class NormalHistogram
{
    public static Dictionary<int, BigInteger[]> Reference(IEnumerable<TriangleTile> tiles)
    {
        Dictionary<int, BigInteger[]> bins = [];
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
            {
                var p = (X: tile.Ax[i], Y: tile.Ay[i], Z: tile.Az[i]);
                var q = (X: tile.Bx[i], Y: tile.By[i], Z: tile.Bz[i]);
                var r = (X: tile.Cx[i], Y: tile.Cy[i], Z: tile.Cz[i]);
                var (a, b, c) = q.CompareTo(p) < 0 && q.CompareTo(r) <= 0 ? (q, r, p) : r.CompareTo(p) < 0 && r.CompareTo(q) < 0 ? (r, p, q) : (p, q, r);
                float ux = b.X - a.X, uy = b.Y - a.Y, uz = b.Z - a.Z, vx = c.X - a.X, vy = c.Y - a.Y, vz = c.Z - a.Z;
                float nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
                var area = MathF.Sqrt(nx * nx + ny * ny + nz * nz);
                var s = a.X * nx + a.Y * ny + a.Z * nz;
                float[] terms = [area, nx, ny, nz, (a.X + b.X + c.X) * area, (a.Y + b.Y + c.Y) * area, (a.Z + b.Z + c.Z) * area,
                    area == 0 ? 0 : s * (s / area)];
                var bin = ReferenceBin(nx, ny, nz);
                if (!bins.TryGetValue(bin, out var sums))
                    bins[bin] = sums = new BigInteger[Fields];
                for (var f = 0; f < Fields; f++)
                    sums[f] += new BigInteger(Math.Round((double)terms[f] * PlacesOf(f)));
            }
        return bins;
    }

    static int ReferenceBin(float nx, float ny, float nz)
    {
        var sum = MathF.Abs(nx) + MathF.Abs(ny) + MathF.Abs(nz);
        if (sum == 0)
            return Side * (Side / 2) + Side / 2;
        var scale = 1 / sum;
        float x = nx * scale, y = ny * scale;
        if (nz < 0)
            (x, y) = (x < 0 ? MathF.Abs(y) - 1 : 1 - MathF.Abs(y), y < 0 ? MathF.Abs(x) - 1 : 1 - MathF.Abs(x));
        int column = (int)((x + 1) * (Side / 2f)), row = (int)((y + 1) * (Side / 2f));
        return Side * Math.Min(row, Side - 1) + Math.Min(column, Side - 1);
    }
}
