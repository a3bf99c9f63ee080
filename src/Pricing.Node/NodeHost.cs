using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Pricing.Node.Workers;

namespace Pricing.Node;

/// <summary>Builds the node's own host: its services, its log, its bounded stop. It knows no price, no database and no bucket.</summary>
public static class NodeHost
{
    /// <summary>A host ready to start. <paramref name="services"/> may add to or replace what stands here (a log sink, a lifetime).</summary>
    public static IHost Build(NodeOptions options, Action<IServiceCollection>? services = null)
    {
        options.Check();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "Pricing.Node" });
        builder.Logging.SetMinimumLevel(options.LogLevel).AddJsonConsole();
        // stdout belongs to the program's own words.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(Limits.Wire.ShutdownMs));
        builder.Services
            .AddSingleton(options)
            .AddSingleton<NodeStatus>()
            .AddSingleton<Coordinators>()
            .AddSingleton<WorkerPool>()
            .AddSingleton<KeptModels>()
            .AddSingleton<JobTable>()
            .AddSingleton<CompletionSender>()
            .AddHostedService<NodeWorker>();
        services?.Invoke(builder.Services);
        return builder.Build();
    }
}
