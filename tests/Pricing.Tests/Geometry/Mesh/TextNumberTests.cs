using System.Globalization;
using System.Text;
using NUnit.Framework;
using Pricing.Geometry.Mesh;

namespace Pricing.Tests.Geometry.Mesh;

sealed class TextNumberTests
{
    static double? Parse(string text) => TextNumber.TryParse(Encoding.UTF8.GetBytes(text), out double value) ? value : null;

    /// <summary>The reference: the library's correctly rounded float parser.</summary>
    static void AssertSameFloat(string text)
    {
        var expected = BitConverter.SingleToInt32Bits(float.Parse(text, CultureInfo.InvariantCulture));
        Assert.That(BitConverter.SingleToInt32Bits((float)Parse(text)!.Value), Is.EqualTo(expected), text);
    }

    [Test]
    public void Random_floats_printed_with_nine_digits_come_back_bit_for_bit()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 200_000; i++)
        {
            var value = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (!float.IsFinite(value))
                continue;
            foreach (var format in new[] { "G9", "E8", "R" })
            {
                var text = value.ToString(format, CultureInfo.InvariantCulture);
                Assert.That(BitConverter.SingleToInt32Bits((float)Parse(text)!.Value), Is.EqualTo(BitConverter.SingleToInt32Bits(value)), text);
            }
        }
    }

    [Test]
    public void Decimals_of_any_length_round_once_to_float()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 100_000; i++)
        {
            var digits = new string([.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => (char)('0' + random.Next(10)))]);
            var point = random.Next(digits.Length + 1);
            var text = $"{(random.Next(2) == 0 ? "-" : "")}{digits[..point]}{(point < digits.Length || random.Next(2) == 0 ? "." : "")}{digits[point..]}{(random.Next(3) == 0 ? $"e{random.Next(-50, 30)}" : "")}";
            AssertSameFloat(text);
        }
    }

    /// <summary>Half-way points between floats, and decimals a hair beside them: where going through double would round twice.</summary>
    [Test]
    public void Numbers_beside_the_half_way_points_of_floats_do_not_round_twice()
    {
        var random = new Random(11);
        for (var i = 0; i < 20_000; i++)
        {
            var value = Math.Abs(BitConverter.Int32BitsToSingle((random.Next(100, 160) << 23) | random.Next(1 << 23)));
            var half = ((double)value + MathF.BitIncrement(value)) / 2;
            var exact = ((decimal)half).ToString(CultureInfo.InvariantCulture);
            if (double.Parse(exact, CultureInfo.InvariantCulture) != half)
                exact = half.ToString("F60", CultureInfo.InvariantCulture).TrimEnd('0');
            AssertSameFloat(exact);
            AssertSameFloat((exact.Contains('.') ? exact : exact + ".") + "000000000000000000001");
            AssertSameFloat(half.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    [TestCase("1e-45"), TestCase("7e-46"), TestCase("1.1754943508222875e-38"), TestCase("-0"), TestCase("0.0000000000000000000000000000000000000000000001")]
    [TestCase("3.4028235e38"), TestCase("16777217"), TestCase("16777219.00000000000000000001"), TestCase("+5"), TestCase("5."), TestCase(".5"), TestCase("1E+05")]
    public void Corners_of_the_number_line_agree_with_the_library(string text) => AssertSameFloat(text);

    [TestCase(""), TestCase("-"), TestCase("."), TestCase("e5"), TestCase("1e"), TestCase("1e+"), TestCase("1,5"), TestCase("1.2.3"), TestCase("0x10"), TestCase("nan")]
    [TestCase("inf"), TestCase("1f"), TestCase("--1"), TestCase("1 "), TestCase("1e999999"), TestCase("١")]
    public void What_is_no_plain_decimal_is_no_number(string text) => Assert.That(Parse(text), Is.Null);
}
