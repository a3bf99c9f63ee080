using NUnit.Framework;
using Pricing.Cli.Chaos;

namespace Pricing.Tests.Cli.Chaos;

[TestFixture]
public sealed class FaultScheduleTests
{
    static readonly FaultScope Scope = new(["c1", "c2"], ["n1", "n2", "n3"], Isolated: true);

    [Test]
    public void The_same_seed_gives_the_same_schedule()
    {
        var once = FaultSchedule.Of(7, TimeSpan.FromMinutes(10), Scope);
        var again = FaultSchedule.Of(7, TimeSpan.FromMinutes(10), Scope);
        Assert.That(again, Is.EqualTo(once));
    }

    [Test]
    public void Another_seed_gives_another_schedule()
        => Assert.That(FaultSchedule.Of(8, TimeSpan.FromMinutes(3), Scope), Is.Not.EqualTo(FaultSchedule.Of(7, TimeSpan.FromMinutes(3), Scope)));

    [Test]
    public void A_longer_run_begins_as_a_shorter_one()
    {
        var shorter = FaultSchedule.Of(7, TimeSpan.FromMinutes(3), Scope);
        Assert.That(FaultSchedule.Of(7, TimeSpan.FromMinutes(10), Scope).Take(shorter.Count), Is.EqualTo(shorter));
    }

    [Test]
    public void Three_minutes_hold_fifteen_faults_of_eight_kinds_and_ten_hold_forty([Range(0, 199)] int seed)
    {
        var three = FaultSchedule.Of(seed, TimeSpan.FromMinutes(3), Scope);
        Assert.That(three, Has.Count.GreaterThanOrEqualTo(15));
        Assert.That(three.Select(fault => fault.Kind).Distinct().Count(), Is.GreaterThanOrEqualTo(8));
        Assert.That(FaultSchedule.Of(seed, TimeSpan.FromMinutes(10), Scope), Has.Count.GreaterThanOrEqualTo(40));
    }

    [Test]
    public void Ten_minutes_hold_every_kind([Range(0, 49)] int seed)
        => Assert.That(FaultSchedule.Of(seed, TimeSpan.FromMinutes(10), Scope).Select(fault => fault.Kind).Distinct(), Is.EquivalentTo(Enum.GetValues<FaultKind>()));

    [Test]
    public void No_target_is_under_two_faults_at_once([Range(0, 49)] int seed)
    {
        foreach (var target in FaultSchedule.Of(seed, TimeSpan.FromMinutes(30), Scope).GroupBy(fault => fault.Target))
            foreach (var (earlier, later) in target.Zip(target.Skip(1)))
                Assert.That(later.At, Is.GreaterThan(earlier.At + earlier.Hold), $"{earlier} and {later}");
    }

    [Test]
    public void Pauses_outlast_the_lease([Range(0, 9)] int seed)
    {
        foreach (var fault in FaultSchedule.Of(seed, TimeSpan.FromMinutes(30), Scope).Where(f => f.Kind is FaultKind.NodePause or FaultKind.CoordinatorPause))
            Assert.That(fault.Hold.TotalMilliseconds, Is.GreaterThan(Limits.Job.LeaseMs));
    }

    [Test]
    public void Without_worker_processes_nobody_is_poisoned()
        => Assert.That(FaultSchedule.Of(1, TimeSpan.FromMinutes(60), Scope with { Isolated = false }).Select(fault => fault.Kind), Has.No.Member(FaultKind.PoisonModel));
}
