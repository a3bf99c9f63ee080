using System.Collections.Frozen;
using System.Globalization;
using Pricing.Quoting.V1;

namespace Pricing.Cost;

/// <summary>An ISO 4217 currency and the only place of the platform where money is rounded or written.</summary>
/// <remarks>Half a minor unit goes away from zero, as invoices and customers expect. Banker's rounding would save a bias over many
/// roundings of one amount; here every published amount is rounded exactly once, from exact decimals, so there is none to save.</remarks>
public sealed class Currency
{
    /// <summary>Currencies by number of minor digits, ISO 4217 list one.</summary>
    static readonly (int Digits, string Codes)[] Iso4217 =
    [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
        (2, "AED ALL AMD ARS AUD AZN BAM BDT BGN BOB BRL BYN CAD CHF CNY COP CRC CZK DKK DOP EGP EUR GBP GEL GHS GTQ HKD HNL HUF IDR ILS " +
            "INR KES KGS KZT LKR MAD MDL MKD MXN MYR NGN NOK NZD PAB PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD TZS UAH USD UYU UZS ZAR"),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
    ];

    static readonly FrozenDictionary<string, Currency> Known = Iso4217
        .SelectMany(group => group.Codes.Split(' ').Select(code => new Currency(code, group.Digits)))
        .ToFrozenDictionary(currency => currency.Code, StringComparer.Ordinal);

    readonly string _format;

    Currency(string code, int minorDigits)
    {
        Code = code;
        MinorDigits = minorDigits;
        MinorUnit = new decimal(1, 0, 0, false, (byte)minorDigits);
        _format = "F" + minorDigits.ToString(CultureInfo.InvariantCulture);
    }

    public string Code { get; }
    public int MinorDigits { get; }

    /// <summary>The smallest amount there is: 0.01, 1 or 0.001.</summary>
    public decimal MinorUnit { get; }

    public static bool TryGet(string code, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Currency? currency) =>
        Known.TryGetValue(code, out currency);

    public decimal Round(decimal amount) => Math.Round(Settle(amount), MinorDigits, MidpointRounding.AwayFromZero);

    /// <summary>For minimum prices only: the next amount that is not below the minimum.</summary>
    public decimal RoundUp(decimal amount) => Math.Round(Settle(amount), MinorDigits, MidpointRounding.ToPositiveInfinity);

    // A quotient has 28 digits and may end in …4999 where the truth is …5. Such dust, far below any coin, must not decide about a cent:
    // else one piece of ten could cost more than one of nine.
    static decimal Settle(decimal amount) => Math.Round(amount, 12, MidpointRounding.AwayFromZero);

    /// <summary>Rounds and writes: "12.34", "-0.10", "1500".</summary>
    public string Format(decimal amount)
    {
        var rounded = Round(amount);
        // -0.00 would be read as a debt.
        return (rounded == 0 ? 0m : rounded).ToString(_format, CultureInfo.InvariantCulture);
    }

    public Money ToMoney(decimal amount) => new() { CurrencyCode = Code, Amount = Format(amount) };

    /// <summary>Reads what <see cref="ToMoney"/> wrote. False for an unknown currency, an exponent, a separator or too many digits.</summary>
    public static bool TryRead(Money money, out decimal amount)
    {
        const NumberStyles plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        return decimal.TryParse(money.Amount, plain, CultureInfo.InvariantCulture, out amount)
            && TryGet(money.CurrencyCode, out var currency)
            && amount.Scale <= currency.MinorDigits;
    }
}
