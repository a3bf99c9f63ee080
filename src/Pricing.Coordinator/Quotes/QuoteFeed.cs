using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// Tells waiters that their quote ended. What ends here rings at once; what ended on another coordinator, or while a bell was lost,
/// is found by one query a second for all waiters together.
/// </summary>
public sealed class QuoteFeed(QuoteStore quotes, ILogger<QuoteFeed> log) : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Quote.PollMs), null, log)
{
    readonly WakeupBoard<Guid> _waiting = new();

    public IDisposable Listen(Guid quoteId, Action listener) => _waiting.Listen(quoteId, listener);

    public void Changed(Guid quoteId) => _waiting.Ring(quoteId);

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var waitedFor = _waiting.Keys;
        if (waitedFor.Length > 0)
        {
            foreach (var quoteId in await quotes.WhichEndedAsync(waitedFor, cancel))
                _waiting.Ring(quoteId);
        }
        return false;
    }
}
