using System.Numerics;

namespace Pricing.Geometry.Shape;

/// <summary>A parallel view from the front right, above: where a vertex comes to lie on a raster.</summary>
sealed class Camera
{
    /// <summary>Part of the picture left free on each side.</summary>
    const double Margin = 0.06;

    /// <summary>Towards the eye, before it is made a unit: 32° to the right of the front, 30° up.</summary>
    static readonly Point3 Eye = new(0.53, -0.85, 0.58);

    readonly Point3 _right;
    readonly Point3 _down;
    readonly Point3 _toEye;
    double _scale;
    double _offsetX;
    double _offsetY;
    double _nearScale;
    double _nearOffset;

    public Camera(Frame frame)
    {
        var eye = Unit(Eye);
        var right = Unit(new(-eye.Y, eye.X, 0));
        // Down the picture: right × towards the eye, turned over.
        var down = new Point3(-(eye.Y * right.Z - eye.Z * right.Y), -(eye.Z * right.X - eye.X * right.Z), -(eye.X * right.Y - eye.Y * right.X));
        _toEye = FromFrame(frame, eye);
        _right = FromFrame(frame, right);
        _down = FromFrame(frame, down);
    }

    /// <summary>Lays all vertices on the raster, with a margin, in the middle. Unused vertices must not be there to be seen.</summary>
    public RasterCorner[] Place(ReadOnlySpan<Vector3> vertices, ReadOnlySpan<int> corners, SampleRaster raster)
    {
        Fit(vertices, corners, raster);
        var placed = new RasterCorner[vertices.Length];
        for (var v = 0; v < placed.Length; v++)
        {
            var p = vertices[v];
            // Truncation is fine: what matters is that it is the same everywhere. Unused vertices may lie outside and are never drawn.
            placed[v] = new((int)(Along(_right, p) * _scale + _offsetX), (int)(Along(_down, p) * _scale + _offsetY),
                (int)(Along(_toEye, p) * _nearScale + _nearOffset));
        }
        return placed;
    }

    /// <summary>A direction of the file in the picture: right, up, towards the eye.</summary>
    public Point3 Direction(double x, double y, double z) => new(
        _right.X * x + _right.Y * y + _right.Z * z,
        -(_down.X * x + _down.Y * y + _down.Z * z),
        _toEye.X * x + _toEye.Y * y + _toEye.Z * z);

    void Fit(ReadOnlySpan<Vector3> vertices, ReadOnlySpan<int> corners, SampleRaster raster)
    {
        var used = new ulong[vertices.Length / 64 + 1];
        foreach (var v in corners)
            used[v >> 6] |= 1UL << (v & 63);
        double left = double.MaxValue, top = left, far = left, right = double.MinValue, bottom = right, near = right;
        for (var v = 0; v < vertices.Length; v++)
        {
            if ((used[v >> 6] >> (v & 63) & 1) == 0)
                continue;
            var p = vertices[v];
            double x = Along(_right, p), y = Along(_down, p), n = Along(_toEye, p);
            (left, right) = (Math.Min(left, x), Math.Max(right, x));
            (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y));
            (far, near) = (Math.Min(far, n), Math.Max(near, n));
        }
        double wide = raster.Width * (double)SampleRaster.Sub, high = raster.Height * (double)SampleRaster.Sub;
        _scale = Math.Min((1 - 2 * Margin) * wide / Math.Max(right - left, double.Epsilon), (1 - 2 * Margin) * high / Math.Max(bottom - top, double.Epsilon));
        if (!double.IsFinite(_scale))
            _scale = 0;
        _offsetX = wide / 2 - _scale * (left + right) / 2;
        _offsetY = high / 2 - _scale * (top + bottom) / 2;
        // 1 at the least: 0 says that nothing is there.
        const double NearSteps = (1 << SampleRaster.NearBits) - 3;
        _nearScale = near > far ? NearSteps / (near - far) : 0;
        _nearOffset = 1 - _nearScale * far;
    }

    static double Along(in Point3 axis, Vector3 p) => axis.X * p.X + axis.Y * p.Y + axis.Z * p.Z;

    /// <summary>The file's direction that a direction of the frame is: the frame's rows are unit and at right angles.</summary>
    static Point3 FromFrame(Frame f, Point3 d) => new(
        f.X.X * d.X + f.Y.X * d.Y + f.Z.X * d.Z, f.X.Y * d.X + f.Y.Y * d.Y + f.Z.Y * d.Z, f.X.Z * d.X + f.Y.Z * d.Y + f.Z.Z * d.Z);

    static Point3 Unit(Point3 p)
    {
        var length = Math.Sqrt(p.X * p.X + p.Y * p.Y + p.Z * p.Z);
        return new(p.X / length, p.Y / length, p.Z / length);
    }
}
