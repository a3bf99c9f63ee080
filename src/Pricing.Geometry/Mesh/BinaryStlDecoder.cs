using System.Buffers.Binary;

namespace Pricing.Geometry.Mesh;

/// <summary>
/// Binary STL: 80 bytes of anything, a count, count records of 50 bytes. The count is believed only where it agrees with the file's
/// length; a tail shorter than one record is ignored and said so (some writers pad), anything else is refused.
/// </summary>
sealed class BinaryStlDecoder : MeshDecoder
{
    public const int HeaderBytes = 84;

    readonly TileWriter _writer;
    readonly long _totalBytes;
    readonly byte[] _carry = new byte[HeaderBytes];
    int _carried;
    bool _headerRead;
    long _recordBytesLeft;
    long _trailingBytes;

    public BinaryStlDecoder(long totalBytes, TileWriter writer)
    {
        _totalBytes = totalBytes;
        _writer = writer;
        if (totalBytes < HeaderBytes)
            throw new MeshFormatException("STL_TRUNCATED", "The file is shorter than the header of a binary STL.", "file",
                $"{HeaderBytes} bytes or more", $"{totalBytes} bytes");
    }

    public override MeshFormat Format => MeshFormat.StlBinary;

    public override IReadOnlyList<MeasurementNote> Notes => _trailingBytes == 0 ? [] :
        [new("STL_TRAILING_BYTES", IsWarning: true, $"{_trailingBytes} bytes after the last triangle were ignored.")];

    public override void Push(ReadOnlySpan<byte> bytes)
    {
        if (!_headerRead)
        {
            if (!FillCarry(ref bytes, HeaderBytes))
                return;
            ReadHeader();
        }
        if (bytes.Length > _recordBytesLeft - _carried)
            bytes = bytes[..(int)(_recordBytesLeft - _carried)];
        if (_carried > 0)
        {
            if (!FillCarry(ref bytes, StlRecord.Bytes))
                return;
            _writer.AddStlRecords(_carry.AsSpan(0, StlRecord.Bytes));
            _recordBytesLeft -= StlRecord.Bytes;
            _carried = 0;
        }
        var whole = bytes.Length / StlRecord.Bytes * StlRecord.Bytes;
        _writer.AddStlRecords(bytes[..whole]);
        _recordBytesLeft -= whole;
        bytes[whole..].CopyTo(_carry);
        _carried = bytes.Length - whole;
    }

    public override void Finish()
    {
        if (!_headerRead || _recordBytesLeft > 0)
            throw new MeshFormatException("STL_TRUNCATED", "The file ends inside a triangle.", "file",
                $"{_totalBytes} bytes", $"{_recordBytesLeft - _carried} bytes missing");
        _writer.Complete();
    }

    /// <summary>Moves bytes into the carry until it holds <paramref name="wanted"/>; false when the push ran out first.</summary>
    bool FillCarry(ref ReadOnlySpan<byte> bytes, int wanted)
    {
        var take = Math.Min(wanted - _carried, bytes.Length);
        bytes[..take].CopyTo(_carry.AsSpan(_carried));
        _carried += take;
        bytes = bytes[take..];
        return _carried == wanted;
    }

    void ReadHeader()
    {
        var count = BinaryPrimitives.ReadUInt32LittleEndian(_carry.AsSpan(80));
        CheckCount(count, _totalBytes);
        _recordBytesLeft = (long)count * StlRecord.Bytes;
        _trailingBytes = _totalBytes - HeaderBytes - _recordBytesLeft;
        _carried = 0;
        _headerRead = true;
    }

    static void CheckCount(uint count, long totalBytes)
    {
        TileWriterLimit(count, totalBytes);
        var body = totalBytes - HeaderBytes;
        var needed = (long)count * StlRecord.Bytes;
        if (body >= needed && body - needed < StlRecord.Bytes)
            return;
        if (body < needed && body % StlRecord.Bytes != 0)
            throw new MeshFormatException("STL_TRUNCATED", "The file ends inside a triangle: it was probably cut off.", "file",
                $"{HeaderBytes + needed} bytes for {count} triangles", $"{totalBytes} bytes");
        throw new MeshFormatException("STL_COUNT_MISMATCH", "The triangle count in the header does not agree with the file's length.",
            "triangle count", $"{body / StlRecord.Bytes} triangles, by the file's length", $"{count} triangles, by the header");
    }

    /// <summary>A count that the file's length bears out, but above the limit, is named as that.</summary>
    static void TileWriterLimit(uint count, long totalBytes)
    {
        if ((long)count * StlRecord.Bytes <= totalBytes - HeaderBytes)
            TileWriter.CheckTriangles(count);
    }
}
