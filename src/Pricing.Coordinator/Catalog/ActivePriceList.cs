using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;
using Pricing.Cost;

namespace Pricing.Coordinator.Catalog;

/// <summary>
/// The price list in effect, for readers that do not write: looked up twice a second, and at once where one is published. It is believed
/// until the next scheduled one takes effect, and for a minute at most when the database does not answer. Quotes read it in their own transaction.
/// </summary>
public sealed class ActivePriceList(PriceListStore store, TimeProvider time, ILogger<ActivePriceList> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Cache.PriceListPollMs), null, log)
{
    static readonly TimeSpan Trust = TimeSpan.FromMilliseconds(Limits.Cache.PriceListTrustMs);

    readonly Lock _gate = new();
    volatile Fact? _fact;
    Task<PriceList>? _lookup;

    public ValueTask<PriceList> ReadAsync(CancellationToken cancel) =>
        _fact is { } fact && time.GetTimestamp() < fact.Until ? new(fact.List) : new(Lookup().WaitAsync(cancel));

    /// <summary>Asks the database, after whatever the caller has just done there.</summary>
    public async Task<PriceList> RefreshAsync(CancellationToken cancel)
    {
        var asked = time.GetTimestamp();
        var (list, nextIn) = await store.FindActiveAsync(cancel);
        var believed = nextIn is { } next && next < Trust ? next : Trust;
        var fact = new Fact(list, asked, asked + (long)(believed.TotalSeconds * time.TimestampFrequency));
        lock (_gate)
        {
            // An answer to an earlier question must not replace the answer to a later one.
            if (_fact is not { } known || known.Asked <= asked)
                _fact = fact;
        }
        return list;
    }

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        await RefreshAsync(cancel);
        return false;
    }

    /// <summary>One lookup for all who find nothing believable.</summary>
    Task<PriceList> Lookup()
    {
        lock (_gate)
        {
            if (_lookup is null || _lookup.IsCompleted)
                _lookup = Task.Run(() => RefreshAsync(CancellationToken.None));
            return _lookup;
        }
    }

    sealed record Fact(PriceList List, long Asked, long Until);
}
