using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Catalog.V1;
using Pricing.Facade.Errors;
using Pricing.Facade.GrpcWeb;
using Pricing.Facade.OpenApi;
using Pricing.Facade.Rest;
using Pricing.Facade.Upstream;
using Pricing.Quoting.V1;

namespace Pricing.Facade;

/// <summary>
/// The edge of the platform: REST and gRPC-web in, gRPC out. It keeps nothing, knows no database and trusts no byte;
/// any number of instances may stand behind a balancer.
/// </summary>
public static class FacadeHost
{
    /// <summary>The edge as a host of its own; after StartAsync its Urls hold the bound address.</summary>
    public static WebApplication Build(FacadeOptions options, Action<IServiceCollection>? services = null, Action<IEndpointRouteBuilder>? map = null)
    {
        // Empty: no settings file or environment variable of the machine may open another door than the options say.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Pricing.Facade" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Logging.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        AddServices(builder.Services, options);
        services?.Invoke(builder.Services);

        var app = builder.Build();
        RestErrors.Use(app);
        app.UseRouting();
        app.UseCors();
        app.Use((http, next) => GrpcPath.Parse(http.Request.Path.Value ?? "") is { } path
            ? http.RequestServices.GetRequiredService<GrpcWebProxy>().HandleAsync(http, path)
            : next(http));
        MapAll(app);
        map?.Invoke(app);
        return app;
    }

    static void Listen(KestrelServerOptions kestrel, FacadeOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = Limits.Edge.ConcurrentConnectionsMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = Limits.Edge.HeaderBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = Limits.Edge.HeaderCountMax;
        kestrel.Limits.MaxRequestBodySize = Limits.Edge.JsonBodyBytesMax;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(Limits.Edge.RequestHeadersSeconds);
        kestrel.Limits.Http2.MaxStreamsPerConnection = Limits.Wire.StreamsPerConnectionMax;
        kestrel.Listen(options.Listen, listener =>
        {
            listener.Protocols = options.Certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (options.Certificate is { } certificate) listener.UseHttps(certificate);
        });
    }

    static void AddServices(IServiceCollection services, FacadeOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Clock);
        services.AddSingleton<CoordinatorConnection>();
        services.AddSingleton<CoordinatorProbe>();
        services.AddSingleton<UnaryCalls>();
        services.AddSingleton<ModelUpload>();
        services.AddSingleton<GrpcWebProxy>();
        services.AddSingleton(provider => new QuoteService.QuoteServiceClient(provider.GetRequiredService<CoordinatorConnection>().Channel));
        services.AddSingleton(provider => new ModelService.ModelServiceClient(provider.GetRequiredService<CoordinatorConnection>().Channel));
        services.AddSingleton(provider => new PriceListService.PriceListServiceClient(provider.GetRequiredService<CoordinatorConnection>().Channel));
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(Limits.Wire.ShutdownMs));
        services.AddRoutingCore();
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // RestErrors words what does not bind
        services.AddCors(cors => cors.AddDefaultPolicy(policy => EdgeCors.Configure(policy, options)));
        services.AddOpenApi("v1", OpenApiDescription.Configure);
    }

    static void MapAll(WebApplication app)
    {
        ModelEndpoints.Map(app);
        QuoteEndpoints.Map(app);
        ProcessEndpoints.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/healthz", http => WriteAsync(http, """{"status":"ok"}"""));
        app.MapGet("/readyz", ReadyAsync);
        app.MapGet("/", http => WriteAsync(http,
            """{"name":"Pricing platform","quotes":"/v1/quotes","models":"/v1/models","processes":"/v1/processes","openapi":"/openapi/v1.json","health":"/healthz","ready":"/readyz"}"""));
    }

    /// <summary>Ready means: a coordinator answers and serves, and we are not on the way out.</summary>
    static async Task ReadyAsync(HttpContext http)
    {
        var stopping = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        if (stopping.IsCancellationRequested) await Problems.WriteAsync(http, Refusal.ShuttingDown);
        else if (await http.RequestServices.GetRequiredService<CoordinatorProbe>().IsReadyAsync(http.RequestAborted)) await WriteAsync(http, """{"status":"ready"}""");
        else await Problems.WriteAsync(http, Refusal.Unreachable);
    }

    static Task WriteAsync(HttpContext http, string json)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "no-store";
        return http.Response.WriteAsync(json, http.RequestAborted);
    }
}
