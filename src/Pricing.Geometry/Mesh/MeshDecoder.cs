using Pricing.Geometry.Lanes;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// A decoder is pushed the file's bytes as they arrive, in any chunking, and writes triangles into a <see cref="TileWriter"/>.
/// Untrusted bytes can only make it throw <see cref="MeshFormatException"/>; memory is bounded by <c>Limits.Mesh</c>.
/// After it has thrown, a decoder is spent.
/// </summary>
public abstract class MeshDecoder
{
    /// <summary>The decoder for a file of this many bytes: it looks at the first bytes, then becomes the right one.</summary>
    /// <param name="totalBytes">Length of the whole file. The pushed bytes must add up to it.</param>
    /// <param name="fileName">A hint only: content decides, the extension speaks where content leaves a doubt.</param>
    /// <param name="unit">The caller's unit; null = what the file says, else millimetre.</param>
    /// <param name="scale">Factor applied after the unit.</param>
    /// <param name="writer">Takes the triangles; its Factor is set from unit and scale.</param>
    public static MeshDecoder Open(long totalBytes, string? fileName, LengthUnit? unit, double scale, TileWriter writer) =>
        Open(totalBytes, fileName, unit, scale, writer, InstructionSets.Current);

    /// <summary>The same at a given vector width, which changes no bit of the triangles.</summary>
    internal static MeshDecoder Open(long totalBytes, string? fileName, LengthUnit? unit, double scale, TileWriter writer, InstructionSet set)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(totalBytes);
        ArgumentNullException.ThrowIfNull(writer);
        if (!(scale >= Limits.Mesh.ScaleMin && scale <= Limits.Mesh.ScaleMax))
            throw new ArgumentOutOfRangeException(nameof(scale), scale, $"Scale lies between {Limits.Mesh.ScaleMin} and {Limits.Mesh.ScaleMax}.");
        return new SniffingDecoder(totalBytes, fileName, new UnitChoice(unit, scale), writer, TextPaths.For(set));
    }

    /// <summary>The format of the file. Valid once enough bytes were pushed to tell, at the latest after Finish.</summary>
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
