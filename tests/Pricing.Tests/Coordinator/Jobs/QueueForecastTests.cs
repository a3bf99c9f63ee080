using NUnit.Framework;
using Pricing.Coordinator.Jobs;

namespace Pricing.Tests.Coordinator.Jobs;

[TestFixture]
public sealed class QueueForecastTests
{
    static readonly long Step = JobCost.Charge(100, 1);

    [Test]
    public void A_new_partner_waits_for_one_job_of_each_other_and_not_for_their_queues()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 1_000, first: 0), Queued(Lane.B2c, "b", 500, first: 0)]);
        Assert.That(forecast.UnitsAhead(PartnerTerms.Unlisted("c")), Is.InRange(0, 2 * 100));
    }

    [Test]
    public void A_partner_waits_for_his_own_queue_and_as_much_of_the_others()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 1_000, first: 0), Queued(Lane.B2c, "b", 300, first: 0)]);
        // 300 of his own, and the 300 of the other that come before his next one.
        Assert.That(forecast.UnitsAhead(PartnerTerms.Unlisted("b")), Is.EqualTo(2 * 300 * 100).Within(200));
        Assert.That(forecast.UnitsAhead(PartnerTerms.Unlisted("a")), Is.EqualTo(1_300 * 100));
    }

    [Test]
    public void A_place_far_back_is_estimated_from_all_partners()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 1_000, first: 0), Queued(Lane.B2c, "b", 300, first: 0), Queued(Lane.B2b, "c", 50, first: 0)]);
        var ahead = forecast.Ahead(Lane.B2c, 499 * Step);
        Assert.That((ahead.Jobs, ahead.Units / 100), Is.EqualTo((500L + 300, 500L + 300)).Using<(long A, long B)>((x, y) => Math.Abs(x.A - y.A) <= 1 && Math.Abs(x.B - y.B) <= 1));
        Assert.That(forecast.Ahead(Lane.B2b, -1), Is.EqualTo((0L, 0L)));
    }

    [Test]
    public void The_other_lane_is_not_ahead()
    {
        var forecast = Of([Queued(Lane.B2b, "a", 1_000, first: 0)]);
        Assert.That(forecast.UnitsAhead(PartnerTerms.Unlisted("c")), Is.Zero);
        Assert.That((forecast.WaitingJobs(Lane.B2b), forecast.WaitingJobs(Lane.B2c)), Is.EqualTo((1_000, 0)));
    }

    [Test]
    public void Virtual_time_is_that_of_what_is_served_when_that_is_later()
    {
        // Given back to the queue: an old place, which must not let newcomers in front of everybody.
        var forecast = new QueueForecast([Queued(Lane.B2c, "a", 1, first: 0), Queued(Lane.B2c, "b", 10, first: 100 * Step)],
            [new InService(Lane.B2c, 1, 100 * Step)], [], 1);
        Assert.That(forecast.UnitsAhead(PartnerTerms.Unlisted("c")), Is.InRange(100, 300));
    }

    [Test]
    public void Without_a_rate_no_time_is_said_and_without_work_it_is_none()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 10, first: 0)], unitsPerSecond: 0);
        Assert.That(forecast.TimeToServe(Lane.B2c, 100), Is.Null);
        Assert.That(forecast.TimeToServe(Lane.B2c, 0), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_lane_alone_has_the_whole_pool()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 10, first: 0)], unitsPerSecond: 100);
        Assert.That(forecast.TimeToServe(Lane.B2c, 1_000), Is.EqualTo(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void The_heavier_lane_waits_for_the_lighter_one_and_the_lighter_one_for_its_minimum()
    {
        var forecast = Of([Queued(Lane.B2b, "a", 100, first: 0), Queued(Lane.B2c, "b", 10, first: 0)], unitsPerSecond: 100);
        // 1,000 units at 70 %.
        Assert.That(forecast.TimeToServe(Lane.B2c, 1_000)!.Value.TotalSeconds, Is.EqualTo(1_000 / 70.0).Within(0.01));
        // All of both lanes, at the whole rate.
        Assert.That(forecast.TimeToServe(Lane.B2b, 10_000)!.Value.TotalSeconds, Is.EqualTo(110).Within(0.01));
        // Its first few while the other lane still has work, at 30 %.
        Assert.That(forecast.TimeToServe(Lane.B2b, 300)!.Value.TotalSeconds, Is.EqualTo(10).Within(0.01));
    }

    [Test]
    public void A_forecast_never_outgrows_its_bound()
    {
        var forecast = Of([Queued(Lane.B2c, "a", 10, first: 0)], unitsPerSecond: double.Epsilon);
        Assert.That(forecast.TimeToServe(Lane.B2c, long.MaxValue / 2), Is.EqualTo(TimeSpan.FromSeconds(Limits.Job.PredictedWaitSecondsMax)));
    }

    [Test]
    public void Every_weight_and_size_moves_the_pass()
    {
        Assert.That(JobCost.Charge(JobCost.Least, Limits.Job.PartnerWeightMax), Is.GreaterThan(0));
        Assert.That(JobCost.Charge(JobCost.Of(Limits.Mesh.FileBytesMax), 1), Is.LessThan(1L << 30));
        Assert.That((JobCost.Of(1), JobCost.Of(1024), JobCost.Of(1025)), Is.EqualTo((65, 65, 66)));
    }

    static QueueForecast Of(QueuedOfPartner[] queued, double unitsPerSecond = 1) => new(queued, [], [], unitsPerSecond);

    /// <summary>Jobs of 100 units in a row.</summary>
    static QueuedOfPartner Queued(Lane lane, string partner, long jobs, long first) => new(lane, partner, jobs, jobs * 100, first, first + (jobs - 1) * Step);
}
