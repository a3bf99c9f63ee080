using System.Buffers.Binary;
using System.Text.Json;

namespace Pricing.Geometry.Mesh;

/// <summary>A checked view: every element of it lies inside its buffer.</summary>
sealed class GltfAccessor(ReadOnlyMemory<byte> bytes, int count, int stride, long componentType, bool normalized)
{
    public int Count { get; } = count;

    public (double X, double Y, double Z) Point(int index)
    {
        var at = bytes.Span[(index * stride)..];
        var size = GltfAccessors.SizeOf(componentType);
        return (Number(at), Number(at[size..]), Number(at[(2 * size)..]));
    }

    double Number(ReadOnlySpan<byte> at) => componentType switch
    {
        5126 => BinaryPrimitives.ReadSingleLittleEndian(at),
        5120 => normalized ? Math.Max((sbyte)at[0] / 127.0, -1) : (sbyte)at[0],
        5121 => normalized ? at[0] / 255.0 : at[0],
        5122 => normalized ? Math.Max(BinaryPrimitives.ReadInt16LittleEndian(at) / 32767.0, -1) : BinaryPrimitives.ReadInt16LittleEndian(at),
        _ => normalized ? BinaryPrimitives.ReadUInt16LittleEndian(at) / 65535.0 : BinaryPrimitives.ReadUInt16LittleEndian(at),
    };

    public long Integer(int index)
    {
        var at = bytes.Span[(index * stride)..];
        return componentType switch
        {
            5121 => at[0],
            5123 => BinaryPrimitives.ReadUInt16LittleEndian(at),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(at),
        };
    }
}

/// <summary>Buffers, buffer views and accessors of a glTF, all ranges checked in long before anything is read. Only embedded buffers are known.</summary>
sealed class GltfAccessors
{
    readonly JsonElement[] _accessors;
    readonly JsonElement[] _views;
    readonly JsonElement[] _buffers;
    readonly ReadOnlyMemory<byte>? _bin;
    readonly Dictionary<long, ReadOnlyMemory<byte>> _decoded = [];

    public GltfAccessors(JsonElement root, ReadOnlyMemory<byte>? bin)
    {
        _accessors = GltfJson.Objects(root, "accessors", "root");
        _views = GltfJson.Objects(root, "bufferViews", "root");
        _buffers = GltfJson.Objects(root, "buffers", "root");
        _bin = bin;
    }

    public static int SizeOf(long componentType) => componentType switch
    {
        5120 or 5121 => 1,
        5122 or 5123 => 2,
        _ => 4,
    };

    public GltfAccessor Positions(long index) => Open(index, "VEC3", 3, componentType => componentType is 5126 or 5120 or 5121 or 5122 or 5123);

    public GltfAccessor Indices(long index) => Open(index, "SCALAR", 1, componentType => componentType is 5121 or 5123 or 5125);

    GltfAccessor Open(long index, string type, int components, Func<long, bool> allowed)
    {
        var place = $"accessors[{index}]";
        var accessor = GltfJson.At(_accessors, index, place);
        if (accessor.TryGetProperty("sparse", out _))
            throw new MeshFormatException("GLTF_SPARSE_NOT_SUPPORTED", "Sparse accessors are not read.", place, "a plain accessor", "sparse");
        var componentType = GltfJson.Integer(accessor, "componentType", place) ?? 0;
        if (GltfJson.Text(accessor, "type") != type || !allowed(componentType))
            throw GltfJson.Malformed(place, $"{type} of a component type fit for it", $"component type {componentType}");
        var count = GltfJson.Integer(accessor, "count", place) ?? -1;
        var viewIndex = GltfJson.Integer(accessor, "bufferView", place)
            ?? throw new MeshFormatException("GLTF_EXTENSION_UNSUPPORTED", "The accessor has no data of its own: the mesh is probably compressed.", place, "a bufferView", "none");
        var view = GltfJson.At(_views, viewIndex, $"{place}.bufferView");
        var viewBytes = View(view, $"bufferViews[{viewIndex}]");
        var element = components * SizeOf(componentType);
        var stride = GltfJson.Integer(view, "byteStride", $"bufferViews[{viewIndex}]") ?? element;
        var offset = GltfJson.Integer(accessor, "byteOffset", place) ?? 0;
        if (stride < element || stride > 252 || offset < 0 || offset > viewBytes.Length || count < 0 || count > int.MaxValue
            || (count > 0 && offset + (count - 1) * stride + element > viewBytes.Length))
            throw new MeshFormatException("GLTF_ACCESSOR_OUT_OF_RANGE", "An accessor reaches outside its buffer.", place, $"{viewBytes.Length} bytes",
                $"{count} elements of {stride} bytes from byte {offset}");
        var normalized = accessor.TryGetProperty("normalized", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new GltfAccessor(viewBytes[(int)offset..], (int)count, (int)stride, componentType, normalized);
    }

    ReadOnlyMemory<byte> View(JsonElement view, string place)
    {
        var buffer = Buffer(GltfJson.Integer(view, "buffer", place) ?? -1);
        var offset = GltfJson.Integer(view, "byteOffset", place) ?? 0;
        var length = GltfJson.Integer(view, "byteLength", place) ?? -1;
        if (offset < 0 || length < 0 || offset > buffer.Length || length > buffer.Length - offset)
            throw new MeshFormatException("GLTF_ACCESSOR_OUT_OF_RANGE", "A buffer view reaches outside its buffer.", place, $"{buffer.Length} bytes",
                $"{length} bytes from byte {offset}");
        return buffer.Slice((int)offset, (int)length);
    }

    ReadOnlyMemory<byte> Buffer(long index)
    {
        if (_decoded.TryGetValue(index, out var known))
            return known;
        var place = $"buffers[{index}]";
        var buffer = GltfJson.At(_buffers, index, place);
        if (!buffer.TryGetProperty("uri", out _))
            return _decoded[index] = index == 0 && _bin is { } bin ? bin
                : throw new MeshFormatException("GLTF_BUFFER_MISSING", "A buffer has neither data nor a GLB chunk.", place, "embedded data", "none");
        var uri = GltfJson.Text(buffer, "uri") ?? throw GltfJson.Malformed($"{place}.uri", "text", "another kind");
        if (!uri.StartsWith("data:", StringComparison.Ordinal))
            throw new MeshFormatException("GLTF_EXTERNAL_BUFFER", "The glTF keeps its data in another file; export it as GLB or with embedded buffers.", $"{place}.uri",
                "a data: URI", uri[..Math.Min(64, uri.Length)]);
        var comma = uri.IndexOf(',');
        if (comma < 0 || !uri.AsSpan(0, comma).EndsWith(";base64", StringComparison.Ordinal))
            throw GltfJson.Malformed($"{place}.uri", "base64 data", "another encoding");
        var bytes = new byte[(uri.Length - comma) / 4 * 3 + 3];
        return _decoded[index] = Convert.TryFromBase64Chars(uri.AsSpan(comma + 1), bytes, out var written) ? bytes.AsMemory(0, written)
            : throw GltfJson.Malformed($"{place}.uri", "base64 data", "malformed base64");
    }
}
