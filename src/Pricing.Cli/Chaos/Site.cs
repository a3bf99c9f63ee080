using System.Net.Sockets;
using Npgsql;
using Pricing.Coordinator.Embedded;

namespace Pricing.Cli.Chaos;

/// <summary>How the platform under test is put together.</summary>
/// <param name="ServersFolder">Data of the servers; removed at the end.</param>
/// <param name="LogFolder">Logs of the processes; kept with the history.</param>
/// <param name="Isolated">Nodes measure in child processes, of so little memory that a large model is poison.</param>
sealed record SiteOptions(string ServersFolder, string LogFolder, bool Isolated);

/// <summary>
/// The platform under test: PostgreSQL, Redis, coordinators and nodes as processes of their own, and a proxy on every edge between them.
/// Disposing ends them all and removes their data.
/// </summary>
sealed class Site : IAsyncDisposable
{
    readonly SiteOptions _options;
    readonly TimeProvider _time;
    readonly ChildProcesses _children = new();
    readonly Dictionary<string, TcpProxy> _links = [];
    readonly Dictionary<string, ServedRole> _roles = [];
    EmbeddedPostgres? _postgres;
    RedisSeat? _redis;
    Undertaker? _undertaker;

    Site(SiteOptions options, FaultScope scope, TimeProvider time) => (_options, Scope, _time) = (options, scope, time);

    /// <summary>Two coordinators, three nodes.</summary>
    public static FaultScope NewScope(bool isolated) => new(["c1", "c2"], ["n1", "n2", "n3"], isolated);

    public FaultScope Scope { get; }
    public EmbeddedPostgres Postgres => _postgres!;
    public RedisSeat Redis => _redis!;

    /// <summary>The supervisor's own way to the database, past the proxies.</summary>
    public string Database => Postgres.ConnectionString;

    public TcpProxy Link(string from, string to) => _links[FaultScope.Edge(from, to)];

    public TcpProxy Link(string edge) => _links[edge];

    public IEnumerable<TcpProxy> Links => _links.Values;

    public ServedRole Role(string name) => _roles[name];

    public IEnumerable<ServedRole> Roles => _roles.Values;

    /// <summary>Starts everything and waits until it is ready; what was started is ended again when something cannot be.</summary>
    public static async Task<Site> StartAsync(SiteOptions options, TextWriter talk, TimeProvider time, CancellationToken cancellation)
    {
        var site = new Site(options, NewScope(options.Isolated), time);
        try
        {
            await site.BringUpAsync(talk, cancellation);
            return site;
        }
        catch (Exception)
        {
            await site.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var role in _roles.Values)
            await role.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        if (_postgres is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await _postgres.DisposeAsync();
        }
        foreach (var link in _links.Values)
            await link.DisposeAsync();
        _children.Dispose();
        _undertaker?.Dispose();
        if (Directory.Exists(_options.ServersFolder))
            Directory.Delete(_options.ServersFolder, recursive: true);
    }

    async Task BringUpAsync(TextWriter talk, CancellationToken cancellation)
    {
        await talk.WriteLineAsync("starting PostgreSQL (fsync on) and Redis …");
        _postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { Home = _options.ServersFolder, Talk = TextWriter.Null, Time = _time, KeepRunning = false }, cancellation);
        // As root the cluster may lie elsewhere: where its account can get.
        var cluster = Path.GetDirectoryName(_postgres.DataFolder)!;
        _undertaker = new Undertaker(_postgres.DataFolder, cluster);
        _redis = new RedisSeat(Directory.CreateDirectory(Path.Combine(_options.ServersFolder, "redis")).FullName, _children, _time);
        await _redis.StartAsync(cancellation);

        var socket = new NpgsqlConnectionStringBuilder(_postgres.ConnectionString);
        foreach (var edge in Scope.Edges)
            _links[edge] = new TcpProxy(null, _time);
        foreach (var coordinator in Scope.Coordinators)
        {
            Link(coordinator, FaultScope.Postgres).Upstream = new UnixDomainSocketEndPoint(Path.Combine(socket.Host!, ".s.PGSQL.5432"));
            Link(coordinator, FaultScope.Redis).Upstream = _redis.EndPoint;
            _roles[coordinator] = NewRole(coordinator, "coordinator", () => CoordinatorArguments(coordinator));
            _roles[coordinator].Listening += at =>
            {
                foreach (var from in Scope.Nodes.Append(FaultScope.Clients))
                    Link(from, coordinator).Upstream = at;
            };
        }
        foreach (var node in Scope.Nodes)
            _roles[node] = NewRole(node, "node", () => NodeArguments(node));

        await talk.WriteLineAsync($"starting {Scope.Coordinators.Count} coordinators and {Scope.Nodes.Count} nodes …");
        foreach (var role in _roles.Values)
            await role.StartAsync(cancellation);
    }

    ServedRole NewRole(string name, string role, Func<IReadOnlyList<string>> arguments) =>
        new(name, role, arguments, Path.Combine(_options.LogFolder, $"{name}.log"), _children, _time);

    IReadOnlyList<string> CoordinatorArguments(string name) =>
    [
        "--home", _options.ServersFolder, "--listen", "127.0.0.1:0", "--redis", $"127.0.0.1:{Link(name, FaultScope.Redis).Port}",
        "--database", new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Link(name, FaultScope.Postgres).Port,
            Username = new NpgsqlConnectionStringBuilder(Database).Username,
            Database = new NpgsqlConnectionStringBuilder(Database).Database,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString,
    ];

    IReadOnlyList<string> NodeArguments(string name) =>
    [
        "--home", _options.ServersFolder, "--node-name", name, "--threads", "1", "--isolation", _options.Isolated ? "process" : "none",
        "--worker-memory", $"{Limits.Chaos.WorkerMemoryBytes >> 20}",
        .. Scope.Coordinators.SelectMany(c => new[] { "--coordinator", $"http://127.0.0.1:{Link(name, c).Port}" }),
    ];
}
