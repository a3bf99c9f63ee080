namespace Pricing.Cost;

/// <summary>One thing wrong with a price list document: the path in it ("processes.fdm.margin"; empty = the document itself), the line
/// (1 = the first), a stable reason (docs/price-lists.md holds them all), what is allowed and what was there.</summary>
public sealed record PriceListFault(string Path, int Line, string Reason, string Limit, string Actual, string Message);

/// <summary>A price list, or everything that is wrong with its document.</summary>
public sealed record PriceListParseResult(PriceList? PriceList, IReadOnlyList<PriceListFault> Faults);

/// <summary>Collects faults up to the bound; what comes after is counted and said in one last fault.</summary>
sealed class PriceListFaults
{
    readonly List<PriceListFault> _kept = [];
    int _omitted;

    public bool Any => _kept.Count > 0;

    public void Add(string path, int line, string reason, string limit, string actual, string message)
    {
        if (_kept.Count >= Limits.PriceList.FaultsMax - 1)
        {
            _omitted++;
            return;
        }

        _kept.Add(new PriceListFault(path, line, reason, limit, Shorten(actual), message));
    }

    /// <summary>In the order of the document.</summary>
    public IReadOnlyList<PriceListFault> ToList()
    {
        var faults = _kept.OrderBy(fault => fault.Line).ToList();
        if (_omitted > 0)
        {
            faults.Add(new PriceListFault("", faults[^1].Line, "PRICE_LIST_FAULTS_MORE", $"{Limits.PriceList.FaultsMax} faults",
                $"{_omitted} more", $"{_omitted} more faults are not listed; mend these first."));
        }

        return faults;
    }

    /// <summary>Untrusted text is quoted back only in part.</summary>
    public static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= Limits.PriceList.QuotedCharsMax ? line : string.Concat(line.AsSpan(0, Limits.PriceList.QuotedCharsMax), "…");
    }
}
