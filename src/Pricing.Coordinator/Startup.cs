using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Models;
using Pricing.Cost;

namespace Pricing.Coordinator;

/// <summary>What must be true before the first request: schema migrated, a price list published, the model folder swept. Runs before the listener opens.</summary>
public sealed class Startup(NpgsqlDataSource source, PriceListStore priceLists, ModelStore models, ILogger<Startup> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Migrator.MigrateAsync(source, cancellationToken);
        await priceLists.ImportFirstAsync(PriceList.Standard, PriceList.Standard.Document, cancellationToken);
        // Asking for the store has opened and swept it.
        log.LogInformation("Database is ready, {Migrations} migrations; models in {Folder}", Migrator.Embedded.Count, models.Folder);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
