using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Pricing.Coordinator;
using Pricing.Coordinator.Models;
using Pricing.IntegrationTests.Servers;

namespace Pricing.IntegrationTests.Coordinator;

/// <summary>The two places models are kept in. What is promised of one is promised of the other.</summary>
public enum StoreKind
{
    Folder,
    Bucket,
}

/// <summary>A store of either kind in a temporary place.</summary>
public sealed class StoreUnderTest : IAsyncDisposable
{
    readonly List<IModelStore> _opened = [];
    readonly List<string> _folders = [];
    readonly BucketOptions? _bucket;

    StoreUnderTest(BucketOptions? bucket) => _bucket = bucket;

    public static async Task<StoreUnderTest> CreateAsync(StoreKind kind) =>
        new(kind is StoreKind.Bucket ? await RgwServer.CreateBucketAsync() : null);

    /// <summary>A store as one coordinator has it: of a bucket each has its own local folder.</summary>
    public IModelStore Open(TimeProvider? time = null, long localBytes = Limits.Model.LocalBytesDefault, int? port = null)
    {
        if (_bucket is not null || _folders.Count == 0)
            _folders.Add(Directory.CreateTempSubdirectory("pricing-store-").FullName);
        IModelStore store = _bucket is null
            ? new FolderStore(_folders[0])
            : new BucketStore(Through(port), _folders[^1], localBytes, time ?? TimeProvider.System, NullLogger.Instance);
        _opened.Add(store);
        return store;
    }

    /// <summary>The options of coordinators that share the store.</summary>
    public CoordinatorOptions Share(CoordinatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (_bucket is null)
            Directory.Delete(options.ModelFolder);
        return _bucket is null ? options with { ModelFolder = _folders[0] } : options with { Bucket = _bucket };
    }

    /// <summary>The bytes behind the store's back; null when there are none.</summary>
    public async Task<byte[]?> PeekAsync(ModelCopy copy)
    {
        if (_bucket is null)
            return File.Exists(Path.Combine(_folders[0], copy.Path)) ? await File.ReadAllBytesAsync(Path.Combine(_folders[0], copy.Path)) : null;
        using var client = RgwServer.Client(_bucket);
        try
        {
            using var answer = await client.GetObjectAsync(_bucket.Bucket, _bucket.Prefix + copy.Path);
            using var all = new MemoryStream();
            await answer.ResponseStream.CopyToAsync(all);
            return all.ToArray();
        }
        catch (Amazon.S3.AmazonS3Exception missing) when (missing.StatusCode is System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Puts bytes there behind the store's back, right or wrong, and forgets what lies in front of a bucket.</summary>
    public async Task PokeAsync(ModelCopy copy, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (_bucket is null)
        {
            await File.WriteAllBytesAsync(Path.Combine(_folders[0], copy.Path), bytes);
            return;
        }
        using var client = RgwServer.Client(_bucket);
        using var content = new MemoryStream(bytes);
        await client.PutObjectAsync(new Amazon.S3.Model.PutObjectRequest { BucketName = _bucket.Bucket, Key = _bucket.Prefix + copy.Path, InputStream = content });
        foreach (var local in _folders.Select(folder => Path.Combine(folder, copy.Path)).Where(File.Exists))
            File.Delete(local);
    }

    /// <summary>Multipart uploads that were begun and neither ended nor aborted.</summary>
    public async Task<int> UploadsUnderWayAsync()
    {
        if (_bucket is null)
            return 0;
        using var client = RgwServer.Client(_bucket);
        return (await client.ListMultipartUploadsAsync(new Amazon.S3.Model.ListMultipartUploadsRequest { BucketName = _bucket.Bucket })).MultipartUploads?.Count ?? 0;
    }

    public IEnumerable<string> Leftovers() => _folders.SelectMany(folder => Directory.GetFiles(Path.Combine(folder, "incoming"), "*", SearchOption.AllDirectories))
        .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal));

    public static async Task<ModelCopy> StoreAsync(IModelStore store, byte[] bytes, bool isAnnounced = true, int number = 0)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(bytes);
        var copy = ModelCopy.Of(SHA256.HashData(bytes), number);
        await using var upload = store.BeginUpload(isAnnounced ? copy : null, bytes.Length);
        await AppendAsync(upload, bytes);
        await upload.CommitAsync(copy, CancellationToken.None);
        return copy;
    }

    public static async Task AppendAsync(IModelUpload upload, ReadOnlyMemory<byte> bytes)
    {
        ArgumentNullException.ThrowIfNull(upload);
        for (var at = 0; at < bytes.Length; at += Limits.Wire.ChunkBytes)
            await upload.AppendAsync(bytes.Slice(at, Math.Min(Limits.Wire.ChunkBytes, bytes.Length - at)), CancellationToken.None);
    }

    public static async Task<byte[]> ReadAsync(IModelStore store, ModelCopy copy, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        using var reader = await store.OpenAsync(copy, cancel);
        return await ReadAsync(reader, cancel);
    }

    public static async Task<byte[]> ReadAsync(IModelReader reader, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        using var all = new MemoryStream();
        var buffer = new byte[100_000];
        while (await reader.ReadAsync(buffer, all.Length, cancel) is > 0 and var read)
            all.Write(buffer, 0, read);
        return all.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened)
            await store.DisposeAsync();
        foreach (var folder in _folders.Where(Directory.Exists))
            Directory.Delete(folder, recursive: true);
    }

    BucketOptions Through(int? port) => port is null ? _bucket! : _bucket! with { Endpoint = new Uri($"http://127.0.0.1:{port}") };

    /// <summary>Where the bucket's server listens.</summary>
    public int Port => _bucket!.Endpoint!.Port;
}
