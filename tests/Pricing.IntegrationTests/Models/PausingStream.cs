namespace Pricing.IntegrationTests.Models;

/// <summary>Bytes that stop coming at one point until they are told to go on: the moment at which a test does something else.</summary>
sealed class PausingStream(byte[] bytes, long pauseAfterBytes) : Stream
{
    readonly MemoryStream _inner = new(bytes, writable: false);
    readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _read;

    public Task Paused => _paused.Task;

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length => _inner.Length;
    public override long Position { get => _inner.Position; set => _inner.Position = value; }

    public void Resume() => _resumed.TrySetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read >= pauseAfterBytes)
        {
            _paused.TrySetResult();
            await _resumed.Task;
        }
        var read = await _inner.ReadAsync(buffer, cancellationToken);
        _read += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => _inner.Seek(offset, origin);
    public override void Flush() => _inner.Flush();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
