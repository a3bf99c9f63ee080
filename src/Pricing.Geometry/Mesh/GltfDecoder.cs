using System.Buffers.Binary;
using System.Text.Json;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// glTF 2.0, as JSON with embedded buffers or as GLB. Kept whole until the end, because accessors point anywhere; the JSON is parsed with
/// a bounded depth. Coordinates stay as the file has them (its y may be up), after the node hierarchy has placed them.
/// </summary>
sealed class GltfDecoder(bool binary, long totalBytes, TileWriter writer) : MeshDecoder
{
    const uint JsonChunk = 0x4E4F534A;
    const uint BinChunk = 0x004E4942;

    readonly ByteStore _store = new(totalBytes, binary ? Limits.Mesh.ContainerBytesMax : Limits.Mesh.GltfJsonBytesMax);
    List<MeasurementNote> _notes = [];

    public override MeshFormat Format => binary ? MeshFormat.Glb : MeshFormat.Gltf;

    public override IReadOnlyList<MeasurementNote> Notes => _notes;

    public override void Push(ReadOnlySpan<byte> bytes) => _store.Add(bytes);

    public override void Finish()
    {
        var (json, bin) = binary ? SplitGlb(_store.Bytes) : (_store.Bytes, default(ReadOnlyMemory<byte>?));
        if (json.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            json = json[3..];
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Limits.Mesh.XmlDepthMax });
            var scene = new GltfScene(document.RootElement, bin, writer);
            scene.Write();
            _notes = scene.Notes;
        }
        catch (JsonException e)
        {
            throw new MeshFormatException("JSON_MALFORMED", "The JSON of the glTF is malformed or cut off.", $"line {e.LineNumber + 1}, byte {e.BytePositionInLine}",
                "JSON", "other text");
        }
        catch (InvalidOperationException)
        {
            // The library's answer to text it cannot decode: a lone surrogate in an escape, or bytes that are not UTF-8.
            throw new MeshFormatException("JSON_MALFORMED", "The JSON of the glTF holds text that is not Unicode.", "a name or text", "UTF-8", "other bytes");
        }
        writer.Complete();
    }

    /// <summary>The header and the chunks of a GLB: JSON first, then at most one BIN; unknown chunks are stepped over.</summary>
    static (ReadOnlyMemory<byte> Json, ReadOnlyMemory<byte>? Bin) SplitGlb(ReadOnlyMemory<byte> file)
    {
        var bytes = file.Span;
        if (bytes.Length < 20)
            throw Malformed("file", "20 bytes or more", $"{bytes.Length} bytes");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (version != 2)
            throw new MeshFormatException("GLTF_VERSION_UNSUPPORTED", "Only glTF 2 is read.", "version", "2", $"{version}");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length != (uint)bytes.Length)
            throw new MeshFormatException("GLB_LENGTH_MISMATCH", "The length in the header is not the file's.", "length", $"{bytes.Length} bytes", $"{length} bytes");
        ReadOnlyMemory<byte>? json = null;
        ReadOnlyMemory<byte>? bin = null;
        for (var at = 12; at < bytes.Length;)
        {
            if (bytes.Length - at < 8)
                throw Malformed($"chunk at byte {at}", "8 bytes of header", $"{bytes.Length - at} bytes");
            var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
            var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            at += 8;
            if (size > (uint)(bytes.Length - at))
                throw Malformed($"chunk at byte {at - 8}", $"at most {bytes.Length - at} bytes", $"{size} bytes");
            if (json is null && kind != JsonChunk)
                throw Malformed("first chunk", "JSON", $"{kind:x8}");
            if (kind == JsonChunk)
                json ??= file.Slice(at, (int)size);
            else if (kind == BinChunk)
                bin ??= file.Slice(at, (int)size);
            at += (int)size;
        }
        if (json!.Value.Length > Limits.Mesh.GltfJsonBytesMax)
            throw new MeshFormatException("CONTAINER_TOO_LARGE", "The JSON of the GLB is too large.", "JSON chunk", $"{Limits.Mesh.GltfJsonBytesMax} bytes", $"{json.Value.Length} bytes");
        return (json.Value, bin);
    }

    static MeshFormatException Malformed(string field, string wanted, string actual) => new("GLB_MALFORMED", "The GLB is malformed.", field, wanted, actual);
}
