using System.Net.Sockets;
using Pricing.Client;
using Pricing.IntegrationTests.Grpc;

namespace Pricing.IntegrationTests.Models;

/// <summary>The SDK over a connection on which every byte is counted.</summary>
sealed class CountedClient : IAsyncDisposable
{
    readonly SocketsHttpHandler _handler;
    readonly PricingClient _client;

    public CountedClient(Uri address, string partner = "partners/local")
    {
        _handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(address.Host, address.Port, cancel);
                return new CountingStream(new NetworkStream(socket, ownsSocket: true), Wire);
            },
        };
        _client = new PricingClient(address, new PricingClientOptions { Handler = _handler, Partner = partner, OnRetry = Retries.Add });
    }

    public WireCount Wire { get; } = new();

    public List<RetryNotice> Retries { get; } = [];

    public ModelUpload Models => _client.Models;

    /// <summary>Uploads, and says how many bytes left this side of the connection for it.</summary>
    public async Task<(UploadResult Result, long Sent)> UploadAsync(byte[] file)
    {
        var before = Wire.Written;
        using var content = new MemoryStream(file);
        var result = await Models.UploadAsync(content, "part.stl");
        return (result, Wire.Written - before);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _handler.Dispose();
    }
}
