using System.Buffers.Binary;
using System.Buffers.Text;
using Pricing.Coordinator.Edge;

namespace Pricing.Coordinator.Quotes;

/// <summary>Where the next page begins: after this quote. Opaque to callers; a token that is not ours is refused.</summary>
public sealed record PageToken(DateTime CreatedAt, Guid QuoteId)
{
    const byte Version = 1;
    const int Bytes = 1 + 8 + 16;

    public string Encode()
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], CreatedAt.Ticks);
        QuoteId.TryWriteBytes(bytes[9..]);
        return Base64Url.EncodeToString(bytes);
    }

    public static PageToken? Decode(string token)
    {
        if (token.Length == 0)
            return null;
        Span<byte> bytes = stackalloc byte[Bytes];
        if (Base64Url.IsValid(token, out var length) && length == Bytes && Base64Url.TryDecodeFromChars(token, bytes, out _) && bytes[0] == Version
            && BinaryPrimitives.ReadInt64BigEndian(bytes[1..]) is var ticks && ticks >= 0 && ticks <= DateTime.MaxValue.Ticks)
        {
            return new PageToken(new DateTime(ticks, DateTimeKind.Utc), new Guid(bytes[9..]));
        }
        throw RefusalException.Invalid("PAGE_TOKEN_INVALID", "This page token was not given out here.", "page_token", "", ResourceNames.Shown(token));
    }
}
