using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Model files in a folder, addressed by content: ab/abcdef…. A file appears under its name whole or not at all: it is written and hashed
/// in incoming/, forced to disk, renamed.
/// </summary>
public sealed class FolderStore : IModelStore
{
    readonly string _folder;
    readonly IncomingFolder _incoming;
    readonly ModelCommits? _commits;

    /// <param name="folder">Created when it is not there.</param>
    /// <param name="isDurable">False: another store has the bytes, a power cut may take these.</param>
    public FolderStore(string folder, bool isDurable = true)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
        _incoming = new(_folder);
        _commits = isDurable ? new(_folder) : null;
    }

    public string Place => _folder;

    /// <summary>Coordinators may have a folder each.</summary>
    public bool IsShared => false;

    public string Folder => _folder;

    public ValueTask<bool> ContainsAsync(ModelCopy copy, CancellationToken cancel) => new(File.Exists(PathOf(copy)));

    public ValueTask<IModelReader> OpenAsync(ModelCopy copy, CancellationToken cancel)
    {
        try
        {
            return new(new FileReader(PathOf(copy)));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"The model is not in this folder: {copy}.", missing);
        }
    }

    public IModelUpload BeginUpload(ModelCopy? announced, long bytes) => Begin(bytes);

    public async Task<CopyState> CheckAsync(ModelCopy copy, CancellationToken cancel)
    {
        try
        {
            await using var file = new FileStream(PathOf(copy), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancel)) == copy.Sha256 ? CopyState.Right : CopyState.Wrong;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return CopyState.Missing;
        }
    }

    public Task DeleteAsync(ModelCopy copy, CancellationToken cancel)
    {
        try
        {
            File.Delete(PathOf(copy));
        }
        catch (DirectoryNotFoundException)
        {
            // Then the file is not there either.
        }
        return Task.CompletedTask;
    }

    public Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancel) => Task.FromResult(_incoming.Sweep());

    public ValueTask DisposeAsync()
    {
        _commits?.Dispose();
        _incoming.Dispose();
        return ValueTask.CompletedTask;
    }

    internal FolderUpload Begin(long bytes) => new(this, new GrowingFile(_incoming.NewPath(), bytes));

    internal string PathOf(ModelCopy copy) => Path.Combine(_folder, copy.Path);

    /// <summary>A whole file.</summary>
    internal sealed class FileReader(string path) : IModelReader
    {
        // No lock: a file under its name is never written again.
        readonly SafeFileHandle _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan | FileOptions.Asynchronous);

        public ValueTask<int> ReadAsync(Memory<byte> into, long offset, CancellationToken cancel) => RandomAccess.ReadAsync(_file, into, offset, cancel);

        public void Dispose() => _file.Dispose();
    }

    internal sealed class FolderUpload(FolderStore store, GrowingFile file) : IModelUpload
    {
        bool _ended;

        public GrowingFile File { get; } = file;

        public long Length => File.Length;

        public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
        {
            File.Append(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public byte[] CurrentSha256() => File.CurrentSha256();

        public async Task CommitAsync(ModelCopy copy, CancellationToken cancel)
        {
            // Readers may have the last byte while the disk still works: the bytes are right.
            File.Verify();
            var target = store.PathOf(copy);
            // Two uploads of the same bytes may end together: either file is right, the rename is atomic.
            if (store._commits is { } commits)
                await commits.CommitAsync(File.Handle, File.Path, target);
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                System.IO.File.Move(File.Path, target, overwrite: true);
            }
            End();
        }

        public IModelReader? TryRead() => File.TryRead();

        public IKeptBytes? Keep()
        {
            if (_ended)
                return null;
            // Nameless from here on: the bytes go with the last one who has the file open, whatever becomes of this process.
            var kept = File.Keep();
            End(new IOException("The upload broke."), delete: true);
            return kept;
        }

        public ValueTask DisposeAsync()
        {
            if (!_ended)
                End(new IOException("The upload was given up."), delete: true);
            return ValueTask.CompletedTask;
        }

        void End(Exception? failure = null, bool delete = false)
        {
            _ended = true;
            if (failure is not null)
                File.Fail(failure);
            if (delete)
                System.IO.File.Delete(File.Path);
            File.Leave();
        }
    }
}
