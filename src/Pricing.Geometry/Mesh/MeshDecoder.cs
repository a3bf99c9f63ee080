namespace Pricing.Geometry.Mesh;

/// <summary>
/// A decoder is pushed the file's bytes as they arrive, in any chunking, and writes triangles into a <see cref="TileWriter"/>.
/// Untrusted bytes can only make it throw <see cref="MeshFormatException"/>; memory is bounded by <c>Limits.Mesh</c>.
/// </summary>
public abstract class MeshDecoder
{
    public abstract MeshFormat Format { get; }

    /// <summary>The unit the file itself states, null for unit-less formats. Valid after Finish (earlier where the header says it).</summary>
    public virtual LengthUnit? FileUnit => null;

    /// <summary>Notes about how the file was read (skipped elements, ignored extensions). Valid after Finish.</summary>
    public virtual IReadOnlyList<MeasurementNote> Notes => [];

    /// <summary>Takes the next bytes of the file.</summary>
    public abstract void Push(ReadOnlySpan<byte> bytes);

    /// <summary>The file has ended: decodes what waited for the end, checks completeness, completes the writer.</summary>
    public abstract void Finish();
}
