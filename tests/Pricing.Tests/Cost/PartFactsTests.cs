using System.Globalization;
using FsCheck.Fluent;
using NUnit.Framework;
using Pricing.Cost;
using static Pricing.Tests.Cost.Parts;

namespace Pricing.Tests.Cost;

public sealed class PartFactsTests
{
    [TestCase(0.0, "0")]
    [TestCase(1.0, "1")]
    [TestCase(24_000.0, "24000")]
    [TestCase(123456789.4, "123456789")]
    [TestCase(123456789.5, "123456790")]
    [TestCase(1234567890.0, "1234567890")]
    [TestCase(12345678915.0, "12345678900")]
    [TestCase(0.1234567894, "0.123456789")]
    [TestCase(0.00012345678949, "0.000123456789")]
    [TestCase(520.123456789, "520.123457")]
    [TestCase(0.1 + 0.2, "0.3")]
    [TestCase(-2.5, "-2.5")]
    [TestCase(1e15, "1000000000000000")]
    [TestCase(5e-324, "0")]
    public void Doubles_become_decimals_of_nine_significant_digits(double value, string expected) =>
        Assert.That(PartFacts.ToDecimal(value), Is.EqualTo(decimal.Parse(expected, CultureInfo.InvariantCulture)));

    [Test]
    public void Nine_digits_are_those_of_the_correctly_rounded_text()
    {
        // The reference is the runtime's own exact conversion to text. Where the 15th digit that decimal keeps decides a tie, the two
        // may differ in the ninth digit, so ties are left out.
        var values =
            from mantissa in Gen.Choose(1, int.MaxValue - 1)
            from divisor in Gen.Choose(1, 1_000_000)
            from power in Gen.Choose(-6, 9)
            select mantissa / (double)divisor * Math.Pow(10, power);
        ForAll(values, value =>
        {
            var text = value.ToString("E14", CultureInfo.InvariantCulture);
            if (text[10..16] is "500000" or "499999")
                return;
            var expected = decimal.Parse(value.ToString("E8", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture);
            Assert.That(PartFacts.ToDecimal(value), Is.EqualTo(expected), text);
        }, tests: 2000);
    }

    [Test]
    public void Order_is_kept() =>
        ForAll(from a in Gen.Choose(1, 1_000_000) from b in Gen.Choose(1, 1_000_000) select (a / 977.0, b / 977.0), pair =>
        {
            var (small, large) = (Math.Min(pair.Item1, pair.Item2), Math.Max(pair.Item1, pair.Item2));
            Assert.That(PartFacts.ToDecimal(small), Is.LessThanOrEqualTo(PartFacts.ToDecimal(large)));
        });
}
