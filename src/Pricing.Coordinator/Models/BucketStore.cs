using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Models in an S3 bucket that all coordinators share, with a bounded folder in front of it: what was uploaded or asked for here lately is read
/// from there, also while the bucket is down. Objects are named by content; what comes out of the bucket is hashed before its last byte is given on.
/// </summary>
public sealed class BucketStore : IModelStore
{
    readonly BucketOptions _options;
    readonly BucketGate _gate;
    readonly AmazonS3Client _s3;
    readonly FolderStore _local;
    readonly LocalCopies _copies;
    readonly TimeProvider _time;
    readonly ILogger _log;
    readonly SemaphoreSlim _parts = new(Limits.Model.PartsInFlightMax);
    readonly SemaphoreSlim _fetches = new(Limits.Model.FetchesMax);
    readonly Lock _fetching = new();
    readonly Dictionary<ModelCopy, BucketFetch> _underWay = [];
    readonly CancellationTokenSource _stop = new();

    /// <param name="options">Which bucket.</param>
    /// <param name="folder">For the local copies, of this coordinator alone or shared with others of the machine.</param>
    /// <param name="localBytes">How many bytes of local copies stay.</param>
    /// <param name="time">Times calls.</param>
    /// <param name="log">Told of failures.</param>
    public BucketStore(BucketOptions options, string folder, long localBytes, TimeProvider time, ILogger log)
    {
        (_options, _time, _log) = (options, time, log);
        _gate = new(time, log);
        _local = new(folder, isDurable: false);
        _copies = new(folder, localBytes);
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.Endpoint is not null,
            AuthenticationRegion = options.Region,
            // Stores that are not AWS refuse the trailing checksums that are the default since version 4; the content address is a better one.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 1,
            Timeout = TimeSpan.FromMilliseconds(Limits.Model.PartMs),
        };
        if (options.Endpoint is { } endpoint)
            config.ServiceURL = endpoint.AbsoluteUri;
        else
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        _s3 = options.Credentials is var (key, secret) ? new(new BasicAWSCredentials(key, secret), config) : new(config);
    }

    public string Place => _options.ToString();

    public bool IsShared => true;

    public async ValueTask<bool> ContainsAsync(ModelCopy copy, CancellationToken cancel)
    {
        if (await _local.ContainsAsync(copy, cancel))
            return true;
        try
        {
            await _gate.AskAsync($"HEAD {copy}", Limits.Model.FirstByteMs, token => _s3.GetObjectMetadataAsync(_options.Bucket, KeyOf(copy), token), cancel);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    /// <summary>From here when it is here; else from the bucket, into a file that every reader of the copy reads along with.</summary>
    public async ValueTask<IModelReader> OpenAsync(ModelCopy copy, CancellationToken cancel)
    {
        for (var round = 0; round < Limits.Model.ResumesMax; round++)
        {
            if (await _local.ContainsAsync(copy, cancel))
            {
                try
                {
                    var reader = await _local.OpenAsync(copy, cancel);
                    _copies.Used(copy);
                    return reader;
                }
                catch (FileNotFoundException)
                {
                    // Gone this very moment, for want of room.
                }
            }
            var fetch = FetchOf(copy);
            if (await fetch.TryReadAlongAsync(cancel) is { } along)
                return along;
            // It ended before we could join: then the copy lies here, or the fetch says why not.
            await fetch.Ended.WaitAsync(cancel);
        }
        throw new ModelStoreUnavailableException("There is no room for local copies.");
    }

    public IModelUpload BeginUpload(ModelCopy? announced, long bytes) => new BucketUpload(this, _local.Begin(bytes), announced);

    public async Task<CopyState> CheckAsync(ModelCopy copy, CancellationToken cancel)
    {
        _copies.Forget(copy);
        await _local.DeleteAsync(copy, cancel);
        try
        {
            await FetchOf(copy).Ended.WaitAsync(cancel);
            return CopyState.Right;
        }
        catch (ModelDamagedException)
        {
            return CopyState.Wrong;
        }
        catch (FileNotFoundException)
        {
            return CopyState.Missing;
        }
    }

    public async Task DeleteAsync(ModelCopy copy, CancellationToken cancel)
    {
        await _gate.AskAsync($"DELETE {copy}", Limits.Model.BucketMs, token => _s3.DeleteObjectAsync(_options.Bucket, KeyOf(copy), token), cancel);
        _copies.Forget(copy);
        await _local.DeleteAsync(copy, cancel);
    }

    /// <summary>Aborts multipart uploads that nobody will end any more: by the bucket's clock they began longer ago than any upload takes.</summary>
    public async Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancel)
    {
        var swept = await _local.SweepAsync(olderThan, cancel);
        var before = _time.GetUtcNow().UtcDateTime - olderThan;
        var list = new ListMultipartUploadsRequest { BucketName = _options.Bucket, Prefix = _options.Prefix, MaxUploads = Limits.Model.SweepBatchMax };
        var page = await _gate.AskAsync("list uploads", Limits.Model.BucketMs, token => _s3.ListMultipartUploadsAsync(list, token), cancel);
        foreach (var upload in page.MultipartUploads ?? [])
        {
            if (upload.Initiated is { } began && began.ToUniversalTime() < before)
            {
                await AbortKeyAsync(upload.Key, upload.UploadId, cancel);
                swept++;
            }
        }
        return swept;
    }

    /// <summary>The bucket exists and may be listed; a first look, so that a wrong address or key is seen at the start and not at the first upload.</summary>
    public async Task LookAsync(CancellationToken cancel) =>
        await _gate.AskAsync("first look", Limits.Model.BucketMs,
            token => _s3.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = _options.Prefix, MaxKeys = 1 }, token), cancel);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        List<BucketFetch> left;
        lock (_fetching)
            left = [.. _underWay.Values];
        foreach (var fetch in left)
            await fetch.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _local.DisposeAsync();
        _s3.Dispose();
        _stop.Dispose();
        _parts.Dispose();
        _fetches.Dispose();
    }

    internal async Task<string> BeginMultipartAsync(ModelCopy copy, CancellationToken cancel)
    {
        var begin = new InitiateMultipartUploadRequest { BucketName = _options.Bucket, Key = KeyOf(copy) };
        return (await _gate.AskAsync($"begin {copy}", Limits.Model.BucketMs, token => _s3.InitiateMultipartUploadAsync(begin, token), cancel)).UploadId;
    }

    /// <summary>Waits for its turn among all parts of this coordinator; what is returned ends with the part.</summary>
    internal async Task<Task<PartETag>> SendPartAsync(ModelCopy copy, string uploadId, int number, SafeFileHandle file, long offset, int bytes, CancellationToken cancel)
    {
        await _parts.WaitAsync(cancel);
        return SendAsync();

        async Task<PartETag> SendAsync()
        {
            try
            {
                await using var range = new FileRange(file, offset, bytes);
                var part = new UploadPartRequest
                {
                    BucketName = _options.Bucket,
                    Key = KeyOf(copy),
                    UploadId = uploadId,
                    PartNumber = number,
                    PartSize = bytes,
                    InputStream = range,
                };
                var answer = await _gate.AskAsync($"part {number} of {copy}", Limits.Model.PartMs, token => _s3.UploadPartAsync(part, token), cancel);
                return new PartETag(number, answer.ETag);
            }
            finally
            {
                _parts.Release();
            }
        }
    }

    internal async Task CompleteAsync(ModelCopy copy, string uploadId, PartETag[] parts, CancellationToken cancel)
    {
        var complete = new CompleteMultipartUploadRequest { BucketName = _options.Bucket, Key = KeyOf(copy), UploadId = uploadId, PartETags = [.. parts] };
        try
        {
            await _gate.AskAsync($"complete {copy}", Limits.Model.PartMs, token => _s3.CompleteMultipartUploadAsync(complete, token), cancel);
        }
        catch (FileNotFoundException) when (!cancel.IsCancellationRequested)
        {
            // The answer to a first try was lost and the retry finds no upload any more: then the object is there.
            if (!await IsInBucketAsync(copy, cancel))
                throw new ModelStoreUnavailableException($"The upload of {copy} was aborted by somebody.");
        }
    }

    internal async Task AbortAsync(ModelCopy copy, string uploadId)
    {
        try
        {
            await AbortKeyAsync(KeyOf(copy), uploadId, CancellationToken.None);
        }
        catch (ModelStoreUnavailableException down)
        {
            _log.LogWarning("An upload could not be aborted, the sweeper will: {Why}", down.Message);
        }
    }

    internal async Task PutAsync(ModelCopy copy, SafeFileHandle file, long bytes, CancellationToken cancel)
    {
        await _parts.WaitAsync(cancel);
        try
        {
            await using var range = new FileRange(file, 0, bytes);
            var put = new PutObjectRequest { BucketName = _options.Bucket, Key = KeyOf(copy), InputStream = range, AutoCloseStream = false };
            await _gate.AskAsync($"put {copy}", Limits.Model.PartMs, token => _s3.PutObjectAsync(put, token), cancel);
        }
        finally
        {
            _parts.Release();
        }
    }

    /// <summary>The bytes are in the bucket; here they may stay as well, as long as there is room.</summary>
    internal async Task KeepLocalAsync(FolderStore.FolderUpload local, ModelCopy copy, CancellationToken cancel)
    {
        var bytes = local.Length;
        await local.CommitAsync(copy, cancel);
        _copies.Add(copy, bytes);
    }

    /// <summary>The rest of an object. Its headers are here when this ends.</summary>
    internal async Task<GetObjectResponse> GetAsync(ModelCopy copy, long from, CancellationToken cancel)
    {
        var get = new GetObjectRequest { BucketName = _options.Bucket, Key = KeyOf(copy) };
        if (from > 0)
            get.ByteRange = new ByteRange($"bytes={from}-");
        return await _gate.AskAsync($"get {copy} from {from}", Limits.Model.FirstByteMs, token => _s3.GetObjectAsync(get, token), cancel);
    }

    async Task<bool> IsInBucketAsync(ModelCopy copy, CancellationToken cancel)
    {
        try
        {
            await _gate.AskAsync($"HEAD {copy}", Limits.Model.FirstByteMs, token => _s3.GetObjectMetadataAsync(_options.Bucket, KeyOf(copy), token), cancel);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    async Task AbortKeyAsync(string key, string uploadId, CancellationToken cancel)
    {
        try
        {
            await _gate.AskAsync($"abort {key}", Limits.Model.BucketMs,
                token => _s3.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = _options.Bucket, Key = key, UploadId = uploadId }, token), cancel);
        }
        catch (FileNotFoundException)
        {
            // Ended or aborted already.
        }
    }

    BucketFetch FetchOf(ModelCopy copy)
    {
        lock (_fetching)
        {
            if (_underWay.TryGetValue(copy, out var fetch))
                return fetch;
            fetch = new BucketFetch(this, copy, _time, _log);
            _underWay.Add(copy, fetch);
            fetch.Start(_fetches, () =>
            {
                lock (_fetching)
                    _underWay.Remove(copy);
            }, _stop.Token);
            return fetch;
        }
    }

    internal FolderStore.FolderUpload BeginLocal(long bytes) => _local.Begin(bytes);

    string KeyOf(ModelCopy copy) => _options.Prefix + copy.Path;
}
