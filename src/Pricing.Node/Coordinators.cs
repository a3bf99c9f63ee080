using Grpc.Net.Client;
using Pricing.Node.V1;

namespace Pricing.Node;

/// <summary>The coordinators this node may talk to, one channel each for the life of the process, and which of them is the favourite.</summary>
sealed class Coordinators : IDisposable
{
    readonly (Uri Address, GrpcChannel Channel)[] _all;
    int _favourite;

    public Coordinators(NodeOptions options)
    {
        _all = [.. options.Coordinators.Select(address => (address, Dial(address)))];
        // Nodes that start together spread over the coordinators.
        _favourite = Random.Shared.Next(_all.Length);
    }

    /// <summary>Where work comes from now, or is tried next.</summary>
    public (Uri Address, NodeService.NodeServiceClient Client) Favourite => At(Volatile.Read(ref _favourite));

    /// <summary>The n-th choice for an answer any coordinator takes: the favourite first, then around.</summary>
    public (Uri Address, NodeService.NodeServiceClient Client) Choice(int n) => At(Volatile.Read(ref _favourite) + n);

    /// <summary>Moves on to the next one.</summary>
    public void Next() => Volatile.Write(ref _favourite, (Volatile.Read(ref _favourite) + 1) % _all.Length);

    public void Dispose()
    {
        foreach (var (_, channel) in _all)
            channel.Dispose();
    }

    (Uri, NodeService.NodeServiceClient) At(int index)
    {
        var (address, channel) = _all[index % _all.Length];
        return (address, new NodeService.NodeServiceClient(channel));
    }

    static GrpcChannel Dial(Uri address) => GrpcChannel.ForAddress(address, new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(Limits.Node.ConnectSeconds),
            // A peer that vanished without a word is noticed by the stream's own heartbeats; the pings find it for unary calls.
            KeepAlivePingDelay = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax),
            KeepAlivePingTimeout = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax),
            EnableMultipleHttp2Connections = true,
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = Limits.Wire.MessageBytesMax,
        MaxSendMessageSize = Limits.Wire.MessageBytesMax,
        // The channel pauses between dials by itself, by default for up to two minutes, and refuses every call meanwhile: ours would mean nothing.
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Node.DialBackoffFirstMs),
        MaxReconnectBackoff = TimeSpan.FromMilliseconds(Limits.Node.DialBackoffMaxMs),
    });
}
