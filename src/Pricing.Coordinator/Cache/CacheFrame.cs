using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// A value as it lies in Redis: magic with the form's version, kind, engine version, key, length, digest over all of it, payload. Redis may
/// lose, truncate, mix up or age what it was given; whatever does not agree in every part is no value.
/// </summary>
public static class CacheFrame
{
    const int KindAt = 4, EngineAt = 5, KeyAt = 9, LengthAt = KeyAt + CacheKey.Bytes, DigestAt = LengthAt + 4;
    public const int HeaderBytes = DigestAt + SHA256.HashSizeInBytes;

    // "PQC" and the version of this form: another form is another magic.
    static ReadOnlySpan<byte> Magic => "PQC1"u8;

    public static byte[] Encode(char kind, int engineVersion, CacheKey key, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeaderBytes + payload.Length];
        WriteHeader(frame, kind, engineVersion, key, payload.Length);
        payload.CopyTo(frame.AsSpan(HeaderBytes));
        Digest(frame, frame.AsSpan(DigestAt, SHA256.HashSizeInBytes));
        return frame;
    }

    /// <summary>The payload; null when anything is not as it was written for exactly this kind, engine and key.</summary>
    public static ReadOnlyMemory<byte>? Decode(char kind, int engineVersion, CacheKey key, byte[] frame)
    {
        if (frame.Length < HeaderBytes)
            return null;
        Span<byte> expected = stackalloc byte[DigestAt];
        WriteHeader(expected, kind, engineVersion, key, frame.Length - HeaderBytes);
        if (!expected.SequenceEqual(frame.AsSpan(0, DigestAt)))
            return null;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Digest(frame, digest);
        // Not a conditional expression: its null would be an empty Memory.
        if (!digest.SequenceEqual(frame.AsSpan(DigestAt, SHA256.HashSizeInBytes)))
            return null;
        return frame.AsMemory(HeaderBytes);
    }

    static void WriteHeader(Span<byte> header, char kind, int engineVersion, CacheKey key, int payloadBytes)
    {
        Magic.CopyTo(header);
        header[KindAt] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header[EngineAt..], engineVersion);
        key.WriteTo(header[KeyAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[LengthAt..], payloadBytes);
    }

    static void Digest(ReadOnlySpan<byte> frame, Span<byte> digest)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(frame[..DigestAt]);
        hash.AppendData(frame[HeaderBytes..]);
        hash.GetHashAndReset(digest);
    }
}
