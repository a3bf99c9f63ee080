using NUnit.Framework;
using Pricing.Cost;
using Pricing.Quoting.V1;

namespace Pricing.Tests.Cost;

public sealed class MoneyTests
{
    [TestCase("EUR", "12.344", "12.34")]
    [TestCase("EUR", "12.345", "12.35")]
    [TestCase("EUR", "12.355", "12.36")]
    [TestCase("EUR", "-12.345", "-12.35")]
    [TestCase("EUR", "-0.004", "0.00")]
    [TestCase("EUR", "1234567.8", "1234567.80")]
    [TestCase("JPY", "12.5", "13")]
    [TestCase("JPY", "1500", "1500")]
    [TestCase("KWD", "1.2345", "1.235")]
    public void Amounts_are_rounded_half_away_from_zero_and_written_with_the_currencys_own_digits(string code, string amount, string written)
    {
        var money = Get(code).ToMoney(Exact(amount));
        Assert.That((money.CurrencyCode, money.Amount), Is.EqualTo((code, written)));
        Assert.That(Currency.TryRead(money, out var read), Is.True);
        Assert.That(read, Is.EqualTo(Get(code).Round(Exact(amount))));
    }

    [Test]
    public void The_dust_of_a_division_does_not_decide_about_a_cent()
    {
        // 0.125 reached through thirds: the 28th digit is wrong, the cent must not be.
        var dusty = 0.375m / 3m / 3m * 3m;
        Assert.That(dusty, Is.Not.EqualTo(0.125m), "the dust is there");
        Assert.That(Get("EUR").Round(dusty), Is.EqualTo(0.13m));
        Assert.That(Get("EUR").RoundUp(10m / 3m * 3m), Is.EqualTo(10m));
        Assert.That(Get("EUR").RoundUp(10.000000000000001m), Is.EqualTo(10m));
    }

    [TestCase("8.333", "8.34")]
    [TestCase("8.33", "8.33")]
    [TestCase("8.3300001", "8.34")]
    public void A_minimum_is_rounded_up(string amount, string rounded) => Assert.That(Get("EUR").RoundUp(Exact(amount)), Is.EqualTo(Exact(rounded)));

    [TestCase("EUR", "1.234")]
    [TestCase("EUR", "1e3")]
    [TestCase("EUR", "1,000.00")]
    [TestCase("EUR", "")]
    [TestCase("EUR", " 1.00")]
    [TestCase("EUR", "NaN")]
    [TestCase("JPY", "1.5")]
    [TestCase("XXY", "1.00")]
    public void Money_that_this_room_would_not_write_is_not_read(string code, string amount) =>
        Assert.That(Currency.TryRead(new Money { CurrencyCode = code, Amount = amount }, out _), Is.False);

    [Test]
    public void Unknown_codes_are_unknown()
    {
        Assert.That(Currency.TryGet("eur", out _), Is.False);
        Assert.That(Currency.TryGet("", out _), Is.False);
    }

    static Currency Get(string code) => Currency.TryGet(code, out var currency) ? currency : throw new ArgumentException(code);

    static decimal Exact(string amount) => decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture);
}
