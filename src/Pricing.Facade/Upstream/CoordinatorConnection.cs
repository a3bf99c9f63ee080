using Grpc.Net.Client;

namespace Pricing.Facade.Upstream;

/// <summary>The one pool of HTTP/2 connections to the coordinator: typed calls for REST, raw bytes for gRPC-web.</summary>
sealed class CoordinatorConnection : IDisposable
{
    readonly SocketsHttpHandler _handler;

    public CoordinatorConnection(FacadeOptions options)
    {
        Address = options.Coordinator;
        _handler = new SocketsHttpHandler
        {
            // A hundred streams fill one connection; watch streams alone reach that.
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(Limits.Edge.ConnectSeconds),
            // A silently lost peer is noticed after two of these, not after the kernel's fifteen minutes.
            KeepAlivePingDelay = TimeSpan.FromSeconds(Limits.Edge.KeepAlivePingSeconds),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(Limits.Edge.KeepAlivePingSeconds),
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        Raw = new HttpMessageInvoker(_handler, disposeHandler: false);
        Channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions
        {
            // As a client, not as a handler: given the handler itself the channel puts its own connect callback into it,
            // which then fails every call that is not the channel's.
            HttpClient = new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = Limits.Wire.MessageBytesMax,
            MaxSendMessageSize = Limits.Wire.MessageBytesMax,
            // Retries belong to the outermost client alone; two layers multiply them.
            MaxRetryAttempts = 1,
        });
    }

    public Uri Address { get; }

    /// <summary>For calls whose bytes we pass on unread.</summary>
    public HttpMessageInvoker Raw { get; }

    public GrpcChannel Channel { get; }

    public void Dispose()
    {
        Channel.Dispose();
        Raw.Dispose();
        _handler.Dispose();
    }
}
