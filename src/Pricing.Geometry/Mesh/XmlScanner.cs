using System.Globalization;
using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>What an <see cref="XmlScanner"/> tells. Names are local names, without their prefix; spans hold during the call.</summary>
interface IXmlHandler
{
    void Start(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, XmlAttributes attributes);

    void End(ReadOnlySpan<byte> name);

    /// <summary>A run of character data, possibly one of several, entities not resolved.</summary>
    void Text(ReadOnlySpan<byte> text);
}

/// <summary>The attributes of one start tag, by their whole name (prefix included).</summary>
readonly ref struct XmlAttributes(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> unescaped, ReadOnlySpan<XmlAttribute> attributes)
{
    readonly ReadOnlySpan<byte> _tag = tag;
    readonly ReadOnlySpan<byte> _unescaped = unescaped;
    readonly ReadOnlySpan<XmlAttribute> _attributes = attributes;

    public int Count => _attributes.Length;

    public ReadOnlySpan<byte> Name(int index) => _tag.Slice(_attributes[index].Name, _attributes[index].NameLength);

    public ReadOnlySpan<byte> Value(int index)
    {
        var attribute = _attributes[index];
        return (attribute.IsUnescaped ? _unescaped : _tag).Slice(attribute.Value, attribute.ValueLength);
    }

    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (var i = 0; i < _attributes.Length; i++)
            if (Name(i).SequenceEqual(name))
            {
                value = Value(i);
                return true;
            }
        value = default;
        return false;
    }
}

/// <summary>Where one attribute's name and value lie: in the tag, or in the buffer of values whose entities were resolved.</summary>
readonly record struct XmlAttribute(int Name, int NameLength, int Value, int ValueLength, bool IsUnescaped);

/// <summary>
/// A push scanner of UTF-8 XML with nothing in it that can grow: a tag is at most <c>Limits.Mesh.TextLineBytesMax</c> bytes, elements nest
/// at most <c>Limits.Mesh.XmlDepthMax</c> deep, a DOCTYPE is refused (so there are no entities but the five named and the numeric ones),
/// comments, CDATA and processing instructions are stepped over without being kept.
/// </summary>
sealed class XmlScanner(IXmlHandler handler, string part)
{
    enum State
    {
        Text,
        MarkupBegin,
        Tag,
        Comment,
        CData,
        Instruction,
    }

    readonly byte[] _names = new byte[Limits.Mesh.XmlDepthMax * Limits.Mesh.XmlNameBytesMax];
    readonly int[] _nameEnds = new int[Limits.Mesh.XmlDepthMax + 1];
    readonly XmlAttribute[] _attributes = new XmlAttribute[Limits.Mesh.XmlAttributesMax];
    byte[] _pending = new byte[256];
    byte[] _unescaped = [];
    int _pendingCount;
    int _depth;
    bool _rootClosed;
    byte _quote;
    int _closing;
    State _state;
    long _bytesBefore;
    long _markupAt;

