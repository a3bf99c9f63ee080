using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Pricing.Coordinator.Edge;

/// <summary>
/// One line per call: method, status, milliseconds. Outermost, so that it sees the status the caller sees. Calls that are answered from
/// memory by the ten thousand a second are only counted (CacheStats); of those a line is written when one fails or is slow.
/// </summary>
public sealed class RequestLog(ILogger<RequestLog> log, TimeProvider time) : Interceptor
{
    const string OftenCalled = "/pricing.quoting.v1.PriceService/PreviewPrices";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        var start = time.GetTimestamp();
        try
        {
            var response = await continuation(request, context);
            Write(context, start, null);
            return response;
        }
        catch (RpcException e) { Write(context, start, e); throw; }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var start = time.GetTimestamp();
        try
        {
            var response = await continuation(requestStream, context);
            Write(context, start, null);
            return response;
        }
        catch (RpcException e) { Write(context, start, e); throw; }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var start = time.GetTimestamp();
        try
        {
            await continuation(request, responseStream, context);
            Write(context, start, null);
        }
        catch (RpcException e) { Write(context, start, e); throw; }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        var start = time.GetTimestamp();
        try
        {
            await continuation(requestStream, responseStream, context);
            Write(context, start, null);
        }
        catch (RpcException e) { Write(context, start, e); throw; }
    }

    void Write(ServerCallContext context, long start, RpcException? fault)
    {
        var elapsed = time.GetElapsedTime(start);
        var level = fault is null && context.Method == OftenCalled && elapsed.TotalMilliseconds < Limits.Cache.SlowPreviewMs ? LogLevel.Debug : LogLevel.Information;
        if (log.IsEnabled(level))
        {
            log.Log(level, "{Method} {Status} {ElapsedMs:0.0} ms {Detail}",
                context.Method, fault?.StatusCode ?? context.Status.StatusCode, elapsed.TotalMilliseconds, fault?.Status.Detail ?? "");
        }
    }
}
