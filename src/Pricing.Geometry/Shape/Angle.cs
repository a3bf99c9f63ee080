namespace Pricing.Geometry.Shape;

/// <summary>Angles by + − × ÷ √ alone: a libm differs between platforms.</summary>
static class Angle
{
    /// <summary>tan 22.5°.</summary>
    const double EighthTan = 0.41421356237309503;

    /// <summary>
    /// Angle of (x, y), −π…π, to 10⁻¹¹ (0 for no direction): the tangent of its half, folded into ±tan 22.5°, in the series of the arc tangent to the 25th power.
    /// </summary>
    public static double Of(double y, double x)
    {
        var length = Math.Sqrt(x * x + y * y);
        if (!(length > 0))
            return 0;
        var up = Math.Abs(y);
        // Half the angle lies in 0…π/2; where its tangent passes 1 the other half of a straight angle is taken.
        var isObtuse = x < 0;
        var t = up / (length + Math.Abs(x));
        var half = t <= EighthTan ? Series(t) : Math.PI / 4 - Series((1 - t) / (1 + t));
        var angle = isObtuse ? Math.PI - 2 * half : 2 * half;
        return y < 0 ? -angle : angle;
    }

    static double Series(double t)
    {
        var s = t * t;
        var sum = 0.0;
        for (var k = 25; k >= 1; k -= 2)
            sum = 1.0 / k - s * sum;
        return t * sum;
    }
}
