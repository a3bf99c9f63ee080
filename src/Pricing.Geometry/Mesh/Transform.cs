namespace Pricing.Geometry.Mesh;

/// <summary>
/// An affine map in double, row vectors: x' = x·M11 + y·M21 + z·M31 + Dx, as 3MF writes its matrices. Only + and ×, in one order, so a
/// vertex maps to the same bits wherever it is used.
/// </summary>
readonly record struct Transform(
    double M11, double M12, double M13,
    double M21, double M22, double M23,
    double M31, double M32, double M33,
    double Dx, double Dy, double Dz)
{
    public static readonly Transform Identity = new(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0);

    /// <summary>Negative for a mirror: triangles must be turned round to keep their outside outside.</summary>
    public double Determinant => M11 * (M22 * M33 - M23 * M32) - M12 * (M21 * M33 - M23 * M31) + M13 * (M21 * M32 - M22 * M31);

    public (double X, double Y, double Z) Apply(double x, double y, double z) => (
        x * M11 + y * M21 + z * M31 + Dx,
        x * M12 + y * M22 + z * M32 + Dy,
        x * M13 + y * M23 + z * M33 + Dz);

    /// <summary>First this map, then the other one.</summary>
    public Transform Then(in Transform outer)
    {
        var (dx, dy, dz) = outer.Apply(Dx, Dy, Dz);
        return new Transform(
            M11 * outer.M11 + M12 * outer.M21 + M13 * outer.M31, M11 * outer.M12 + M12 * outer.M22 + M13 * outer.M32, M11 * outer.M13 + M12 * outer.M23 + M13 * outer.M33,
            M21 * outer.M11 + M22 * outer.M21 + M23 * outer.M31, M21 * outer.M12 + M22 * outer.M22 + M23 * outer.M32, M21 * outer.M13 + M22 * outer.M23 + M23 * outer.M33,
            M31 * outer.M11 + M32 * outer.M21 + M33 * outer.M31, M31 * outer.M12 + M32 * outer.M22 + M33 * outer.M32, M31 * outer.M13 + M32 * outer.M23 + M33 * outer.M33,
            dx, dy, dz);
    }
}
