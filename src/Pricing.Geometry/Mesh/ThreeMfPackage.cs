using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// A 3MF package: the root model by the package's relationships, further model parts by the production extension's paths, then the build
/// items with their components. What instancing would expand to is counted over the graph before a single triangle is written, so nested
/// components cannot become a bomb; a cycle is found on the way.
/// </summary>
sealed class ThreeMfPackage(ZipPackage zip, UnitChoice units, TileWriter writer)
{
    const string ModelRelationship = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel";

    /// <summary>What an object expands to: triangles written, references followed and levels of nesting, itself included.</summary>
    readonly record struct Expansion(long Triangles, long References, int Height);

    readonly Dictionary<string, ThreeMfModel> _models = new(StringComparer.OrdinalIgnoreCase);
    readonly Dictionary<ThreeMfObject, Expansion> _expansions = [];
    readonly HashSet<ThreeMfObject> _open = [];
    readonly MeshBudget _budget = new();
    readonly SortedDictionary<string, long> _skippedTypes = new(StringComparer.Ordinal);
    bool _latticeSeen;

    public LengthUnit? FileUnit { get; private set; }

    public List<MeasurementNote> Notes { get; } = [];

    public void Decode()
    {
        var root = Load(FindRoot());
        FileUnit = root.Unit;
        writer.Factor = units.Factor(root.Unit);
        if (!root.HasBuild)
            throw new MeshFormatException("THREEMF_BUILD_MISSING", "The 3MF has no build: it does not say what to make.", "build", "1 build", "none");

        // 1. Count, 2. check, 3. write.
        var total = default(Expansion);
        foreach (var item in root.Items)
            total = Sum(total, Measure(Resolve(item), depth: 1));
        if (_latticeSeen && total.Triangles == 0)
            throw new MeshFormatException("BEAM_LATTICE_NOT_SUPPORTED", "The model is a beam lattice without a mesh; lattices are not measured.", "object",
                "a mesh with triangles", "beam lattice only");
        foreach (var item in root.Items)
            Write(Resolve(item), item.Place);
        AddNotes(root);
    }

    /// <summary>A part's name as the zip has it: without the leading slash.</summary>
    public static string PartName(string target) => target.TrimStart('/');

    public static MeshFormatException TooManyInstances(string field) => new("TOO_MANY_COMPONENTS",
        "The 3MF places too many components.", field, $"{Limits.Mesh.ComponentsMax} components, nested ones multiplied out", $"more than {Limits.Mesh.ComponentsMax}");

    /// <summary>The target of the package's 3dmodel relationship; where there is none, the usual name.</summary>
    string FindRoot()
    {
        if (zip.Find("_rels/.rels") is { } entry)
        {
            var relationships = new Relationships();
            Scan(entry, relationships);
            if (relationships.Target is { } target)
                return PartName(target);
        }
        return zip.Find("3D/3dmodel.model") is { } usual ? usual.Name
            : throw new MeshFormatException("THREEMF_MODEL_MISSING", "The package does not say which part is the model.", "_rels/.rels",
                "a 3dmodel relationship", "none");
    }

    ThreeMfModel Load(string part)
    {
        if (_models.TryGetValue(part, out var known))
            return known;
        if (zip.Find(part) is not { } entry)
            throw new MeshFormatException("THREEMF_MODEL_MISSING", "A part the 3MF names is not in the package.",
                Words.Shown(Encoding.UTF8.GetBytes(part)), "a part of the package", "missing");
        var model = new ThreeMfModel(entry.Name, _budget);
        Scan(entry, model);
        return _models[part] = model;
    }

    void Scan(ZipEntry entry, IXmlHandler handler)
    {
        var scanner = new XmlScanner(handler, entry.Name);
        zip.Inflate(entry, piece => scanner.Push(piece.Span));
        scanner.Finish();
    }

    ThreeMfObject Resolve(ThreeMfReference reference) => Load(reference.Part).Objects.TryGetValue(reference.ObjectId, out var found) ? found
        : throw new MeshFormatException("THREEMF_OBJECT_MISSING", "The 3MF names an object that does not exist.", reference.Part, "an existing object",
            $"object {reference.ObjectId}");

