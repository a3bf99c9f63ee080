using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Pricing.Coordinator.Jobs;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>Ends quotes whose time is up, whatever their job is doing, and forgets requests too old to be repeated.</summary>
public sealed class QuoteDeadlines(QuoteStore quotes, QuoteFeed feed, JobSignals signals, ILogger<QuoteDeadlines> log)
    : PeriodicLoop(TimeSpan.FromMilliseconds(Limits.Quote.PollMs), null, log)
{
    static readonly byte[] Late = new Failure
    {
        Reason = "DEADLINE",
        Message = "The quote was not finished in time.",
        Field = "deadline_time",
    }.ToByteArray();

    public override async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var (failed, cancelledJobs) = await quotes.FailPastDeadlineAsync(Late, cancel);
        foreach (var quoteId in failed)
            feed.Changed(quoteId);
        foreach (var jobId in cancelledJobs)
            signals.Ended(jobId);
        var forgotten = await quotes.ForgetRequestsAsync(cancel);
        return failed.Count == Limits.Job.RescueBatchMax || forgotten == Limits.Job.CleanBatchMax;
    }
}
