using System.Net;
using System.Net.Sockets;
using System.Text;
using NUnit.Framework;
using Pricing.Cli.Chaos;

namespace Pricing.IntegrationTests.Chaos;

/// <summary>Each thing the proxy does to an edge, seen from both ends over real sockets.</summary>
[TestFixture]
public sealed class TcpProxyTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    TcpListener _listener = null!;
    TcpProxy _proxy = null!;
    TcpClient _client = null!;
    TcpClient _server = null!;

    [SetUp]
    public async Task Connect()
    {
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        _proxy = new TcpProxy((IPEndPoint)_listener.LocalEndpoint, TimeProvider.System);
        (_client, _server) = await DialAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        _client.Dispose();
        _server.Dispose();
        _listener.Dispose();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task Bytes_pass_both_ways_and_an_end_is_passed_on()
    {
        await SendAsync(_client, "ping");
        Assert.That(await ReadAsync(_server, 4), Is.EqualTo("ping"));
        await SendAsync(_server, "pong");
        Assert.That(await ReadAsync(_client, 4), Is.EqualTo("pong"));
        _client.Client.Shutdown(SocketShutdown.Send);
        Assert.That(await ReadAsync(_server, 1), Is.Empty, "the end of what the client says is heard");
        await SendAsync(_server, "bye");
        _server.Client.Shutdown(SocketShutdown.Send);
        Assert.That(await ReadAsync(_client, 4), Is.EqualTo("bye"));
    }

    [Test]
    public async Task A_cut_resets_both_ends()
    {
        await SendAsync(_client, "x");
        await ReadAsync(_server, 1);
        _proxy.Cut();
        await AssertResetAsync(_client);
        await AssertResetAsync(_server);
    }

    [Test]
    public async Task A_blackhole_swallows_one_way_only_and_delivers_after_healing()
    {
        _proxy.Blackhole(toServer: true, toClient: false);
        await SendAsync(_client, "late");
        await SendAsync(_server, "soon");
        Assert.That(await ReadAsync(_client, 4), Is.EqualTo("soon"), "the other way is open");
        Assert.That(_server.Available, Is.Zero);
        _proxy.Heal();
        Assert.That(await ReadAsync(_server, 4), Is.EqualTo("late"));
    }

    [Test]
    public async Task In_a_blackhole_a_new_connection_leads_nowhere_until_it_is_healed()
    {
        _proxy.Blackhole(toServer: true, toClient: true);
        using var late = new TcpClient();
        await late.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        await SendAsync(late, "hello");
        Assert.That(_listener.Pending(), Is.False);
        _proxy.Heal();
        using var arrived = await _listener.AcceptTcpClientAsync().WaitAsync(Patience);
        Assert.That(await ReadAsync(arrived, 5), Is.EqualTo("hello"));
    }

    [Test]
    public async Task A_slow_link_takes_its_time_and_loses_nothing()
    {
        _proxy.Slow(TimeSpan.FromMilliseconds(30), 20_000);
        var began = TimeProvider.System.GetTimestamp();
        var sent = new string('a', 2_000);
        await SendAsync(_client, sent);
        Assert.That(await ReadAsync(_server, sent.Length), Is.EqualTo(sent));
        Assert.That(TimeProvider.System.GetElapsedTime(began), Is.GreaterThan(TimeSpan.FromMilliseconds(100)));
    }

    [Test]
    public async Task A_lost_reply_means_the_request_arrived()
    {
        _proxy.LoseReplies(1, new ReplyLoss("COMMIT"u8.ToArray(), 0, 0));
        await SendAsync(_client, "select");
        Assert.That(await ReadAsync(_server, 6), Is.EqualTo("select"));
        await SendAsync(_server, "row");
        Assert.That(await ReadAsync(_client, 3), Is.EqualTo("row"), "without the marker nothing is lost");
        await SendAsync(_client, "COMMIT");
        Assert.That(await ReadAsync(_server, 6), Is.EqualTo("COMMIT"));
        await SendAsync(_server, "done");
        await AssertResetAsync(_client);
        Assert.That(_proxy.RepliesLost, Is.EqualTo(1));

        (_client, _server) = await DialAsync();
        await SendAsync(_client, "COMMIT");
        await ReadAsync(_server, 6);
        await SendAsync(_server, "done");
        Assert.That(await ReadAsync(_client, 4), Is.EqualTo("done"), "one was asked for, one was lost");
    }

    [Test]
    public async Task A_lost_request_never_arrives()
    {
        _proxy.LoseReplies(1, ReplyLoss.OfCommitBefore);
        await SendAsync(_client, "insert");
        Assert.That(await ReadAsync(_server, 6), Is.EqualTo("insert"));
        await SendAsync(_client, "COMMIT\0");
        await AssertResetAsync(_client);
        await AssertResetAsync(_server);
    }

    [Test]
    public async Task Small_talk_is_neither_request_nor_reply()
    {
        _proxy.LoseReplies(1, ReplyLoss.OfCall);
        await SendAsync(_client, "ping");
        Assert.That(await ReadAsync(_server, 4), Is.EqualTo("ping"));
        await SendAsync(_server, "pong");
        Assert.That(await ReadAsync(_client, 4), Is.EqualTo("pong"));
        await SendAsync(_client, new string('q', 60));
        await ReadAsync(_server, 60);
        await SendAsync(_server, new string('a', 60));
        await AssertResetAsync(_client);
    }

    [Test]
    public async Task Where_nobody_listens_a_connection_is_reset()
    {
        _proxy.Upstream = null;
        using var lost = new TcpClient();
        // The reset may overtake the connecting.
        await Assert.ThatAsync(async () =>
        {
            await lost.ConnectAsync(IPAddress.Loopback, _proxy.Port);
            await ReadAsync(lost, 1);
        }, Throws.InstanceOf<SocketException>());
    }

    async Task<(TcpClient Client, TcpClient Server)> DialAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port).WaitAsync(Patience);
        return (client, await _listener.AcceptTcpClientAsync().WaitAsync(Patience));
    }

    // On the socket itself: TcpClient gives no stream any more once one way has ended.
    static Task SendAsync(TcpClient to, string text) => to.Client.SendAsync(Encoding.ASCII.GetBytes(text)).WaitAsync(Patience);

    /// <summary>So many bytes, or fewer when the peer ended first.</summary>
    static async Task<string> ReadAsync(TcpClient from, int count)
    {
        var bytes = new byte[count];
        var read = 0;
        while (read < count && await from.Client.ReceiveAsync(bytes.AsMemory(read)).AsTask().WaitAsync(Patience) is > 0 and var more)
            read += more;
        return Encoding.ASCII.GetString(bytes, 0, read);
    }

    static Task AssertResetAsync(TcpClient at) => Assert.ThatAsync(() => ReadAsync(at, 1),
        Throws.InstanceOf<SocketException>().With.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.ConnectionReset));
}
