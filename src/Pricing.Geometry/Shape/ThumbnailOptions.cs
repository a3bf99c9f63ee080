namespace Pricing.Geometry.Shape;

/// <summary>What a thumbnail looks like.</summary>
sealed record ThumbnailOptions
{
    public int WidthPixels { get; init; } = 512;

    public int HeightPixels { get; init; } = 384;

    /// <summary>Else white.</summary>
    public bool IsTransparent { get; init; }

    /// <summary>How the part lies; the eye looks down on it from the front right.</summary>
    public Frame Frame { get; init; } = Frame.AsIs;

    /// <summary>One byte per triangle of the mesh, 0 calm to 255 worst, shown as colours; none, and the part is grey.</summary>
    public ReadOnlyMemory<byte> Heat { get; init; }
}
