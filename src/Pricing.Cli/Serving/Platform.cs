using System.Net.Sockets;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Pricing.Catalog.V1;
using Pricing.Coordinator;
using Pricing.Coordinator.Embedded;
using Pricing.Facade;
using Pricing.Geometry;
using Pricing.Node;
using Pricing.Node.V1;
using Pricing.Node.Workers;
using Pricing.Ops.V1;
using Pricing.Quoting.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;
using BucketOptions = Pricing.Coordinator.Models.BucketOptions;

namespace Pricing.Cli.Serving;

/// <summary>
/// The roles of this process, running: each its own host with its own services, wired by addresses only, exactly as in separate processes.
/// Started in the order of need (database, coordinator, node, facade) and stopped in the opposite one.
/// </summary>
sealed class Platform : IAsyncDisposable
{
    readonly List<IHost> _hosts = [];
    readonly List<string> _ready = [];
    EmbeddedPostgres? _database;

    Platform()
    {
    }

    /// <summary>The coordinator's gRPC address, when this process is one.</summary>
    public Uri? Coordinator { get; private set; }

    /// <summary>The facade's HTTP address, when this process is one.</summary>
    public Uri? Facade { get; private set; }

    /// <summary>One line per role: <c>ready coordinator http://127.0.0.1:50051</c>.</summary>
    public IReadOnlyList<string> Ready => _ready;

    /// <summary>Starts the roles of a plan; what was started is stopped again when a later one fails.</summary>
    public static async Task<Platform> StartAsync(PlatformPlan plan, CancellationToken cancellation)
    {
        var platform = new Platform();
        try
        {
            await platform.BringUpAsync(plan, cancellation);
            return platform;
        }
        catch (Exception error)
        {
            await platform.DisposeAsync();
            if (Explain(error, plan) is { } fault)
                throw new FaultException(fault, error);
            throw;
        }
    }

    /// <summary>Completes when a role stops by itself, which is not what a server is for; a task that never ends otherwise.</summary>
    public async Task WhenAnyStopsAsync(CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asked = cancellation.Register(() => stopped.TrySetResult());
        var registrations = _hosts.Select(host => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping
            .Register(() => stopped.TrySetResult())).ToList();
        await stopped.Task;
        foreach (var registration in registrations)
            await registration.DisposeAsync();
    }

    /// <summary>Stops what runs, newest first; each host ends its open streams within <c>Limits.Wire.ShutdownMs</c>.</summary>
    public async ValueTask DisposeAsync()
    {
        // All are told at once, so that streams between them end together; then each is waited for.
        foreach (var host in Enumerable.Reverse(_hosts))
            host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        using var patience = new CancellationTokenSource(Limits.Wire.ShutdownMs);
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            try
            {
                await host.StopAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                // Out of patience: what still runs ends with the process.
            }
        }
        foreach (var host in Enumerable.Reverse(_hosts))
        {
            if (host is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
            else
                host.Dispose();
        }
        _hosts.Clear();
        if (_database is not null)
            await _database.DisposeAsync();
        _database = null;
    }

