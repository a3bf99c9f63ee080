using System.Numerics;
using System.Runtime.InteropServices;
using Pricing.Geometry.Topology;

namespace Pricing.Geometry.Shape;

/// <summary>
/// A small picture of a part for lists and boards, drawn without a graphics card: the same pixels on every machine and for any order of
/// triangles. The PNG's bytes depend on the platform's zlib; compare pixels.
/// </summary>
static class Thumbnail
{
    /// <summary>Samples of a pixel, each way.</summary>
    const int Samples = 2;

    /// <summary>Steps of a normal's component, ±.</summary>
    const int NormalSteps = 511;

    /// <summary>The picture as a PNG file.</summary>
    public static byte[] Render(SolidMesh mesh, ThumbnailOptions options) =>
        Png.Write(Pixels(mesh, options), options.WidthPixels, options.HeightPixels);

    /// <summary>Red, green, blue, opacity, 8 bits each, row by row from the top.</summary>
    public static byte[] Pixels(SolidMesh mesh, ThumbnailOptions options)
    {
        if (options.WidthPixels is < 1 or > Limits.Shape.ThumbnailPixelsMax || options.HeightPixels is < 1 or > Limits.Shape.ThumbnailPixelsMax)
            throw new ArgumentOutOfRangeException(nameof(options), $"A thumbnail has 1 to {Limits.Shape.ThumbnailPixelsMax} pixels a side.");
        if (options.Heat.Length != 0 && options.Heat.Length != mesh.Triangles)
            throw new ArgumentException("There is one byte of heat per triangle.", nameof(options));
        var raster = new SampleRaster(Samples * options.WidthPixels, Samples * options.HeightPixels);
        Draw(mesh, options, raster);
        return new Shading(raster, hasHeat: options.Heat.Length != 0).Pixels(Samples, options.IsTransparent);
    }

    /// <summary>Every triangle, both its sides: the back of an open surface is seen too.</summary>
    static void Draw(SolidMesh mesh, ThumbnailOptions options, SampleRaster raster)
    {
        var vertices = MemoryMarshal.Cast<float, Vector3>(mesh.Coordinates);
        var camera = new Camera(options.Frame);
        var corners = mesh.Corners;
        var placed = camera.Place(vertices, corners, raster);
        var heat = options.Heat.Span;
        for (var t = 0; t < mesh.Triangles; t++)
        {
            int a = corners[3 * t], b = corners[3 * t + 1], c = corners[3 * t + 2];
            if (!SampleRaster.MayCover(placed[a], placed[b], placed[c]))
                continue;
            var payload = (heat.Length > 0 ? (ulong)heat[t] : 0) << 32 | Normal(camera, vertices[a], vertices[b], vertices[c]);
            raster.Draw(placed[a], placed[b], placed[c], payload);
        }
    }

    /// <summary>The unit normal in the picture, turned towards the eye: nearness of facing first, then right and up, ten bits each.</summary>
    static ulong Normal(Camera camera, Vector3 p, Vector3 q, Vector3 r)
    {
        // From the lowest corner, so that the start corner cannot change a bit.
        if (IsLower(q, p) && !IsLower(r, q))
            (p, q, r) = (q, r, p);
        else if (IsLower(r, p))
            (p, q, r) = (r, p, q);
        double ux = (double)q.X - p.X, uy = (double)q.Y - p.Y, uz = (double)q.Z - p.Z;
        double vx = (double)r.X - p.X, vy = (double)r.Y - p.Y, vz = (double)r.Z - p.Z;
        double nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
        var length = Math.Sqrt(nx * nx + ny * ny + nz * nz);
        if (!(length > 0))
            return Pack(0, 0, 0);
        var n = camera.Direction(nx / length, ny / length, nz / length);
        return n.Z < 0 ? Pack(-n.X, -n.Y, -n.Z) : Pack(n.X, n.Y, n.Z);

        static ulong Pack(double x, double y, double z) => Step(z) << 20 | Step(x) << 10 | Step(y);
        static ulong Step(double value) => (ulong)(int)(Math.Clamp(value, -1, 1) * NormalSteps + NormalSteps + 0.5);
    }

    static bool IsLower(Vector3 p, Vector3 q) => p.X < q.X || (p.X == q.X && (p.Y < q.Y || (p.Y == q.Y && p.Z < q.Z)));
}
