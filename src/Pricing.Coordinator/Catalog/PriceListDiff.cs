using Pricing.Catalog.V1;

namespace Pricing.Coordinator.Catalog;

/// <summary>What changes from one version to another, path by path; an absent value is empty.</summary>
public static class PriceListDiff
{
    public static IEnumerable<PriceListChange> Compare(Cost.PriceList from, Cost.PriceList to)
    {
        var before = from.Entries.ToDictionary(e => e.Key, e => e.Value);
        var after = to.Entries.ToDictionary(e => e.Key, e => e.Value);
        // In the order of the new document, then what is gone in the order of the old one.
        return to.Entries.Select(e => e.Key).Concat(from.Entries.Select(e => e.Key).Where(path => !after.ContainsKey(path)))
            .Select(path => new PriceListChange { Path = path, FromValue = before.GetValueOrDefault(path, ""), ToValue = after.GetValueOrDefault(path, "") })
            .Where(change => change.FromValue != change.ToValue)
            .Take(Limits.PriceList.ChangesMax);
    }
}
