using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Pricing.Coordinator.Models;

/// <summary>
/// A file that one writes and others read at the same time: readers wait for bytes that are not there yet. The last byte is held back until the
/// writer has found the hash right, so that nobody is ever handed the whole of something wrong.
/// </summary>
sealed class GrowingFile
{
    readonly Lock _gate = new();
    readonly SafeFileHandle _file;
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly long _total;
    TaskCompletionSource? _more;
    Exception? _failure;
    long _length;
    bool _verified;
    int _users = 1;

    /// <param name="path">A new file.</param>
    /// <param name="total">The length it will have.</param>
    public GrowingFile(string path, long total)
    {
        Path = path;
        _total = total;
        // Shared in every way: on Linux sharing is a lock, and readers of the finished file take none either.
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
    }

    /// <summary>Where it was written; it may have been given another name since.</summary>
    public string Path { get; }

    public long Length => Interlocked.Read(ref _length);

    /// <summary>For flushing; lives as long as the writer does.</summary>
    public SafeFileHandle Handle => _file;

    public bool HasReaders { get { lock (_gate) return _users > 1; } }

    /// <summary>The next bytes. The page cache takes them at once; an asynchronous write would only do the same on another thread.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file, bytes, _length);
        _hash.AppendData(bytes);
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            Interlocked.Add(ref _length, bytes.Length);
            (waiting, _more) = (_more, null);
        }
        waiting?.TrySetResult();
    }

    public byte[] CurrentSha256() => _hash.GetCurrentHash();

    /// <summary>All bytes are here and are what they should be.</summary>
    public void Verify()
    {
        lock (_gate)
            _verified = true;
        Wake();
    }

    /// <summary>Readers end with this.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
            _failure ??= failure;
        Wake();
    }

    /// <summary>The writer, or a reader, is done; the last one closes the file.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_users > 0)
                return;
        }
        _file.Dispose();
        _hash.Dispose();
    }

    public IModelReader? TryRead()
    {
        lock (_gate)
        {
            if (_users == 0)
                return null;
            _users++;
        }
        return new Reader(this);
    }

    /// <summary>The bytes so far, for somebody who outlives the writer. The file may lose its name: it lives as long as it is open.</summary>
    public IKeptBytes Keep()
    {
        lock (_gate)
            _users++;
        return new Kept(this, Length);
    }

    void Wake()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
            (waiting, _more) = (_more, null);
        waiting?.TrySetResult();
    }

    /// <summary>Ends when bytes behind the offset may be read, or none will come. Returns where those end.</summary>
    async ValueTask<long> WaitAsync(long offset, CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_failure is not null)
                    throw _failure is ModelDamagedException damaged
                        ? new ModelDamagedException(damaged.Message)
                        : new ModelStoreUnavailableException("The bytes stopped coming.", _failure);
                if (_verified)
                    return _length;
                var open = Math.Min(_length, _total - 1);
                if (open > offset)
                    return open;
                more = (_more ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
            await more.WaitAsync(cancel);
        }
    }

    sealed class Reader(GrowingFile file) : IModelReader
    {
        int _left;

        public async ValueTask<int> ReadAsync(Memory<byte> into, long offset, CancellationToken cancel)
        {
            var open = await file.WaitAsync(offset, cancel) - offset;
            if (open <= 0)
                return 0;
            return RandomAccess.Read(file._file, into.Span[..(int)Math.Min(into.Length, open)], offset);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                file.Leave();
        }
    }

    sealed class Kept(GrowingFile file, long length) : IKeptBytes
    {
        int _left;

        public long Length => length;

        public ValueTask<int> ReadAsync(Memory<byte> into, long offset, CancellationToken cancel) =>
            new(offset >= length ? 0 : RandomAccess.Read(file._file, into.Span[..(int)Math.Min(into.Length, length - offset)], offset));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                file.Leave();
        }
    }
}