    public void Push(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var rest = _state switch
            {
                State.Text => ScanText(bytes),
                State.MarkupBegin => ScanMarkupBegin(bytes),
                State.Tag => ScanTag(bytes),
                _ => ScanToClosing(bytes),
            };
            _bytesBefore += bytes.Length - rest.Length;
            bytes = rest;
        }
    }

    public void Finish()
    {
        if (_state != State.Text || _depth > 0)
            throw new MeshFormatException("XML_TRUNCATED", "The XML ends before its root element is closed.", Place, "a closed root element", "end of data");
        if (!_rootClosed)
            throw Malformed("a root element", "no element");
    }

    /// <summary>The last markup begun: a place that does not depend on how the file was cut into pushes.</summary>
    string Place => $"{part}, after byte {_markupAt}";

    MeshFormatException Malformed(string wanted, string actual) => new("XML_MALFORMED", "The XML is malformed.", Place, wanted, actual);

    ReadOnlySpan<byte> ScanText(ReadOnlySpan<byte> bytes)
    {
        var open = bytes.IndexOf((byte)'<');
        var text = open < 0 ? bytes : bytes[..open];
        if (text.Length > 0 && _depth > 0)
            handler.Text(text);
        else if (_depth == 0 && text.IndexOfAnyExcept(" \t\r\n\uFEFF"u8) >= 0)
            throw Malformed("markup", text.IndexOf((byte)0) >= 0 ? "not UTF-8 text" : "text outside the root element");
        if (open < 0)
            return default;
        _state = State.MarkupBegin;
        _pendingCount = 0;
        _markupAt = _bytesBefore + open;
        return bytes[(open + 1)..];
    }

    /// <summary>Tells a tag from a comment, CDATA, DOCTYPE or instruction by the bytes after "&lt;".</summary>
    ReadOnlySpan<byte> ScanMarkupBegin(ReadOnlySpan<byte> bytes)
    {
        if (_pendingCount == 0 && bytes[0] != '!' && bytes[0] != '?')
        {
            _state = State.Tag;
            _quote = 0;
            return bytes;
        }
        for (var i = 0; i < bytes.Length; i++)
        {
            Keep(bytes.Slice(i, 1));
            var begun = _pending.AsSpan(0, _pendingCount);
            var state = begun.SequenceEqual("?"u8) ? State.Instruction
                : begun.SequenceEqual("!--"u8) ? State.Comment
                : begun.SequenceEqual("![CDATA["u8) ? State.CData
                : State.MarkupBegin;
            if (state != State.MarkupBegin)
            {
                _state = state;
                _closing = 0;
                _pendingCount = 0;
                return bytes[(i + 1)..];
            }
            if (begun.SequenceEqual("!D"u8))
                throw new MeshFormatException("XML_DTD_PROHIBITED", "XML with a DOCTYPE is not read: entities could expand without bound.", Place,
                    "no DOCTYPE", "DOCTYPE");
            if (!"!--"u8.StartsWith(begun) && !"![CDATA["u8.StartsWith(begun))
                throw Malformed("a tag, comment or CDATA", $"<{Words.Shown(begun)}");
        }
        return default;
    }

    /// <summary>Steps over a comment, CDATA section or instruction: two closing bytes (one for an instruction) and then "&gt;".</summary>
    ReadOnlySpan<byte> ScanToClosing(ReadOnlySpan<byte> bytes)
    {
        var (mark, wanted) = _state switch { State.Comment => ((byte)'-', 2), State.CData => ((byte)']', 2), _ => ((byte)'?', 1) };
        for (var i = 0; i < bytes.Length; i++)
        {
            if (_closing == 0)
            {
                var next = bytes[i..].IndexOf(mark);
                if (next < 0)
                    return default;
                i += next;
            }
            if (bytes[i] == mark)
                _closing = Math.Min(wanted, _closing + 1);
            else if (bytes[i] == '>' && _closing == wanted)
            {
                _state = State.Text;
                return bytes[(i + 1)..];
            }
            else
                _closing = 0;
        }
        return default;
    }

    /// <summary>Looks for the "&gt;" that is not inside quotes; only a tag that spans two pushes is copied.</summary>
    ReadOnlySpan<byte> ScanTag(ReadOnlySpan<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = _quote == 0 ? bytes[i..].IndexOfAny((byte)'>', (byte)'"', (byte)'\'') : bytes[i..].IndexOf(_quote);
            if (next < 0)
                break;
            i += next;
            if (_quote != 0)
                _quote = 0;
            else if (bytes[i] != '>')
                _quote = bytes[i];
            else
            {
                if (_pendingCount == 0)
                {
                    CheckTagLength(i);
                    ReadTag(bytes[..i]);
                }
                else
                {
                    Keep(bytes[..i]);
                    ReadTag(_pending.AsSpan(0, _pendingCount));
                }
                _state = State.Text;
                return bytes[(i + 1)..];
            }
        }
        Keep(bytes);
        return default;
    }

    void CheckTagLength(long length)
    {
        if (length > Limits.Mesh.TextLineBytesMax)
            throw new MeshFormatException("XML_TAG_TOO_LONG", "A tag of the XML is too long.", Place, $"{Limits.Mesh.TextLineBytesMax} bytes",
                $"more than {Limits.Mesh.TextLineBytesMax} bytes");
    }

    void Keep(ReadOnlySpan<byte> bytes)
    {
        CheckTagLength((long)_pendingCount + bytes.Length);
        if (_pendingCount + bytes.Length > _pending.Length)
            Array.Resize(ref _pending, Math.Max(2 * _pending.Length, _pendingCount + bytes.Length));
        bytes.CopyTo(_pending.AsSpan(_pendingCount));
        _pendingCount += bytes.Length;
    }

    void ReadTag(ReadOnlySpan<byte> tag)
    {
        if (tag.StartsWith((byte)'/'))
        {
            EndElement(tag[1..].TrimEnd(" \t\r\n"u8));
            return;
        }
        var selfClosed = tag.EndsWith((byte)'/');
        if (selfClosed)
            tag = tag[..^1];
        var nameLength = NameLength(tag);
        var name = tag[..nameLength];
        if (_rootClosed)
            throw Malformed("one root element", $"a second one, {Words.Shown(name)}");
        if (_depth == Limits.Mesh.XmlDepthMax)
            throw new MeshFormatException("XML_TOO_DEEP", "XML elements are nested too deeply.", Place, $"{Limits.Mesh.XmlDepthMax} levels",
                $"more than {Limits.Mesh.XmlDepthMax} levels");
        var count = ReadAttributes(tag, nameLength);
        name.CopyTo(_names.AsSpan(_nameEnds[_depth]));
        _nameEnds[_depth + 1] = _nameEnds[_depth] + nameLength;
        _depth++;
        var colon = name.IndexOf((byte)':');
        handler.Start(colon < 0 ? default : name[..colon], name[(colon + 1)..], new XmlAttributes(tag, _unescaped, _attributes.AsSpan(0, count)));
        if (selfClosed)
            EndElement(name);
    }

    void EndElement(ReadOnlySpan<byte> name)
    {
        var open = _depth == 0 ? default : _names.AsSpan(_nameEnds[_depth - 1].._nameEnds[_depth]);
        if (_depth == 0 || !open.SequenceEqual(name))
            throw Malformed($"</{Words.Shown(open)}>", $"</{Words.Shown(name)}>");
        handler.End(name[(name.IndexOf((byte)':') + 1)..]);
        _depth--;
        _rootClosed = _depth == 0;
    }

    int NameLength(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (length < text.Length && text[length] is > (byte)' ' and not (byte)'=' and not (byte)'/' and not (byte)'"' and not (byte)'\'' and not (byte)'<' and not (byte)'&')
            length++;
        if (length == 0 || length > Limits.Mesh.XmlNameBytesMax)
            throw Malformed($"a name of 1 to {Limits.Mesh.XmlNameBytesMax} bytes", $"{length} bytes");
        return length;
    }

    int ReadAttributes(ReadOnlySpan<byte> tag, int at)
    {
        var count = 0;
        var unescapedCount = 0;
        while (true)
        {
            var gap = at;
            while (at < tag.Length && tag[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                at++;
            if (at == tag.Length)
                return count;
            if (at == gap)
                throw Malformed("a space before an attribute", Words.Shown(tag[at..]));
            var name = at;
            var nameLength = NameLength(tag[at..]);
            at = SkipSpace(tag, at + nameLength);
            if (at == tag.Length || tag[at] != '=')
                throw Malformed("= after an attribute's name", Words.Shown(tag.Slice(name, nameLength)));
            at = SkipSpace(tag, at + 1);
            if (at == tag.Length || tag[at] is not ((byte)'"' or (byte)'\''))
                throw Malformed("a quoted value", Words.Shown(tag.Slice(name, nameLength)));
            var length = tag[(at + 1)..].IndexOf(tag[at]);
            if (length < 0)
                throw Malformed("a closing quote", Words.Shown(tag.Slice(name, nameLength)));
            var value = at + 1;
            at = value + length + 1;
            if (count == Limits.Mesh.XmlAttributesMax)
                throw Malformed($"at most {Limits.Mesh.XmlAttributesMax} attributes", "more");
            for (var i = 0; i < count; i++)
                if (tag.Slice(_attributes[i].Name, _attributes[i].NameLength).SequenceEqual(tag.Slice(name, nameLength)))
                    throw Malformed("every attribute once", $"{Words.Shown(tag.Slice(name, nameLength))} twice");
            var raw = tag.Slice(value, length);
            if (raw.IndexOf((byte)'<') >= 0)
                throw Malformed("no < in an attribute's value", Words.Shown(raw));
            var escaped = raw.IndexOf((byte)'&') >= 0;
            if (escaped)
            {
                if (_unescaped.Length < tag.Length)
                    Array.Resize(ref _unescaped, tag.Length);
                length = Unescape(raw, _unescaped.AsSpan(unescapedCount));
                value = unescapedCount;
                unescapedCount += length;
            }
            _attributes[count++] = new XmlAttribute(name, nameLength, value, length, escaped);
        }
    }

    static int SkipSpace(ReadOnlySpan<byte> tag, int at)
    {
        while (at < tag.Length && tag[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            at++;
        return at;
    }

    /// <summary>Resolves the predefined and numeric entities. The result is never longer than the text.</summary>
    int Unescape(ReadOnlySpan<byte> raw, Span<byte> into)
    {
        var count = 0;
        while (!raw.IsEmpty)
        {
            if (raw[0] != '&')
            {
                into[count++] = raw[0];
                raw = raw[1..];
                continue;
            }
            var end = raw.IndexOf((byte)';');
            var name = end < 0 ? default : raw[1..end];
            var rune = name.SequenceEqual("lt"u8) ? '<' : name.SequenceEqual("gt"u8) ? '>' : name.SequenceEqual("amp"u8) ? '&'
                : name.SequenceEqual("quot"u8) ? '"' : name.SequenceEqual("apos"u8) ? '\'' : NumericEntity(name);
            if (!Rune.TryCreate(rune, out var valid) || rune == 0)
                throw Malformed("one of the five predefined entities or a character number", Words.Shown(raw[..Math.Min(raw.Length, 16)]));
            count += valid.EncodeToUtf8(into[count..]);
            raw = raw[(end + 1)..];
        }
        return count;
    }

    static int NumericEntity(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith((byte)'#') || name.Length > 9)
            return 0;
        var hex = name.Length > 1 && name[1] == 'x';
        var digits = name[(hex ? 2 : 1)..];
        return int.TryParse(digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture, out var value) ? value : 0;
    }
}
