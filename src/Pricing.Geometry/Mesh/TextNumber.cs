using System.Globalization;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// Decimal text to number. The double answered is the correctly rounded one, except where rounding it on to float32 would differ from
/// rounding the text to float32 directly (the double fell exactly between two floats): there it is moved one step towards the text. So
/// <c>(float)value</c> is the correctly rounded float32 of the text, and the same decimal gives the same bits in every format.
/// </summary>
static class TextNumber
{
    /// <summary>Powers of ten that a double holds exactly.</summary>
    static ReadOnlySpan<double> Powers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    const int ExponentDigits = 5;
    const int DigitsKept = 19;
    const double SmallestNormalFloat = 1.17549435e-38;

    /// <summary>The bits of a double that a float32 does not have, and their value halfway between two floats.</summary>
    public const long BelowFloat = (1L << 29) - 1;
    public const long Halfway = 1L << 28;

    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var i = 0;
        var negative = false;
        if (text.Length > 0 && (text[0] == '-' || text[0] == '+'))
        {
            negative = text[0] == '-';
            i = 1;
        }

        // 19 digits fit 64 bits; later ones only tell on which side of them the number lies.
        ulong mantissa = 0;
        var digits = 0;
        var significant = 0;
        var exponent = 0;
        var isCut = false;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++, digits++)
            if (significant < DigitsKept)
            {
                mantissa = mantissa * 10 + (uint)(text[i] - '0');
                significant += mantissa != 0 ? 1 : 0;
            }
            else
            {
                exponent++;
                isCut |= text[i] != '0';
            }
        if (i < text.Length && text[i] == '.')
            for (i++; i < text.Length && (uint)(text[i] - '0') <= 9; i++, digits++)
                if (significant < DigitsKept)
                {
                    mantissa = mantissa * 10 + (uint)(text[i] - '0');
                    significant += mantissa != 0 ? 1 : 0;
                    exponent--;
                }
                else
                    isCut |= text[i] != '0';
        if (digits == 0)
            return false;
        if (i < text.Length && (text[i] | 0x20) == 'e')
        {
            i++;
            var exponentNegative = false;
            if (i < text.Length && (text[i] == '-' || text[i] == '+'))
                exponentNegative = text[i++] == '-';
            var from = i;
            var stated = 0;
            for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++)
            {
                if (i - from == ExponentDigits)
                    return false;
                stated = stated * 10 + (text[i] - '0');
            }
            if (i == from)
                return false;
            exponent += exponentNegative ? -stated : stated;
        }
        if (i != text.Length)
            return false;

        // Exact mantissa times or over an exact power of ten is one rounding (Clinger's fast path).
        if (mantissa <= 1UL << 53 && !isCut && exponent is >= -22 and <= 22)
            value = exponent < 0 ? mantissa / Powers[-exponent] : mantissa * Powers[exponent];
        else
        {
            value = EiselLemire.ToDouble(mantissa, exponent);
            // Digits that were cut lie below one unit of the mantissa: where the next mantissa gives another double, all digits are asked.
            if (isCut && value != EiselLemire.ToDouble(mantissa + 1, exponent))
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && Settle(ref value, text);
        }
        if (negative)
            value = -value;
        return Settle(ref value, text);
    }

    /// <summary>Moves a double that the rounding to float32 would take to the wrong side.</summary>
    static bool Settle(ref double value, ReadOnlySpan<byte> text)
    {
        if ((BitConverter.DoubleToInt64Bits(value) & BelowFloat) == Halfway || (value != 0 && Math.Abs(value) < SmallestNormalFloat))
            value = TowardsText(value, text);
        return true;
    }

    /// <summary>A decimal integer with an optional sign. Anything outside long is answered as false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = text.Length > 0 && text[0] == '-';
        var i = negative || (text.Length > 0 && text[0] == '+') ? 1 : 0;
        if (i == text.Length || text.Length - i > 18)
            return false;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit > 9)
                return false;
            value = value * 10 + digit;
        }
        if (negative)
            value = -value;
        return true;
    }

    static double TowardsText(double value, ReadOnlySpan<byte> text)
    {
        if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var direct) || (float)value == direct)
            return value;
        return direct > (float)value ? Math.BitIncrement(value) : Math.BitDecrement(value);
    }
}
