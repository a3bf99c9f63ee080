using System.Globalization;
using System.Text.RegularExpressions;
using Severity = Pricing.Quoting.V1.Finding.Types.Severity;

namespace Pricing.Cost;

/// <summary>One mapping of the document being read. Each Read… method knows its key from then on, reports what is wrong with the value and
/// answers something harmless, so that one pass finds all faults. <see cref="Finish"/> reports the keys nobody asked for.</summary>
sealed partial class PriceListSection(DocumentNode? node, string path, PriceListFaults faults)
{
    static readonly (string Word, Severity Severity)[] Severities =
        [("info", Severity.Info), ("review", Severity.Review), ("block", Severity.Block)];

    readonly List<string> _known = [];

    /// <summary>False for a section that is missing (already reported) or has the wrong shape: reading it reports nothing more.</summary>
    public bool Present { get; } = node is { Kind: DocumentNodeKind.Mapping };

    public string Path => path;

    /// <summary>The same place with nothing in it: reading it is silent.</summary>
    public PriceListSection Absent() => new(null, path, faults);

    /// <summary>A number within [min, max], written alone or as { value, source }.</summary>
    public Figure Number(string key, string unit, decimal min, decimal max)
    {
        var value = Value(key);
        if (value is not { Kind: DocumentNodeKind.Mapping })
            return Number(key, key, value, unit, min, max, "");

        var section = new PriceListSection(value, Join(key), faults);
        var note = section.Note();
        var number = section.Number(key, "value", section.Value("value"), unit, min, max, note);
        section.Finish();
        return number;
    }

    /// <summary>{ value, severity, source }.</summary>
    public Threshold Threshold(string key, string unit, decimal min, decimal max)
    {
        var section = Section(key);
        var note = section.Note();
        var threshold = new Threshold(section.Number(key, "value", section.Value("value"), unit, min, max, note), section.ReadSeverity("severity"));
        section.Finish();
        return threshold;
    }

    public Severity ReadSeverity(string key)
    {
        var word = Choice(key, [.. Severities.Select(severity => severity.Word)]);
        return Severities.FirstOrDefault(severity => severity.Word == word).Severity;
    }

    /// <summary>One of a few words; null after a fault.</summary>
    public string? Choice(string key, IReadOnlyList<string> words)
    {
        if (Scalar(key) is not { } scalar)
            return null;
        if (words.Contains(scalar.Text))
            return scalar.Text;
        Fault(key, scalar.Line, "PRICE_LIST_CHOICE_UNKNOWN", string.Join(", ", words), scalar.Text,
            $"'{PriceListFaults.Shorten(scalar.Text)}' is not one of: {string.Join(", ", words)}.{Suggest(scalar.Text, words)}");
        return null;
    }

    public string Text(string key, int charsMax)
    {
        if (Scalar(key) is not { } scalar)
            return "";
        return Bounded(key, scalar, charsMax);
    }

    /// <summary>An id as quotes name it: lower-case letters, digits and hyphens.</summary>
    public string Id(string key)
    {
        if (Scalar(key) is not { } scalar)
            return "";
        CheckId(Join(key), scalar.Line, scalar.Text);
        return scalar.Text;
    }

    public int WholeNumber(string key, int min, int max)
    {
        var number = Number(key, "", min, max);
        if (number.Value == decimal.Truncate(number.Value))
            return (int)number.Value;
        Fault(key, Line(key), "PRICE_LIST_NUMBER_MALFORMED", "a whole number", number.Text, "A whole number is needed.");
        return min;
    }

