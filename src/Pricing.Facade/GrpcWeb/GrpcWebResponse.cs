using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Pricing.Facade.Errors;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Writes one gRPC-web answer: headers, frames as they come, and the trailers as the last frame or, before any message, as headers.</summary>
sealed class GrpcWebResponse
{
    const byte TrailersFlag = 0x80;

    readonly HttpResponse _response;
    readonly GrpcWebTextEncoder? _text;
    FrameCursor _cursor = new(Limits.Wire.MessageBytesMax);

    public GrpcWebResponse(HttpResponse response, GrpcWebFormat format)
    {
        _response = response;
        _response.StatusCode = StatusCodes.Status200OK;
        _response.ContentType = format.ContentType;
        // Intermediaries that hold back a stream to compress or batch it would defeat flushing per frame.
        _response.Headers["x-accel-buffering"] = "no";
        _text = format.IsText ? new GrpcWebTextEncoder() : null;
    }

    public IHeaderDictionary Headers => _response.Headers;

    /// <summary>Sends the headers now, so that a watcher learns its stream is open before the first message.</summary>
    /// <remarks>Starting alone would leave them in Kestrel's buffer; a flush starts and sends.</remarks>
    public async Task StartAsync(CancellationToken cancel) => await _response.BodyWriter.FlushAsync(cancel);

    /// <summary>Passes bytes of the upstream answer on and flushes them.</summary>
    public async Task RelayAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (bytes.Length > 0)
        {
            var taken = _cursor.Take(bytes.Span, out var endOfFrame);
            if (taken < 0)
                throw new RefusedException(StatusCode.ResourceExhausted, "RESPONSE_TOO_LARGE", "The answer is larger than one message may be.",
                    limit: $"{Limits.Wire.MessageBytesMax} bytes");
            Write(bytes.Span[..taken], endOfFrame);
            bytes = bytes[taken..];
        }
        await _response.BodyWriter.FlushAsync(cancel);
    }

    /// <summary>Ends a started answer with the trailers frame. False when the messages stopped inside a frame.</summary>
    public async Task<bool> EndAsync(IEnumerable<KeyValuePair<string, string>> trailers, CancellationToken cancel)
    {
        if (!_cursor.AtBoundary) return false;
        var block = new StringBuilder();
        foreach (var (name, value) in trailers) block.Append(CultureInfo.InvariantCulture, $"{name.ToLowerInvariant()}: {value}\r\n");
        var frame = new byte[FrameCursor.HeaderBytes + Encoding.ASCII.GetByteCount(block.ToString())];
        frame[0] = TrailersFlag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - FrameCursor.HeaderBytes);
        Encoding.ASCII.GetBytes(block.ToString(), frame.AsSpan(FrameCursor.HeaderBytes));
        Write(frame, endOfFrame: true);
        await _response.BodyWriter.FlushAsync(cancel);
        return true;
    }

    /// <summary>Ends the call with a refusal of our own: as headers when nothing was sent, else as the trailers frame.</summary>
    /// <remarks>An answer cut inside a frame cannot be ended in good order; the connection is dropped and the client sees that.</remarks>
    public async Task RefuseAsync(Refusal refusal, CancellationToken cancel)
    {
        KeyValuePair<string, string>[] trailers =
        [
            new("grpc-status", ((int)refusal.Code).ToString(CultureInfo.InvariantCulture)),
            new("grpc-message", PercentEncode(refusal.Message)),
            // Unpadded, as gRPC libraries write binary metadata; connect-web accepts both.
            new("grpc-status-details-bin", Convert.ToBase64String(refusal.ToRpcStatus().ToByteArray()).TrimEnd('=')),
        ];
        if (!_response.HasStarted)
        {
            foreach (var (name, value) in trailers) _response.Headers[name] = value;
            await _response.StartAsync(cancel);
        }
        else if (!await EndAsync(trailers, cancel))
        {
            _response.HttpContext.Abort();
        }
    }

    void Write(ReadOnlySpan<byte> bytes, bool endOfFrame)
    {
        if (_text is null) _response.BodyWriter.Write(bytes);
        else _text.Append(bytes, endOfFrame, _response.BodyWriter);
    }

    /// <summary>grpc-message: printable ASCII but for '%', everything else as percent-encoded UTF-8.</summary>
    static string PercentEncode(string message)
    {
        var encoded = new StringBuilder(message.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(message))
        {
            if (octet is >= 0x20 and <= 0x7E and not (byte)'%') encoded.Append((char)octet);
            else encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }
        return encoded.ToString();
    }
}
