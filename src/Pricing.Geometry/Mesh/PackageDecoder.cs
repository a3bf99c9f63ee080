namespace Pricing.Geometry.Mesh;

/// <summary>
/// A zip: a 3MF package, or an AMF in its zipped form. The directory stands at the end of the file, so the (compressed) bytes are kept
/// and everything happens in Finish.
/// </summary>
sealed class PackageDecoder(long totalBytes, UnitChoice units, TileWriter writer) : MeshDecoder
{
    readonly ByteStore _store = new(totalBytes, Limits.Mesh.ContainerBytesMax);
    MeshFormat _format = MeshFormat.ThreeMf;
    LengthUnit? _fileUnit;
    IReadOnlyList<MeasurementNote> _notes = [];

    public override MeshFormat Format => _format;

    public override LengthUnit? FileUnit => _fileUnit;

    public override IReadOnlyList<MeasurementNote> Notes => _notes;

    public override void Push(ReadOnlySpan<byte> bytes) => _store.Add(bytes);

    public override void Finish()
    {
        var zip = new ZipPackage(_store);
        if (zip.Entries.FirstOrDefault(entry => entry.Name.EndsWith(".amf", StringComparison.OrdinalIgnoreCase)) is { } amf)
            DecodeAmf(zip, amf);
        else if (zip.Entries.Any(entry => entry.Name.EndsWith(".model", StringComparison.OrdinalIgnoreCase)))
        {
            var package = new ThreeMfPackage(zip, units, writer);
            package.Decode();
            (_fileUnit, _notes) = (package.FileUnit, package.Notes);
        }
        else
            throw new MeshFormatException("FORMAT_UNKNOWN", "The zip holds neither a 3MF model nor an AMF.", "file", "an entry *.model or *.amf",
                $"{zip.Entries.Count} other entries");
        writer.Complete();
    }

    void DecodeAmf(ZipPackage zip, ZipEntry entry)
    {
        _format = MeshFormat.Amf;
        var amf = new AmfDecoder(units, writer, entry.Name);
        zip.Inflate(entry, piece => amf.Push(piece.Span));
        amf.Finish();
        (_fileUnit, _notes) = (amf.FileUnit, amf.Notes);
    }
}
