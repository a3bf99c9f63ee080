namespace Pricing.Geometry.Mesh;

/// <summary>Knows what records like these summed up to before.</summary>
interface IRecordSums
{
    /// <summary>
    /// True when the sums of these records were found and added and nobody asks for the triangles: they need not be decoded. Otherwise the
    /// triangles are to come as tiles under this key.
    /// </summary>
    bool TryAdd(ReadOnlySpan<byte> records, double factor, out UInt128 key);
}
