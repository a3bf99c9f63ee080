using System.Net;
using System.Net.Sockets;

namespace Pricing.Cli.Chaos;

/// <summary>How a lost reply is recognised on the wire.</summary>
/// <param name="Marker">Bytes that the request holds; empty: any request.</param>
/// <param name="RequestBytesMin">Smaller pieces are the protocol's own talk (pings, window updates), not a request.</param>
/// <param name="ReplyBytesMin">Likewise for replies; smaller ones are swallowed without ending the connection.</param>
/// <param name="Arrives">False: the request itself is lost. To its sender the two look the same.</param>
public sealed record ReplyLoss(ReadOnlyMemory<byte> Marker, int RequestBytesMin, int ReplyBytesMin, bool Arrives = true)
{
    /// <summary>An HTTP/2 call: longer than the 17 bytes of a ping and the 13 of a window update.</summary>
    public static ReplyLoss OfCall { get; } = new(default, 40, 40);

    /// <summary>PostgreSQL's answer to COMMIT.</summary>
    public static ReplyLoss OfCommit { get; } = new("COMMIT\0"u8.ToArray(), 0, 0);

    /// <summary>COMMIT itself.</summary>
    public static ReplyLoss OfCommitBefore { get; } = OfCommit with { Arrives = false };
}

/// <summary>
/// One edge between two processes, in the hands of the harness: passes bytes on, or cuts (RST), swallows, delays, throttles, loses replies.
/// Everything may be changed while connections are open.
/// </summary>
/// <remarks>A blackhole keeps what arrives and delivers it after healing, as TCP's retransmission would: a request of long ago may still come
/// through, which is the point. New connections are taken and lead nowhere until then.</remarks>
public sealed class TcpProxy : IAsyncDisposable
{
    readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    readonly CancellationTokenSource _closing = new();
    readonly Lock _gate = new();
    readonly HashSet<Link> _links = [];
    readonly TimeProvider _time;
    readonly Task _accepting;
    Weather _weather = new(false, false, TimeSpan.Zero, 0);
    TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ReplyLoss? _loss;
    int _lossesLeft;

    sealed record Weather(bool HoldsToServer, bool HoldsToClient, TimeSpan Delay, int BytesPerSecond);

    sealed class Link(Socket client, Socket server, CancellationTokenSource ending)
    {
        public Socket Client { get; } = client;
        public Socket Server { get; } = server;
        public CancellationTokenSource Ending { get; } = ending;
        public volatile bool LosesReply;
    }

