using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// AMF (ISO/ASTM 52915), plain: objects with meshes, volumes merged; constellations place instances by shifts and by turns of whole
/// quarters (others would need sines that differ between platforms, and are refused). An object no constellation names is placed once.
/// Curved edges and normals are not read.
/// </summary>
sealed class AmfDecoder(UnitChoice units, TileWriter writer, string part = "file") : MeshDecoder, IXmlHandler
{
    /// <summary>The longest number read as an element's text, and the longest id.</summary>

    /// <summary>The number whose element is open.</summary>
    enum Expected
    {
        Nothing,
        Coordinate,
        Corner,
        InstanceField,
    }

    enum Inside
    {
        Neither,
        Coordinates,
        Triangle,
    }

    sealed class AmfObject(MeshBudget budget)
    {
        public IndexedMesh Mesh { get; } = new(budget);
        public bool Placed { get; set; }
    }

    sealed class Instance(string target)
    {
        public string Target { get; } = target;
        public double[] Numbers { get; } = new double[6];
    }

    static readonly string[] InstanceFields = ["deltax", "deltay", "deltaz", "rx", "ry", "rz"];

    readonly MeshBudget _budget = new();
    readonly Dictionary<string, AmfObject> _objects = [];
    readonly List<string> _order = [];
    readonly List<Instance> _instances = [];
    readonly byte[] _text = new byte[Limits.Mesh.AmfTextBytesMax];
    readonly double[] _point = new double[3];
    readonly long[] _corners = new long[3];
    XmlScanner? _scanner;
    int _textCount;
    Expected _expected;
    int _slot;
    Inside _inside;
    int _seen;
    AmfObject? _object;
    Instance? _instance;
    bool _rootSeen;
    LengthUnit? _unit;

    public override MeshFormat Format => MeshFormat.Amf;

    public override LengthUnit? FileUnit => _unit;

    public override void Push(ReadOnlySpan<byte> bytes) => (_scanner ??= new XmlScanner(this, part)).Push(bytes);

    public override void Finish()
    {
        (_scanner ??= new XmlScanner(this, part)).Finish();
        writer.Factor = units.Factor(_unit);
        var total = 0L;
        foreach (var instance in _instances)
        {
            if (!_objects.TryGetValue(instance.Target, out var target))
                throw new MeshFormatException("AMF_OBJECT_MISSING", "A constellation names an object that does not exist.", part, "an existing object",
                    Words.Shown(Encoding.UTF8.GetBytes(instance.Target)));
            target.Placed = true;
            total += target.Mesh.Triangles;
            TileWriter.CheckTriangles(total);
        }
        foreach (var id in _order)
            TileWriter.CheckTriangles(total += _objects[id].Placed ? 0 : _objects[id].Mesh.Triangles);
        foreach (var id in _order)
            if (!_objects[id].Placed)
                _objects[id].Mesh.WriteTo(writer, Transform.Identity);
        foreach (var instance in _instances)
            _objects[instance.Target].Mesh.WriteTo(writer, Place(instance.Numbers));
        writer.Complete();
    }

    public void Start(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, XmlAttributes attributes)
    {
        if (!_rootSeen)
            ReadRoot(name, attributes);
        else if (_expected != Expected.Nothing)
            throw Malformed("a number", $"element {Words.Shown(name)}");
        else if (_inside == Inside.Coordinates && name is [(byte)'x' or (byte)'y' or (byte)'z'])
            Expect(Expected.Coordinate, name[0] - 'x');
        else if (_inside == Inside.Triangle && name is [(byte)'v', (byte)'1' or (byte)'2' or (byte)'3'])
            Expect(Expected.Corner, name[1] - '1');
        else if (_instance is not null && FieldOf(name) is >= 0 and var field)
            Expect(Expected.InstanceField, field);
        else if (name.SequenceEqual("coordinates"u8))
            Enter(Inside.Coordinates);
        else if (name.SequenceEqual("triangle"u8))
            Enter(Inside.Triangle);
        else if (name.SequenceEqual("object"u8))
            BeginObject(attributes);
        else if (name.SequenceEqual("instance"u8))
            BeginInstance(attributes);
    }

    public void End(ReadOnlySpan<byte> name)
    {
        if (_expected != Expected.Nothing)
            EndNumber();
        else if (name.SequenceEqual("coordinates"u8))
        {
            CheckSeen("coordinates");
            Open().Mesh.AddVertex(_point[0], _point[1], _point[2]);
        }
        else if (name.SequenceEqual("triangle"u8))
        {
            CheckSeen("triangle");
            Open().Mesh.AddTriangle(_corners[0], _corners[1], _corners[2], part);
        }
        else if (name.SequenceEqual("object"u8))
            _object = null;
        else if (name.SequenceEqual("instance"u8))
            _instance = null;
    }

    public void Text(ReadOnlySpan<byte> text)
    {
        if (_expected == Expected.Nothing)
            return;
        if (text.Length > Limits.Mesh.AmfTextBytesMax - _textCount)
            throw Malformed($"at most {Limits.Mesh.AmfTextBytesMax} bytes in a number", "more");
        text.CopyTo(_text.AsSpan(_textCount));
        _textCount += text.Length;
    }

