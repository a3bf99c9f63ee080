using System.Net.Sockets;
using System.Text;

namespace Pricing.IntegrationTests.Facade;

/// <summary>A socket, for requests no HTTP client would send.</summary>
sealed class RawHttp : IDisposable
{
    readonly TcpClient _client;
    readonly NetworkStream _stream;
    readonly StreamReader _reader;

    RawHttp(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    public static async Task<RawHttp> ConnectAsync(Uri address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        return new RawHttp(client);
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(byte[] bytes)
    {
        await _stream.WriteAsync(bytes);
        await _stream.FlushAsync();
    }

    /// <summary>Says "no more" and keeps listening.</summary>
    public void EndSending() => _client.Client.Shutdown(SocketShutdown.Send);

    public Task<string?> ReadStatusLineAsync() => _reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>What came until the end; a server that drops the connection ends it too.</summary>
    public async Task<string> ReadToEndAsync()
    {
        try
        {
            return await _reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(15));
        }
        catch (IOException)
        {
            return "";
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}

/// <summary>Decodes base64 as it arrives, four characters at a time, padding allowed in any quad.</summary>
sealed class Base64QuadStream(Stream inner) : Stream
{
    byte[] _decoded = [];

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_decoded.Length == 0)
        {
            var quad = new byte[4];
            if (await inner.ReadAtLeastAsync(quad, 4, throwOnEndOfStream: false, cancellationToken) < 4) return 0;
            _decoded = Convert.FromBase64String(Encoding.ASCII.GetString(quad));
        }
        var taken = Math.Min(buffer.Length, _decoded.Length);
        _decoded.AsMemory(0, taken).CopyTo(buffer);
        _decoded = _decoded[taken..];
        return taken;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