    async Task BringUpAsync(PlatformPlan plan, CancellationToken cancellation)
    {
        var warm = (plan.Roles & (Roles.Coordinator | Roles.Node)) == 0 ? Task.CompletedTask : Task.Run(() => WarmUp.Run(plan.Roles), cancellation);
        if (plan.Roles.HasFlag(Roles.Coordinator))
        {
            var connection = plan.Database;
            if (connection is null)
            {
                _database = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { Home = plan.Home, Talk = plan.Talk }, cancellation);
                connection = _database.ConnectionString;
            }
            var bucket = plan.Models is { } address ? BucketOptions.TryParse(address) : null;
            var coordinator = CoordinatorHost.Build(new CoordinatorOptions
            {
                ConnectionString = connection,
                ReplicaConnectionString = plan.DatabaseReplica,
                // With a bucket the folder holds local copies only, never mixed with models that lie nowhere else.
                ModelFolder = bucket is not null ? Path.Combine(plan.Home, "model-copies") : plan.Models ?? Path.Combine(plan.Home, "models"),
                Bucket = bucket,
                KeepModels = TimeSpan.FromDays(plan.KeepModelsDays),
                Listen = plan.Listen,
                EngineVersion = PartMeasurer.EngineVersion,
                Redis = plan.Redis,
                LogLevel = plan.LogLevel,
            }, services => AddServices(services, plan), routes => Map(routes, plan));
            await StartAsync(coordinator, cancellation);
            Coordinator = AddressOf(coordinator);
            coordinator.Services.GetService<HealthService>()?.Set(HealthService.WholeServer, ServingStatus.Serving);
            _ready.Add($"ready coordinator {Coordinator}".TrimEnd('/'));
        }
        if (plan.Roles.HasFlag(Roles.Node))
        {
            await StartAsync(NodeHost.Build(new NodeOptions
            {
                Coordinators = Coordinator is null ? plan.Coordinators : [Coordinator],
                Name = plan.NodeName,
                Lanes = plan.Lanes,
                Threads = plan.Threads,
                Workers = plan.Isolated ? WorkersOf(plan) : null,
                LogLevel = plan.LogLevel,
            }, LeaveSignals), cancellation);
            _ready.Add($"ready node {plan.NodeName}");
        }
        if (plan.Roles.HasFlag(Roles.Facade))
        {
            var facade = FacadeHost.Build(new FacadeOptions
            {
                Coordinator = Coordinator ?? plan.Coordinators[0],
                Listen = plan.Http,
                LogLevel = plan.LogLevel,
            }, LeaveSignals);
            await StartAsync(facade, cancellation);
            Facade = AddressOf(facade);
            _ready.Add($"ready facade {Facade}".TrimEnd('/'));
        }
        await warm;
    }

    /// <summary>Workers are this very program: the host that runs it, and its assembly where the host is not the program itself.</summary>
    static WorkerOptions WorkersOf(PlatformPlan plan)
    {
        var host = Environment.ProcessPath ?? throw new InvalidOperationException("The program does not know its own path.");
        return new WorkerOptions
        {
            Command = Path.GetFileNameWithoutExtension(host) == "dotnet"
                ? [host, typeof(Platform).Assembly.Location, WorkerMain.Verb]
                : [host, WorkerMain.Verb],
            MemoryBytes = plan.WorkerMemoryBytes,
        };
    }

    /// <summary>What stands beside the coordinator's own services for those who come from outside: probes and grpcurl.</summary>
    static void AddServices(IServiceCollection services, PlatformPlan plan)
    {
        LeaveSignals(services);
        if (!plan.ForOthers)
            return;
        services.AddSingleton<HealthService>();
        services.AddSingleton(provider => new ReflectionService(
            [
                ModelService.Descriptor, QuoteService.Descriptor, PriceService.Descriptor, PriceListService.Descriptor, OpsService.Descriptor, NodeService.Descriptor,
                Health.Descriptor, ServerReflection.Descriptor,
            ],
            provider.GetRequiredService<IHostApplicationLifetime>()));
    }

    static void Map(IEndpointRouteBuilder routes, PlatformPlan plan)
    {
        if (!plan.ForOthers)
            return;
        routes.MapGrpcService<HealthService>();
        routes.MapGrpcService<ReflectionService>();
        routes.MapGrpcService<ReflectionV1AlphaService>();
    }

    /// <summary>Signals come to the program, which stops all hosts together; a host must not also listen to them.</summary>
    static void LeaveSignals(IServiceCollection services) => services.AddSingleton<IHostLifetime, NoSignals>();

    sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    async Task StartAsync(IHost host, CancellationToken cancellation)
    {
        _hosts.Add(host);
        await host.StartAsync(cancellation);
    }

    /// <summary>The address that was bound; where the listener takes every interface, the one this machine reaches it by.</summary>
    static Uri AddressOf(WebApplication host)
    {
        var bound = new UriBuilder(host.Urls.First());
        if (bound.Host is "0.0.0.0" or "[::]")
            bound.Host = "127.0.0.1";
        return bound.Uri;
    }

    /// <summary>What a person can mend: a port in use, a database that cannot be had.</summary>
    static Fault? Explain(Exception error, PlatformPlan plan) => error switch
    {
        EmbeddedPostgresException database => new Fault(ExitCode.Unavailable, database.Reason, database.Message, "database"),
        IOException or SocketException when IsAddressInUse(error) => new Fault(ExitCode.Unavailable, "ADDRESS_IN_USE",
            "Another program listens on the address already; choose another with --listen or --http, port 0 takes a free one.", "listen", "",
            Ports(plan)),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => new Fault(ExitCode.Usage, "ADDRESS_NOT_HERE",
            "The address does not belong to this machine.", "listen", "an address of this machine, or 0.0.0.0", Ports(plan)),
        SocketException { SocketErrorCode: SocketError.AccessDenied } or IOException { InnerException: SocketException { SocketErrorCode: SocketError.AccessDenied } } =>
            new Fault(ExitCode.NoPermission, "ADDRESS_NOT_ALLOWED", "The address may not be listened on.", "listen", "", Ports(plan)),
        NpgsqlException database => new Fault(ExitCode.Unavailable, "DATABASE_UNAVAILABLE", $"The database does not answer: {database.Message}", "database"),
        _ => null,
    };

    static bool IsAddressInUse(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                return true;
        return false;
    }

    static string Ports(PlatformPlan plan) => $"{(plan.Roles.HasFlag(Roles.Coordinator) ? plan.Listen : "")} {(plan.Roles.HasFlag(Roles.Facade) ? plan.Http : "")}".Trim();
}
