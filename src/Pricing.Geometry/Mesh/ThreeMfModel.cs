using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>A reference to an object, in this part or (production extension) another one, and where it is put.</summary>
sealed record ThreeMfReference(string Part, long ObjectId, Transform Place);

/// <summary>An object: a mesh, or components, never both.</summary>
sealed class ThreeMfObject(long id, string type)
{
    public long Id { get; } = id;

    public string Type { get; } = type;

    public IndexedMesh? Mesh { get; set; }

    public List<ThreeMfReference> Components { get; } = [];

    public bool HasBeamLattice { get; set; }
}

/// <summary>
/// One model part, read from its XML (3MF Core 1.3). Only elements of the core namespace are looked at; any other element is stepped over
/// with all that is in it. Required extensions we cannot honour are refused, as the specification demands.
/// </summary>
sealed class ThreeMfModel(string part, MeshBudget budget) : IXmlHandler
{
    const string CoreNamespace = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02";

    /// <summary>Extensions that leave the shape of the mesh as it is, or that we read (production).</summary>
    static readonly string[] KnownExtensions =
    [
        "http://schemas.microsoft.com/3dmanufacturing/material/2015/02",
        "http://schemas.microsoft.com/3dmanufacturing/production/2015/06",
        "http://schemas.3mf.io/3dmanufacturing/production/alternatives/2021/04",
        "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07",
        "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02",
        "http://schemas.microsoft.com/3dmanufacturing/trianglesets/2021/07",
    ];

    readonly Dictionary<string, string> _namespaces = [];
    byte[] _corePrefix = [];
    string _place = "";
    string _productionPrefix = "p";
    int _skipped;
    bool _modelSeen;
    ThreeMfObject? _object;

    public LengthUnit Unit { get; private set; } = LengthUnit.Millimetre;

    public Dictionary<long, ThreeMfObject> Objects { get; } = [];

    public List<ThreeMfReference> Items { get; } = [];

    public bool HasBuild { get; private set; }

    public long ItemsNotPrintable { get; private set; }

    public void Start(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, XmlAttributes attributes)
    {
        if (_skipped > 0)
        {
            _skipped++;
            return;
        }
        if (!_modelSeen)
        {
            ReadModel(prefix, name, attributes);
            return;
        }
        if (!prefix.SequenceEqual(_corePrefix) || attributes.TryGet("xmlns"u8, out _))
        {
            if (_object is not null && name.SequenceEqual("beamlattice"u8))
                _object.HasBeamLattice = true;
            _skipped = 1;
        }
        else if (_object?.Mesh is { } mesh)
            ReadMeshElement(mesh, name, attributes);
        else if (name.SequenceEqual("object"u8))
            BeginObject(attributes);
        else if (name.SequenceEqual("mesh"u8) && _object is not null)
            _object.Mesh = new IndexedMesh(budget);
        else if (name.SequenceEqual("component"u8) && _object is not null)
            AddReference(_object.Components, attributes, "component");
        else if (name.SequenceEqual("build"u8))
            HasBuild = true;
        else if (name.SequenceEqual("item"u8) && HasBuild)
        {
            if (attributes.TryGet("printable"u8, out var printable) && printable.SequenceEqual("0"u8))
                ItemsNotPrintable++;
            else
                AddReference(Items, attributes, "item");
        }
    }

    public void End(ReadOnlySpan<byte> name)
    {
        if (_skipped > 0)
            _skipped--;
        else if (name.SequenceEqual("object"u8))
            _object = null;
    }

    public void Text(ReadOnlySpan<byte> text)
    {
    }

    void ReadModel(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, XmlAttributes attributes)
    {
        if (!name.SequenceEqual("model"u8))
            throw Malformed("root", "element model", Words.Shown(name));
        _modelSeen = true;
        _corePrefix = prefix.ToArray();
        var core = Encoding.UTF8.GetString(prefix);
        for (var i = 0; i < attributes.Count; i++)
            if (attributes.Name(i).StartsWith("xmlns:"u8))
                _namespaces[Encoding.UTF8.GetString(attributes.Name(i)[6..])] = Encoding.UTF8.GetString(attributes.Value(i));
            else if (attributes.Name(i).SequenceEqual("xmlns"u8))
                _namespaces[""] = Encoding.UTF8.GetString(attributes.Value(i));
        if (_namespaces.GetValueOrDefault(core) is not (null or CoreNamespace) and var other)
            throw Malformed("model", CoreNamespace, Words.Shown(Encoding.UTF8.GetBytes(other)));
        foreach (var (key, value) in _namespaces)
            if (value == KnownExtensions[1])
                _productionPrefix = key;
        if (attributes.TryGet("unit"u8, out var unit))
            Unit = LengthUnits.TryParse(Encoding.UTF8.GetString(unit), out var read) ? read
                : throw new MeshFormatException("UNIT_UNKNOWN", "The unit the file states is not known.", part,
                    "micron, millimeter, centimeter, inch, foot or meter", Words.Shown(unit));
        if (attributes.TryGet("requiredextensions"u8, out var required))
            CheckExtensions(Encoding.UTF8.GetString(required));
    }

