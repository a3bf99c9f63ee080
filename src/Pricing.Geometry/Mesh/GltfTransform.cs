using System.Text.Json;

namespace Pricing.Geometry.Mesh;

/// <summary>A node's own placement: a 4×4 matrix in column order, or scale, then rotation (a unit quaternion), then translation.</summary>
static class GltfTransform
{
    public static Transform Read(JsonElement node, string place)
    {
        if (GltfJson.Numbers(node, "matrix", 16, place) is { } m)
        {
            if (m[3] != 0 || m[7] != 0 || m[11] != 0 || m[15] != 1)
                throw GltfJson.Malformed($"{place}.matrix", "an affine matrix", "a perspective one");
            return new Transform(m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10], m[12], m[13], m[14]);
        }
        var transform = Transform.Identity;
        if (GltfJson.Numbers(node, "scale", 3, place) is { } s)
            transform = new Transform(s[0], 0, 0, 0, s[1], 0, 0, 0, s[2], 0, 0, 0);
        if (GltfJson.Numbers(node, "rotation", 4, place) is { } q)
            transform = transform.Then(Rotation(q, place));
        if (GltfJson.Numbers(node, "translation", 3, place) is { } t)
            transform = transform with { Dx = t[0], Dy = t[1], Dz = t[2] };
        return transform;
    }

    /// <summary>The quaternion is normalised, because files store it in few digits and an unnormalised one would scale the part.</summary>
    static Transform Rotation(double[] q, string place)
    {
        var length = Math.Sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
        if (!(length > 1e-6 && length < 1e6))
            throw GltfJson.Malformed($"{place}.rotation", "a unit quaternion", $"length {length}");
        var (x, y, z, w) = (q[0] / length, q[1] / length, q[2] / length, q[3] / length);
        return new Transform(
            1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w),
            2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w),
            2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y),
            0, 0, 0);
    }
}
