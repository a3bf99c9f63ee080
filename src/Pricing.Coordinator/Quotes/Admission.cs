using System.Globalization;
using Grpc.Core;
using Pricing.Coordinator.Edge;
using Pricing.Coordinator.Jobs;

namespace Pricing.Coordinator.Quotes;

/// <summary>
/// Whether a job that would have to wait may begin to: refused at once rather than accepted and failed at its deadline. Reads the gauge's
/// snapshot and nothing else. What is measured already, or is being measured, adds no work and is never refused here.
/// </summary>
public sealed class Admission(QueueGauge gauge, CoordinatorOptions options)
{
    /// <summary>Null: come in. A rate nobody knows yet refuses nobody; the bounds on the queue hold in any case.</summary>
    public RefusalException? Refusal(string partner, long modelBytes)
    {
        var now = gauge.Now;
        var terms = now.TermsOf(partner);
        var added = gauge.Added(terms.Lane);
        if (now.WaitingJobs(terms.Lane) + added is var waiting && waiting >= options.QueuedPerLane)
        {
            return QueueFull($"Too many models wait for their measurement in the lane '{terms.Lane.Text()}'.", options.QueuedPerLane, waiting,
                now.TimeToServe(terms.Lane, (waiting - options.QueuedPerLane + 1) * JobCost.Of(modelBytes)));
        }
        if (now.WaitingJobsOf(terms) is var own && own >= options.QueuedPerPartner)
        {
            return QueueFull("Too many models of this partner wait for their measurement.", options.QueuedPerPartner, own,
                now.TimeToServe(terms.Lane, (own - options.QueuedPerPartner + 1) * JobCost.Of(modelBytes)));
        }
        var cost = JobCost.Of(modelBytes);
        if (now.TimeToServe(terms.Lane, now.UnitsAhead(terms) + added * JobCost.Least + cost) is { } wait && wait > options.QuoteDeadline)
        {
            return new RefusalException(StatusCode.ResourceExhausted, "WAIT_TOO_LONG", "The model would not be measured before the quote's deadline.",
                "deadline_time", Seconds(options.QuoteDeadline), Seconds(wait), RetryAfter(wait - options.QuoteDeadline));
        }
        return null;
    }

    static RefusalException QueueFull(string message, long limit, long actual, TimeSpan? untilRoom) =>
        new(StatusCode.ResourceExhausted, "QUEUE_FULL", message, "model", $"{limit} jobs", $"{actual} jobs", RetryAfter(untilRoom));

    /// <summary>When the queue will be short enough, as far as is known; whole seconds.</summary>
    static TimeSpan RetryAfter(TimeSpan? needed) => TimeSpan.FromSeconds(needed is { } time
        ? Math.Clamp(Math.Ceiling(time.TotalSeconds), Limits.Job.RetryAfterSecondsMin, Limits.Job.RetryAfterSecondsMax)
        : Limits.Job.RetryAfterSecondsUnknown);

    static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s");
}