    void CheckExtensions(string required)
    {
        foreach (var prefix in required.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            var name = _namespaces.GetValueOrDefault(prefix, prefix);
            if (Array.IndexOf(KnownExtensions, name) < 0)
                throw new MeshFormatException("THREEMF_EXTENSION_UNSUPPORTED", "The 3MF requires an extension we do not read.", part,
                    "materials, production, slice, beam lattice, triangle sets", Words.Shown(Encoding.UTF8.GetBytes(name), charsMax: 120));
        }
    }

    void BeginObject(XmlAttributes attributes)
    {
        if (_object is not null)
            throw Malformed("object", "no object inside an object", "nested object");
        if (Objects.Count == Limits.Mesh.ObjectsMax)
            throw new MeshFormatException("TOO_MANY_OBJECTS", "The package has too many objects.", part, $"{Limits.Mesh.ObjectsMax} objects",
                $"more than {Limits.Mesh.ObjectsMax} objects");
        var id = Integer(attributes, "id"u8, "object");
        var type = attributes.TryGet("type"u8, out var text) ? Words.Shown(text) : "model";
        _object = new ThreeMfObject(id, type);
        _place = $"{part}, object {id}";
        if (!Objects.TryAdd(id, _object))
            throw Malformed($"object {id}", "every object id once", "twice");
    }

    void ReadMeshElement(IndexedMesh mesh, ReadOnlySpan<byte> name, XmlAttributes attributes)
    {
        if (name.SequenceEqual("vertex"u8))
            mesh.AddVertex(Number(attributes, "x"u8), Number(attributes, "y"u8), Number(attributes, "z"u8));
        else if (name.SequenceEqual("triangle"u8))
            mesh.AddTriangle(Integer(attributes, "v1"u8, "triangle"), Integer(attributes, "v2"u8, "triangle"), Integer(attributes, "v3"u8, "triangle"),
                _place);
        else if (name.SequenceEqual("component"u8))
            throw Malformed($"object {_object!.Id}", "a mesh or components", "both");
    }

    void AddReference(List<ThreeMfReference> references, XmlAttributes attributes, string element)
    {
        if (references.Count == Limits.Mesh.ComponentsMax)
            throw ThreeMfPackage.TooManyInstances(part);
        var id = Integer(attributes, "objectid"u8, element);
        var place = Transform.Identity;
        if (attributes.TryGet("transform"u8, out var text))
            place = ReadTransform(text, element);
        var target = part;
        for (var i = 0; i < attributes.Count; i++)
            if (attributes.Name(i).EndsWith(":path"u8) && Encoding.UTF8.GetString(attributes.Name(i)[..^5]) == _productionPrefix)
                target = attributes.Value(i).Length <= Limits.Mesh.ZipNameBytesMax ? ThreeMfPackage.PartName(Encoding.UTF8.GetString(attributes.Value(i)))
                    : throw Malformed(element, $"a path of at most {Limits.Mesh.ZipNameBytesMax} bytes", $"{attributes.Value(i).Length} bytes");
        references.Add(new ThreeMfReference(target, id, place));
    }

    Transform ReadTransform(ReadOnlySpan<byte> text, string element)
    {
        var words = new Words(text, 0);
        var m = (stackalloc double[12]);
        for (var i = 0; i < 12; i++)
        {
            var word = words.Next();
            if (!TextNumber.TryParse(word, out m[i]))
                throw Words.NumberMalformed(word, "12 numbers", $"{part}, {element} transform");
        }
        if (!words.Next().IsEmpty)
            throw Malformed($"{element} transform", "12 numbers", "more");
        return new Transform(m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10], m[11]);
    }

    double Number(XmlAttributes attributes, ReadOnlySpan<byte> name)
    {
        attributes.TryGet(name, out var text);
        text = text.Trim(" \t\r\n"u8);
        return TextNumber.TryParse(text, out double value) ? value
            : throw Words.NumberMalformed(text, "a decimal number", $"{part}, object {_object!.Id}, vertex {_object.Mesh!.Vertices}, {Words.Shown(name)}");
    }

    long Integer(XmlAttributes attributes, ReadOnlySpan<byte> name, string element)
    {
        attributes.TryGet(name, out var text);
        return TextNumber.TryParse(text.Trim(" \t\r\n"u8), out long value) ? value
            : throw Words.NumberMalformed(text, "an integer", $"{part}, {element} {Words.Shown(name)}");
    }

    MeshFormatException Malformed(string place, string wanted, string actual) =>
        new("THREEMF_MALFORMED", "The 3MF model is malformed.", $"{part}, {place}", wanted, actual);
}
