using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Facade.Errors;
using Pricing.Facade.Upstream;

namespace Pricing.Facade.GrpcWeb;

/// <summary>Translates gRPC-web over HTTP/1.1 or HTTP/2 to gRPC over HTTP/2 without reading a message.</summary>
sealed class GrpcWebProxy(CoordinatorConnection coordinator, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<GrpcWebProxy> log)
{
    /// <summary>
    /// The way of a call:
    /// 1. POST, and the content type says it is gRPC-web and how it is written, else 405 or 415 as problem details;
    /// 2. the method is on the public list and takes one message, else UNIMPLEMENTED;
    /// 3. the one request frame is read whole and checked, within its bound;
    /// 4. the frame goes upstream unchanged, with the caller's metadata and what is left of the deadline;
    /// 5. headers, frames and trailers come back as they arrive. Whatever fails on the way ends as a status, never as silence.
    /// </summary>
    public async Task HandleAsync(HttpContext http, GrpcPath path)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            (http.Response.StatusCode, http.Response.Headers.Allow) = (StatusCodes.Status405MethodNotAllowed, HttpMethods.Post);
            await Problems.WriteAsync(http, StatusCodes.Status405MethodNotAllowed, Problems.Of(http));
            return;
        }
        if (GrpcWebFormat.Parse(http.Request.ContentType) is not { } format)
        {
            await Problems.WriteAsync(http, StatusCodes.Status415UnsupportedMediaType, new Refusal(StatusCode.InvalidArgument, "CONTENT_TYPE_UNSUPPORTED",
                "This path speaks gRPC-web. Native gRPC is served by the coordinator, JSON under /v1.")
            {
                Field = "content-type",
                Limit = "application/grpc-web(+proto), application/grpc-web-text(+proto)",
                Actual = http.Request.ContentType ?? "",
            });
            return;
        }
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null; // bounded by GrpcWebRequest

        var response = new GrpcWebResponse(http.Response, format);
        using var call = new CallLifetime(clock, http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var method = FindMethod(path);
            call.Bound(http.Request.Headers["grpc-timeout"].ToString(), method.IsServerStreaming);
            var frame = await GrpcWebRequest.ReadFrameAsync(http.Request, format, call.Token);
            await ForwardAsync(http.Request, method, frame, response, call);
        }
        catch (Exception e) when (!http.RequestAborted.IsCancellationRequested && RefusalOf(e, call) is { } refusal)
        {
            if (refusal.Code is StatusCode.Internal) log.LogError(e, "gRPC-web call {Path} failed", http.Request.Path);
            // The caller is still there though its time is up, so not under the call's own token.
            await response.RefuseAsync(refusal, http.RequestAborted);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested)
        {
            log.LogDebug(e, "gRPC-web caller of {Path} went away", http.Request.Path);
        }
    }

    static MethodDescriptor FindMethod(GrpcPath path)
    {
        var (service, name) = path;
        if (!PublicMethods.HasService(service))
            throw new RefusedException(StatusCode.Unimplemented, "SERVICE_NOT_PUBLIC", $"There is no public service {Problems.Shown(service)}.", "service");
        if (PublicMethods.Find(service, name) is not { } method)
            throw new RefusedException(StatusCode.Unimplemented, "METHOD_UNKNOWN", $"Service {service} has no method {Problems.Shown(name)}.", "method");
        if (method.IsClientStreaming)
        {
            throw new RefusedException(StatusCode.Unimplemented, "CLIENT_STREAMING_OVER_GRPC_WEB",
                $"{name} takes a stream of messages, which gRPC-web cannot send. Use gRPC, or POST /v1/models for bytes.", "method");
        }
        return method;
    }

    async Task ForwardAsync(HttpRequest request, MethodDescriptor method, ReadOnlyMemory<byte> frame, GrpcWebResponse response, CallLifetime call)
    {
        using var upstream = new HttpRequestMessage(HttpMethod.Post, new Uri(coordinator.Address, $"/{method.Service.FullName}/{method.Name}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc+proto") } },
        };
        CallHeaders.CopyRequest(request.Headers, upstream.Headers);
        upstream.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (call.Deadline is { } left) upstream.Headers.TryAddWithoutValidation("grpc-timeout", GrpcTimeout.Format(left));

        using var answer = await coordinator.Raw.SendAsync(upstream, call.Token);
        if (answer.StatusCode != HttpStatusCode.OK) throw NotGrpc($"HTTP {(int)answer.StatusCode}");
        CallHeaders.CopyResponse(answer.Headers, response.Headers);
        await response.StartAsync(call.Token);
        if (answer.Headers.NonValidated.Contains("grpc-status")) return; // trailers-only: the status went out with the headers

        await using var body = await answer.Content.ReadAsStreamAsync(call.Token);
        var buffer = new byte[Limits.Edge.RelayBufferBytes];
        while (await body.ReadAsync(buffer, call.Token) is > 0 and var read)
            await response.RelayAsync(buffer.AsMemory(0, read), call.Token);

        var trailers = answer.TrailingHeaders.NonValidated;
        if (!trailers.Contains("grpc-status")) throw NotGrpc("no grpc-status");
        var lines = trailers.SelectMany(trailer => trailer.Value, (trailer, value) => KeyValuePair.Create(trailer.Key, value));
        if (!await response.EndAsync(lines, call.Token)) throw NotGrpc("a message cut short");
    }

    static Refusal? RefusalOf(Exception exception, CallLifetime call) => exception switch
    {
        RefusedException refused => refused.Refusal,
        OperationCanceledException => call.WhyEnded ?? Refusal.Unreachable, // the connect time-out looks like a cancellation
        BadHttpRequestException bad => Problems.Of(bad),
        // The connection broke or the stream was reset: what upstream did is unknown to us, so the caller may retry with its request id.
        _ when Refusal.IsUnreachable(exception) || exception is HttpRequestException or IOException => call.WhyEnded ?? Refusal.Unreachable,
        _ => null,
    };

    static RefusedException NotGrpc(string what) =>
        new(StatusCode.Internal, "UPSTREAM_INVALID", $"The pricing service gave an answer that is not gRPC ({what}).");
}
