using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Pricing.Coordinator.Catalog;
using Pricing.Coordinator.Database;
using Pricing.Coordinator.Models;
using Pricing.Cost;

namespace Pricing.Coordinator;

/// <summary>What must be true before the first request: schema migrated, a price list published, the model folder swept. Runs before the listener opens.</summary>
public sealed class Startup(NpgsqlDataSource source, PriceListStore priceLists, IModelStore models, ILogger<Startup> log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await Migrator.MigrateAsync(source, cancellationToken);
        await priceLists.ImportFirstAsync(PriceList.Standard, PriceList.Standard.Document, cancellationToken);
        // Asking for the store has opened and swept it. A bucket that is down is no reason not to start: known prices need none.
        log.LogInformation("Database is ready, {Migrations} migrations; models in {Place}", Migrator.Embedded.Count, models.Place);
        if (models is BucketStore bucket)
            await LookAsync(bucket, cancellationToken);
    }

    async Task LookAsync(BucketStore bucket, CancellationToken cancel)
    {
        try
        {
            await bucket.LookAsync(cancel);
        }
        catch (Exception e) when (e is FileNotFoundException or ModelStoreUnavailableException)
        {
            log.LogError("The bucket cannot be used yet: {Why}", e.Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
