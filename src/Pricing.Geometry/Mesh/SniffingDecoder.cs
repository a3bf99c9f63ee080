namespace Pricing.Geometry.Mesh;

/// <summary>
/// The door: collects the first bytes, lets <see cref="FormatSniffer"/> name the format, hands everything on to that format's decoder.
/// Also the one place for what holds for every format: the file's length, and that there is a triangle at all.
/// </summary>
sealed class SniffingDecoder : MeshDecoder
{
    /// <summary>Enough for a comment block before an OBJ's first statement or an OFF's first line.</summary>
    const int HeadBytes = 4096;

    readonly long _totalBytes;
    readonly string? _fileName;
    readonly UnitChoice _units;
    readonly TileWriter _writer;
    readonly TextPath _path;
    readonly byte[] _head;
    int _headCount;
    long _pushed;
    MeshDecoder? _decoder;

    public SniffingDecoder(long totalBytes, string? fileName, UnitChoice units, TileWriter writer, TextPath path)
    {
        if (totalBytes > Limits.Mesh.FileBytesMax)
            throw new MeshFormatException("FILE_TOO_LARGE", "The file is too large.", "file", $"{Limits.Mesh.FileBytesMax} bytes", $"{totalBytes} bytes");
        _totalBytes = totalBytes;
        _fileName = fileName;
        _units = units;
        _writer = writer;
        _path = path;
        _head = new byte[Math.Min(HeadBytes, totalBytes)];
        writer.Factor = units.Factor(stated: null);
    }

    public override MeshFormat Format => _decoder?.Format ?? throw new InvalidOperationException("The format is not known before the first bytes.");

    public override LengthUnit? FileUnit => _decoder?.FileUnit;

    public override IReadOnlyList<MeasurementNote> Notes => _decoder?.Notes ?? [];

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        _pushed += bytes.Length;
        if (_pushed > _totalBytes)
            throw LengthMismatch();
        if (_decoder is null)
        {
            var take = Math.Min(bytes.Length, _head.Length - _headCount);
            bytes[..take].CopyTo(_head.AsSpan(_headCount));
            _headCount += take;
            if (_headCount < _head.Length)
                return;
            bytes = bytes[take..];
            _decoder = OpenByContent();
            _decoder.Push(_head);
        }
        if (bytes.Length > 0)
            _decoder.Push(bytes);
    }

    public override void Finish()
    {
        if (_totalBytes == 0)
            throw new MeshFormatException("FILE_EMPTY", "The file is empty.", "file", "1 byte or more", "0 bytes");
        if (_pushed != _totalBytes || _decoder is null)
            throw LengthMismatch();
        _decoder.Finish();
        if (_writer.Triangles == 0)
            throw new MeshFormatException("MESH_EMPTY", "The file holds no triangles.", "triangles", "1 triangle or more", "0 triangles");
    }

    MeshDecoder OpenByContent() => FormatSniffer.Sniff(_head, _totalBytes, _fileName) switch
    {
        MeshFormat.StlBinary => new BinaryStlDecoder(_totalBytes, _writer),
        MeshFormat.StlAscii => new AsciiStlDecoder(_writer, _path),
        MeshFormat.Obj => new ObjDecoder(_writer, _path),
        MeshFormat.Ply => new PlyDecoder(_totalBytes, _writer, _path),
        MeshFormat.Off => new OffDecoder(_writer, _path),
        MeshFormat.ThreeMf => new PackageDecoder(_totalBytes, _units, _writer),
        MeshFormat.Amf => new AmfDecoder(_units, _writer),
        MeshFormat.Gltf => new GltfDecoder(binary: false, _totalBytes, _writer),
        MeshFormat.Glb => new GltfDecoder(binary: true, _totalBytes, _writer),
        var format => throw new InvalidOperationException($"No decoder for {format}."),
    };

    MeshFormatException LengthMismatch() => new("LENGTH_MISMATCH", "The bytes received are not as many as were announced.", "file",
        $"{_totalBytes} bytes", $"{_pushed} bytes");
}
