using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pricing.Geometry.Mesh;

/// <summary>One entry of a zip, as its directory states it; nothing of it is believed beyond "where to look".</summary>
sealed record ZipEntry(string Name, ushort Method, uint Crc, long CompressedBytes, long InflatedBytes, long HeaderOffset);

/// <summary>
/// A zip held in memory, entries inflated one after another in a streaming way (APPNOTE 6.3.10, zip64 included). Names that leave the
/// package, doubles, encryption and nonsense offsets are refused when the directory is read; the inflated bytes that really come out
/// are counted against <c>Limits.Mesh</c> over all entries, whatever sizes the directory states.
/// </summary>
sealed class ZipPackage
{
    /// <summary>Longest name of an entry.</summary>

    const int EndRecordBytes = 22;
    const int DirectoryEntryBytes = 46;
    const int LocalHeaderBytes = 30;

    /// <summary>Below this the ratio says nothing: a few kilobytes of spaces compress a thousandfold.</summary>
    const long RatioFreeBytes = 1 << 20;

    readonly ByteStore _store;
    readonly List<ZipEntry> _entries = [];
    long _inflatedBytes;

    public ZipPackage(ByteStore store)
    {
        _store = store;
        ReadDirectory(store.Bytes.Span);
    }

    public IReadOnlyList<ZipEntry> Entries => _entries;

