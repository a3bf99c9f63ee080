using System.Globalization;
using System.Numerics;
using System.Text;
using NUnit.Framework;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

/// <summary>Decimals of any length and size have the bits the runtime's own parser gives.</summary>
sealed class EiselLemireTests
{
    static int Seed()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        return seed;
    }

    [Test]
    public void Two_million_random_numbers_are_the_doubles_of_the_runtime()
    {
        var random = new Random(Seed());
        Span<char> text = stackalloc char[40];
        for (var i = 0; i < 2_000_000; i++)
        {
            var w = (ulong)random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            var q = random.Next(3) switch { 0 => random.Next(-25, 25), 1 => random.Next(-345, -290), _ => random.Next(-345, 310) };
            w.TryFormat(text, out var length);
            text[length++] = 'e';
            q.TryFormat(text[length..], out var more, default, CultureInfo.InvariantCulture);
            var expected = double.Parse(text[..(length + more)], NumberStyles.Float, CultureInfo.InvariantCulture);
            if (BitConverter.DoubleToInt64Bits(EiselLemire.ToDouble(w, q)) != BitConverter.DoubleToInt64Bits(expected))
                Assert.Fail($"{text[..(length + more)]} gives {EiselLemire.ToDouble(w, q):R}, not {expected:R}");
        }
    }

    [Test]
    public void Every_power_of_ten_and_points_between_doubles_are_right()
    {
        for (var q = -360; q <= 320; q++)
            Check(1, q);
        // Halfway between two doubles: exactly, and one unit on either side.
        var random = new Random(Seed());
        for (var i = 0; i < 200_000; i++)
        {
            var odd = ((ulong)random.NextInt64(1L << 52, 1L << 53) << 1) + 1;
            var fives = random.Next(0, 5);
            var w = odd * (ulong)BigInteger.Pow(5, fives);
            Check(w, -fives);
            Check(w - 1, -fives);
            Check(w + 1, -fives);
        }

        static void Check(ulong w, int q) => Assert.That(EiselLemire.ToDouble(w, q),
            Is.EqualTo(double.Parse($"{w}e{q.ToString(CultureInfo.InvariantCulture)}", NumberStyles.Float, CultureInfo.InvariantCulture)), $"{w}e{q}");
    }

    [Test]
    public void Texts_of_up_to_forty_digits_round_to_the_float_of_the_runtime()
    {
        var random = new Random(Seed());
        for (var i = 0; i < 300_000; i++)
        {
            var digits = new string([.. Enumerable.Range(0, random.Next(15, 41)).Select(_ => (char)('0' + random.Next(10)))]);
            var point = random.Next(digits.Length + 1);
            var text = (random.Next(2) == 0 ? "-" : "") + digits[..point] + "." + digits[point..]
                + (random.Next(2) == 0 ? $"e{random.Next(-60, 30).ToString(CultureInfo.InvariantCulture)}" : "");
            if (!TextNumber.TryParse(Encoding.ASCII.GetBytes(text), out double value))
                Assert.Fail($"{text} is a number");
            var exact = double.Parse(text, CultureInfo.InvariantCulture);
            var direct = float.Parse(text, CultureInfo.InvariantCulture);
            if ((float)value != direct || (value != exact && value != Math.BitIncrement(exact) && value != Math.BitDecrement(exact)))
                Assert.Fail($"{text} gives {value:R}: {exact:R}, {direct:R}");
            if ((float)exact == direct && value != exact)
                Assert.Fail($"{text} gives {value:R}, not {exact:R}");
        }
    }
}