    /// <summary>Listens on a free loopback port.</summary>
    /// <param name="upstream">Where new connections lead; null: nowhere, they are reset.</param>
    /// <param name="time">For delays.</param>
    public TcpProxy(EndPoint? upstream, TimeProvider time)
    {
        Upstream = upstream;
        _time = time;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(Limits.Chaos.ProxyBacklog);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>A process that was started again may listen elsewhere.</summary>
    public EndPoint? Upstream { get; set; }

    /// <summary>Connections taken, connections reset by us, replies lost.</summary>
    public int Connections => Volatile.Read(ref _connections);
    public int Cuts => Volatile.Read(ref _cuts);
    public int RepliesLost => Volatile.Read(ref _repliesLost);
    int _connections, _cuts, _repliesLost;

    /// <summary>Every open connection ends with a reset, both ways.</summary>
    public void Cut()
    {
        Link[] open;
        lock (_gate)
            open = [.. _links];
        foreach (var link in open)
            Reset(link);
    }

    public void Blackhole(bool toServer, bool toClient) => Change(_weather with { HoldsToServer = toServer, HoldsToClient = toClient });

    /// <summary>Each piece waits; at most so many bytes pass each way per second and connection (0: any number).</summary>
    public void Slow(TimeSpan delay, int bytesPerSecond) => Change(_weather with { Delay = delay, BytesPerSecond = bytesPerSecond });

    /// <summary>The next so many requests are passed on; their replies are dropped and the connection is cut.</summary>
    public void LoseReplies(int count, ReplyLoss how)
    {
        lock (_gate)
            (_lossesLeft, _loss) = (count, how);
    }

    /// <summary>Fair weather again. What was held is delivered.</summary>
    public void Heal()
    {
        lock (_gate)
            (_lossesLeft, _loss) = (0, null);
        Change(new Weather(false, false, TimeSpan.Zero, 0));
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Cut();
        _closing.Dispose();
    }

    void Change(Weather weather)
    {
        Volatile.Write(ref _weather, weather);
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    async Task AcceptAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(_closing.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Closing; or the peer had gone before we took it, which is its own affair.
            }
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        Socket? server = null;
        var reset = true;
        try
        {
            client.NoDelay = true;
            await PassAsync(toServer: true, ending.Token);
            if (Upstream is not { } upstream)
                return;
            server = upstream is UnixDomainSocketEndPoint
                ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
                : new Socket(upstream.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await server.ConnectAsync(upstream, ending.Token);
            var link = new Link(client, server, ending);
            lock (_gate)
                _links.Add(link);
            try
            {
                var ends = await Task.WhenAll(PumpAsync(link, toServer: true), PumpAsync(link, toServer: false));
                reset = !ends.All(clean => clean);
            }
            finally
            {
                lock (_gate)
                    _links.Remove(link);
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut by us, or an end went away: the other end hears it below.
        }
        finally
        {
            Close(client, reset);
            if (server is not null)
                Close(server, reset);
        }
    }

    /// <summary>True when this way ended as its sender ended it.</summary>
    async Task<bool> PumpAsync(Link link, bool toServer)
    {
        var (from, to) = toServer ? (link.Client, link.Server) : (link.Server, link.Client);
        var buffer = new byte[Limits.Chaos.ProxyBufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, link.Ending.Token) is > 0 and var count)
            {
                await PassAsync(toServer, link.Ending.Token);
                await CrawlAsync(count, link.Ending.Token);
                if (toServer ? IsLost(link, buffer.AsSpan(0, count)) : link.LosesReply && count >= (_loss?.ReplyBytesMin ?? 0))
                {
                    Interlocked.Increment(ref _repliesLost);
                    Reset(link);
                    return false;
                }
                if (!toServer && link.LosesReply)
                    continue;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), link.Ending.Token);
            }
            to.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // One end is gone; the other must not wait for it.
            Reset(link);
            return false;
        }
    }

    /// <summary>Marks the connection of a request whose reply is to be lost; true when the request itself is.</summary>
    bool IsLost(Link link, ReadOnlySpan<byte> request)
    {
        if (Volatile.Read(ref _lossesLeft) == 0 || link.LosesReply)
            return false;
        lock (_gate)
        {
            if (_lossesLeft == 0 || _loss is null || request.Length < _loss.RequestBytesMin || request.IndexOf(_loss.Marker.Span) < 0)
                return false;
            _lossesLeft--;
            link.LosesReply = _loss.Arrives;
            return !_loss.Arrives;
        }
    }

    /// <summary>Waits while the direction is a blackhole.</summary>
    async Task PassAsync(bool toServer, CancellationToken cancellation)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            var weather = Volatile.Read(ref _weather);
            if (!(toServer ? weather.HoldsToServer : weather.HoldsToClient))
                return;
            await changed.WaitAsync(cancellation);
        }
    }

    async Task CrawlAsync(int bytes, CancellationToken cancellation)
    {
        var weather = Volatile.Read(ref _weather);
        var pause = weather.Delay + (weather.BytesPerSecond > 0 ? TimeSpan.FromSeconds((double)bytes / weather.BytesPerSecond) : TimeSpan.Zero);
        if (pause > TimeSpan.Zero)
            await Task.Delay(pause, _time, cancellation);
    }

    void Reset(Link link)
    {
        Interlocked.Increment(ref _cuts);
        Close(link.Client, reset: true);
        Close(link.Server, reset: true);
        try
        {
            link.Ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself meanwhile.
        }
    }

    /// <summary>A zero linger time makes the close a reset.</summary>
    static void Close(Socket socket, bool reset)
    {
        try
        {
            if (reset && socket.ProtocolType == ProtocolType.Tcp && socket.Connected)
                socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        socket.Dispose();
    }
}
