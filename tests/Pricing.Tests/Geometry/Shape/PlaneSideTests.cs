using System.Numerics;
using NUnit.Framework;
using Pricing.Geometry.Shape;

namespace Pricing.Tests.Geometry.Shape;

sealed class PlaneSideTests
{
    /// <summary>The determinant in whole numbers: float32 times 2¹⁴⁹.</summary>
    static int Integers(Vector3 a, Vector3 b, Vector3 c, Vector3 d)
    {
        static BigInteger Whole(float value)
        {
            var bits = BitConverter.SingleToInt32Bits(value);
            int exponent = bits >> 23 & 0xFF, mantissa = bits & 0x7FFFFF | (exponent > 0 ? 0x800000 : 0);
            return (bits < 0 ? -mantissa : mantissa) * (BigInteger.One << Math.Max(exponent, 1));
        }
        BigInteger X(Vector3 p) => Whole(p.X) - Whole(a.X);
        BigInteger Y(Vector3 p) => Whole(p.Y) - Whole(a.Y);
        BigInteger Z(Vector3 p) => Whole(p.Z) - Whole(a.Z);
        return (X(d) * (Y(b) * Z(c) - Z(b) * Y(c)) + Y(d) * (Z(b) * X(c) - X(b) * Z(c)) + Z(d) * (X(b) * Y(c) - Y(b) * X(c))).Sign;
    }

    [Test]
    public void Agrees_with_whole_numbers_on_points_that_nearly_lie_in_a_plane()
    {
        var random = Made.Random();
        var zeros = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var scale = Math.Pow(2, random.Next(-40, 20));
            var p = new Vector3[3];
            for (var i = 0; i < 3; i++)
                p[i] = Made.Between(random, -scale, scale);
            float s = random.Next(5), t = random.Next(5);
            var d = p[0] + s * (p[1] - p[0]) + t * (p[2] - p[0]);
            if (round % 2 == 0)
                (p[0].Z, p[1].Z, p[2].Z, d.Z) = (p[0].Y, p[1].Y, p[2].Y, round % 4 == 0 ? d.Y : MathF.BitIncrement(d.Y));
            if (round % 5 == 0)
                d.X += (float)Math.Pow(2, -random.Next(140));
            var expected = Integers(p[0], p[1], p[2], d);
            zeros += expected == 0 ? 1 : 0;
            Assert.That((PlaneSide.Of(p[0], p[1], p[2], d), PlaneSide.Exact(p[0], p[1], p[2], d)), Is.EqualTo((expected, expected)), $"{p[0]} {p[1]} {p[2]} {d}");
        }
        Assert.That(zeros, Is.GreaterThan(1_000));
    }

    [Test]
    public void Nothing_is_too_small_or_too_far_apart()
    {
        var tiny = float.Epsilon;
        Assert.That(PlaneSide.Of(default, new(tiny, 0, 0), new(0, tiny, 0), new(0, 0, tiny)), Is.EqualTo(1));
        Assert.That(PlaneSide.Of(default, new(1e6f, 0, 0), new(0, 1e6f, 0), new(1e6f, 1e6f, -tiny)), Is.EqualTo(-1));
        Assert.That(PlaneSide.Of(new(1e6f, 1e6f, 1e6f), new(0, 0, tiny), new(0, tiny, 0), new(tiny, 0, 0)), Is.EqualTo(Integers(new(1e6f, 1e6f, 1e6f), new(0, 0, tiny), new(0, tiny, 0), new(tiny, 0, 0))));
    }
}