    /// <summary>Part names are compared as the Open Packaging Conventions do: without regard to case.</summary>
    public ZipEntry? Find(string name) => _entries.Find(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Inflates one entry into the sink, in pieces; checks its length and CRC at the end.</summary>
    public void Inflate(ZipEntry entry, Action<ReadOnlyMemory<byte>> sink)
    {
        using var raw = OpenRaw(entry);
        using Stream source = entry.Method == 0 ? raw : new DeflateStream(raw, CompressionMode.Decompress);
        var buffer = new byte[64 << 10];
        var crc = Crc32.Begin;
        var inflated = 0L;
        try
        {
            int read;
            while ((read = source.Read(buffer, 0, buffer.Length)) > 0)
            {
                inflated += read;
                Count(entry, read, inflated);
                crc = Crc32.Add(crc, buffer.AsSpan(0, read));
                sink(buffer.AsMemory(0, read));
            }
        }
        catch (InvalidDataException e)
        {
            throw Malformed(entry.Name, "deflated data", e.Message);
        }
        if (inflated != entry.InflatedBytes)
            throw Malformed(entry.Name, $"{entry.InflatedBytes} bytes, by the directory", $"{inflated} bytes");
        if (Crc32.End(crc) != entry.Crc)
            throw new MeshFormatException("ZIP_CRC_MISMATCH", "An entry of the zip is damaged.", entry.Name, $"CRC {entry.Crc:x8}", $"CRC {Crc32.End(crc):x8}");
    }

    void Count(ZipEntry entry, int read, long inflated)
    {
        _inflatedBytes += read;
        if (_inflatedBytes > Limits.Mesh.ZipInflatedBytesMax)
            throw new MeshFormatException("ZIP_BOMB", "The zip inflates to too many bytes.", entry.Name, $"{Limits.Mesh.ZipInflatedBytesMax} bytes",
                $"more than {Limits.Mesh.ZipInflatedBytesMax} bytes");
        if (inflated > RatioFreeBytes && inflated > entry.CompressedBytes * Limits.Mesh.ZipInflationRatioMax)
            throw new MeshFormatException("ZIP_BOMB", "An entry of the zip inflates beyond any ratio a model has.", entry.Name,
                $"{Limits.Mesh.ZipInflationRatioMax} times its compressed size", $"more than {Limits.Mesh.ZipInflationRatioMax} times {entry.CompressedBytes} bytes");
    }

    MemoryStream OpenRaw(ZipEntry entry)
    {
        var bytes = _store.Bytes.Span;
        if (entry.HeaderOffset < 0 || entry.HeaderOffset > bytes.Length - LocalHeaderBytes)
            throw Malformed(entry.Name, "a local header inside the file", $"offset {entry.HeaderOffset}");
        var header = bytes[(int)entry.HeaderOffset..];
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
            throw Malformed(entry.Name, "a local header", "other bytes");
        var data = entry.HeaderOffset + LocalHeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(header[26..])
            + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (entry.CompressedBytes < 0 || data > bytes.Length || entry.CompressedBytes > bytes.Length - data)
            throw Malformed(entry.Name, "data inside the file", $"{entry.CompressedBytes} bytes from offset {data}");
        if (entry.Method is not (0 or 8))
            throw new MeshFormatException("ZIP_METHOD_NOT_SUPPORTED", "An entry of the zip is compressed by a method we do not read.", entry.Name,
                "stored or deflated", $"method {entry.Method}");
        return _store.Stream(data, entry.CompressedBytes);
    }

    static MeshFormatException Malformed(string field, string wanted, string actual) =>
        new("ZIP_MALFORMED", "The zip container is malformed or cut off.", field, wanted, actual);

    void ReadDirectory(ReadOnlySpan<byte> bytes)
    {
        var end = FindEndRecord(bytes);
        long count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(end + 10)..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(end + 12)..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(end + 16)..]);
        if (count == 0xFFFF || size == 0xFFFFFFFF || offset == 0xFFFFFFFF)
            (count, offset) = ReadZip64End(bytes, end);
        if (count > Limits.Mesh.ZipEntriesMax)
            throw new MeshFormatException("ZIP_TOO_MANY_ENTRIES", "The zip has too many entries.", "directory", $"{Limits.Mesh.ZipEntriesMax} entries", $"{count} entries");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < count; i++)
        {
            if (offset < 0 || offset > end - DirectoryEntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)offset..]) != 0x02014b50)
                throw Malformed("directory", $"{count} entries", $"{i} entries");
            var record = bytes[(int)offset..end];
            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(record[28..]);
            var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(record[30..]);
            var length = DirectoryEntryBytes + nameLength + extraLength + BinaryPrimitives.ReadUInt16LittleEndian(record[32..]);
            if (length > record.Length)
                throw Malformed("directory", "whole entries", $"entry {i} cut off");
            var name = CheckName(record.Slice(DirectoryEntryBytes, nameLength), i);
            if (!names.Add(name))
                throw new MeshFormatException("ZIP_DUPLICATE_ENTRY", "Two entries of the zip have the same name.", name, "every name once", "twice");
            if ((BinaryPrimitives.ReadUInt16LittleEndian(record[8..]) & 1) != 0)
                throw new MeshFormatException("ZIP_ENCRYPTED", "The zip is encrypted.", name, "no encryption", "encrypted");
            if (!name.EndsWith('/'))
                _entries.Add(ReadEntry(name, record, record.Slice(DirectoryEntryBytes + nameLength, extraLength)));
            offset += length;
        }
    }

    /// <summary>The end record is found from behind; its comment must reach exactly to the end of the file.</summary>
    static int FindEndRecord(ReadOnlySpan<byte> bytes)
    {
        var lowest = Math.Max(0, bytes.Length - EndRecordBytes - ushort.MaxValue);
        for (var at = bytes.Length - EndRecordBytes; at >= lowest; at--)
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) == 0x06054b50
                && at + EndRecordBytes + BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 20)..]) == bytes.Length)
                return at;
        throw Malformed("directory", "a directory at the end of the file", "none: the file was probably cut off");
    }

    static (long Count, long Offset) ReadZip64End(ReadOnlySpan<byte> bytes, int end)
    {
        var locator = end - 20;
        if (locator < 0 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[locator..]) != 0x07064b50)
            throw Malformed("directory", "a zip64 locator", "none");
        var at = BinaryPrimitives.ReadInt64LittleEndian(bytes[(locator + 8)..]);
        if (at < 0 || at > locator - 56 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)at..]) != 0x06064b50)
            throw Malformed("directory", "a zip64 end record", "none");
        var record = bytes[(int)at..];
        var count = BinaryPrimitives.ReadInt64LittleEndian(record[32..]);
        return (count < 0 ? long.MaxValue : count, BinaryPrimitives.ReadInt64LittleEndian(record[48..]));
    }

    static ZipEntry ReadEntry(string name, ReadOnlySpan<byte> record, ReadOnlySpan<byte> extra)
    {
        long compressed = BinaryPrimitives.ReadUInt32LittleEndian(record[20..]);
        long inflated = BinaryPrimitives.ReadUInt32LittleEndian(record[24..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(record[42..]);

        // The zip64 extra field holds, in this order, only those values that did not fit above.
        var zip64 = FindExtra(extra, 1);
        Widen(ref inflated, ref zip64, name);
        Widen(ref compressed, ref zip64, name);
        Widen(ref offset, ref zip64, name);
        return new ZipEntry(name, BinaryPrimitives.ReadUInt16LittleEndian(record[10..]), BinaryPrimitives.ReadUInt32LittleEndian(record[16..]), compressed, inflated, offset);
    }

    static void Widen(ref long value, ref ReadOnlySpan<byte> zip64, string name)
    {
        if (value != 0xFFFFFFFF)
            return;
        if (zip64.Length < 8)
            throw Malformed(name, "a zip64 field with its size", "none");
        value = BinaryPrimitives.ReadInt64LittleEndian(zip64);
        zip64 = zip64[8..];
    }

    static ReadOnlySpan<byte> FindExtra(ReadOnlySpan<byte> extra, ushort id)
    {
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                return default;
            if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == id)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }
        return default;
    }

    static string CheckName(ReadOnlySpan<byte> bytes, int index)
    {
        if (bytes.IsEmpty || bytes.Length > Limits.Mesh.ZipNameBytesMax || bytes.IndexOf((byte)0) >= 0)
            throw Malformed($"entry {index}", $"a name of 1 to {Limits.Mesh.ZipNameBytesMax} bytes", $"{bytes.Length} bytes");
        var name = Encoding.UTF8.GetString(bytes).Replace('\\', '/');
        if (name.StartsWith('/') || name.Contains(':') || name.Split('/').Contains(".."))
            throw new MeshFormatException("ZIP_PATH_TRAVERSAL", "A name in the zip leads out of the package.", $"entry {index}", "a relative name without ..",
                Words.Shown(bytes));
        return name;
    }
}
