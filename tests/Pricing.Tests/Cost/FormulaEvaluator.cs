using System.Globalization;
using NUnit.Framework;

namespace Pricing.Tests.Cost;

/// <summary>Evaluates the formula text of a line from the line's own inputs: the proof that the text is the rule. A plain recursive descent
/// over numbers, names, × ÷ + − ( ) and min, max, ceil.</summary>
sealed class FormulaEvaluator(string formula, IReadOnlyDictionary<string, decimal> inputs)
{
    readonly HashSet<string> _used = [];
    int _at;

    /// <summary>Inputs that the formula does not name explain nothing.</summary>
    public IReadOnlySet<string> Used => _used;

    public decimal Evaluate()
    {
        var value = Sum();
        Skip();
        Assert.That(_at, Is.EqualTo(formula.Length), $"Rest of the formula: {formula[_at..]}");
        return value;
    }

    decimal Sum()
    {
        var value = Take('−') ? -Product() : Product();
        while (true)
        {
            if (Take('+'))
                value += Product();
            else if (Take('−'))
                value -= Product();
            else
                return value;
        }
    }

    decimal Product()
    {
        var value = Term();
        while (true)
        {
            if (Take('×'))
                value *= Term();
            else if (Take('÷'))
                value /= Term();
            else
                return value;
        }
    }

    decimal Term()
    {
        if (Take('('))
        {
            var inner = Sum();
            Expect(')');
            return inner;
        }

        Skip();
        var start = _at;
        while (_at < formula.Length && (char.IsAsciiLetterOrDigit(formula[_at]) || formula[_at] is '_' or '.'))
            _at++;
        var word = formula[start.._at];
        if (word is "min" or "max")
        {
            Expect('(');
            var first = Sum();
            Expect(',');
            var second = Sum();
            Expect(')');
            return word == "min" ? Math.Min(first, second) : Math.Max(first, second);
        }

        if (word == "ceil")
        {
            Expect('(');
            var inner = Sum();
            Expect(')');
            return Math.Ceiling(inner);
        }

        if (decimal.TryParse(word, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return number;
        Assert.That(inputs, Contains.Key(word), $"'{word}' is not an input of: {formula}");
        _used.Add(word);
        return inputs[word];
    }

    void Expect(char sign) => Assert.That(Take(sign), Is.True, $"'{sign}' expected at {_at} of: {formula}");

    bool Take(char sign)
    {
        Skip();
        if (_at >= formula.Length || formula[_at] != sign)
            return false;
        _at++;
        return true;
    }

    void Skip()
    {
        while (_at < formula.Length && formula[_at] == ' ')
            _at++;
    }
}
