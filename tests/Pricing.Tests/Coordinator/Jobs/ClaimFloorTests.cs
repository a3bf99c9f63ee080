using NUnit.Framework;
using Pricing.Coordinator.Jobs;

namespace Pricing.Tests.Coordinator.Jobs;

[TestFixture]
public sealed class ClaimFloorTests
{
    static readonly DateTime Start = new(2026, 11, 1, 12, 0, 0, DateTimeKind.Utc);
    static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(Limits.Job.ClaimSlowMs);
    static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(Limits.Job.ClaimSlowMs * 10);
    static readonly TimeSpan Back = TimeSpan.FromMilliseconds(Limits.Job.ClaimBackMs);

    readonly ManualTime _time = new();
    ClaimFloor _floor = null!;

    [SetUp]
    public void Make() => _floor = new ClaimFloor(_time);

    [Test]
    public void While_looks_are_quick_every_look_is_a_whole_one()
    {
        for (var i = 0; i < 3; i++)
        {
            var from = _floor.Next();
            Assert.That(from, Is.EqualTo(DateTime.MinValue));
            _floor.Claimed(from, Quick, Start.AddSeconds(i));
        }
    }

    [Test]
    public void After_a_slow_look_the_next_begin_near_the_last_job_until_the_pause_is_over()
    {
        _floor.Claimed(_floor.Next(), Slow, Start);
        Assert.That(_floor.Next(), Is.EqualTo(Start - Back));
        _floor.Claimed(_floor.Next(), Quick, Start.AddSeconds(2));
        Assert.That(_floor.Next(), Is.EqualTo(Start.AddSeconds(2) - Back), "it follows the queue, and a quick look from there does not end the pause");
        _floor.Claimed(_floor.Next(), Quick, null);
        Assert.That(_floor.Next(), Is.EqualTo(Start.AddSeconds(2) - Back), "nothing found moves nothing");

        _time.Advance(Slow * Limits.Job.ClaimWholePauses);
        Assert.That(_floor.Next(), Is.EqualTo(DateTime.MinValue), "a whole look is due");
        _floor.Claimed(_floor.Next(), Quick, Start.AddSeconds(3));
        Assert.That(_floor.Next(), Is.EqualTo(DateTime.MinValue), "the snapshot is gone: looks are quick again");
    }

    [Test]
    public void However_slow_a_look_is_the_next_whole_one_comes_within_the_bound()
    {
        _floor.Claimed(_floor.Next(), TimeSpan.FromMinutes(1), Start);
        _time.Advance(TimeSpan.FromMilliseconds(Limits.Job.ClaimWholeMs));
        Assert.That(_floor.Next(), Is.EqualTo(DateTime.MinValue));
    }

    [Test]
    public void A_job_offered_again_here_is_looked_for_at_once()
    {
        _floor.Claimed(_floor.Next(), Slow, Start);
        _floor.Forget();
        Assert.That(_floor.Next(), Is.EqualTo(DateTime.MinValue));
    }
}
