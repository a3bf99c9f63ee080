namespace Pricing.Coordinator.Models;

/// <summary>What a look at stored bytes found.</summary>
public enum CopyState
{
    Right,
    Wrong,
    Missing,
}

/// <summary>
/// Where the bytes of models lie: a folder or a bucket. A copy is there under its name whole and verified, or not at all. Who cannot be asked
/// right now throws <see cref="ModelStoreUnavailableException"/>.
/// </summary>
public interface IModelStore : IAsyncDisposable
{
    /// <summary>For the log; holds no secrets.</summary>
    string Place { get; }

    /// <summary>Every coordinator sees the same bytes: what is missing here is missing everywhere.</summary>
    bool IsShared { get; }

    ValueTask<bool> ContainsAsync(ModelCopy copy, CancellationToken cancel);

    /// <summary>
    /// Opens the bytes for streaming to a node. Throws
    /// <see cref="FileNotFoundException"/> when they are not here and <see cref="ModelDamagedException"/> when they are wrong.
    /// </summary>
    ValueTask<IModelReader> OpenAsync(ModelCopy copy, CancellationToken cancel);

    /// <summary>Starts a copy that is not there until it is committed.</summary>
    /// <param name="announced">What the sender says it is; null: nobody knows before the end.</param>
    /// <param name="bytes">Its length.</param>
    IModelUpload BeginUpload(ModelCopy? announced, long bytes);

    /// <summary>Reads the bytes anew, past every cache, and compares their hash.</summary>
    Task<CopyState> CheckAsync(ModelCopy copy, CancellationToken cancel);

    /// <summary>What is not there is deleted.</summary>
    Task DeleteAsync(ModelCopy copy, CancellationToken cancel);

    /// <summary>Removes what broken uploads of any coordinator left behind longer ago than this. Returns how many.</summary>
    Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancel);
}

/// <summary>Reads stored bytes. One caller at a time.</summary>
public interface IModelReader : IDisposable
{
    /// <summary>At least one byte; 0 at the end of the file. The last byte of a copy on its way comes only once its hash is verified.</summary>
    ValueTask<int> ReadAsync(Memory<byte> into, long offset, CancellationToken cancel);
}

/// <summary>One copy on its way in: append, then commit under the hash the bytes have; otherwise it vanishes.</summary>
public interface IModelUpload : IAsyncDisposable
{
    long Length { get; }

    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>The hash of what was appended so far.</summary>
    byte[] CurrentSha256();

    /// <summary>Makes the bytes durable and gives them their name: when this ends they survive a power cut. The hash is the caller's to check.</summary>
    Task CommitAsync(ModelCopy copy, CancellationToken cancel);

    /// <summary>Reads along: the reader waits for bytes that are not here yet. Null when the upload has ended.</summary>
    IModelReader? TryRead();

    /// <summary>Leaves the bytes so far to somebody who reads and disposes them, instead of letting them vanish; null when they are gone already.</summary>
    IKeptBytes? Keep();
}

/// <summary>The first bytes of an upload that broke.</summary>
public interface IKeptBytes : IModelReader
{
    long Length { get; }
}

/// <summary>The store does not answer, or not in time; later it may.</summary>
public sealed class ModelStoreUnavailableException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>The stored bytes are not what was uploaded, or are gone from where every coordinator looks for them.</summary>
public sealed class ModelDamagedException(string message) : Exception(message);
