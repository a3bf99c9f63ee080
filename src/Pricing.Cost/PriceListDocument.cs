using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Pricing.Cost;

enum DocumentNodeKind
{
    Scalar,
    Mapping,
    Sequence,
}

/// <summary>A node of the YAML document with its line, so that every fault can point at it.</summary>
sealed class DocumentNode(DocumentNodeKind kind, int line, string text)
{
    public DocumentNodeKind Kind { get; } = kind;
    public int Line { get; } = line;

    /// <summary>Scalars only.</summary>
    public string Text { get; } = text;

    /// <summary>Mappings only, in document order, keys unique.</summary>
    public List<(string Key, int Line, DocumentNode Value)> Entries { get; } = [];

    public DocumentNode? Find(string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == key)
                return entry.Value;
        }

        return null;
    }
}

/// <summary>Builds the tree from YAML events. Nothing is ever expanded: anchors, aliases and tags are refused, so a small document cannot
/// become a large one. Size, depth and node count are bounded before anything is read from the tree.</summary>
sealed class PriceListDocument(PriceListFaults faults)
{
    int _nodes;
    bool _stopped;

    /// <summary>Null when the document cannot be read as a tree at all; the fault says why.</summary>
    public DocumentNode? Read(string yaml)
    {
        var parser = new Parser(new StringReader(yaml));
        var line = 1;
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                faults.Add("", 1, "PRICE_LIST_SYNTAX", "one YAML document", "nothing", "The document is empty.");
                return null;
            }

            var root = ReadNode(parser, "", 1, ref line);
            if (_stopped)
                return null;
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
            {
                faults.Add("", Line(second.Start), "PRICE_LIST_SYNTAX", "one YAML document", "a second one",
                    "A price list is one YAML document; a second one starts here.");
            }

            return root;
        }
        catch (YamlException fault)
        {
            // The tree ends here; what follows cannot be read, so this is the last fault of the document.
            return NotYaml(Math.Max(line, Line(fault.Start)), fault.Message);
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or FormatException or OverflowException
            or IndexOutOfRangeException or InvalidCastException)
        {
            // On some torn documents YamlDotNet's scanner throws its own programming errors; a test tears documents at random.
            return NotYaml(line, "the reader lost its place");
        }
    }

    DocumentNode? NotYaml(int line, string why)
    {
        faults.Add("", line, "PRICE_LIST_SYNTAX", "YAML 1.2", why, $"From here on this is not YAML: {PriceListFaults.Shorten(why)}");
        return null;
    }

    // Recursion is safe: depth is bounded by DocumentDepthMax.
    DocumentNode ReadNode(IParser parser, string path, int depth, ref int line)
    {
        var @event = parser.Consume<ParsingEvent>();
        line = Line(@event.Start);
        if (depth > Limits.PriceList.DocumentDepthMax)
            return Stop(path, line, "PRICE_LIST_TOO_DEEP", $"{Limits.PriceList.DocumentDepthMax} levels", $"{depth} levels", "The document is nested too deep.");
        if (++_nodes > Limits.PriceList.DocumentNodesMax)
            return Stop(path, line, "PRICE_LIST_TOO_LARGE", $"{Limits.PriceList.DocumentNodesMax} nodes", "more", "The document has too many values.");

        RefuseAnchorAndTag(@event, path, line);
        switch (@event)
        {
            case Scalar scalar:
                return new DocumentNode(DocumentNodeKind.Scalar, line, scalar.Value);

            case AnchorAlias alias:
                faults.Add(path, line, "PRICE_LIST_ALIAS_REFUSED", "no anchors or aliases", "*" + alias.Value,
                    "Anchors and aliases are refused; write the value where it belongs.");
                return new DocumentNode(DocumentNodeKind.Scalar, line, "");

            case MappingStart:
                return ReadMapping(parser, path, depth, ref line);

            case SequenceStart:
                var sequence = new DocumentNode(DocumentNodeKind.Sequence, line, "");
                while (!_stopped && !parser.TryConsume<SequenceEnd>(out _))
                    ReadNode(parser, path + "[]", depth + 1, ref line);
                return sequence;

            default:
                return Stop(path, line, "PRICE_LIST_SYNTAX", "a value", @event.GetType().Name, "A value was expected here.");
        }
    }

    DocumentNode ReadMapping(IParser parser, string path, int depth, ref int line)
    {
        var mapping = new DocumentNode(DocumentNodeKind.Mapping, line, "");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!_stopped && !parser.TryConsume<MappingEnd>(out _))
        {
            var keyNode = ReadNode(parser, path, depth + 1, ref line);
            if (_stopped)
                break;
            var key = keyNode.Text;
            var keyLine = keyNode.Line;
            if (keyNode.Kind != DocumentNodeKind.Scalar)
            {
                faults.Add(path, keyLine, "PRICE_LIST_SHAPE_WRONG", "a name", "a section", "A key must be a plain name.");
                key = "?";
            }

            var value = ReadNode(parser, Join(path, key), depth + 1, ref line);
            if (seen.Add(key))
                mapping.Entries.Add((key, keyLine, value));
            else
                faults.Add(Join(path, key), keyLine, "PRICE_LIST_DUPLICATE_ID", "each name once", key, $"'{PriceListFaults.Shorten(key)}' is already there.");
        }

        return mapping;
    }

    void RefuseAnchorAndTag(ParsingEvent @event, string path, int line)
    {
        if (@event is not NodeEvent node)
            return;
        if (!node.Anchor.IsEmpty)
        {
            faults.Add(path, line, "PRICE_LIST_ALIAS_REFUSED", "no anchors or aliases", "&" + node.Anchor.Value,
                "Anchors and aliases are refused; write the value where it belongs.");
        }

        // "!" is what the parser itself gives to quoted scalars.
        if (!node.Tag.IsEmpty && node.Tag.Value != "!")
            faults.Add(path, line, "PRICE_LIST_TAG_REFUSED", "no tags", node.Tag.Value, "Tags are refused; values are plain.");
    }

    DocumentNode Stop(string path, int line, string reason, string limit, string actual, string message)
    {
        if (!_stopped)
            faults.Add(path, line, reason, limit, actual, message);
        _stopped = true;
        return new DocumentNode(DocumentNodeKind.Scalar, line, "");
    }

    // Paths are quoted in every fault: a hostile key must not make them long.
    internal static string Join(string path, string key)
    {
        var name = PriceListFaults.Shorten(key);
        return path.Length == 0 ? name : $"{path}.{name}";
    }

    static int Line(Mark mark) => (int)Math.Clamp(mark.Line, 1, int.MaxValue);
}
