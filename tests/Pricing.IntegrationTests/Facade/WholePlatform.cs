using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator;
using Pricing.Coordinator.Embedded;
using Pricing.Geometry;
using Pricing.Node;

namespace Pricing.IntegrationTests.Facade;

/// <summary>Database, coordinator, one node and the edge, each the real one, in a temporary folder.</summary>
sealed class WholePlatform : IAsyncDisposable
{
    readonly DirectoryInfo _home;
    readonly EmbeddedPostgres _database;
    readonly WebApplication _coordinator;
    readonly IHost _node;

    WholePlatform(DirectoryInfo home, EmbeddedPostgres database, WebApplication coordinator, IHost node, FacadeUnderTest facade)
    {
        (_home, _database, _coordinator, _node) = (home, database, coordinator, node);
        Facade = facade;
    }

    public FacadeUnderTest Facade { get; }

    public static async Task<WholePlatform> StartAsync()
    {
        var home = Directory.CreateTempSubdirectory("pricing-edge-");
        var database = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { Home = home.FullName }, CancellationToken.None);
        var coordinator = CoordinatorHost.Build(new CoordinatorOptions
        {
            ConnectionString = database.ConnectionString,
            ModelFolder = Path.Combine(home.FullName, "models"),
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            EngineVersion = PartMeasurer.EngineVersion,
            LogLevel = LogLevel.Critical,
        });
        await coordinator.StartAsync();
        var address = new Uri(coordinator.Urls.First());
        var node = NodeHost.Build(new NodeOptions { Coordinators = [address], Name = "edge-tests", LogLevel = LogLevel.Critical });
        await node.StartAsync();
        return new WholePlatform(home, database, coordinator, node, await FacadeUnderTest.StartAsync(address));
    }

    public async ValueTask DisposeAsync()
    {
        await Facade.DisposeAsync();
        await _node.StopAsync();
        _node.Dispose();
        await _coordinator.StopAsync();
        await _coordinator.DisposeAsync();
        await _database.DisposeAsync();
        _home.Delete(recursive: true);
    }
}
