using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Model files in a folder, addressed by content: ab/abcdef…. A file appears under its name whole or not at all: it is written and hashed
/// in incoming/, forced to disk, renamed. What a crash left in incoming/ is swept by the next start.
/// </summary>
public sealed class ModelStore : IDisposable
{
    const string Incoming = "incoming";
    const string LockFile = ".lock";

    readonly string _folder;
    readonly string _incoming;
    readonly FileStream _incomingLock;
    readonly ModelCommits _commits;

    public ModelStore(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(Path.Combine(_folder, Incoming));
        Sweep();
        // Each running store has its own incoming folder and holds its lock: coordinators may share the model folder.
        _incoming = Path.Combine(_folder, Incoming, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_incoming);
        _incomingLock = new FileStream(Path.Combine(_incoming, LockFile), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        _commits = new(_folder);
    }

    public string Folder => _folder;

    public bool Contains(byte[] sha256) => File.Exists(PathOf(sha256));

    /// <summary>Opens the bytes for streaming to a node. Throws <see cref="FileNotFoundException"/> when they are not in this folder.</summary>
    public SafeFileHandle OpenRead(byte[] sha256) =>
        File.OpenHandle(PathOf(sha256), FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan | FileOptions.Asynchronous);

    /// <summary>Starts a file that is not there until it is committed.</summary>
    public ModelUpload BeginUpload() => new(this, Path.Combine(_incoming, Guid.NewGuid().ToString("N")));

    public void Dispose()
    {
        _commits.Dispose();
        _incomingLock.Dispose();
        try
        {
            Directory.Delete(_incoming, recursive: true);
        }
        catch (IOException)
        {
            // The next start sweeps it.
        }
    }

    string PathOf(byte[] sha256)
    {
        var hex = Convert.ToHexStringLower(sha256);
        return Path.Combine(_folder, hex[..2], hex);
    }

    void Sweep()
    {
        foreach (var leftover in Directory.EnumerateDirectories(Path.Combine(_folder, Incoming)))
        {
            try
            {
                // A living store holds the lock; whose lock can be had is dead.
                using (new FileStream(Path.Combine(leftover, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
                {
                }
                Directory.Delete(leftover, recursive: true);
            }
            catch (IOException)
            {
                // In use by another coordinator.
            }
        }
    }

    /// <summary>One file on its way in: append, then commit against the hash and size it must have; otherwise it vanishes.</summary>
    public sealed class ModelUpload : IDisposable
    {
        readonly ModelStore _store;
        readonly string _path;
        readonly SafeFileHandle _file;
        readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        bool _committed;

        internal ModelUpload(ModelStore store, string path)
        {
            _store = store;
            _path = path;
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.Asynchronous);
        }

        public long Length { get; private set; }

        public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
        {
            await RandomAccess.WriteAsync(_file, bytes, Length, cancel);
            _hash.AppendData(bytes.Span);
            Length += bytes.Length;
        }

        /// <summary>The hash of what was appended so far.</summary>
        public byte[] CurrentSha256() => _hash.GetCurrentHash();

        /// <summary>Forces the bytes to disk and gives them their name. When this ends they survive a power cut.</summary>
        public async Task CommitAsync(byte[] sha256)
        {
            // Two uploads of the same bytes may end together: either file is right, the rename is atomic.
            await _store._commits.CommitAsync(_file, _path, _store.PathOf(sha256));
            _committed = true;
        }

        public void Dispose()
        {
            _file.Dispose();
            _hash.Dispose();
            if (!_committed)
                File.Delete(_path);
        }
    }
}
