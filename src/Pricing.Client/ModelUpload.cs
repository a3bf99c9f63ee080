using Google.Protobuf;
using Grpc.Core;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>
/// Uploads models. Memory is one 64 KiB buffer, and 40 bytes for about 150 KiB of file, whatever the file's size. A few are sent at the same time, the others wait for their turn:
/// thousands of uploads at once neither go faster nor push other partners away.
/// </summary>
#pragma warning disable CA1001 // A SemaphoreSlim whose wait handle nobody asks for holds nothing to dispose; disposing it would break uploads that still wait.
public sealed class ModelUpload
#pragma warning restore CA1001
{
    readonly ModelService.ModelServiceClient _service;
    readonly PricingClientOptions _options;
    readonly Retry _retry;
    readonly SemaphoreSlim _turns = new(Limits.Client.UploadsMax);

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
    /// is read. 2. Hashed, whole and in content-defined chunks. 3. Announced by hash: known bytes end here. 4. Asked for which chunks the
    /// platform has from files this partner uploaded before. 5. The others are sent; a lost connection starts from 4 again, bounded, and goes on where it was. When a
    /// chunk turns out to be gone after all, the whole file is sent.
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

        var outline = await FileOutline.ReadAsync(content, size, progress, cancellation).ConfigureAwait(false);
        var announced = new CreateModelRequest { Parent = _options.Partner, Sha256 = outline.Sha256, SizeBytes = size, FileName = fileName };
        var model = await _retry.RunAsync("CreateModel", token => _service.CreateModelAsync(announced, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation).ConfigureAwait(false);
        if (model.State == Model.Types.State.Stored)
            return new UploadResult(model, AlreadyKnown: true);

        var header = new UploadHeader { Parent = _options.Partner, Sha256 = outline.Sha256, SizeBytes = size, FileName = fileName, MeasureAhead = _options.MeasureAhead };
        header.Chunks.Add(outline.Chunks);
        await _turns.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            try
            {
                return await SendAsync(content, start, header, outline, progress, cancellation).ConfigureAwait(false);
            }
            catch (PricingException error) when (header.ReusedChunks.Count > 0 && error.Reason is "CHUNK_UNKNOWN" or "SHA256_MISMATCH")
            {
                // Reuse only ever saves: what it cannot do, sending the file can.
                header.ReusedChunks.Clear();
                return await SendAsync(content, start, header, null, progress, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Indices of the chunks that need not travel: none when the platform does not know the question, or refuses it.</summary>
    async Task<IEnumerable<uint>> FindReusedAsync(FileOutline outline, CancellationToken cancellation)
    {
        if (outline.Chunks.Count == 0)
            return [];
        var request = new FindMissingChunksRequest { Parent = _options.Partner };
        request.Chunks.Add(outline.Chunks);
        try
        {
            var answer = await _retry.RunAsync("FindMissingChunks", token => _service.FindMissingChunksAsync(request, deadline: CallDeadline(),
                cancellationToken: token).ResponseAsync, cancellation).ConfigureAwait(false);
            var missing = answer.Missing.ToHashSet();
            return Enumerable.Range(0, outline.Chunks.Count).Select(i => (uint)i).Where(i => !missing.Contains(i));
        }
        catch (PricingException error) when (error.Code is not StatusCode.Unavailable)
        {
            return [];
        }
    }

    // The outline is asked about before every try: what an earlier one brought before it broke need not travel again. Null: everything is sent.
    async Task<UploadResult> SendAsync(
        Stream content, long start, UploadHeader header, FileOutline? outline, IProgress<UploadProgress>? progress, CancellationToken cancellation)
    {
        long sent = 0;
        var model = await _retry.RunAsync("UploadModel", async token =>
        {
            if (outline is not null)
            {
                header.ReusedChunks.Clear();
                header.ReusedChunks.Add(await FindReusedAsync(outline, token).ConfigureAwait(false));
            }
            var runs = RunsToSend(header);
            sent = runs.Sum(run => run.Length);
            return await SendAsync(content, start, runs, header, progress, token).ConfigureAwait(false);
        }, cancellation).ConfigureAwait(false);
        return new UploadResult(model, AlreadyKnown: false) { BytesSent = sent, BytesReused = header.SizeBytes - sent };
    }

    /// <summary>The ranges of the file that travel: neighbouring chunks are one range.</summary>
    static List<(long Offset, long Length)> RunsToSend(UploadHeader header)
    {
        if (header.ReusedChunks.Count == 0)
            return [(0, header.SizeBytes)];
        List<(long Offset, long Length)> runs = [];
        var reused = header.ReusedChunks.ToHashSet();
        long at = 0;
        for (var i = 0; i < header.Chunks.Count; at += header.Chunks[i++].Length)
        {
            if (reused.Contains((uint)i))
                continue;
            if (runs.Count > 0 && runs[^1] is var (offset, length) && offset + length == at)
                runs[^1] = (offset, length + header.Chunks[i].Length);
            else
                runs.Add((at, header.Chunks[i].Length));
        }
        return runs;
    }

    /// <summary>Reads one model.</summary>
    /// <param name="name"><c>partners/{partner}/models/{sha256}</c>.</param>
    /// <param name="cancellation">Ends the call.</param>
    public Task<Model> GetAsync(string name, CancellationToken cancellation = default) =>
        _retry.RunAsync("GetModel", token => _service.GetModelAsync(new GetModelRequest { Name = name }, deadline: CallDeadline(),
            cancellationToken: token).ResponseAsync, cancellation);

    /// <summary>
    /// A server that refuses early fails the write with whatever the transport saw first (cancelled, protocol error, or nothing); only
    /// the response tells the true status. So a write error ends the sending, never the call: the response is awaited in any case.
    /// </summary>
    async Task<Model> SendAsync(Stream content, long start, List<(long Offset, long Length)> runs, UploadHeader header,
        IProgress<UploadProgress>? progress, CancellationToken cancellation)
    {
        // Bounds silence, not the whole upload: every accepted chunk pushes the end away.
        using var stall = new CancellationTokenSource(Stall, _options.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stall.Token);
        using var call = _service.UploadModel(cancellationToken: linked.Token);
        var open = await TryWriteAsync(call.RequestStream, new UploadModelRequest { Header = header }, linked.Token).ConfigureAwait(false);
        var buffer = new byte[Limits.Wire.ChunkBytes];
        long sent = 0;
        foreach (var (offset, length) in runs)
        {
            content.Position = start + offset;
            var left = length;
            int read;
            while (open && (read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellation).ConfigureAwait(false)) > 0)
            {
                // The write has serialised the chunk when it returns, so the one buffer is free again.
                var chunk = new UploadModelRequest { Chunk = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
                open = await TryWriteAsync(call.RequestStream, chunk, linked.Token).ConfigureAwait(false);
                stall.CancelAfter(Stall);
                left -= read;
                sent += read;
                // Position in the file; what lies before and was not sent is reused.
                var done = offset + length - left;
                progress?.Report(new UploadProgress(UploadStage.Sending, done, header.SizeBytes) { BytesSent = sent, BytesReused = done - sent });
            }
        }
        if (open)
            await TryCompleteAsync(call.RequestStream).ConfigureAwait(false);
        // What was not sent is copied at the other end, in silence.
        stall.CancelAfter(Stall + TimeSpan.FromSeconds((header.SizeBytes - sent) / Limits.Client.CopiedBytesPerSecondMin));
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
public readonly record struct UploadProgress(UploadStage Stage, long BytesDone, long BytesTotal)
{
    /// <summary>While sending: bytes that travelled, of those done.</summary>
    public long BytesSent { get; init; }

    /// <summary>While sending: bytes that need not travel, of those done.</summary>
    public long BytesReused { get; init; }
}

/// <summary>A model that is stored and verified.</summary>
/// <param name="Model">The model as the platform knows it.</param>
/// <param name="AlreadyKnown">True when no byte had to travel.</param>
public sealed record UploadResult(Model Model, bool AlreadyKnown)
{
    /// <summary>Bytes of the file that travelled; 0 when it was known.</summary>
    public long BytesSent { get; init; }

    /// <summary>Bytes of the file that the platform took from files uploaded before, when only a part travelled.</summary>
    public long BytesReused { get; init; }
}
