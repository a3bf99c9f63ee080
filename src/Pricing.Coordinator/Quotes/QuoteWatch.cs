using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;
using Pricing.Quoting.V1;

namespace Pricing.Coordinator.Quotes;

/// <summary>Waiting for a quote's end, silently or with progress. The row is the truth; bells and progress only say when to look.</summary>
public sealed class QuoteWatch(
    QuoteStore quotes, QuoteFeed feed, JobSignals signals, ProgressBoard board, PipelineCounters counters, QueueGauge gauge, IHostApplicationLifetime lifetime, TimeProvider time)
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(Limits.Quote.PollMs);
    static readonly TimeSpan BetweenFrames = TimeSpan.FromMilliseconds(Limits.Quote.ProgressMs);
    static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(Limits.Quote.WatchHeartbeatMs);

    /// <summary>The quote when it has ended, or as it stands after <paramref name="atMost"/>. Throws when this coordinator stops first.</summary>
    public async Task<QuoteRow> WaitAsync(string partner, Guid quoteId, TimeSpan atMost, CancellationToken cancel)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        using var bell = new Wakeup();
        using var listening = feed.Listen(quoteId, bell.Ring);
        var start = time.GetTimestamp();
        while (true)
        {
            var row = await ReadAsync(partner, quoteId, linked.Token);
            var left = atMost - time.GetElapsedTime(start);
            if (row.IsTerminal || left <= TimeSpan.Zero)
                return row;
            await bell.WaitAsync(left, linked.Token);
        }
    }

    /// <summary>First frame at once, stages as they happen, heartbeats between, the ended quote last.</summary>
    public async Task WatchAsync(string partner, Guid quoteId, IServerStreamWriter<WatchQuoteResponse> stream, CancellationToken cancel)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        using var bell = new Wakeup();
        var mayHaveEnded = true;
        using var listening = feed.Listen(quoteId, () =>
        {
            Volatile.Write(ref mayHaveEnded, true);
            bell.Ring();
        });
        IDisposable? progress = null;
        try
        {
            QuoteProgress? shown = null;
            long jobId = 0;
            var lastFrame = time.GetTimestamp();
            while (true)
            {
                if (Interlocked.Exchange(ref mayHaveEnded, false))
                {
                    var row = await ReadAsync(partner, quoteId, linked.Token);
                    if (row.IsTerminal)
                    {
                        await stream.WriteAsync(new WatchQuoteResponse { Quote = row.ToQuote() }, linked.Token);
                        return;
                    }
                    jobId = row.JobId!.Value;
                    progress ??= signals.Progress.Listen(jobId, bell.Ring);
                }
                var sinceFrame = time.GetElapsedTime(lastFrame);
                if (shown is null || sinceFrame >= BetweenFrames)
                {
                    var now = await ProgressAsync(quoteId, jobId, linked.Token);
                    var frame = !now.Equals(shown) ? new WatchQuoteResponse { Progress = shown = now }
                        : sinceFrame >= Heartbeat ? new WatchQuoteResponse { Heartbeat = new Heartbeat() }
                        : null;
                    if (frame is not null)
                    {
                        await stream.WriteAsync(frame, linked.Token);
                        lastFrame = time.GetTimestamp();
                    }
                    await bell.WaitAsync(Poll, linked.Token);
                }
                else
                {
                    await bell.WaitAsync(BetweenFrames - sinceFrame, linked.Token);
                }
            }
        }
        finally
        {
            progress?.Dispose();
        }
    }

    async Task<QuoteRow> ReadAsync(string partner, Guid quoteId, CancellationToken cancel) =>
        await quotes.FindAsync(partner, quoteId, cancel) ?? throw RefusalException.NoSuchQuote(ResourceNames.Quote(partner, quoteId));

    async Task<QuoteProgress> ProgressAsync(Guid quoteId, long jobId, CancellationToken cancel)
    {
        if (board.Find(jobId) is { } at)
            return Measuring(at);
        // No node of this coordinator is at it: it waits, or another coordinator's node has it.
        var standing = await quotes.FindStandingAsync(quoteId, cancel);
        return standing?.JobState switch
        {
            "available" => Queued(standing),
            "leased" => new QuoteProgress
            {
                Stage = QuoteProgress.Types.Stage.Measuring,
                BytesTotal = standing.ModelBytes,
                Attempt = (uint)standing.Attempt,
                Eta = Eta(standing.ModelBytes),
            },
            _ => new QuoteProgress { Stage = QuoteProgress.Types.Stage.Pricing, Fraction = 0.99 },
        };
    }

    QuoteProgress Queued(QueueStanding standing)
    {
        var now = gauge.Now;
        // Counted near the head of the queue, estimated far behind it.
        var counted = (Jobs: standing.JobsAhead, Units: standing.UnitsAhead);
        var estimated = standing.JobsAhead < Limits.Quote.QueuePositionMax ? counted : now.Ahead(standing.Lane, standing.Pass);
        var ahead = estimated.Jobs > counted.Jobs ? estimated : counted;
        var untilStart = now.TimeToServe(standing.Lane, ahead.Units);
        var atWork = Eta(standing.ModelBytes);
        return new QuoteProgress
        {
            Stage = QuoteProgress.Types.Stage.Queued,
            QueuePosition = ahead.Jobs + 1,
            BytesTotal = standing.ModelBytes,
            Attempt = (uint)standing.Attempt,
            StartEta = untilStart is { } start ? InWholeSeconds(start) : null,
            Eta = untilStart is { } wait && atWork is not null ? InWholeSeconds(wait + atWork.ToTimeSpan()) : null,
        };
    }

    QuoteProgress Measuring(JobProgress at)
    {
        var allThere = at.BytesDone >= at.BytesTotal;
        var layers = at.LayersTotal > 0 ? (double)at.LayersDone / at.LayersTotal : 0;
        return new QuoteProgress
        {
            Stage = allThere ? QuoteProgress.Types.Stage.Estimating : QuoteProgress.Types.Stage.Measuring,
            // Nine tenths of the way is bytes, the rest is finishing.
            Fraction = allThere ? 0.9 + 0.09 * Math.Clamp(layers, 0, 1) : 0.9 * at.BytesDone / at.BytesTotal,
            BytesDone = at.BytesDone,
            BytesTotal = at.BytesTotal,
            LayersDone = at.LayersDone,
            LayersTotal = at.LayersTotal,
            Attempt = (uint)at.Attempt,
            Eta = Eta(at.BytesTotal - at.BytesDone),
        };
    }

    static Duration InWholeSeconds(TimeSpan time) => new() { Seconds = (long)Math.Ceiling(time.TotalSeconds) };

    /// <summary>From the observed rate of one job; nothing is said before one was observed. Rounded up to whole seconds.</summary>
    Duration? Eta(long bytes) => counters.BytesPerSecond is > 0 and var rate ? new Duration { Seconds = bytes / rate + 1 } : null;
}
