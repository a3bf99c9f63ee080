using System.Security.Cryptography;
using System.Text;

namespace Pricing.Cost;

/// <summary>Reads a price list document (YAML). All faults are reported at once, each with path and line; docs/price-lists.md describes keys
/// and fault codes. The ranges checked here are what makes the price monotonic for every list that is accepted.</summary>
public static class PriceListParser
{
    public static PriceListParseResult Parse(string yaml)
    {
        var faults = new PriceListFaults();
        var bytes = Encoding.UTF8.GetByteCount(yaml);
        if (bytes > Limits.PriceList.DocumentBytesMax)
        {
            faults.Add("", 1, "PRICE_LIST_TOO_LARGE", $"{Limits.PriceList.DocumentBytesMax} bytes", $"{bytes} bytes", "The document is too large.");
            return new PriceListParseResult(null, faults.ToList());
        }

        var root = new PriceListDocument(faults).Read(yaml);
        if (root is null)
            return new PriceListParseResult(null, faults.ToList());
        if (root.Kind != DocumentNodeKind.Mapping)
        {
            faults.Add("", root.Line, "PRICE_LIST_SHAPE_WRONG", "a section", "a value", "A price list is a mapping with id, version, currency, ….");
            return new PriceListParseResult(null, faults.ToList());
        }

        var list = ReadList(new PriceListSection(root, "", faults), root, yaml);
        return faults.Any ? new PriceListParseResult(null, faults.ToList()) : new PriceListParseResult(list, []);
    }

    static PriceList ReadList(PriceListSection section, DocumentNode root, string yaml)
    {
        var currency = section.CurrencyCode("currency");
        var schema = new PriceListSchema(currency);
        var list = new PriceList
        {
            Id = section.Id("id"),
            Version = section.WholeNumber("version", 1, int.MaxValue),
            Label = section.Text("label", Limits.PriceList.LabelCharsMax),
            EffectiveDate = section.Date("effective_date"),
            CurrencyCode = currency,
            ExchangeRates = schema.ReadExchangeRates(section),
            MinimumOrder = section.Number("minimum_order", $"{currency} per order", 0m, Limits.PriceList.MoneyMax),
            Mesh = PriceListSchema.ReadMesh(section.Section("mesh")),
            Processes = [.. section.Sections("processes", 1, Limits.PriceList.ProcessesMax).Select(process => schema.ReadProcess(process.Id, process.Section))],
            Entries = Flatten(root),
            Document = yaml,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(yaml))),
        };
        section.Finish();
        return list;
    }

    static List<KeyValuePair<string, string>> Flatten(DocumentNode root)
    {
        var entries = new List<KeyValuePair<string, string>>();
        Walk(root, "");
        return entries;

        void Walk(DocumentNode node, string path)
        {
            foreach (var (key, _, value) in node.Entries)
            {
                var child = PriceListDocument.Join(path, key);
                if (value.Kind == DocumentNodeKind.Scalar)
                    entries.Add(new(child, value.Text));
                else
                    Walk(value, child);
            }
        }
    }
}
