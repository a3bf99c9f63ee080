using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pricing;

/// <summary>
/// How a stream of bytes is cut so that the cuts follow the content: an edit moves the cuts next to it and no other, and what lies between two
/// cuts is found again by its hash. Compiled into whoever cuts: the client cuts uploads, geometry cuts triangles.
/// </summary>
/// <remarks>
/// Records (binary STL) are cut between records, by a hash of the last 32 bytes of the record before the cut: no byte is looked at twice and
/// most are not looked at at all. Other bytes are cut by a gear hash, whose upper bits depend on the last 64 bytes (FastCDC: Xia et al.,
/// USENIX ATC 2016). Integers only: the same cuts on every machine. Two ends need not cut alike: a list of cuts always travels in full.
/// </remarks>
/// <param name="HeadBytes">Length of a head that is a chunk of its own (the name, date and count an exporter writes), 0 for none.</param>
/// <param name="RecordBytes">Cuts lie between records of this length; 1 for bytes without records.</param>
/// <param name="BytesMin">No chunk but the last, and the head, is shorter. A multiple of the record.</param>
/// <param name="BytesMax">No chunk is longer. A multiple of the record.</param>
/// <param name="Rarity">One of 2^Rarity places is a cut once the minimum is reached.</param>
readonly record struct CutRule(int HeadBytes, int RecordBytes, int BytesMin, int BytesMax, int Rarity)
{
    const int StlHeadBytes = 84, StlRecordBytes = 50;

    /// <summary>Bytes of a file that <see cref="ForUpload"/> wants to see.</summary>
    public const int SampleBytes = StlHeadBytes;

    /// <summary>Chunks of an upload: of triangles for a binary STL, which its count and length give away, else of bytes.</summary>
    public static CutRule ForUpload(ReadOnlySpan<byte> sample, long fileBytes) => IsBinaryStl(sample, fileBytes)
        // One record less than fits: fewer bytes than a record may follow the last one.
        ? new(StlHeadBytes, StlRecordBytes, Records(Limits.Reuse.ContentChunkBytesMin) + StlRecordBytes, Records(Limits.Reuse.ContentChunkBytesMax) - StlRecordBytes, Rarity: 10)
        : new(0, 1, Limits.Reuse.ContentChunkBytesMin, Limits.Reuse.ContentChunkBytesMax, Rarity: 16);

    /// <summary>Chunks of at most so many triangles, three quarters of it on average.</summary>
    public static CutRule ForTriangles(int capacity) => new(0, StlRecordBytes, capacity * 5 / 8 * StlRecordBytes, capacity * StlRecordBytes,
        Rarity: BitOperations.Log2((uint)capacity) - 3);

    static int Records(int bytes) => bytes / StlRecordBytes * StlRecordBytes;

    static bool IsBinaryStl(ReadOnlySpan<byte> sample, long fileBytes)
    {
        if (sample.Length < StlHeadBytes)
            return false;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(sample[80..]);
        var rest = fileBytes - StlHeadBytes - (long)count * StlRecordBytes;
        return count > 0 && rest is >= 0 and < StlRecordBytes;
    }
}

/// <summary>Cuts one stream, whatever pieces it comes in.</summary>
sealed class ContentCutter(CutRule rule)
{
    /// <summary>Bytes the gear hash remembers: older ones have been shifted out.</summary>
    const int GearWindow = 64;

    static readonly ulong[] Gear = MakeGear();

    int _length;
    ulong _gear;

    /// <summary>
    /// How many of these bytes belong to the chunk under way; <paramref name="ends"/> when it is complete with them. Where records are cut, the
    /// bytes are whole records.
    /// </summary>
    public int Take(ReadOnlySpan<byte> bytes, out bool ends)
    {
        var take = rule.RecordBytes > 1 ? TakeRecords(bytes) : TakeBytes(bytes);
        ends = take >= 0;
        if (!ends)
        {
            _length += bytes.Length;
            return bytes.Length;
        }
        _length = 0;
        _gear = 0;
        return take;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int TakeRecords(ReadOnlySpan<byte> bytes)
    {
        var record = rule.RecordBytes;
        // The first record that may be a chunk's last.
        for (var at = Math.Max(0, rule.BytesMin - record - _length); at + record <= bytes.Length; at += record)
        {
            var length = _length + at + record;
            if (length >= rule.BytesMax || IsCut(bytes.Slice(at, record)))
                return at + record;
        }
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    int TakeBytes(ReadOnlySpan<byte> bytes)
    {
        var gear = _gear;
        var shift = 64 - rule.Rarity;
        var at = Math.Max(0, rule.BytesMin - GearWindow - _length);
        for (; at < bytes.Length; at++)
        {
            gear = (gear << 1) + Gear[bytes[at]];
            var length = _length + at + 1;
            if (length >= rule.BytesMin && (gear >> shift == 0 || length >= rule.BytesMax))
                return at + 1;
        }
        _gear = gear;
        return -1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool IsCut(ReadOnlySpan<byte> record)
    {
        var end = record[^32..];
        // The constant keeps zeros from being a cut.
        var hash = 0x27D4EB2F165667C5 + BinaryPrimitives.ReadUInt64LittleEndian(end) * 0x9E3779B97F4A7C15
            + BinaryPrimitives.ReadUInt64LittleEndian(end[8..]) * 0xC2B2AE3D27D4EB4F
            + BinaryPrimitives.ReadUInt64LittleEndian(end[16..]) * 0x165667B19E3779F9
            + BinaryPrimitives.ReadUInt64LittleEndian(end[24..]) * 0xD6E8FEB86659FD93;
        hash = (hash ^ BitOperations.RotateRight(hash, 29)) * 0xBF58476D1CE4E5B9;
        return hash >> (64 - rule.Rarity) == 0;
    }

    /// <summary>256 numbers without a pattern: splitmix64 (Steele, Lea, Flood 2014) from 0.</summary>
    static ulong[] MakeGear()
    {
        var table = new ulong[256];
        ulong state = 0;
        for (var i = 0; i < table.Length; i++)
        {
            var z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            table[i] = z ^ (z >> 31);
        }
        return table;
    }
}
