using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Cost;

namespace Pricing.Coordinator;

/// <summary>What must be true before the first request: schema migrated, a price list published. Runs before the listener opens.</summary>
public sealed class Startup(NpgsqlDataSource source, PriceListStore priceLists, ILogger<Startup> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Migrator.MigrateAsync(source, cancellationToken);
        await priceLists.ImportFirstAsync(PriceList.Standard, PriceList.Standard.Document, cancellationToken);
        log.LogInformation("Database is ready, {Migrations} migrations", Migrator.Embedded.Count);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
