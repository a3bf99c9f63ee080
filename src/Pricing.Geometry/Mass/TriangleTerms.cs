using Pricing.Geometry.Mesh;

namespace Pricing.Geometry.Mass;

/// <summary>One triangle's terms in plain doubles: the operations, in the order, that every path of the mass kernel performs.</summary>
readonly record struct TriangleTerms(
    double Nx, double Ny, double Nz, double NormalSquared, double Area2, double Steep2,
    double Volume6, double MomentX24, double MomentY24, double MomentZ24, double TopZ)
{
    public static TriangleTerms Of(TriangleTile tile, int i) =>
        Of(new(tile.Ax[i], tile.Ay[i], tile.Az[i]), new(tile.Bx[i], tile.By[i], tile.Bz[i]), new(tile.Cx[i], tile.Cy[i], tile.Cz[i]));

    public static TriangleTerms Of(Point3 a, Point3 b, Point3 c)
    {
        double ax = a.X, ay = a.Y, az = a.Z;
        double bx = b.X, by = b.Y, bz = b.Z;
        double cx = c.X, cy = c.Y, cz = c.Z;
        double ux = bx - ax, uy = by - ay, uz = bz - az;
        double vx = cx - ax, vy = cy - ay, vz = cz - az;
        var nx = uy * vz - uz * vy;
        var ny = uz * vx - ux * vz;
        var nz = ux * vy - uy * vx;
        var nn = nx * nx + ny * ny + nz * nz;
        var area = Math.Sqrt(nn);
        var d = ax * nx + ay * ny + az * nz;
        return new(nx, ny, nz, nn, area, nn < nz * nz + nz * nz ? area : 0, d,
            d * (ax + bx + cx), d * (ay + by + cy), d * (az + bz + cz), Math.Max(Math.Max(az, bz), cz));
    }
}
