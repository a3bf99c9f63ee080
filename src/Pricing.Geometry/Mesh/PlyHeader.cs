namespace Pricing.Geometry.Mesh;

enum PlyEncoding
{
    Ascii,
    BinaryLittleEndian,
    BinaryBigEndian,
}

enum PlyType
{
    Int8,
    UInt8,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Float32,
    Float64,
}

/// <summary>One property; a list when <see cref="CountType"/> is present.</summary>
sealed record PlyProperty(string Name, PlyType Type, PlyType? CountType)
{
    /// <summary>Bytes the property takes at least in a binary body: a list may be empty.</summary>
    public int BytesMin => PlyHeader.SizeOf(CountType ?? Type);
}

/// <summary>One element: so many records of these properties.</summary>
sealed record PlyElement(string Name, long Count, List<PlyProperty> Properties)
{
    public int BytesMin => Properties.Sum(property => property.BytesMin);

    public bool HasList => Properties.Exists(property => property.CountType is not null);

    public int IndexOf(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (Properties.FindIndex(property => property.Name == name) is >= 0 and var index)
                return index;
        return -1;
    }
}

/// <summary>The header of a PLY, line by line: format, elements, properties.</summary>
sealed class PlyHeader
{
    bool _magicRead;
    PlyEncoding? _encoding;

    public PlyEncoding Encoding => _encoding!.Value;

    public List<PlyElement> Elements { get; } = [];

    public static int SizeOf(PlyType type) => type switch
    {
        PlyType.Int8 or PlyType.UInt8 => 1,
        PlyType.Int16 or PlyType.UInt16 => 2,
        PlyType.Float64 => 8,
        _ => 4,
    };

    /// <summary>Takes the next line; true when it was "end_header".</summary>
    public bool Read(ReadOnlySpan<byte> line, long lineNumber)
    {
        var words = new Words(line, lineNumber);
        var keyword = Words.Shown(words.Next());
        if (!_magicRead)
        {
            if (keyword != "ply")
                throw Malformed(lineNumber, "ply", keyword);
            _magicRead = true;
            return false;
        }
        switch (keyword)
        {
            case "" or "comment" or "obj_info":
                return false;
            case "format":
                _encoding = ReadEncoding(Words.Shown(words.Next()), lineNumber);
                return false;
            case "element":
                ReadElement(ref words, lineNumber);
                return false;
            case "property":
                ReadProperty(ref words, lineNumber);
                return false;
            case "end_header":
                if (_encoding is null)
                    throw Malformed(lineNumber, "a format line before it", keyword);
                return true;
            default:
                throw Malformed(lineNumber, "format, element, property, comment or end_header", keyword);
        }
    }

    static PlyEncoding ReadEncoding(string word, long lineNumber) => word switch
    {
        "ascii" => PlyEncoding.Ascii,
        "binary_little_endian" => PlyEncoding.BinaryLittleEndian,
        "binary_big_endian" => PlyEncoding.BinaryBigEndian,
        _ => throw Malformed(lineNumber, "ascii, binary_little_endian or binary_big_endian", word),
    };

    void ReadElement(ref Words words, long lineNumber)
    {
        var name = Words.Shown(words.Next());
        var count = words.NextInteger();
        if (count < 0)
            throw Malformed(lineNumber, "0 or more", $"{count}");
        if (Elements.Count == Limits.Mesh.PlyElementsMax)
            throw Malformed(lineNumber, $"{Limits.Mesh.PlyElementsMax} elements", "more");
        if (name == "vertex")
            VertexStore.CheckCount(count);
        if (name == "face")
            TileWriter.CheckTriangles(count);
        if (name == "tristrips" && count > 0)
            throw new MeshFormatException("PLY_TRISTRIPS_NOT_SUPPORTED", "Triangle strips in PLY are not read; export the mesh with faces.",
                $"line {lineNumber}", "element face", "element tristrips");
        Elements.Add(new PlyElement(name, count, []));
    }

    void ReadProperty(ref Words words, long lineNumber)
    {
        if (Elements.Count == 0)
            throw Malformed(lineNumber, "an element before it", "property");
        var properties = Elements[^1].Properties;
        if (properties.Count == Limits.Mesh.PlyPropertiesMax)
            throw Malformed(lineNumber, $"{Limits.Mesh.PlyPropertiesMax} properties", "more");
        var type = Words.Shown(words.Next());
        if (type == "list")
        {
            var count = ReadType(Words.Shown(words.Next()), lineNumber);
            if (count is PlyType.Float32 or PlyType.Float64)
                throw Malformed(lineNumber, "an integer type for the list's count", "a float");
            var value = ReadType(Words.Shown(words.Next()), lineNumber);
            properties.Add(new PlyProperty(Words.Shown(words.Next()), value, count));
        }
        else
            properties.Add(new PlyProperty(Words.Shown(words.Next()), ReadType(type, lineNumber), null));
    }

    static PlyType ReadType(string word, long lineNumber) => word switch
    {
        "char" or "int8" => PlyType.Int8,
        "uchar" or "uint8" => PlyType.UInt8,
        "short" or "int16" => PlyType.Int16,
        "ushort" or "uint16" => PlyType.UInt16,
        "int" or "int32" => PlyType.Int32,
        "uint" or "uint32" => PlyType.UInt32,
        "float" or "float32" => PlyType.Float32,
        "double" or "float64" => PlyType.Float64,
        _ => throw Malformed(lineNumber, "a property type such as float or uchar", word),
    };

    static MeshFormatException Malformed(long lineNumber, string wanted, string actual) =>
        new("PLY_HEADER_MALFORMED", "The PLY header is malformed.", $"line {lineNumber}", wanted, actual);
}
