using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Pricing.Facade.Errors;

namespace Pricing.Facade.Rest;

/// <summary>The one file of a multipart/form-data body, as a stream of known length.</summary>
/// <remarks>
/// The coordinator wants the exact size first and we keep no copy, so the size is worked out: what is left of Content-Length behind the part's
/// headers, less the closing line every browser and HTTP library writes, "\r\n--boundary--\r\n". The end is checked before the upload is
/// completed, and the boundary is looked for on the way, so a form of another shape is refused and never stored as a file.
/// </remarks>
sealed class MultipartFile : Stream
{
    readonly Stream _body;
    readonly byte[] _delimiter;
    readonly byte[] _closing;
    byte[] _ahead = [];
    int _aheadAt;
    long _fileLeft;
    int _matched;
    bool _ended;

    MultipartFile(Stream body, string boundary)
    {
        _body = body;
        _delimiter = Encoding.ASCII.GetBytes($"\r\n--{boundary}");
        _closing = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
    }

    public string FileName { get; private set; } = "";

    public long SizeBytes { get; private set; }

    public static async Task<MultipartFile> OpenAsync(HttpRequest request, CancellationToken cancel)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (boundary is not { Length: > 0 and <= Limits.Edge.MultipartBoundaryCharsMax } || !Ascii.IsValid(boundary))
            throw Malformed("MULTIPART_INVALID", "multipart/form-data needs a boundary of 1 to 70 ASCII characters.");
        var file = new MultipartFile(request.Body, boundary);
        await file.ReadHeadersAsync(request.ContentLength!.Value, cancel);
        return file;
    }

    async Task ReadHeadersAsync(long contentLength, CancellationToken cancel)
    {
        var buffer = new byte[Limits.Edge.MultipartHeaderBytesMax];
        var length = 0;
        int end;
        while ((end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = length < buffer.Length ? await _body.ReadAsync(buffer.AsMemory(length), cancel) : 0;
            if (read == 0) throw Malformed("MULTIPART_INVALID", "The form has no part headers within the bound.", $"{Limits.Edge.MultipartHeaderBytesMax} bytes");
            length += read;
        }
        var lines = Encoding.UTF8.GetString(buffer, 0, end).Split("\r\n");
        if (!lines[0].AsSpan().TrimEnd().SequenceEqual(Encoding.ASCII.GetString(_delimiter.AsSpan(2))))
            throw Malformed("MULTIPART_INVALID", "The form does not begin with its boundary.");
        FileName = FileNameOf(lines) ?? throw Malformed("MULTIPART_NOT_ONE_FILE", "The form must hold exactly one part, a file with a file name.");
        _ahead = buffer[(end + 4)..length];
        SizeBytes = _fileLeft = contentLength - (end + 4) - _closing.Length;
        if (SizeBytes < 0) throw Malformed("MULTIPART_INVALID", "The form ends before its closing boundary.");
    }

    static string? FileNameOf(string[] lines)
    {
        const string name = "content-disposition:";
        var line = lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        if (!ContentDispositionHeaderValue.TryParse(line?[name.Length..], out var disposition) || !disposition.IsFileDisposition()) return null;
        return HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
    }

    /// <summary>Bytes of the file; 0 only after the closing line was seen to stand where it must.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel = default)
    {
        if (_fileLeft == 0)
        {
            await CheckEndAsync(cancel);
            return 0;
        }
        var read = await ReadRawAsync(buffer[..(int)Math.Min(buffer.Length, _fileLeft)], cancel);
        if (read == 0) throw Malformed("MULTIPART_INVALID", "The form ends inside the file.");
        _fileLeft -= read;
        RefuseBoundary(buffer.Span[..read]);
        return read;
    }

    async Task CheckEndAsync(CancellationToken cancel)
    {
        if (_ended) return;
        var end = new byte[_closing.Length];
        var length = 0;
        while (length < end.Length && await ReadRawAsync(end.AsMemory(length), cancel) is > 0 and var read) length += read;
        if (!end.AsSpan(0, length).SequenceEqual(_closing)) throw NotOneFile();
        _ended = true;
    }

    async ValueTask<int> ReadRawAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        if (_aheadAt == _ahead.Length) return await _body.ReadAsync(buffer, cancel);
        var taken = Math.Min(buffer.Length, _ahead.Length - _aheadAt);
        _ahead.AsMemory(_aheadAt, taken).CopyTo(buffer);
        _aheadAt += taken;
        return taken;
    }

    /// <summary>Looks for the delimiter across reads. It begins with the only CR it holds, so a failed match restarts at that byte at most.</summary>
    void RefuseBoundary(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_matched == 0)
            {
                var start = bytes.IndexOf(_delimiter[0]);
                if (start < 0) return;
                bytes = bytes[(start + 1)..];
                _matched = 1;
            }
            else if (bytes[0] == _delimiter[_matched])
            {
                bytes = bytes[1..];
                if (++_matched == _delimiter.Length) throw NotOneFile();
            }
            else
            {
                _matched = 0;
            }
        }
    }

    static RefusedException NotOneFile() => Malformed("MULTIPART_NOT_ONE_FILE",
        "The form must hold exactly one file and end with its closing boundary and a line break. Send application/octet-stream for anything else.");

    static RefusedException Malformed(string reason, string message, string limit = "") =>
        new(StatusCode.InvalidArgument, reason, message, "body", limit);

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => SizeBytes;
    public override long Position { get => SizeBytes - _fileLeft; set => throw new NotSupportedException(); }
    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
