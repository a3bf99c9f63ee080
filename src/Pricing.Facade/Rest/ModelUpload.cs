using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Pricing.Facade.Errors;
using Pricing.Facade.Upstream;
using Pricing.Quoting.V1;

namespace Pricing.Facade.Rest;

/// <summary>Streams bytes into UploadModel, one chunk in memory at a time; the coordinator's flow control slows the caller down.</summary>
sealed class ModelUpload(ModelService.ModelServiceClient models, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    public async Task<Model> SendAsync(HttpContext http, UploadHeader header, Stream bytes)
    {
        using var call = new CallLifetime(clock, http.RequestAborted, lifetime.ApplicationStopping);
        call.Bound("", isStream: true);
        using var upload = models.UploadModel(cancellationToken: call.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(Limits.Wire.ChunkBytes);
        try
        {
            if (await TryWriteAsync(upload, new UploadModelRequest { Header = header })) await PumpAsync(bytes, upload, buffer.AsMemory(0, Limits.Wire.ChunkBytes), call.Token);
            return await upload.ResponseAsync;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && call.Token.IsCancellationRequested)
        {
            http.RequestAborted.ThrowIfCancellationRequested();
            throw new RefusedException(call.WhyEnded ?? Refusal.From(e));
        }
        catch (OperationCanceledException) when (call.WhyEnded is { } why)
        {
            throw new RefusedException(why);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static async Task PumpAsync(Stream bytes, AsyncClientStreamingCall<UploadModelRequest, Model> upload, Memory<byte> buffer, CancellationToken cancel)
    {
        while (await bytes.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel) is > 0 and var read)
        {
            // The chunk is serialised before WriteAsync returns, so the buffer may be filled again.
            if (!await TryWriteAsync(upload, new UploadModelRequest { Chunk = UnsafeByteOperations.UnsafeWrap(buffer[..read]) })) return;
        }
        await upload.RequestStream.CompleteAsync();
    }

    /// <summary>False once the coordinator has ended the call: why it did is known to the response alone, whatever the write threw.</summary>
    static async Task<bool> TryWriteAsync(AsyncClientStreamingCall<UploadModelRequest, Model> upload, UploadModelRequest message)
    {
        try
        {
            await upload.RequestStream.WriteAsync(message);
            return true;
        }
        catch (Exception e) when (e is RpcException or HttpRequestException or IOException or InvalidOperationException or OperationCanceledException)
        {
            return false;
        }
    }
}
