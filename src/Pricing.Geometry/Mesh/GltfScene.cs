using System.Text.Json;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// Walks the default scene's nodes and writes their meshes. A node may have one parent only, so each is visited once and the walk is
/// linear; the triangles are counted before the first is written.
/// </summary>
sealed class GltfScene
{
    /// <summary>Extensions a file may require without changing the mesh we read (or, quantised positions, that we read).</summary>
    static readonly string[] HarmlessPrefixes = ["KHR_materials_", "KHR_texture_", "EXT_texture_", "MSFT_texture_", "KHR_lights_", "KHR_xmp", "KHR_animation_"];

    const int Triangles = 4;
    const int Strip = 5;
    const int Fan = 6;

    readonly JsonElement[] _nodes;
    readonly JsonElement[] _meshes;
    readonly GltfAccessors _accessors;
    readonly TileWriter _writer;
    readonly bool[] _visited;
    readonly List<(long Mesh, Transform Place)> _placed = [];
    readonly JsonElement _root;
    long _skippedPrimitives;
    bool _skinned;

    public GltfScene(JsonElement root, ReadOnlyMemory<byte>? bin, TileWriter writer)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw GltfJson.Malformed("root", "an object", $"{root.ValueKind}");
        CheckVersion(root);
        CheckExtensions(root);
        _root = root;
        _writer = writer;
        _nodes = GltfJson.Objects(root, "nodes", "root");
        _meshes = GltfJson.Objects(root, "meshes", "root");
        _accessors = new GltfAccessors(root, bin);
        _visited = new bool[_nodes.Length];
    }

    public List<MeasurementNote> Notes { get; } = [];

    public void Write()
    {
        foreach (var node in RootNodes())
            Visit(node, Transform.Identity, depth: 1);
        var counts = _placed.Select(placed => placed.Mesh).Distinct().ToDictionary(mesh => mesh, Count);
        var (triangles, primitives) = (0L, 0L);
        foreach (var (mesh, _) in _placed)
        {
            TileWriter.CheckTriangles(triangles += counts[mesh].Triangles);
            if ((primitives += counts[mesh].Primitives) > Limits.Mesh.ComponentsMax)
                throw new MeshFormatException("TOO_MANY_COMPONENTS", "The glTF places too many primitives.", "nodes", $"{Limits.Mesh.ComponentsMax} primitives",
                    $"more than {Limits.Mesh.ComponentsMax} primitives");
        }
        foreach (var (mesh, place) in _placed)
            WriteMesh(mesh, place);
        if (_skippedPrimitives > 0)
            Notes.Add(new("PRIMITIVES_SKIPPED", IsWarning: true, $"{_skippedPrimitives} point or line primitives were left out."));
        if (_skinned)
            Notes.Add(new("GLTF_SKIN_IGNORED", IsWarning: true, "The model has skins; its meshes were measured in their rest pose."));
    }

    static void CheckVersion(JsonElement root)
    {
        var version = GltfJson.Object(root, "asset", "root") is { } asset ? GltfJson.Text(asset, "version") : null;
        if (version is null || !version.StartsWith("2.", StringComparison.Ordinal))
            throw new MeshFormatException("GLTF_VERSION_UNSUPPORTED", "Only glTF 2 is read.", "asset.version", "2.x", version is null ? "none" : version[..Math.Min(16, version.Length)]);
    }

    static void CheckExtensions(JsonElement root)
    {
        foreach (var extension in GltfJson.Array(root, "extensionsRequired", "root"))
        {
            var name = extension.ValueKind == JsonValueKind.String ? extension.GetString()! : "";
            if (name != "KHR_mesh_quantization" && !HarmlessPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                throw new MeshFormatException("GLTF_EXTENSION_UNSUPPORTED", "The glTF requires an extension we do not read; export without compression.",
                    "extensionsRequired", "materials, textures, mesh quantization", name[..Math.Min(64, name.Length)]);
        }
    }

    /// <summary>The default scene's nodes; without a scene, all nodes that are no one's child.</summary>
    IEnumerable<long> RootNodes()
    {
        var scenes = GltfJson.Objects(_root, "scenes", "root");
        if (scenes.Length > 0)
        {
            var scene = GltfJson.At(scenes, GltfJson.Integer(_root, "scene", "root") ?? 0, "scene");
            return GltfJson.Array(scene, "nodes", "scene").Select(node => GltfJson.Integer(node, "scene.nodes"));
        }
        var children = new HashSet<long>();
        for (var i = 0; i < _nodes.Length; i++)
            foreach (var child in GltfJson.Array(_nodes[i], "children", $"nodes[{i}]"))
                children.Add(GltfJson.Integer(child, $"nodes[{i}].children"));
        return Enumerable.Range(0, _nodes.Length).Select(i => (long)i).Where(i => !children.Contains(i));
    }

    void Visit(long index, in Transform parent, int depth)
    {
        var place = $"nodes[{index}]";
        var node = GltfJson.At(_nodes, index, place);
        if (_visited[index])
            throw new MeshFormatException("GLTF_NODE_CYCLE", "A node is reached twice: the nodes are no tree.", place, "one parent", "a cycle or a second parent");
        if (depth > Limits.Mesh.XmlDepthMax)
            throw new MeshFormatException("GLTF_TOO_DEEP", "Nodes are nested too deeply.", place, $"{Limits.Mesh.XmlDepthMax} levels", $"more than {Limits.Mesh.XmlDepthMax} levels");
        _visited[index] = true;
        var transform = GltfTransform.Read(node, place).Then(parent);
        if (GltfJson.Integer(node, "mesh", place) is { } mesh)
        {
            _placed.Add((mesh, transform));
            _skinned |= node.TryGetProperty("skin", out _);
        }
        foreach (var child in GltfJson.Array(node, "children", place))
            Visit(GltfJson.Integer(child, $"{place}.children"), transform, depth + 1);
    }

    IEnumerable<(JsonElement Primitive, string Place)> Primitives(long mesh)
    {
        var primitives = GltfJson.Objects(GltfJson.At(_meshes, mesh, "node.mesh"), "primitives", $"meshes[{mesh}]");
        for (var i = 0; i < primitives.Length; i++)
            yield return (primitives[i], $"meshes[{mesh}].primitives[{i}]");
    }

    static long Mode(JsonElement primitive, string place) => GltfJson.Integer(primitive, "mode", place) ?? Triangles;

    /// <summary>What one placement of a mesh writes.</summary>
    (long Triangles, long Primitives) Count(long mesh)
    {
        var (triangles, primitives) = (0L, 0L);
        foreach (var (primitive, place) in Primitives(mesh))
        {
            primitives++;
            if (Mode(primitive, place) is < Triangles or > Fan)
                continue;
            var (positions, indices) = Accessors(primitive, place);
            var corners = indices?.Count ?? positions.Count;
            TileWriter.CheckTriangles(triangles += Mode(primitive, place) == Triangles ? corners / 3 : Math.Max(0, corners - 2));
        }
        return (triangles, primitives);
    }

    (GltfAccessor Positions, GltfAccessor? Indices) Accessors(JsonElement primitive, string place)
    {
        var attributes = GltfJson.Object(primitive, "attributes", place) ?? throw GltfJson.Malformed(place, "attributes", "none");
        var position = GltfJson.Integer(attributes, "POSITION", $"{place}.attributes") ?? throw GltfJson.Malformed($"{place}.attributes", "POSITION", "none");
        return (_accessors.Positions(position), GltfJson.Integer(primitive, "indices", place) is { } indices ? _accessors.Indices(indices) : null);
    }

    void WriteMesh(long mesh, in Transform place)
    {
        foreach (var (primitive, field) in Primitives(mesh))
        {
            var mode = Mode(primitive, field);
            if (mode is < Triangles or > Fan)
            {
                _skippedPrimitives++;
                continue;
            }
            var (positions, indices) = Accessors(primitive, field);
            var corners = indices?.Count ?? positions.Count;
            if (mode == Triangles && corners % 3 != 0)
                throw GltfJson.Malformed(field, "whole triangles", $"{corners} corners");
            var mirrored = place.Determinant < 0;
            Transform? moved = place == Transform.Identity ? null : place;
            for (var i = mode == Triangles ? 0 : 2; mode == Triangles ? i + 2 < corners : i < corners; i += mode == Triangles ? 3 : 1)
            {
                var (a, b, c) = mode switch
                {
                    Triangles => (i, i + 1, i + 2),
                    Strip => (i & 1) == 0 ? (i - 2, i - 1, i) : (i - 1, i - 2, i),
                    _ => (0, i - 1, i),
                };
                var from = Corner(positions, indices, mirrored ? c : a, moved, field);
                var via = Corner(positions, indices, b, moved, field);
                var to = Corner(positions, indices, mirrored ? a : c, moved, field);
                _writer.Add(from.X, from.Y, from.Z, via.X, via.Y, via.Z, to.X, to.Y, to.Z);
            }
        }
    }

    (float X, float Y, float Z) Corner(GltfAccessor positions, GltfAccessor? indices, int corner, in Transform? place, string field)
    {
        var index = indices is null ? corner : indices.Integer(corner);
        if (index >= positions.Count)
            throw new MeshFormatException("INDEX_OUT_OF_RANGE", "A triangle names a vertex that does not exist.", field, $"{positions.Count} vertices", $"vertex {index}, counted from 0");
        var (x, y, z) = positions.Point((int)index);
        if (place is { } moved)
            (x, y, z) = moved.Apply(x, y, z);
        return (_writer.Scale(x), _writer.Scale(y), _writer.Scale(z));
    }
}
