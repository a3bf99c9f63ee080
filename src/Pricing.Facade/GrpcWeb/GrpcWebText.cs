using System.Buffers;
using System.Buffers.Text;

namespace Pricing.Facade.GrpcWeb;

/// <summary>The text form of gRPC-web: base64, where padding may end a segment and another segment may follow.</summary>
static class GrpcWebText
{
    /// <summary>Decodes the whole text in place and returns the length, or -1 when it is not base64.</summary>
    /// <remarks>Segments need no common boundary with frames: a client may pad after the header, or anywhere.</remarks>
    public static int DecodeInPlace(Span<byte> text)
    {
        if (text.Length % 4 != 0) return -1;
        var (read, written) = (0, 0);
        while (read < text.Length)
        {
            var pad = text[read..].IndexOf((byte)'=');
            // The quad that holds the first padding ends the segment; without padding the rest is one segment.
            var end = pad < 0 ? text.Length : Math.Min(text.Length, read + (pad / 4 * 4) + 4);
            var segment = text[read..end];
            if (segment.IndexOfAny(" \t\r\n"u8) >= 0) return -1;
            if (Base64.DecodeFromUtf8InPlace(segment, out var decoded) != OperationStatus.Done) return -1;
            segment[..decoded].CopyTo(text[written..]);
            (read, written) = (end, written + decoded);
        }
        return written;
    }
}

/// <summary>Encodes an answer as base64, one padded segment per frame, so that every frame can be read as soon as it is there.</summary>
sealed class GrpcWebTextEncoder
{
    readonly byte[] _carry = new byte[3];
    int _carried;

    /// <summary>Appends bytes of the current frame; at its end the remainder is padded and written too.</summary>
    public void Append(ReadOnlySpan<byte> bytes, bool endOfFrame, IBufferWriter<byte> output)
    {
        if (_carried > 0)
        {
            var taken = Math.Min(3 - _carried, bytes.Length);
            bytes[..taken].CopyTo(_carry.AsSpan(_carried));
            _carried += taken;
            bytes = bytes[taken..];
            if (_carried < 3 && !endOfFrame) return;
            Encode(_carry.AsSpan(0, _carried), output);
            _carried = 0;
        }
        var whole = endOfFrame ? bytes.Length : bytes.Length / 3 * 3;
        Encode(bytes[..whole], output);
        bytes[whole..].CopyTo(_carry);
        _carried = bytes.Length - whole;
    }

    static void Encode(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        if (bytes.IsEmpty) return;
        var span = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, span, out _, out var written);
        output.Advance(written);
    }
}
