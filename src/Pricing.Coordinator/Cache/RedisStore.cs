using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Pricing.Coordinator.Cache;

/// <summary>
/// Redis by one multiplexed connection. Connecting goes on in the background, for as long as it takes: a coordinator starts and works
/// without Redis. Asynchronous calls of this driver never time out by themselves; the caller bounds them.
/// </summary>
public sealed class RedisStore : ISharedStore
{
    readonly ConfigurationOptions _options;
    readonly ILogger<RedisStore> _log;
    Connection _connection;

    public RedisStore(string connectionString, ILogger<RedisStore> log)
    {
        _options = ParseOptions(connectionString);
        _log = log;
        _connection = Connect();
    }

    /// <summary>Can it be read? HOST:PORT, with the driver's options behind commas.</summary>
    public static bool IsConnectionString(string text)
    {
        try
        {
            return ParseOptions(text).EndPoints.Count > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    public Task<byte[]?> GetAsync(string key) => AskAsync(async database => (byte[]?)await database.StringGetAsync(key));

    public Task SetAsync(string key, byte[] value, TimeSpan keep) => AskAsync(database => database.StringSetAsync(key, value, keep));

    public void Reconnect() => _ = CloseAsync(Interlocked.Exchange(ref _connection, Connect()));

    public async ValueTask DisposeAsync() => await CloseAsync(_connection);

    /// <summary>What the driver never answers, because its connection is given up, ends here: not every message of a closed one does by itself.</summary>
    async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        var connection = Volatile.Read(ref _connection);
        var multiplexer = await connection.Multiplexer.WaitAsync(connection.GivenUp.Token);
        return await ask(multiplexer.GetDatabase()).WaitAsync(connection.GivenUp.Token);
    }

    // Off the caller's thread: parts of this driver's connecting are synchronous.
    Connection Connect() => new(Task.Run(() => ConnectionMultiplexer.ConnectAsync(_options)), new CancellationTokenSource());

    async Task CloseAsync(Connection connection)
    {
        await connection.GivenUp.CancelAsync();
        try
        {
            var multiplexer = await connection.Multiplexer;
            multiplexer.Close(allowCommandsToComplete: false);
            multiplexer.Dispose();
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException or InvalidOperationException or IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            _log.LogDebug("Closing a Redis connection: {Reason}", e.Message);
        }
    }

    static ConfigurationOptions ParseOptions(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = Limits.Cache.RedisConnectMs;
        options.ClientName = "pricing-coordinator";
        // The driver cannot connect to names on every platform; it resolves them first.
        options.ResolveDns = true;
        return options;
    }

    sealed record Connection(Task<ConnectionMultiplexer> Multiplexer, CancellationTokenSource GivenUp);
}
