using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>Uploads models. Memory is one 64 KiB buffer whatever the file's size.</summary>
public sealed class ModelUpload
{
    readonly ModelService.ModelServiceClient _service;
    readonly PricingClientOptions _options;
    readonly Retry _retry;

    internal ModelUpload(ModelService.ModelServiceClient service, PricingClientOptions options, Retry retry)
    {
        _service = service;
        _options = options;
        _retry = retry;
    }

    /// <summary>Uploads a file, or finds that the platform has its bytes already.</summary>
    /// <param name="path">The file. It must not change while it is read.</param>
    /// <param name="progress">Told as bytes are hashed and sent.</param>
    /// <param name="cancellation">Ends the upload; nothing is stored.</param>
    public async Task<UploadResult> UploadAsync(string path, IProgress<UploadProgress>? progress = null, CancellationToken cancellation = default)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        await using (file.ConfigureAwait(false))
            return await UploadAsync(file, Path.GetFileName(path), progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Uploads from a seekable stream, from its present position to its end. 1. Size checked against the platform's limit before a byte
    /// is read. 2. Hashed. 3. Announced by hash: known bytes end here. 4. Sent; a lost connection starts this step again, bounded.
    /// </summary>
    public async Task<UploadResult> UploadAsync(Stream content, string fileName, IProgress<UploadProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek)
            throw new ArgumentException("The stream must be seekable: it is read once to hash it and once to send it.", nameof(content));
        var start = content.Position;
        var size = content.Length - start;
        if (size > Limits.Mesh.FileBytesMax)
            throw new PricingException(StatusCode.InvalidArgument, "MODEL_TOO_LARGE", "The model file is larger than the platform accepts.",
                "size_bytes", $"{Limits.Mesh.FileBytesMax} bytes", $"{size} bytes");

        var sha256 = await HashAsync(content, size, progress, cancellation).ConfigureAwait(false);
        var announced = new CreateModelRequest { Parent = _options.Partner, Sha256 = sha256, SizeBytes = size, FileName = fileName };
        var model = await _retry.RunAsync("CreateModel", token => _service.CreateModelAsync(announced, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation).ConfigureAwait(false);
        if (model.State == Model.Types.State.Stored)
            return new UploadResult(model, AlreadyKnown: true);

        var header = new UploadHeader { Parent = _options.Partner, Sha256 = sha256, SizeBytes = size, FileName = fileName };
        model = await _retry.RunAsync("UploadModel", token =>
        {
            content.Position = start;
            return SendAsync(content, header, progress, token);
        }, cancellation).ConfigureAwait(false);
        return new UploadResult(model, AlreadyKnown: false);
    }

    /// <summary>Reads one model.</summary>
    /// <param name="name"><c>partners/{partner}/models/{sha256}</c>.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<Model> GetAsync(string name, CancellationToken cancellation = default) =>
        _retry.RunAsync("GetModel", token => _service.GetModelAsync(new GetModelRequest { Name = name }, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);

    static async Task<string> HashAsync(Stream content, long size, IProgress<UploadProgress>? progress, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Limits.Wire.ChunkBytes];
        long done = 0;
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
            done += read;
            progress?.Report(new UploadProgress(UploadStage.Hashing, done, size));
        }
        return Convert.ToHexStringLower(sha256.GetHashAndReset());
    }

    /// <summary>
    /// A server that refuses early fails the write with whatever the transport saw first (cancelled, protocol error, or nothing); only
    /// the response tells the true status. So a write error ends the sending, never the call: the response is awaited in any case.
    /// </summary>
    async Task<Model> SendAsync(Stream content, UploadHeader header, IProgress<UploadProgress>? progress, CancellationToken cancellation)
    {
        // Bounds silence, not the whole upload: every accepted chunk pushes the end away.
        using var stall = new CancellationTokenSource(Stall, _options.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stall.Token);
        using var call = _service.UploadModel(cancellationToken: linked.Token);
        var open = await TryWriteAsync(call.RequestStream, new UploadModelRequest { Header = header }, linked.Token).ConfigureAwait(false);
        var buffer = new byte[Limits.Wire.ChunkBytes];
        long sent = 0;
        int read;
        while (open && (read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            // The write has serialised the chunk when it returns, so the one buffer is free again.
            var chunk = new UploadModelRequest { Chunk = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
            open = await TryWriteAsync(call.RequestStream, chunk, linked.Token).ConfigureAwait(false);
            stall.CancelAfter(Stall);
            sent += read;
            progress?.Report(new UploadProgress(UploadStage.Sending, sent, header.SizeBytes));
        }
        if (open)
            await TryCompleteAsync(call.RequestStream).ConfigureAwait(false);
        try
        {
            return await call.ResponseAsync.ConfigureAwait(false);
        }
        catch (RpcException error) when (stall.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new RpcException(new Grpc.Core.Status(StatusCode.Unavailable,
                $"The upload moved no byte for {Limits.Client.StallSeconds} s.", error));
        }
    }

    static async Task<bool> TryWriteAsync(IClientStreamWriter<UploadModelRequest> stream, UploadModelRequest message, CancellationToken cancellation)
    {
        try
        {
            await stream.WriteAsync(message, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (IsEndOfCall(error))
        {
            return false;
        }
    }

    static async Task TryCompleteAsync(IClientStreamWriter<UploadModelRequest> stream)
    {
        try
        {
            await stream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (IsEndOfCall(error))
        {
            // The response, awaited next, says why.
        }
    }

    /// <summary>The shapes in which the transport reports that the call is over.</summary>
    static bool IsEndOfCall(Exception error) =>
        error is RpcException or OperationCanceledException or IOException or HttpRequestException or InvalidOperationException;

    DateTime CallDeadline() => _options.Clock.GetUtcNow().UtcDateTime.AddSeconds(Limits.Client.CallSeconds);

    static TimeSpan Stall => TimeSpan.FromSeconds(Limits.Client.StallSeconds);
}

/// <summary>Where an upload is.</summary>
public enum UploadStage
{
    /// <summary>The file is read once to learn its hash.</summary>
    Hashing,

    /// <summary>The platform does not know the bytes: they travel.</summary>
    Sending,
}

/// <summary>Progress of an upload.</summary>
/// <param name="Stage">What the bytes are counted for.</param>
/// <param name="BytesDone">Bytes hashed or sent.</param>
/// <param name="BytesTotal">Size of the file.</param>
public readonly record struct UploadProgress(UploadStage Stage, long BytesDone, long BytesTotal);

/// <summary>A model that is stored and verified.</summary>
/// <param name="Model">The model as the platform knows it.</param>
/// <param name="AlreadyKnown">True when no byte had to travel.</param>
public sealed record UploadResult(Model Model, bool AlreadyKnown);
