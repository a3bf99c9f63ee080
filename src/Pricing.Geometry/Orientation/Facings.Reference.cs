using Pricing.Geometry.Mass;
using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Orientation;

/// <summary>The plain twin: every triangle asked for every direction, with its own normal, each threshold met or not.</summary>
sealed partial class Facings
{
    public static Facing Reference(IEnumerable<TriangleTile> tiles, Point3 up, double bedMm)
    {
        double[] hanging = new double[3], columns = new double[3];
        double projected = 0, contact = 0;
        foreach (var tile in tiles)
            for (var i = 0; i < tile.Count; i++)
            {
                var terms = TriangleTerms.Of(tile, i);
                if (terms.Area2 == 0)
                    continue;
                double area = terms.Area2 / 2, down = -(terms.Nx * up.X + terms.Ny * up.Y + terms.Nz * up.Z) / terms.Area2;
                double[] heights =
                [
                    tile.Ax[i] * up.X + tile.Ay[i] * up.Y + tile.Az[i] * up.Z - bedMm,
                    tile.Bx[i] * up.X + tile.By[i] * up.Y + tile.Bz[i] * up.Z - bedMm,
                    tile.Cx[i] * up.X + tile.Cy[i] * up.Y + tile.Cz[i] * up.Z - bedMm,
                ];
                projected += area * Math.Abs(down) / 2;
                var lies = down > LyingCosine && heights.Max() <= LyingMm;
                contact += lies ? area : 0;
                double[] cosines = [Root3, Root2, Half];
                for (var k = 0; k < 3; k++)
                    if (!lies && down > cosines[k] + SlackCosine)
                    {
                        hanging[k] += area;
                        columns[k] += area * down * heights.Average();
                    }
            }
        return new(new(hanging[0], hanging[1], hanging[2]), new(columns[0], columns[1], columns[2]), projected, contact);
    }
}
