using System.Buffers.Binary;
using System.Text;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// What is asked, as a SHA-256 over everything its answer depends on: two questions with the same key have the same answer,
/// and nobody can make two that collide.
/// </summary>
public readonly struct CacheKey : IEquatable<CacheKey>
{
    public const int Bytes = 32;

    readonly ulong _a, _b, _c, _d;

    public CacheKey(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, Bytes);
        _a = BinaryPrimitives.ReadUInt64BigEndian(sha256);
        _b = BinaryPrimitives.ReadUInt64BigEndian(sha256[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(sha256[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(sha256[24..]);
    }

    /// <summary>Evenly spread, and independent of the hash code: for choosing a shard and a jitter.</summary>
    public uint Spread => (uint)_d;

    public void WriteTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], _d);
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        WriteTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    public bool Equals(CacheKey other) => _a == other._a && _b == other._b && _c == other._c && _d == other._d;

    public override bool Equals(object? obj) => obj is CacheKey other && Equals(other);

    public override int GetHashCode() => (int)_a;

    public static bool operator ==(CacheKey left, CacheKey right) => left.Equals(right);

    public static bool operator !=(CacheKey left, CacheKey right) => !left.Equals(right);
}

/// <summary>
/// Writes out what a key is made of, every part with its length, so that no two different questions look alike. A question too long for
/// the buffer has no key.
/// </summary>
public ref struct CacheKeyText(Span<byte> buffer)
{
    readonly Span<byte> _buffer = buffer;
    int _length;
    bool _overflown;

    public void Add(int value)
    {
        if (Take(sizeof(int)) is { IsEmpty: false } room)
            BinaryPrimitives.WriteInt32LittleEndian(room, value);
    }

    public void Add(long value)
    {
        if (Take(sizeof(long)) is { IsEmpty: false } room)
            BinaryPrimitives.WriteInt64LittleEndian(room, value);
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        if (Take(bytes.Length) is { IsEmpty: false } room)
            bytes.CopyTo(room);
    }

    public void Add(string text)
    {
        // Three bytes are the most one UTF-16 unit takes; a longer text than fits is never half written.
        if (_overflown || _length + sizeof(int) + 3L * text.Length > _buffer.Length)
        {
            _overflown = true;
            return;
        }
        var written = Encoding.UTF8.GetBytes(text, _buffer[(_length + sizeof(int))..]);
        Add(written);
        _length += written;
    }

    /// <summary>Null when the question was too long.</summary>
    public readonly CacheKey? Seal()
    {
        if (_overflown)
            return null;
        Span<byte> sha256 = stackalloc byte[CacheKey.Bytes];
        System.Security.Cryptography.SHA256.HashData(_buffer[.._length], sha256);
        return new CacheKey(sha256);
    }

    Span<byte> Take(int bytes)
    {
        if (_overflown || bytes > _buffer.Length - _length)
        {
            _overflown = true;
            return [];
        }
        var room = _buffer.Slice(_length, bytes);
        _length += bytes;
        return room;
    }
}
