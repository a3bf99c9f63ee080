using System.Globalization;

namespace Pricing.Cli.Load;

/// <summary>What a request of the load is.</summary>
enum LoadKind
{
    /// <summary>A model nobody has seen: uploaded, measured, priced; the answer is the ended quote.</summary>
    New,

    /// <summary>A quote for a model that has been measured: a durable quote, priced in the reply.</summary>
    KnownModel,

    /// <summary>A preview of a price that has been asked for before.</summary>
    KnownPrice,
}

/// <summary>Shares of the kinds, and the order they come in: the same order every time, evenly mixed.</summary>
sealed class LoadMix
{
    readonly (LoadKind Kind, double Share)[] _shares;

    LoadMix((LoadKind, double)[] shares) => _shares = shares;

    public IEnumerable<LoadKind> Kinds => _shares.Select(s => s.Kind);

    /// <summary>"new=1,known-model=4,known-price=15"; null when it is not that.</summary>
    public static LoadMix? Parse(string text)
    {
        var shares = new Dictionary<LoadKind, double>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=') is not [var name, var number]
                || KindOf(name) is not { } kind
                || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share)
                || !double.IsFinite(share)
                || !shares.TryAdd(kind, share))
                return null;
        }
        var total = shares.Values.Sum();
        return total > 0 ? new LoadMix([.. shares.Where(s => s.Value > 0).OrderBy(s => s.Key).Select(s => (s.Key, s.Value / total))]) : null;
    }

    /// <summary>The kind of each request in turn: always the one that is furthest behind its share.</summary>
    public IEnumerable<LoadKind> InOrder()
    {
        var owed = new double[_shares.Length];
        while (true)
        {
            for (var i = 0; i < owed.Length; i++)
                owed[i] += _shares[i].Share;
            var next = Array.IndexOf(owed, owed.Max());
            owed[next]--;
            yield return _shares[next].Kind;
        }
    }

    public static string NameOf(LoadKind kind) => kind switch
    {
        LoadKind.New => "new",
        LoadKind.KnownModel => "known-model",
        _ => "known-price",
    };

    static LoadKind? KindOf(string name) => Enum.GetValues<LoadKind>().Cast<LoadKind?>().FirstOrDefault(kind => NameOf(kind!.Value) == name);
}
