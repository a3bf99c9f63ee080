namespace Pricing.Geometry.Mesh;

/// <summary>
/// Object File Format and its variants with normals, colours and texture coordinates (NOFF, COFF, STOFF and combinations): the first
/// three numbers of a vertex line are the point, what follows a face's indices is its colour. One vertex or face per line.
/// Common lines are taken by <see cref="RecordLines"/> where the CPU allows it.
/// </summary>
sealed class OffDecoder : MeshDecoder
{
    readonly LineSplitter _lines = new();
    readonly VertexStore _vertices = new();
    readonly TileWriter _writer;
    readonly PolygonFan _fan;
    readonly TextPath _path;
    readonly long[] _counts = new long[2];
    bool _magicRead;
    int _countsRead;
    long _verticesLeft;
    long _facesLeft;

    public OffDecoder(TileWriter writer, TextPath path)
    {
        _writer = writer;
        _path = path;
        _fan = new PolygonFan(_vertices, writer);
    }

    public override MeshFormat Format => MeshFormat.Off;

    public override IReadOnlyList<MeasurementNote> Notes => [.. _fan.Notes()];

    /// <summary>True for OFF with its prefixes, in the order the format gives them.</summary>
    public static bool IsMagic(string word)
    {
        if (!word.EndsWith("OFF", StringComparison.Ordinal))
            return false;
        var prefix = word.AsSpan(0, word.Length - 3);
        foreach (var part in (ReadOnlySpan<string>)["ST", "C", "N", "4", "n"])
            if (prefix.StartsWith(part, StringComparison.Ordinal))
                prefix = prefix[part.Length..];
        return prefix.IsEmpty;
    }

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_path != TextPath.Plain && _countsRead == 2 && _lines.AtLineStart(ref bytes))
                ReadCommonLines(ref bytes);
            if (!_lines.TryTake(ref bytes, out var line))
                return;
            ReadLine(line);
        }
    }

    void ReadCommonLines(ref ReadOnlySpan<byte> bytes)
    {
        if (_verticesLeft > 0)
        {
            var points = RecordLines.Points(_path, bytes, _verticesLeft, words: 3, _vertices, _writer.Factor, out var taken);
            _lines.Pass(ref bytes, taken, points);
            _verticesLeft -= points;
        }
        if (_verticesLeft == 0 && _facesLeft > 0)
        {
            var faces = RecordLines.Triangles(_path, bytes, _facesLeft, _vertices, _writer, out var taken);
            _lines.Pass(ref bytes, taken, faces);
            _facesLeft -= faces;
        }
    }

    public override void Finish()
    {
        if (_lines.TryTakeLast(out var line))
            ReadLine(line);
        if (_countsRead < 2 || _verticesLeft > 0 || _facesLeft > 0)
            throw new MeshFormatException("OFF_TRUNCATED", "The file ends before all vertices and faces it announces.", $"line {_lines.Number}",
                $"{_counts[0]} vertices, {_counts[1]} faces", $"{_verticesLeft} vertices, {_facesLeft} faces missing");
        _writer.Complete();
    }

    void ReadLine(ReadOnlySpan<byte> line)
    {
        var comment = line.IndexOf((byte)'#');
        var words = new Words(comment < 0 ? line : line[..comment], _lines.Number);
        var word = words.Next();
        if (word.IsEmpty)
            return;
        if (!_magicRead)
        {
            ReadMagic(word);
            word = words.Next();
        }
        if (_countsRead < 2)
            ReadCounts(word, ref words);
        else if (_verticesLeft > 0)
            ReadVertex(word, ref words);
        else if (_facesLeft > 0)
            ReadFace(word, ref words);
    }

    void ReadMagic(ReadOnlySpan<byte> word)
    {
        var magic = Words.Shown(word.StartsWith("\uFEFF"u8) ? word[3..] : word);
        if (!IsMagic(magic))
            throw new MeshFormatException("OFF_SYNTAX", "The file does not begin as an OFF.", $"line {_lines.Number}", "OFF", magic);
        if (magic.Contains('4') || magic.Contains('n'))
            throw new MeshFormatException("OFF_DIMENSION", "Only three-dimensional OFF files are read.", $"line {_lines.Number}", "OFF, COFF, NOFF, STOFF", magic);
        _magicRead = true;
    }

    void ReadCounts(ReadOnlySpan<byte> word, ref Words words)
    {
        if (word.SequenceEqual("BINARY"u8))
            throw new MeshFormatException("OFF_BINARY_NOT_SUPPORTED", "Binary OFF files are not read.", $"line {_lines.Number}", "text OFF", "BINARY");
        for (; _countsRead < 2 && !word.IsEmpty; word = words.Next())
        {
            if (!TextNumber.TryParse(word, out long count) || count < 0)
                throw words.Malformed(word, "a count");
            _counts[_countsRead++] = count;
        }
        if (_countsRead < 2)
            return;
        VertexStore.CheckCount(_counts[0]);
        TileWriter.CheckTriangles(_counts[1]);
        (_verticesLeft, _facesLeft) = (_counts[0], _counts[1]);
    }

    void ReadVertex(ReadOnlySpan<byte> word, ref Words words)
    {
        if (!TextNumber.TryParse(word, out double x))
            throw words.Malformed(word, "a decimal number such as 12.5 or -1e-3");
        _vertices.Add(_writer.Scale(x), _writer.Scale(words.NextNumber()), _writer.Scale(words.NextNumber()));
        _verticesLeft--;
    }

    void ReadFace(ReadOnlySpan<byte> word, ref Words words)
    {
        if (!TextNumber.TryParse(word, out long corners) || corners < 0)
            throw words.Malformed(word, "a number of corners");
        if (corners > Limits.Mesh.PolygonCornersMax)
            throw PolygonFan.TooManyCorners($"line {_lines.Number}", corners);
        _fan.Begin();
        for (var i = 0; i < corners; i++)
            _fan.Corner(words.NextInteger(), "line", _lines.Number);
        _fan.End();
        _facesLeft--;
    }
}
