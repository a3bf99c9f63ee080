using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Npgsql;
using Pricing.Coordinator.Archive;
using Pricing.Coordinator.Cache;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Coordinator.Models;
using Pricing.Coordinator.Nodes;
using Pricing.Coordinator.Operations;
using Pricing.Coordinator.Quotes;

namespace Pricing.Coordinator;

/// <summary>The coordinator as a host of its own: gRPC over h2c, one database, one model store.</summary>
public static class CoordinatorHost
{
    /// <param name="options">Where to listen and what to use.</param>
    /// <param name="services">More services, for what is mapped beside ours.</param>
    /// <param name="map">More endpoints.</param>
    /// <param name="grpc">More gRPC settings, for example interceptors.</param>
    public static WebApplication Build(
        CoordinatorOptions options, Action<IServiceCollection>? services = null, Action<IEndpointRouteBuilder>? map = null, Action<GrpcServiceOptions>? grpc = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Log(builder.Logging, options);
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(Limits.Wire.ShutdownMs));

        builder.Services.AddGrpc(settings =>
        {
            settings.MaxReceiveMessageSize = Limits.Wire.MessageBytesMax;
            settings.MaxSendMessageSize = Limits.Wire.MessageBytesMax;
            settings.Interceptors.Add<RequestLog>();
            settings.Interceptors.Add<ErrorMapping>();
            grpc?.Invoke(settings);
        });
        AddRooms(builder.Services, options);
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapGrpcService<ModelService>();
        app.MapGrpcService<QuoteService>();
        app.MapGrpcService<PriceService>();
        app.MapGrpcService<PriceListService>();
        app.MapGrpcService<NodeService>();
        app.MapGrpcService<OpsService>();
        map?.Invoke(app);
        return app;
    }

    static void AddRooms(IServiceCollection services, CoordinatorOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Time);
        services.AddSingleton(_ => DatabaseSource.Create(options.ConnectionString));
        AddLoop(services, provider => new LaggingReads(
            provider.GetRequiredService<NpgsqlDataSource>(), options.ReplicaConnectionString, options.Time, provider.GetRequiredService<ILogger<LaggingReads>>()));
        // First of the hosted services: they start in order, and the listener opens after the last.
        services.AddHostedService<Startup>();

        services.AddSingleton<JobSignals>();
        services.AddSingleton<JobStore>();
        services.AddSingleton<QuarantineStore>();
        services.AddSingleton<PartnerStore>();
        services.AddSingleton<QueueQueries>();
        AddLoop<QueueGauge>(services);
        services.AddSingleton<PipelineCounters>();
        services.AddSingleton<ProgressBoard>();
        services.AddHostedService<QueueFloor>();

        services.AddSingleton<JobArchive>();
        services.AddHostedService<Archivist>();
        services.AddHostedService<TransactionWatch>();

        services.AddSingleton<IModelStore>(provider => options.Bucket is { } bucket
            ? new BucketStore(bucket, options.ModelFolder, options.LocalModelBytes, options.Time, provider.GetRequiredService<ILogger<BucketStore>>())
            : new FolderStore(options.ModelFolder));
        services.AddSingleton<ModelQueries>();
        services.AddSingleton<ModelRemovals>();
        services.AddSingleton<StoredModels>();
        services.AddSingleton<BrokenUploads>();
        services.AddHostedService<ModelCleaner>();
        services.AddSingleton<UploadSlots>();
        services.AddSingleton<ModelService>();

        services.AddSingleton<PriceListStore>();
        AddLoop<ActivePriceList>(services);
        services.AddSingleton<PriceListSimulation>();
        services.AddSingleton<PriceListService>();

        CacheRoom.Add(services, options);

        services.AddSingleton<QuoteStore>();
        AddLoop<QuotePricer>(services);
        AddLoop<QuoteFeed>(services);
        services.AddHostedService<QuoteDeadlines>();
        services.AddSingleton<Admission>();
        services.AddSingleton<QuoteAcceptor>();
        services.AddSingleton<QuoteWatch>();
        services.AddSingleton<BulkQuotes>();
        services.AddSingleton<QuoteService>();
        services.AddSingleton<PriceService>();

        services.AddSingleton<ModelSender>();
        services.AddSingleton<NodeRegistry>();
        services.AddSingleton<ModelAffinity>();
        services.AddSingleton<IAheadMeasuring, AheadMeasuring>();
        services.AddSingleton<NodeSessions>();
        services.AddSingleton<NodeService>();
        AddLoop<SchedulerLoop>(services);

        services.AddSingleton<PipelineQueries>();
        services.AddSingleton<PartnerDesk>();
        services.AddSingleton<OpsService>();
    }

    /// <summary>A loop that others also call.</summary>
    static void AddLoop<T>(IServiceCollection services, Func<IServiceProvider, T>? make = null) where T : class, IHostedService
    {
        if (make is null)
            services.AddSingleton<T>();
        else
            services.AddSingleton(make);
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }

    static void Listen(KestrelServerOptions kestrel, CoordinatorOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = Limits.Edge.ConcurrentConnectionsMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = Limits.Edge.HeaderBytesMax;
        kestrel.Limits.Http2.MaxStreamsPerConnection = Limits.Wire.StreamsPerConnectionMax;
        kestrel.Limits.Http2.InitialStreamWindowSize = Limits.Wire.StreamWindowBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = Limits.Wire.ConnectionWindowBytes;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromMilliseconds(Limits.Wire.HeartbeatMs * Limits.Wire.HeartbeatsMissedMax);
        // HTTP/2 only: gRPC over plain text cannot negotiate.
        kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http2);
    }

    static void Log(ILoggingBuilder logging, CoordinatorOptions options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.LogLevel);
        logging.AddFilter("Microsoft", options.LogLevel < LogLevel.Warning ? LogLevel.Warning : options.LogLevel);
        logging.AddFilter("Grpc", options.LogLevel < LogLevel.Warning ? LogLevel.Warning : options.LogLevel);
        logging.AddJsonConsole(json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        // Standard output belongs to programs; logs go beside it.
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
