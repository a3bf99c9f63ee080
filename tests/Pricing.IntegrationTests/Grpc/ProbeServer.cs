using System.Net;
using System.Net.Sockets;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pricing.IntegrationTests.Grpc.Probing;

namespace Pricing.IntegrationTests.Grpc;

/// <summary>A real Kestrel server on a free loopback port with the probe service, and channels to it.</summary>
sealed class ProbeServer : IAsyncDisposable
{
    /// <summary>How long a test waits for a signal before it fails; never waited out when things work.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly WebApplication _app;
    readonly List<GrpcChannel> _channels = [];

    ProbeServer(WebApplication app) => _app = app;

    public ProbeLog Log => _app.Services.GetRequiredService<ProbeLog>();

    public IServiceProvider Services => _app.Services;

    public string Address { get; private init; } = "";

    public int Port => new Uri(Address).Port;

    public static async Task<ProbeServer> StartAsync(
        Action<GrpcServiceOptions>? grpc = null,
        Action<ListenOptions>? listen = null,
        string? unixSocket = null,
        Action<IServiceCollection>? services = null,
        Action<IEndpointRouteBuilder>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            void Configure(ListenOptions options)
            {
                options.Protocols = HttpProtocols.Http2;
                listen?.Invoke(options);
            }
            if (unixSocket is null)
                kestrel.Listen(IPAddress.Loopback, 0, Configure);
            else
                kestrel.ListenUnixSocket(unixSocket, Configure);
        });
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        builder.Services.AddSingleton<ProbeLog>();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<ProbeService>();
        map?.Invoke(app);
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new ProbeServer(app) { Address = address };
    }

    public GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null, string? address = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(address ?? Address, options);
        _channels.Add(channel);
        return channel;
    }

    public Probe.ProbeClient Client(Action<GrpcChannelOptions>? configure = null) => new(Channel(configure));

    /// <summary>A connection that counts its bytes, for tests of what really goes over the wire.</summary>
    public static SocketsHttpHandler CountingHandler(WireCount count) => new()
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new CountingStream(new NetworkStream(socket, ownsSocket: true), count);
        },
    };

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
            channel.Dispose();
        await _app.DisposeAsync();
    }
}
