using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// ASCII STL, read by words so that any line breaks will do. Normals are skipped unread; a facet has exactly three vertices.
/// Facets in their common form are taken whole by <see cref="StlFacets"/> where the CPU allows it.
/// </summary>
sealed class AsciiStlDecoder(TileWriter writer, TextPath path) : MeshDecoder
{
    readonly LineSplitter _lines = new();
    readonly StlFacets _facets = new();
    readonly float[] _corners = new float[9];
    int _numbers;
    int _numbersWanted;
    int _wordsToSkip;
    bool _inFacet;
    bool _ended;

    public override MeshFormat Format => MeshFormat.StlAscii;

    public override IReadOnlyList<MeasurementNote> Notes => _ended ? [] :
        [new("STL_NO_ENDSOLID", IsWarning: true, "The file ends without \"endsolid\": it may have been cut off.")];

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (path != TextPath.Plain && !_inFacet && _wordsToSkip == 0 && _lines.AtLineStart(ref bytes))
                _lines.Pass(ref bytes, _facets.Read(path, bytes, writer, out var lines), lines);
            if (!_lines.TryTake(ref bytes, out var line))
                return;
            ReadLine(line);
        }
    }

    public override void Finish()
    {
        if (_lines.TryTakeLast(out var line))
            ReadLine(line);
        if (_inFacet)
            throw new MeshFormatException("STL_TRUNCATED", "The file ends inside a facet: it was probably cut off.", $"line {_lines.Number}",
                "endfacet, endsolid", "end of file");
        writer.Complete();
    }

    void ReadLine(ReadOnlySpan<byte> line)
    {
        var words = new Words(line, _lines.Number);
        while (words.Next() is { IsEmpty: false } word)
        {
            if (_wordsToSkip > 0)
                _wordsToSkip--;
            else if (_numbersWanted > 0)
                ReadNumber(word, words);
            else if (Is(word, "vertex"u8))
                BeginVertex(word);
            else if (Is(word, "facet"u8))
                BeginFacet(word);
            else if (Is(word, "endfacet"u8))
                EndFacet(word);
            else if (Is(word, "outer"u8))
                _wordsToSkip = 1;
            else if (Is(word, "solid"u8) || Is(word, "endsolid"u8))
            {
                _ended = word.Length == 8;
                if (_inFacet)
                    throw Syntax(word, "endfacet");
                return;
            }
            else if (!Is(word, "endloop"u8))
                throw Syntax(word, "an STL keyword");
        }
    }

    void BeginFacet(ReadOnlySpan<byte> word)
    {
        if (_inFacet)
            throw Syntax(word, "endfacet");
        _inFacet = true;
        _numbers = 0;
        _wordsToSkip = 4; // "normal" and its three numbers, whatever they say
    }

    void BeginVertex(ReadOnlySpan<byte> word)
    {
        if (!_inFacet)
            throw Syntax(word, "facet");
        if (_numbers == 9)
            throw new MeshFormatException("STL_FACET_CORNERS", "A facet has more than three vertices.", $"line {_lines.Number}", "3 vertices", "4 vertices");
        _numbersWanted = 3;
    }

    void ReadNumber(ReadOnlySpan<byte> word, Words words)
    {
        if (!TextNumber.TryParse(word, out double value))
            throw words.Malformed(word, "a decimal number such as 12.5 or -1e-3");
        _corners[_numbers++] = writer.Scale(value);
        _numbersWanted--;
    }

    void EndFacet(ReadOnlySpan<byte> word)
    {
        if (!_inFacet)
            throw Syntax(word, "facet");
        if (_numbers != 9)
            throw new MeshFormatException("STL_FACET_CORNERS", "A facet has fewer than three vertices.", $"line {_lines.Number}", "3 vertices",
                $"{_numbers / 3} vertices");
        var c = _corners;
        writer.Add(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]);
        _inFacet = false;
    }

    static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> keyword) => word.Length == keyword.Length && Ascii.EqualsIgnoreCase(word, keyword);

    MeshFormatException Syntax(ReadOnlySpan<byte> word, string wanted) =>
        new("STL_SYNTAX", "The text is not an STL.", $"line {_lines.Number}", wanted, Words.Shown(word));
}
