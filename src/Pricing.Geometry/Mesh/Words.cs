using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>The words of one line, cut at anything up to a space.</summary>
ref struct Words(ReadOnlySpan<byte> line, long lineNumber)
{
    ReadOnlySpan<byte> _rest = line;

    /// <summary>The next word; empty at the end of the line.</summary>
    public ReadOnlySpan<byte> Next()
    {
        var rest = _rest;
        var from = 0;
        while (from < rest.Length && rest[from] <= ' ')
            from++;
        var to = from;
        while (to < rest.Length && rest[to] > ' ')
            to++;
        _rest = rest[to..];
        return rest[from..to];
    }

    /// <summary>The next word as a number; refused when it is none or absent.</summary>
    public double NextNumber()
    {
        var word = Next();
        return TextNumber.TryParse(word, out double value) ? value : throw Malformed(word, "a decimal number such as 12.5 or -1e-3");
    }

    /// <summary>The next word as an integer; refused when it is none or absent.</summary>
    public long NextInteger()
    {
        var word = Next();
        return TextNumber.TryParse(word, out long value) ? value : throw Malformed(word, "an integer");
    }

    public readonly MeshFormatException Malformed(ReadOnlySpan<byte> word, string wanted) => NumberMalformed(word, wanted, $"line {lineNumber}");

    /// <summary>The one refusal of a number that is none: not-a-number words have their own reason.</summary>
    public static MeshFormatException NumberMalformed(ReadOnlySpan<byte> word, string wanted, string field)
    {
        var shown = Shown(word);
        if (IsNotFinite(shown))
            return new MeshFormatException("COORDINATE_NOT_FINITE", "A coordinate is not a finite number.", field, "a finite number", shown);
        return new MeshFormatException("NUMBER_MALFORMED", word.IsEmpty ? "A number is missing." : "A number is malformed.", field, wanted,
            word.IsEmpty ? "nothing" : shown);
    }

    /// <summary>A word fit to be quoted in an answer: printable ASCII, of bounded length.</summary>
    public static string Shown(ReadOnlySpan<byte> word, int charsMax = 40)
    {
        var shown = new StringBuilder();
        foreach (var b in word[..Math.Min(charsMax, word.Length)])
            shown.Append(b is > 32 and < 127 ? (char)b : '?');
        return shown.ToString();
    }

    static bool IsNotFinite(string word)
    {
        var bare = word.TrimStart('-', '+');
        return bare.StartsWith("nan", StringComparison.OrdinalIgnoreCase) || bare.StartsWith("inf", StringComparison.OrdinalIgnoreCase)
            || bare.StartsWith("1.#", StringComparison.Ordinal);
    }
}
