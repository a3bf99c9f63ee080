namespace Pricing.Geometry.Mesh;

/// <summary>
/// Wavefront OBJ: vertices and faces. Groups, materials, texture and normal indices, lines, points and free-form curves are passed over.
/// Indices count from 1, or back from the last vertex when negative. Common lines are taken by <see cref="ObjLines"/> where the CPU allows it.
/// </summary>
sealed class ObjDecoder : MeshDecoder
{
    readonly LineSplitter _lines = new(joinsBackslash: true);
    readonly VertexStore _vertices = new();
    readonly TileWriter _writer;
    readonly PolygonFan _fan;
    readonly TextPath _path;

    public ObjDecoder(TileWriter writer, TextPath path)
    {
        _writer = writer;
        _path = path;
        _fan = new PolygonFan(_vertices, writer);
    }

    public override MeshFormat Format => MeshFormat.Obj;

    public override IReadOnlyList<MeasurementNote> Notes => [.. _fan.Notes()];

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_path != TextPath.Plain && _lines.AtLineStart(ref bytes))
                _lines.Pass(ref bytes, ObjLines.Read(_path, bytes, _vertices, _writer, out var lines), lines);
            if (!_lines.TryTake(ref bytes, out var line))
                return;
            ReadLine(line);
        }
    }

    public override void Finish()
    {
        if (_lines.TryTakeLast(out var line))
            ReadLine(line);
        _writer.Complete();
    }

    void ReadLine(ReadOnlySpan<byte> line)
    {
        var words = new Words(line, _lines.Number);
        var keyword = words.Next();
        if (keyword.Length != 1)
            return;
        if (keyword[0] == 'v')
            _vertices.Add(_writer.Scale(words.NextNumber()), _writer.Scale(words.NextNumber()), _writer.Scale(words.NextNumber()));
        else if (keyword[0] == 'f')
            ReadFace(ref words);
    }

    void ReadFace(ref Words words)
    {
        _fan.Begin();
        while (words.Next() is { IsEmpty: false } corner && corner[0] != '#')
        {
            var slash = corner.IndexOf((byte)'/');
            var reference = slash < 0 ? corner : corner[..slash];
            if (!TextNumber.TryParse(reference, out long index))
                throw words.Malformed(reference, "a vertex index");
            if (index == 0 || index > _vertices.Count || index < -_vertices.Count)
                throw _fan.IndexOutOfRange($"line {_lines.Number}", $"vertex {index}, counted from {(index < 0 ? "the last one back" : "1")}");
            _fan.Corner(index < 0 ? _vertices.Count + index : index - 1, "line", _lines.Number);
        }
        _fan.End();
    }
}
