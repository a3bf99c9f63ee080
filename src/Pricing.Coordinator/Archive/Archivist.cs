using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Archive;

/// <summary>Keeps the hot tables small: a batch of ended jobs a second, more while there are more. Runs on every coordinator.</summary>
public sealed class Archivist(JobArchive archive, ILogger<Archivist> log) : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Archive.TickMs), null, log)
{
    static readonly TimeSpan Age = TimeSpan.FromSeconds(Limits.Archive.AfterSeconds);
    static readonly TimeSpan QuotesKept = TimeSpan.FromDays(Limits.Archive.QuoteDaysMax);

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        await archive.MakeMonthsAsync(cancel);
        var moved = await archive.MoveAsync(Age, cancel);
        var removed = await archive.RemoveOldQuotesAsync(QuotesKept, cancel);
        foreach (var month in await archive.DropOldMonthsAsync(Limits.Archive.MonthsMax, cancel))
            Log.LogInformation("{Month} is older than {Months} months and was dropped", month, Limits.Archive.MonthsMax);
        return moved == Limits.Archive.BatchMax || removed == Limits.Archive.BatchMax;
    }
}
