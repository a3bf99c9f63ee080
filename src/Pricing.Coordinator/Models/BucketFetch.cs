using Amazon.Runtime;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Models;

/// <summary>
/// One copy on its way out of the bucket into the local folder. A connection that stalls or breaks is taken up again where it ended, a few
/// times; bytes with another hash are read once more from the start, and if they are wrong again the copy is damaged.
/// </summary>
sealed class BucketFetch(BucketStore store, ModelCopy copy, TimeProvider time, ILogger log)
{
    readonly TaskCompletionSource<FolderStore.FolderUpload> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the copy is here whole, and fails as the fetch does.</summary>
    public Task Ended => _ended.Task;

    public void Start(SemaphoreSlim turns, Action onEnd, CancellationToken stop) => _ = RunAsync(turns, onEnd, stop);

    /// <summary>Reads along from the first byte on; null when there is nothing to join any more.</summary>
    public async ValueTask<IModelReader?> TryReadAlongAsync(CancellationToken cancel) => (await _begun.Task.WaitAsync(cancel)).File.TryRead();

    async Task RunAsync(SemaphoreSlim turns, Action onEnd, CancellationToken stop)
    {
        Exception? failure = null;
        try
        {
            await turns.WaitAsync(stop);
            try
            {
                if (!await TryFetchAsync(stop))
                {
                    log.LogError("The bucket gave wrong bytes for {Copy}; it is read once more", copy);
                    if (!await TryFetchAsync(stop))
                        throw new ModelDamagedException($"The bucket's bytes do not have the hash they are named by: {copy}.");
                }
            }
            finally
            {
                turns.Release();
            }
        }
        catch (Exception fault)
        {
            // Whoever waits is told; a fetch nobody waits for has failed for nobody.
            failure = fault is OperationCanceledException ? new ModelStoreUnavailableException("The store is closing.", fault) : fault;
        }
        onEnd();
        if (failure is null)
        {
            _ended.SetResult();
            return;
        }
        _begun.TrySetException(failure);
        _ended.SetException(failure);
        // Both may have no one who looks.
        _ = _begun.Task.Exception;
        _ = _ended.Task.Exception;
    }

    /// <summary>False when the bytes are wrong.</summary>
    async Task<bool> TryFetchAsync(CancellationToken stop)
    {
        var response = await store.GetAsync(copy, 0, stop);
        var total = response.ContentLength;
        await using var local = store.BeginLocal(total);
        try
        {
            _begun.TrySetResult(local);
            await FillAsync(local, response, total, stop);
            if (Convert.ToHexStringLower(local.CurrentSha256()) != copy.Sha256)
            {
                local.File.Fail(new IOException("Wrong bytes."));
                return false;
            }
            await store.KeepLocalAsync(local, copy, stop);
            return true;
        }
        catch (Exception fault)
        {
            local.File.Fail(fault);
            throw;
        }
    }

    async Task FillAsync(FolderStore.FolderUpload local, GetObjectResponse first, long total, CancellationToken stop)
    {
        var buffer = new byte[Limits.Wire.ChunkBytes];
        var began = time.GetTimestamp();
        GetObjectResponse? response = first;
        for (var resumed = 0; local.Length < total;)
        {
            try
            {
                response ??= await store.GetAsync(copy, local.Length, stop);
                await ReadAsync(response, local, total, buffer, began, stop);
            }
            catch (Exception broken) when (!stop.IsCancellationRequested && broken is not FileNotFoundException && resumed < Limits.Model.ResumesMax)
            {
                resumed++;
                log.LogWarning("Reading {Copy} broke at byte {Offset} of {Total} ({Why}); taken up there, {Resumed} of {ResumesMax}",
                    copy, local.Length, total, broken.Message, resumed, Limits.Model.ResumesMax);
            }
            catch (Exception broken) when (broken is OperationCanceledException or AmazonClientException or AmazonServiceException or HttpRequestException && !stop.IsCancellationRequested)
            {
                throw new ModelStoreUnavailableException($"The bucket stopped sending: {broken.Message}", broken);
            }
            finally
            {
                Close(response);
                response = null;
            }
        }
    }

    /// <summary>The SDK may compare a hash of its own only when it is closed, and throws then. Every byte is here by now: the SHA-256 of the whole decides.</summary>
    void Close(GetObjectResponse? response)
    {
        try
        {
            response?.Dispose();
        }
        catch (AmazonClientException wrong)
        {
            log.LogWarning("Reading {Copy}: {Why}", copy, wrong.Message);
        }
    }

    async Task ReadAsync(GetObjectResponse response, FolderStore.FolderUpload local, long total, byte[] buffer, long began, CancellationToken stop)
    {
        using var stall = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, stall.Token);
        while (local.Length < total)
        {
            stall.CancelAfter(TimeSpan.FromMilliseconds(Limits.Model.ReadStallMs));
            var read = await response.ResponseStream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, total - local.Length)), either.Token);
            if (read == 0)
                throw new IOException("The bucket closed the connection before the end.");
            await local.AppendAsync(buffer.AsMemory(0, read), stop);
            var late = time.GetElapsedTime(began).TotalSeconds - Limits.Model.UploadGraceSeconds;
            if (late > 0 && local.Length < late * Limits.Model.UploadBytesPerSecondMin)
                throw new ModelStoreUnavailableException("The bucket is too slow.");
        }
    }
}
