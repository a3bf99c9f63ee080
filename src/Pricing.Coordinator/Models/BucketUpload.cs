using Amazon.S3.Model;

namespace Pricing.Coordinator.Models;

/// <summary>
/// One copy on its way into the bucket. Bytes go into a local file and its hash; from there parts follow to the bucket while more bytes come, no
/// more than a few at a time, straight from the file. The multipart upload is for the announced key and becomes an object only when the hash
/// has been found right; a sender who announced nothing has his bytes sent when the hash is known.
/// </summary>
sealed class BucketUpload(BucketStore store, FolderStore.FolderUpload local, ModelCopy? announced) : IModelUpload
{
    readonly List<Task<PartETag>> _parts = [];
    string? _uploadId;
    long _sent;
    bool _committed;

    public long Length => local.Length;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await local.AppendAsync(bytes, cancel);
        if (announced is { } copy && Length - _sent >= Limits.Model.PartBytes)
            await SendPartAsync(copy, Limits.Model.PartBytes, cancel);
    }

    public byte[] CurrentSha256() => local.CurrentSha256();

    public async Task CommitAsync(ModelCopy copy, CancellationToken cancel)
    {
        // Who reads along may have the last byte: it is right, whatever becomes of the bucket.
        local.File.Verify();
        if (_uploadId is not null && copy != announced)
            await AbortAsync();
        if (_uploadId is null && Length <= Limits.Model.PartBytes)
            await store.PutAsync(copy, local.File.Handle, Length, cancel);
        else
        {
            while (_sent < Length)
                await SendPartAsync(copy, (int)Math.Min(Limits.Model.PartBytes, Length - _sent), cancel);
            await store.CompleteAsync(copy, _uploadId!, await Task.WhenAll(_parts), cancel);
        }
        _committed = true;
        // The next one to ask for it most likely asks here.
        await store.KeepLocalAsync(local, copy, cancel);
    }

    public IModelReader? TryRead() => local.TryRead();

    public IKeptBytes? Keep() => local.Keep();

    public async ValueTask DisposeAsync()
    {
        if (!_committed)
            await AbortAsync();
        await local.DisposeAsync();
    }

    async Task SendPartAsync(ModelCopy copy, int bytes, CancellationToken cancel)
    {
        _uploadId ??= await store.BeginMultipartAsync(copy, cancel);
        // A part that failed has ended this upload: better now than after the last byte.
        foreach (var ended in _parts.Where(part => part.IsFaulted))
            await ended;
        var number = _parts.Count + 1;
        _parts.Add(await store.SendPartAsync(copy, _uploadId, number, local.File.Handle, _sent, bytes, cancel));
        _sent += bytes;
    }

    async Task AbortAsync()
    {
        if (_uploadId is null)
            return;
        // The file must stay open until nobody reads it any more.
        foreach (var part in _parts)
            await ((Task)part).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await store.AbortAsync(announced!.Value, _uploadId);
        (_uploadId, _sent) = (null, 0);
        _parts.Clear();
    }
}
