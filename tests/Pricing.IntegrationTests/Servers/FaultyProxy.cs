using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Pricing.IntegrationTests.Servers;

/// <summary>
/// TCP between a client and a server on this machine, with faults: it can refuse, close what is open, hold answers back after so many bytes, and change a byte of one.
/// Held connections stay open and silent until the proxy is healed or closed.
/// </summary>
public sealed class FaultyProxy : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly int _target;
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentDictionary<Socket, byte> _open = new();
    readonly Task _accepting;
    readonly SemaphoreSlim _stalled = new(0);
    TaskCompletionSource _healed = New();
    long _stallAfter = long.MaxValue, _flipAt = -1;
    int _stalls, _accepted;
    volatile bool _refuses;

    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Ends when one more answer is being held back.</summary>
    public Task NextStallAsync(CancellationToken cancel) => _stalled.WaitAsync(cancel);

    /// <summary>From now on nobody is let in, and whoever is in is thrown out.</summary>
    public void Cut()
    {
        _refuses = true;
        foreach (var socket in _open.Keys)
            socket.Dispose();
    }

    /// <summary>So many times, an answer on one connection stops after this many bytes: held open and silent.</summary>
    public void StallAfter(long bytes, int times)
    {
        Volatile.Write(ref _stalls, times);
        Interlocked.Exchange(ref _stallAfter, bytes);
    }

    /// <summary>The first connection that carries this byte of an answer, counted from now, has it changed.</summary>
    public void FlipAt(long offset) => Interlocked.Exchange(ref _flipAt, offset);

    public void Heal()
    {
        _refuses = false;
        Interlocked.Exchange(ref _stallAfter, long.MaxValue);
        Interlocked.Exchange(ref _healed, New()).TrySetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stalled.Dispose();
        _stop.Dispose();
    }

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptSocketAsync(_stop.Token);
            Interlocked.Increment(ref _accepted);
            if (_refuses)
            {
                client.Dispose();
                continue;
            }
            _ = ServeAsync(client);
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using (client)
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                _open[client] = _open[server] = 0;
                await Task.WhenAny(CopyAsync(client, server, answers: false), CopyAsync(server, client, answers: true));
            }
            catch (Exception end) when (end is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The connection is over, one way or the other.
            }
            finally
            {
                _open.TryRemove(client, out _);
                _open.TryRemove(server, out _);
            }
        }
    }

    async Task CopyAsync(Socket from, Socket to, bool answers)
    {
        var buffer = new byte[16 << 10];
        long copied = 0;
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var read)
        {
            if (answers && copied + read > Interlocked.Read(ref _stallAfter) && Interlocked.Decrement(ref _stalls) >= 0)
            {
                var healed = Volatile.Read(ref _healed).Task;
                _stalled.Release();
                await healed.WaitAsync(_stop.Token);
            }
            if (answers && Interlocked.Read(ref _flipAt) is >= 0 and var at && at >= copied && at < copied + read)
            {
                Interlocked.Exchange(ref _flipAt, -1);
                buffer[at - copied] ^= 0x20;
            }
            for (var sent = 0; sent < read;)
                sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            copied += read;
        }
    }
}