    void ReadRoot(ReadOnlySpan<byte> name, XmlAttributes attributes)
    {
        if (!name.SequenceEqual("amf"u8))
            throw new MeshFormatException("FORMAT_UNKNOWN", "The XML is not an AMF.", part, "root element amf", Words.Shown(name));
        _rootSeen = true;
        if (attributes.TryGet("unit"u8, out var unit))
            _unit = LengthUnits.TryParse(Encoding.UTF8.GetString(unit), out var read) ? read
                : throw new MeshFormatException("UNIT_UNKNOWN", "The unit the file states is not known.", part, "millimeter, inch, feet, meter or micron", Words.Shown(unit));
    }

    void Enter(Inside inside)
    {
        if (_inside != Inside.Neither)
            throw Malformed("no coordinates or triangle inside one another", "nested elements");
        (_inside, _seen) = (inside, 0);
    }

    void Expect(Expected expected, int slot) => (_expected, _slot, _textCount) = (expected, slot, 0);

    void EndNumber()
    {
        var text = _text.AsSpan(0, _textCount).Trim(" \t\r\n"u8);
        if (_expected == Expected.Corner)
        {
            if (!TextNumber.TryParse(text, out _corners[_slot]))
                throw Words.NumberMalformed(text, "a vertex index", $"{part}, triangle {Open().Mesh.Triangles}");
        }
        else if (!TextNumber.TryParse(text, out double value))
            throw Words.NumberMalformed(text, "a decimal number", _expected == Expected.Coordinate ? $"{part}, vertex {Open().Mesh.Vertices}" : $"{part}, instance");
        else
            (_expected == Expected.Coordinate ? _point : _instance!.Numbers)[_slot] = value;
        _seen |= 1 << _slot;
        _expected = Expected.Nothing;
    }

    AmfObject Open() => _object ?? throw Malformed("an object around it", "a mesh element outside an object");

    void CheckSeen(string element)
    {
        if (_seen != 7)
            throw Malformed(element == "triangle" ? "v1, v2, v3" : "x, y, z", $"{element} without all of them");
        _inside = Inside.Neither;
    }

    void BeginObject(XmlAttributes attributes)
    {
        if (_object is not null || !attributes.TryGet("id"u8, out var id) || id.Length > Limits.Mesh.AmfTextBytesMax)
            throw Malformed("an object with a short id", "a nested object, or one without id");
        if (_objects.Count == Limits.Mesh.ObjectsMax)
            throw new MeshFormatException("TOO_MANY_OBJECTS", "The file has too many objects.", part, $"{Limits.Mesh.ObjectsMax} objects", $"more than {Limits.Mesh.ObjectsMax} objects");
        var name = Encoding.UTF8.GetString(id);
        _object = new AmfObject(_budget);
        if (!_objects.TryAdd(name, _object))
            throw Malformed("every object id once", $"{Words.Shown(id)} twice");
        _order.Add(name);
    }

    void BeginInstance(XmlAttributes attributes)
    {
        if (!attributes.TryGet("objectid"u8, out var id) || id.Length > Limits.Mesh.AmfTextBytesMax)
            throw Malformed("an instance with a short objectid", "none");
        if (_instances.Count == Limits.Mesh.ComponentsMax)
            throw new MeshFormatException("TOO_MANY_COMPONENTS", "The file places too many instances.", part, $"{Limits.Mesh.ComponentsMax} instances",
                $"more than {Limits.Mesh.ComponentsMax} instances");
        _instances.Add(_instance = new Instance(Encoding.UTF8.GetString(id)));
    }

    static int FieldOf(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < InstanceFields.Length; i++)
            if (name.Length == InstanceFields[i].Length && Ascii.Equals(name, InstanceFields[i]))
                return i;
        return -1;
    }

    /// <summary>Turns about x, then y, then z, then the shift.</summary>
    Transform Place(double[] numbers)
    {
        var (cx, sx) = Quarter(numbers[3]);
        var (cy, sy) = Quarter(numbers[4]);
        var (cz, sz) = Quarter(numbers[5]);
        var turnX = new Transform(1, 0, 0, 0, cx, sx, 0, -sx, cx, 0, 0, 0);
        var turnY = new Transform(cy, 0, -sy, 0, 1, 0, sy, 0, cy, 0, 0, 0);
        var turnZ = new Transform(cz, sz, 0, -sz, cz, 0, 0, 0, 1, 0, 0, 0);
        return turnX.Then(turnY).Then(turnZ) with { Dx = numbers[0], Dy = numbers[1], Dz = numbers[2] };
    }

    (double Cos, double Sin) Quarter(double degrees) => ((degrees % 360 + 360) % 360) switch
    {
        0 => (1, 0),
        90 => (0, 1),
        180 => (-1, 0),
        270 => (0, -1),
        _ => throw new MeshFormatException("AMF_ROTATION_NOT_SUPPORTED", "Instances are turned by whole quarters only.", part, "0, 90, 180 or 270 degrees", $"{degrees} degrees"),
    };

    MeshFormatException Malformed(string wanted, string actual) => new("AMF_MALFORMED", "The AMF is malformed.", part, wanted, actual);
}
