using System.Net.Sockets;
using Grpc.Net.Client;
using Pricing.Quoting.V1;

namespace Pricing.Client;

/// <summary>
/// The door of the partner SDK: one long-lived, thread-safe object per platform.
/// <code>
/// await using var pricing = new PricingClient(new Uri("http://127.0.0.1:50051"));
/// var upload = await pricing.Models.UploadAsync("part.stl");
/// var quote = await pricing.Quotes.PriceAsync(upload.Model, new QuoteRequest { Quantities = [1, 10, 100] });
/// foreach (var price in quote.Prices)
///     Console.WriteLine($"{price.Process} {price.Quantity}: {price.UnitPrice.Amount} {price.UnitPrice.CurrencyCode}");
/// </code>
/// Every failure is a <see cref="PricingException"/>; cancelling a token throws <see cref="OperationCanceledException"/>.
/// </summary>
public sealed class PricingClient : IAsyncDisposable, IDisposable
{
    readonly GrpcChannel _channel;

    /// <summary>Makes a client; connects at the first call.</summary>
    /// <param name="address"><c>http://host:port</c>, <c>https://host:port</c> or <c>unix:///path/to/socket</c>.</param>
    /// <param name="options">Partner, retries, clock; null for the defaults.</param>
    public PricingClient(Uri address, PricingClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        options ??= new PricingClientOptions();
        Address = address;
        _channel = GrpcChannel.ForAddress(address.Scheme == "unix" ? new Uri("http://localhost") : address, new GrpcChannelOptions
        {
            HttpHandler = options.Handler ?? Connect(address),
            DisposeHttpClient = options.Handler is null,
            MaxReceiveMessageSize = Limits.Wire.MessageBytesMax,
            MaxSendMessageSize = Limits.Wire.MessageBytesMax,
            // The channel pauses between dials by itself, by default for up to two minutes, and refuses every call meanwhile: a platform
            // that is back would still be away for a partner.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Client.RetryDelayMs),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Client.RetryDelayMsMax),
        });
        var retry = new Retry(options);
        Models = new ModelUpload(new ModelService.ModelServiceClient(_channel), options, retry);
        Quotes = new Quotes(new QuoteService.QuoteServiceClient(_channel), new PriceService.PriceServiceClient(_channel), options, retry);
    }

    /// <summary>Where the platform is.</summary>
    public Uri Address { get; }

    /// <summary>Models: content-addressed 3D files. Known bytes are never sent again.</summary>
    public ModelUpload Models { get; }

    /// <summary>Quotes: ask, watch, read, cancel.</summary>
    public Quotes Quotes { get; }

    /// <summary>Closes the connection; running calls end.</summary>
    public void Dispose() => _channel.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    static SocketsHttpHandler Connect(Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(Limits.Client.ConnectSeconds),
            // A dead peer is noticed without traffic: three missed pings, then the streams end and are taken up again.
            KeepAlivePingDelay = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax),
            KeepAlivePingTimeout = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax),
            EnableMultipleHttp2Connections = true,
            UseProxy = !address.IsLoopback && address.Scheme != "unix",
        };
        if (address.Scheme == "unix")
            handler.ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.LocalPath), cancellation).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException)
                {
                    socket.Dispose();
                    throw;
                }
                catch (OperationCanceledException)
                {
                    socket.Dispose();
                    throw;
                }
            };
        return handler;
    }
}
