using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Models;

/// <summary>
/// Lets go of models that nobody has asked for in a long time, and of what broken uploads left. Runs on every coordinator: rows are taken
/// with SKIP LOCKED, and deleting what another one has deleted does nothing.
/// </summary>
public sealed class ModelCleaner(ModelRemovals removals, IModelStore store, CoordinatorOptions options, ILogger<ModelCleaner> log)
    : PeriodicLoop(TimeSpan.FromSeconds(Limits.Model.CleanSeconds), null, log)
{
    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var removed = await removals.RemoveUnusedAsync(options.KeepModels, cancel);
        var due = await removals.FindDueAsync(cancel);
        foreach (var copy in due)
        {
            await store.DeleteAsync(copy, cancel);
            await removals.NoteDeletedAsync(copy, cancel);
        }
        var swept = await store.SweepAsync(TimeSpan.FromHours(Limits.Model.LeftoverHours), cancel);
        if (removed + due.Count + swept > 0)
            Log.LogInformation("{Removed} models were not asked for in {Days} days, bytes of {Deleted} copies deleted, {Swept} leftovers of uploads swept",
                removed, options.KeepModels.TotalDays, due.Count, swept);
        return removed == Limits.Model.RemoveBatchMax || due.Count == Limits.Model.RemoveBatchMax;
    }
}
