using System.Buffers.Binary;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// PLY, text and binary of either byte order. Any elements and properties are stepped over; x, y, z of "vertex" and the list
/// "vertex_indices" (or "vertex_index") of "face" are read. Vertices must come before faces, as every writer puts them.
/// </summary>
sealed class PlyDecoder : MeshDecoder
{
    readonly long _totalBytes;
    readonly TileWriter _writer;
    readonly LineSplitter _lines = new();
    readonly PlyHeader _header = new();
    readonly VertexStore _vertices = new();
    readonly PolygonFan _fan;
    readonly TextPath _path;
    readonly float[] _point = new float[3];
    bool _headerRead;
    bool _skipLf;
    byte[] _carry = [];
    int _carried;
    long _bytesIgnored;

    int _element = -1;
    long _recordsLeft;
    long _record;
    int _x, _y, _z, _indices;
    bool _plainFaces;
    bool _commonLines;
    PlyElement? _current;

    public PlyDecoder(long totalBytes, TileWriter writer, TextPath path)
    {
        _path = path;
        _totalBytes = totalBytes;
        _writer = writer;
        _fan = new PolygonFan(_vertices, writer);
    }

    public override MeshFormat Format => MeshFormat.Ply;

    public override IReadOnlyList<MeasurementNote> Notes => _bytesIgnored == 0 ? [.. _fan.Notes()] :
        [.. _fan.Notes(), new("TRAILING_BYTES", IsWarning: true, $"{_bytesIgnored} bytes after the last record were ignored.")];

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        while (!_headerRead)
        {
            if (!_lines.TryTake(ref bytes, out var line))
                return;
            if (_header.Read(line, _lines.Number))
                BeginBody();
        }
        if (_header.Encoding == PlyEncoding.Ascii)
            PushText(bytes);
        else
            PushBinary(bytes);
    }

    public override void Finish()
    {
        if (_headerRead && _header.Encoding == PlyEncoding.Ascii && _lines.TryTakeLast(out var line))
            ReadLine(line);
        if (!_headerRead || _current is not null)
            throw Truncated(_headerRead ? $"{_recordsLeft} records of \"{_current!.Name}\" missing" : "no end_header");
        _writer.Complete();
    }

    static MeshFormatException Truncated(string actual) =>
        new("PLY_TRUNCATED", "The file ends before all the records its header announces.", "file", "all records", actual);

    void BeginBody()
    {
        _headerRead = true;
        _skipLf = _lines.EndedWithCr;

        // A stated count that the file cannot hold is refused now, not after reading to the end. In text a value takes two bytes.
        var needed = 0.0;
        foreach (var element in _header.Elements)
        {
            if (element.Count > 0 && element.Properties.Count == 0)
                throw new MeshFormatException("PLY_HEADER_MALFORMED", "An element has no properties.", $"element {element.Name}", "1 property or more", "0 properties");
            needed += (double)element.Count * (_header.Encoding == PlyEncoding.Ascii ? 2 * element.Properties.Count : element.BytesMin);
        }
        var left = _totalBytes - _lines.BytesTaken + 1;
        if (needed > left)
            throw new MeshFormatException("PLY_TRUNCATED", "The header announces more records than the file can hold.", "file",
                $"at least {needed} bytes after the header", $"{_totalBytes - _lines.BytesTaken} bytes");
        NextElement();
    }

    /// <summary>Moves to the next element that has records; null when the last one is done.</summary>
    void NextElement()
    {
        do
            _current = ++_element < _header.Elements.Count ? _header.Elements[_element] : null;
        while (_current is { Count: 0 });
        _recordsLeft = _current?.Count ?? 0;
        _record = 0;
        (_plainFaces, _commonLines) = (false, false);
        (_x, _y, _z, _indices) = (-1, -1, -1, -1);
        if (_current is null)
            return;
        if (_current.Name == "vertex")
        {
            (_x, _y, _z) = (_current.IndexOf("x"), _current.IndexOf("y"), _current.IndexOf("z"));
            if (_x < 0 || _y < 0 || _z < 0 || _current.Properties[_x].CountType is not null || _current.Properties[_y].CountType is not null
                || _current.Properties[_z].CountType is not null)
                throw new MeshFormatException("PLY_HEADER_MALFORMED", "The vertices have no x, y and z.", "element vertex", "scalar properties x, y, z",
                    "not all of them");
            _commonLines = _path != TextPath.Plain && (_x, _y, _z) == (0, 1, 2) && _current.Properties.TrueForAll(property => property.CountType is null);
        }
        else if (_current.Name == "face")
        {
            _indices = _current.IndexOf("vertex_indices", "vertex_index");
            if (_indices < 0 || _current.Properties[_indices] is { CountType: null } or { Type: PlyType.Float32 or PlyType.Float64 })
                throw new MeshFormatException("PLY_HEADER_MALFORMED", "The faces have no list of vertex indices.", "element face",
                    "property list <count> <integer> vertex_indices", "none");
            _commonLines = _path != TextPath.Plain && _current.Properties.Count == 1;
            _plainFaces = _header.Encoding == PlyEncoding.BinaryLittleEndian && _current.Properties is [{ CountType: PlyType.UInt8, Type: PlyType.Int32 }];
        }
    }

    void EndRecord()
    {
        if (_x >= 0)
            _vertices.Add(_point[0], _point[1], _point[2]);
        if (_indices >= 0)
            _fan.End();
        _record++;
        if (--_recordsLeft == 0)
            NextElement();
    }

    void Scalar(int property, double value)
    {
        if (property == _x)
            _point[0] = _writer.Scale(value);
        else if (property == _y)
            _point[1] = _writer.Scale(value);
        else if (property == _z)
            _point[2] = _writer.Scale(value);
    }

    void PushText(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_commonLines && _lines.AtLineStart(ref bytes))
                ReadCommonLines(ref bytes);
            if (!_lines.TryTake(ref bytes, out var line))
                return;
            ReadLine(line);
        }
    }

    /// <summary>Vertices that begin with x, y, z, and faces that are the list of indices alone.</summary>
    void ReadCommonLines(ref ReadOnlySpan<byte> bytes)
    {
        int taken;
        var records = _indices < 0
            ? RecordLines.Points(_path, bytes, _recordsLeft, _current!.Properties.Count, _vertices, _writer.Factor, out taken)
            : RecordLines.Triangles(_path, bytes, _recordsLeft, _vertices, _writer, out taken);
        _lines.Pass(ref bytes, taken, records);
        _record += records;
        _recordsLeft -= records;
        if (_recordsLeft == 0)
            NextElement();
    }

    void ReadLine(ReadOnlySpan<byte> line)
    {
        var words = new Words(line, _lines.Number);
        if (_current is not { } element || line.Trim(" \t"u8).IsEmpty)
            return;
        for (var i = 0; i < element.Properties.Count; i++)
        {
            if (element.Properties[i].CountType is null)
            {
                if (i == _x || i == _y || i == _z)
                    Scalar(i, words.NextNumber());
                else if (words.Next() is { IsEmpty: true } nothing)
                    throw words.Malformed(nothing, "a value");
                continue;
            }
            var count = words.NextInteger();
            CheckListCount(count);
            if (i == _indices)
                _fan.Begin();
            for (var k = 0L; k < count; k++)
                if (i == _indices)
                    _fan.Corner(words.NextInteger(), "line", _lines.Number);
                else if (words.Next().IsEmpty)
                    throw words.Malformed([], "a value");
        }
        EndRecord();
    }

    void CheckListCount(long count)
    {
        if (count < 0 || count > Limits.Mesh.PolygonCornersMax)
            throw PolygonFan.TooManyCorners($"{_current!.Name} {_record}", count);
    }

    void PushBinary(ReadOnlySpan<byte> bytes)
    {
        if (_skipLf && bytes.Length > 0)
        {
            // "end_header" CR LF: the LF belongs to the header. A file with bare CR line ends could begin its body with the byte 10,
            // but no writer of binary PLY uses them.
            bytes = bytes[0] == '\n' ? bytes[1..] : bytes;
            _skipLf = false;
        }
        if (_carried > 0)
        {
            // Top the carry up byte-block by byte-block until the broken record is whole; lists make its length unknown beforehand.
            while (_carried > 0)
            {
                if (bytes.IsEmpty)
                    return;
                var take = Math.Min(bytes.Length, Math.Max(64, _carried));
                var before = _carried;
                Carry(bytes[..take]);
                var used = ReadRecords(_carry.AsSpan(0, _carried));
                if (used == 0)
                {
                    bytes = bytes[take..];
                    continue;
                }
                bytes = bytes[Math.Max(0, used - before)..];
                _carried = 0;
            }
        }
        var read = ReadRecords(bytes);
        if (_current is null)
            _bytesIgnored += bytes.Length - read;
        else
            Carry(bytes[read..]);
    }

    void Carry(ReadOnlySpan<byte> bytes)
    {
        if (_carried + bytes.Length > _carry.Length)
            Array.Resize(ref _carry, Math.Max(2 * _carry.Length, _carried + bytes.Length));
        bytes.CopyTo(_carry.AsSpan(_carried));
        _carried += bytes.Length;
    }

    /// <summary>Reads whole records; answers how many bytes they took.</summary>
    int ReadRecords(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (_current is { } element)
        {
            if (_plainFaces)
            {
                used += ReadPlainFaces(bytes[used..]);
                if (_plainFaces)
                    break;
                continue;
            }
            var length = RecordLength(element, bytes[used..]);
            if (length < 0)
                break;
            ReadRecord(element, bytes.Slice(used, length));
            used += length;
        }
        return used;
    }

    /// <summary>The faces nearly every file has, "list uchar int32" alone in little-endian: the general way again, without asking types.</summary>
    int ReadPlainFaces(ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (_plainFaces && used < bytes.Length && bytes.Length - used > 4 * bytes[used])
        {
            var corners = bytes[used];
            _fan.Begin();
            for (var k = 0; k < corners; k++)
                _fan.Corner(BinaryPrimitives.ReadInt32LittleEndian(bytes[(used + 1 + 4 * k)..]), "face", _record);
            used += 1 + 4 * corners;
            EndRecord();
        }
        return used;
    }

    /// <summary>Length of the record that begins here, or −1 when the bytes end inside it.</summary>
    int RecordLength(PlyElement element, ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        foreach (var property in element.Properties)
        {
            if (property.CountType is { } countType)
            {
                if (length + PlyHeader.SizeOf(countType) > bytes.Length)
                    return -1;
                var count = (long)Value(countType, bytes[length..]);
                CheckListCount(count);
                length += PlyHeader.SizeOf(countType) + (int)count * PlyHeader.SizeOf(property.Type);
            }
            else
                length += PlyHeader.SizeOf(property.Type);
            if (length > bytes.Length)
                return -1;
        }
        return length;
    }

    void ReadRecord(PlyElement element, ReadOnlySpan<byte> record)
    {
        for (var i = 0; i < element.Properties.Count; i++)
        {
            var property = element.Properties[i];
            var size = PlyHeader.SizeOf(property.Type);
            if (property.CountType is not { } countType)
            {
                if (i == _x || i == _y || i == _z)
                    Scalar(i, Value(property.Type, record));
                record = record[size..];
                continue;
            }
            var count = (int)Value(countType, record);
            record = record[PlyHeader.SizeOf(countType)..];
            if (i == _indices)
            {
                _fan.Begin();
                for (var k = 0; k < count; k++)
                    _fan.Corner((long)Value(property.Type, record[(k * size)..]), "face", _record);
            }
            record = record[(count * size)..];
        }
        EndRecord();
    }

    /// <summary>Every PLY type fits a double exactly.</summary>
    double Value(PlyType type, ReadOnlySpan<byte> bytes)
    {
        var little = _header.Encoding == PlyEncoding.BinaryLittleEndian;
        return type switch
        {
            PlyType.Int8 => (sbyte)bytes[0],
            PlyType.UInt8 => bytes[0],
            PlyType.Int16 => little ? BinaryPrimitives.ReadInt16LittleEndian(bytes) : BinaryPrimitives.ReadInt16BigEndian(bytes),
            PlyType.UInt16 => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes),
            PlyType.Int32 => little ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt32BigEndian(bytes),
            PlyType.UInt32 => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes),
            PlyType.Float32 => little ? BinaryPrimitives.ReadSingleLittleEndian(bytes) : BinaryPrimitives.ReadSingleBigEndian(bytes),
            _ => little ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : BinaryPrimitives.ReadDoubleBigEndian(bytes),
        };
    }
}
