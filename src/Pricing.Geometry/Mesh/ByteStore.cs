namespace Pricing.Geometry.Mesh;

/// <summary>
/// A container format (zip, GLB, glTF) has its directory at the end or points back and forth, so its bytes are kept until all have come.
/// Grows only as bytes really come, up to a named limit.
/// </summary>
sealed class ByteStore(long totalBytes, long bytesMax)
{
    byte[] _bytes = new byte[Math.Min(64 << 10, totalBytes)];
    int _count;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _count);

    /// <summary>The bytes as a read-only stream.</summary>
    public MemoryStream Stream(long offset, long length) => new(_bytes, checked((int)offset), checked((int)length), writable: false);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_count + (long)bytes.Length > bytesMax || totalBytes > bytesMax)
            throw new MeshFormatException("CONTAINER_TOO_LARGE", "The file is too large for its format; export it as binary STL.", "file",
                $"{bytesMax} bytes", $"{Math.Max(totalBytes, _count + (long)bytes.Length)} bytes");
        if (_count + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(totalBytes, Math.Max(2L * _bytes.Length, _count + (long)bytes.Length)));
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }
}
