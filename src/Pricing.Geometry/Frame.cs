namespace Pricing.Geometry;

/// <summary>
/// How a part lies: three unit rows at right angles, right-handed. A point of the file is at (X·p, Y·p, Z·p) in the frame; up is +Z.
/// </summary>
/// <param name="X">First row.</param>
/// <param name="Y">Second row.</param>
/// <param name="Z">Third row: the file's direction that points up.</param>
public readonly record struct Frame(Point3 X, Point3 Y, Point3 Z)
{
    /// <summary>As the file has it.</summary>
    public static Frame AsIs { get; } = new(new(1, 0, 0), new(0, 1, 0), new(0, 0, 1));

    /// <summary>
    /// The frame in which <paramref name="up"/> (any length but zero) points up. The two other rows are chosen by a fixed rule (Duff et al.,
    /// "Building an Orthonormal Basis, Revisited", JCGT 2017); straight up gives <see cref="AsIs"/>.
    /// </summary>
    public static Frame WithUp(Point3 up)
    {
        var length = Math.Sqrt(up.X * up.X + up.Y * up.Y + up.Z * up.Z);
        double x = up.X / length, y = up.Y / length, z = up.Z / length;
        var sign = z < 0 ? -1.0 : 1.0;
        var a = -1 / (sign + z);
        var b = x * y * a;
        return new(new(1 + sign * x * x * a, sign * b, -sign * x), new(b, sign + y * y * a, -y), new(x, y, z));
    }

    /// <summary>Where a point of the file is.</summary>
    public Point3 Place(Point3 p) => new(
        X.X * p.X + X.Y * p.Y + X.Z * p.Z,
        Y.X * p.X + Y.Y * p.Y + Y.Z * p.Z,
        Z.X * p.X + Z.Y * p.Y + Z.Z * p.Z);
}