    public DateOnly Date(string key)
    {
        if (Scalar(key) is not { } scalar)
            return default;
        if (DateOnly.TryParseExact(scalar.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        Fault(key, scalar.Line, "PRICE_LIST_DATE_MALFORMED", "yyyy-MM-dd", scalar.Text, "A date is written 2026-01-31.");
        return default;
    }

    public string CurrencyCode(string key)
    {
        if (Scalar(key) is not { } scalar)
            return "";
        CheckCurrency(Join(key), scalar.Line, scalar.Text);
        return scalar.Text;
    }

    /// <summary>A required subsection.</summary>
    public PriceListSection Section(string key)
    {
        var value = Value(key);
        if (value is { Kind: not DocumentNodeKind.Mapping })
            Fault(key, value.Line, "PRICE_LIST_SHAPE_WRONG", "a section", "a value", $"'{key}' must be a section with keys of its own.");
        return new PriceListSection(value, Join(key), faults);
    }

    /// <summary>Named subsections in document order.</summary>
    public IReadOnlyList<(string Id, int Line, PriceListSection Section)> Sections(string key, int min, int max, bool idsAreCurrencies = false)
    {
        var section = Section(key);
        if (!section.Present)
            return [];
        var entries = section.Entries;
        if (entries.Count < min || entries.Count > max)
        {
            Fault(key, Line(key), "PRICE_LIST_COUNT_WRONG", $"{min} to {max} entries", $"{entries.Count} entries",
                $"'{key}' has {entries.Count} entries; {min} to {max} are allowed.");
        }

        var children = new List<(string, int, PriceListSection)>();
        foreach (var (id, line, value) in entries.Take(max))
        {
            var childPath = PriceListDocument.Join(section.Path, id);
            if (idsAreCurrencies)
                CheckCurrency(childPath, line, id);
            else
                CheckId(childPath, line, id);
            if (!idsAreCurrencies && value.Kind != DocumentNodeKind.Mapping)
            {
                faults.Add(childPath, value.Line, "PRICE_LIST_SHAPE_WRONG", "a section", "a value", "A section with keys of its own is needed.");
            }

            children.Add((id, line, new PriceListSection(value, childPath, faults)));
        }

        return children;
    }

    /// <summary>Numbers by currency code: units of that currency for one of the list's own.</summary>
    public IReadOnlyList<Figure> ExchangeRates(string key, string own, decimal min, decimal max)
    {
        var rates = new List<Figure>();
        foreach (var (code, line, _) in Sections(key, 0, Limits.PriceList.CurrenciesMax, idsAreCurrencies: true))
        {
            if (code == own)
            {
                faults.Add(PriceListDocument.Join(Join(key), code), line, "PRICE_LIST_DUPLICATE_ID", "other currencies", code,
                    "This is the list's own currency; its rate is 1.");
            }

            // Each currency is a key of the same section, so the ordinary reader of numbers serves.
            var section = Section(key);
            rates.Add(section.Number(code, $"{code} per {own}", min, max));
        }

        return rates;
    }

    /// <summary>True when the key is there; it counts as known from then on.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return node?.Find(key) is not null;
    }

    /// <summary>Reports the keys that nobody asked for. Call once, last.</summary>
    public void Finish()
    {
        if (!Present)
            return;
        foreach (var (key, line, _) in Entries)
        {
            if (_known.Contains(key))
                continue;
            var known = _known.Distinct().ToList();
            Fault(key, line, "PRICE_LIST_KEY_UNKNOWN", string.Join(", ", known), key,
                $"There is no key '{PriceListFaults.Shorten(key)}' here.{Suggest(key, known)}");
        }
    }

    public void Fault(string key, int line, string reason, string limit, string actual, string message) =>
        faults.Add(Join(key), line, reason, limit, actual, message);

    public int Line(string key) => node?.Find(key)?.Line ?? node?.Line ?? 1;

    List<(string Key, int Line, DocumentNode Value)> Entries => node?.Entries ?? [];

    string Join(string key) => PriceListDocument.Join(path, key);

    /// <summary>The optional remark on where a rate comes from.</summary>
    string Note()
    {
        _known.Add("source");
        return node?.Find("source") is { Kind: DocumentNodeKind.Scalar } source ? Bounded("source", source, Limits.PriceList.NoteCharsMax) : "";
    }

    DocumentNode? Value(string key)
    {
        _known.Add(key);
        if (!Present)
            return null;
        var value = node!.Find(key);
        if (value is null || value is { Kind: DocumentNodeKind.Scalar, Text: "" or "~" or "null" })
        {
            Fault(key, value?.Line ?? node.Line, "PRICE_LIST_VALUE_MISSING", "a value", "nothing", $"'{key}' is needed here.");
            return null;
        }

        return value;
    }

    DocumentNode? Scalar(string key)
    {
        var value = Value(key);
        if (value is null or { Kind: DocumentNodeKind.Scalar })
            return value;
        Fault(key, value.Line, "PRICE_LIST_SHAPE_WRONG", "a value", "a section", $"'{key}' must be a single value.");
        return null;
    }

    Figure Number(string name, string key, DocumentNode? value, string unit, decimal min, decimal max, string note)
    {
        var number = min;
        if (value is { Kind: DocumentNodeKind.Scalar })
        {
            if (!PlainDecimal().IsMatch(value.Text))
            {
                Fault(key, value.Line, "PRICE_LIST_NUMBER_MALFORMED", "a plain decimal such as 12.50", value.Text,
                    "A number is written with digits and at most one point: no exponent, comma, percent or unit.");
            }
            else
            {
                number = decimal.Parse(value.Text, CultureInfo.InvariantCulture);
                if (number < min || number > max)
                {
                    Fault(key, value.Line, "PRICE_LIST_OUT_OF_RANGE", string.Create(CultureInfo.InvariantCulture, $"{min} to {max} {unit}").TrimEnd(),
                        $"{value.Text} {unit}".TrimEnd(), string.Create(CultureInfo.InvariantCulture, $"The number must be {min} to {max}."));
                }
            }
        }
        else if (value is not null)
        {
            Fault(key, value.Line, "PRICE_LIST_SHAPE_WRONG", "a number", "a section", "A number is needed here.");
        }

        // The path of the rate, not of its 'value': that is where a reader looks.
        return new Figure(name, number, unit, "price list " + (key == "value" ? path : Join(key)), note);
    }

    string Bounded(string key, DocumentNode scalar, int charsMax)
    {
        if (scalar.Text.Length > charsMax)
        {
            Fault(key, scalar.Line, "PRICE_LIST_TEXT_TOO_LONG", $"{charsMax} characters", $"{scalar.Text.Length} characters", "The text is too long.");
        }

        return scalar.Text;
    }

    void CheckId(string idPath, int line, string id)
    {
        if (id.Length > Limits.PriceList.IdCharsMax || !IdPattern().IsMatch(id))
        {
            faults.Add(idPath, line, "PRICE_LIST_ID_MALFORMED", $"a-z, 0-9 and '-', at most {Limits.PriceList.IdCharsMax} characters", id,
                "An id has lower-case letters, digits and hyphens only.");
        }
    }

    void CheckCurrency(string codePath, int line, string code)
    {
        if (!Currency.TryGet(code, out _))
            faults.Add(codePath, line, "PRICE_LIST_CURRENCY_UNKNOWN", "an ISO 4217 code such as EUR", code, "This currency is not known.");
    }

    /// <summary>The nearest name, if it is near enough to be a slip of the pen.</summary>
    internal static string Suggest(string word, IReadOnlyList<string> names)
    {
        if (word.Length > Limits.PriceList.IdCharsMax)
            return "";
        var nearest = names.Select(name => (Name: name, Distance: Distance(word, name))).OrderBy(pair => pair.Distance).FirstOrDefault();
        return nearest.Name is not null && nearest.Distance <= Math.Min((word.Length - 1) / 2, Math.Max(2, word.Length / 3)) ? $" Did you mean '{nearest.Name}'?" : "";
    }

    /// <summary>Levenshtein's edit distance, one row kept.</summary>
    static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitute, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }

    // Twelve digits before and nine after the point: far beyond any rate, far within decimal.
    [GeneratedRegex(@"\A-?[0-9]{1,12}(\.[0-9]{1,9})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainDecimal();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
