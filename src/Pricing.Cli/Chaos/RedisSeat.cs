using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Pricing.Cli.Chaos;

/// <summary>A redis-server of the run's own, on a unix socket behind the proxies. It keeps nothing: killed means empty.</summary>
sealed class RedisSeat(string folder, ChildProcesses children, TimeProvider time) : IAsyncDisposable
{
    Process? _process;

    public UnixDomainSocketEndPoint EndPoint { get; } = new(Path.Combine(folder, "redis.sock"));

    public async Task StartAsync(CancellationToken cancellation)
    {
        var program = Bench.ChildRun.Find("redis-server")
            ?? throw new FaultException(new Fault(ExitCode.Unavailable, "CHAOS_START_FAILED", "redis-server is not installed; type: apt-get install redis-server", "redis"));
        _process = await children.StartAsync(program,
            ["--port", "0", "--unixsocket", Path.Combine(folder, "redis.sock"), "--dir", folder, "--save", "", "--appendonly", "no", "--daemonize", "no"]);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await AskAsync(["PING"], cancellation);
                return;
            }
            catch (SocketException) when (!_process.HasExited && time.GetElapsedTime(began) < TimeSpan.FromSeconds(Limits.Chaos.StartSeconds))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Limits.Chaos.PollMs), time, cancellation);
            }
        }
    }

    public async Task KillAsync(CancellationToken cancellation)
    {
        if (_process is not { } process)
            return;
        ChildProcesses.Kill(process);
        await process.WaitForExitAsync(cancellation);
        process.Dispose();
        _process = null;
    }

    public Task FlushAsync(CancellationToken cancellation) => AskAsync(["FLUSHALL"], cancellation);

    /// <summary>
    /// Spoils the values of up to so many keys: random bytes, one bit turned, cut short, or the value of another key. Returns how many.
    /// </summary>
    public async Task<int> SpoilAsync(Random random, CancellationToken cancellation)
    {
        var keys = new List<byte[]>();
        for (var i = 0; i < Limits.Chaos.SpoiledKeysMax && await AskAsync(["RANDOMKEY"], cancellation) is [{ } key]; i++)
            keys.Add(key);
        foreach (var key in keys)
        {
            var value = await AskAsync(["GET", key], cancellation) is [{ Length: > 0 } known] ? known : new byte[64];
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(value);
                    break;
                case 1:
                    value[random.Next(value.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    value = value[..random.Next(value.Length)];
                    break;
                default:
                    value = await AskAsync(["GET", keys[random.Next(keys.Count)]], cancellation) is [{ } other] ? other : value;
                    break;
            }
            await AskAsync(["SET", key, value], cancellation);
        }
        return keys.Count;
    }

    public async ValueTask DisposeAsync() => await KillAsync(CancellationToken.None);

    /// <summary>One command of the Redis protocol; answers the bulk string it returned, or an empty list for anything else.</summary>
    async Task<IReadOnlyList<byte[]>> AskAsync(IReadOnlyList<object> words, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(EndPoint, cancellation);
        using var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{words.Count}\r\n"));
        foreach (var bytes in words.Select(word => word as byte[] ?? Encoding.UTF8.GetBytes((string)word)))
        {
            request.Write(Encoding.ASCII.GetBytes($"${bytes.Length}\r\n"));
            request.Write(bytes);
            request.Write("\r\n"u8);
        }
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(request.ToArray(), cancellation);
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellation);
            head.Append((char)one[0]);
        }
        var length = head[0] == '$' ? int.Parse(head.ToString()[1..^2], CultureInfo.InvariantCulture) : -1;
        if (length < 0)
            return [];
        var value = new byte[length];
        await stream.ReadExactlyAsync(value, cancellation);
        return [value];
    }
}
