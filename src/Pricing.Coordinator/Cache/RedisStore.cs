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
    Task<ConnectionMultiplexer> _connection;

    public RedisStore(string connectionString, ILogger<RedisStore> log)
    {
        _options = ParseOptions(connectionString);
        _log = log;
        _connection = ConnectAsync();
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

    public async Task<byte[]?> GetAsync(string key) => await (await DatabaseAsync()).StringGetAsync(key);

    public async Task SetAsync(string key, byte[] value, TimeSpan keep) => await (await DatabaseAsync()).StringSetAsync(key, value, keep);

    public void Reconnect()
    {
        var earlier = Interlocked.Exchange(ref _connection, ConnectAsync());
        _ = CloseAsync(earlier);
    }

    public async ValueTask DisposeAsync() => await CloseAsync(_connection);

    async Task<IDatabase> DatabaseAsync() => (await Volatile.Read(ref _connection)).GetDatabase();

    async Task<ConnectionMultiplexer> ConnectAsync()
    {
        // Off the caller's thread: parts of this driver's connecting are synchronous.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await ConnectionMultiplexer.ConnectAsync(_options);
    }

    async Task CloseAsync(Task<ConnectionMultiplexer> connection)
    {
        try
        {
            var multiplexer = await connection;
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
}
