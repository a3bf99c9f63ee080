using System.Buffers.Binary;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Pricing.Facade.Errors;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Reads the one frame of a unary or server-streaming request. Memory follows the bytes received, never a length announced.</summary>
static class GrpcWebRequest
{
    const byte Compressed = 0x01;
    const byte Trailers = 0x80;

    /// <summary>The frame, header included, ready to be sent on unchanged.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadFrameAsync(HttpRequest request, GrpcWebFormat format, CancellationToken cancel)
    {
        var body = await ReadBodyAsync(request, BodyBytesMax(format), cancel);
        if (format.IsText)
        {
            var length = GrpcWebText.DecodeInPlace(body.Span);
            if (length < 0) throw Malformed("BASE64_INVALID", "The body of a grpc-web-text request is not base64.");
            body = body[..length];
        }
        Check(body.Span, request.Headers["grpc-encoding"].ToString());
        return body;
    }

    static int BodyBytesMax(GrpcWebFormat format)
    {
        var binary = Limits.Edge.GrpcWebMessageBytesMax + FrameCursor.HeaderBytes;
        // Text grows by a third; the header and the message may be padded apart.
        return format.IsText ? ((binary + 2) / 3 * 4) + 8 : binary;
    }

    static async Task<Memory<byte>> ReadBodyAsync(HttpRequest request, int bytesMax, CancellationToken cancel)
    {
        if (request.ContentLength > bytesMax) throw TooLarge(request.ContentLength.Value);
        var buffer = new byte[Math.Clamp((int)(request.ContentLength ?? 0) + 1, 512, 16 << 10)];
        var length = 0;
        while (true)
        {
            var read = await request.Body.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
            if (length > bytesMax) throw TooLarge(length);
            if (length == buffer.Length) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, bytesMax + 1));
        }
    }

    static void Check(ReadOnlySpan<byte> frame, string encoding)
    {
        if (frame.Length < FrameCursor.HeaderBytes)
            throw Malformed("FRAME_TRUNCATED", "The request ends inside a frame header.", $"{FrameCursor.HeaderBytes} bytes", $"{frame.Length} bytes");
        var flags = frame[0];
        if ((flags & Trailers) != 0) throw Malformed("FRAME_FLAGS_INVALID", "A request may not carry a trailers frame.", "0 or 1", $"{flags}");
        if ((flags & ~Compressed) != 0) throw Malformed("FRAME_FLAGS_INVALID", "The frame has flags that are not defined.", "0 or 1", $"{flags}");

        long length = BinaryPrimitives.ReadUInt32BigEndian(frame[1..]);
        if (length > Limits.Edge.GrpcWebMessageBytesMax) throw TooLarge(length);
        var present = frame.Length - FrameCursor.HeaderBytes;
        if (present < length) throw Malformed("FRAME_TRUNCATED", "The request ends inside a message.", $"{length} bytes", $"{present} bytes");
        if (present > length)
            throw Malformed("FRAME_TRAILING_BYTES", "A unary or server-streaming request holds exactly one message.", $"{length} bytes", $"{present} bytes");
        // The gRPC compression document names INTERNAL for this one.
        if ((flags & Compressed) != 0 && (encoding is "" or "identity"))
            throw new RefusedException(StatusCode.Internal, "COMPRESSION_UNDECLARED", "The message is flagged as compressed but grpc-encoding does not say how.", "grpc-encoding");
    }

    static RefusedException Malformed(string reason, string message, string limit = "", string actual = "") =>
        new(StatusCode.InvalidArgument, reason, message, "body", limit, actual);

    static RefusedException TooLarge(long actual) =>
        new(StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE", "The message is larger than this service accepts.", "body",
            $"{Limits.Edge.GrpcWebMessageBytesMax} bytes", $"{actual} bytes");
}