    Expansion Measure(ThreeMfObject target, int depth)
    {
        if (_expansions.TryGetValue(target, out var known))
            return known;
        if (!_open.Add(target))
            throw new MeshFormatException("COMPONENT_CYCLE", "Components of the 3MF contain themselves.", $"object {target.Id}", "no cycle", "cycle");
        var total = new Expansion(0, 1, 0);
        if (Counts(target))
        {
            total = total with { Triangles = target.Mesh?.Triangles ?? 0 };
            _latticeSeen |= target.HasBeamLattice;
            foreach (var component in target.Components)
            {
                CheckDepth(depth, target);
                total = Sum(total, Measure(Resolve(component), depth + 1));
            }
        }

        // The height counts too, not only the depth of this walk: a known object is not walked again, but it is written again.
        total = total with { Height = total.Height + 1 };
        CheckDepth(total.Height, target);
        _open.Remove(target);
        return _expansions[target] = total;
    }

    static void CheckDepth(int levels, ThreeMfObject target)
    {
        if (levels > Limits.Mesh.ComponentDepthMax)
            throw new MeshFormatException("COMPONENTS_TOO_DEEP", "Components of the 3MF are nested too deeply.", $"object {target.Id}",
                $"{Limits.Mesh.ComponentDepthMax} levels", $"more than {Limits.Mesh.ComponentDepthMax} levels");
    }

    /// <summary>Both terms are below the limits, so the sums cannot overflow; the limits are checked at every step.</summary>
    static Expansion Sum(Expansion a, Expansion b)
    {
        var sum = new Expansion(checked(a.Triangles + b.Triangles), checked(a.References + b.References), Math.Max(a.Height, b.Height));
        TileWriter.CheckTriangles(sum.Triangles);
        if (sum.References > Limits.Mesh.ComponentsMax)
            throw TooManyInstances("build");
        return sum;
    }

    /// <summary>Support, surface and other objects are not part of what is sold.</summary>
    static bool Counts(ThreeMfObject target) => target.Type == "model";

    void Write(ThreeMfObject target, in Transform place)
    {
        if (!Counts(target))
        {
            _skippedTypes[target.Type] = _skippedTypes.GetValueOrDefault(target.Type) + 1;
            return;
        }
        target.Mesh?.WriteTo(writer, place);
        foreach (var component in target.Components)
            Write(Resolve(component), component.Place.Then(place));
    }

    void AddNotes(ThreeMfModel root)
    {
        if (_latticeSeen)
            Notes.Add(new("BEAM_LATTICE_IGNORED", IsWarning: true, "The model holds beam lattices beside its meshes; the lattices were not measured."));
        if (root.ItemsNotPrintable > 0)
            Notes.Add(new("ITEMS_NOT_PRINTABLE", IsWarning: false, $"{root.ItemsNotPrintable} build items are marked as not printable and were left out."));
        foreach (var (type, count) in _skippedTypes)
            Notes.Add(new("OBJECTS_SKIPPED", IsWarning: true, $"{count} objects of type \"{type}\" were left out; only type \"model\" is measured."));
    }

    /// <summary>Reads the one relationship wanted; external ones are never followed.</summary>
    sealed class Relationships : IXmlHandler
    {
        public string? Target { get; private set; }

        public void Start(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> name, XmlAttributes attributes)
        {
            if (!name.SequenceEqual("Relationship"u8) || !attributes.TryGet("Type"u8, out var type) || !type.SequenceEqual(Encoding.ASCII.GetBytes(ModelRelationship)))
                return;
            if (attributes.TryGet("TargetMode"u8, out var mode) && mode.SequenceEqual("External"u8))
                throw new MeshFormatException("THREEMF_EXTERNAL_MODEL", "The 3MF's model lies outside the package.", "_rels/.rels", "a part of the package", "an external target");
            if (attributes.TryGet("Target"u8, out var target))
                Target ??= Encoding.UTF8.GetString(target);
        }

        public void End(ReadOnlySpan<byte> name)
        {
        }

        public void Text(ReadOnlySpan<byte> text)
        {
        }
    }
}
