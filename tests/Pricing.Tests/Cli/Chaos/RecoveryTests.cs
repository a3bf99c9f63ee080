using NUnit.Framework;
using Pricing.Cli.Chaos;

namespace Pricing.Tests.Cli.Chaos;

[TestFixture]
public sealed class RecoveryTests
{
    [Test]
    public void A_path_has_recovered_with_the_next_call_that_began_after_the_fault()
    {
        var story = new Story();
        story.Say("create", "r-10", CallEnd.Ok, Story.Asked with { Coordinator = "c2" }, t: 103);
        story.Say("create", "r-11", CallEnd.Info, Story.Asked, t: 103.5);
        story.Say("create", "r-12", CallEnd.Ok, Story.Asked, t: 104);
        story.Say("create", "r-13", CallEnd.Ok, Story.Asked, t: 105);
        var figures = Recovery.Of([Fault(FaultKind.CoordinatorKill, "c1", 100, 102)], story.Events, story.Dump);
        Assert.That(figures, Is.EqualTo(new[] { new RecoveryFigures(FaultKind.CoordinatorKill, 1, 1, 2_000, 2_000, 2_000) }));
    }

    [Test]
    public void A_call_that_began_before_the_fault_proves_nothing()
    {
        var story = new Story();
        story.Say("create", "r-10", CallEnd.Ok, Story.Asked, t: 100.4);
        Assert.That(Recovery.Of([Fault(FaultKind.PostgresKill, "postgres", 100, 100.2)], story.Events, story.Dump).Single().Measured, Is.Zero);
    }

    [Test]
    public void A_node_has_recovered_with_the_next_job_that_it_completes_itself()
    {
        var story = new Story();
        story.Attempts.Add(new StoredAttempt(2, 1, "n1", "completed", 53));
        story.Attempts.Add(new StoredAttempt(3, 1, "n2", "expired", 54));
        story.Attempts.Add(new StoredAttempt(4, 1, "n2", "completed", 57.5));
        foreach (var target in new[] { "n2", "n2>c1" })
            Assert.That(Recovery.Of([Fault(FaultKind.NodePause, target, 30, 50)], story.Events, story.Dump).Single().MaxMs, Is.EqualTo(7_500).Within(0.001));
    }

    [Test]
    public void Percentiles_are_of_all_faults_of_a_kind()
    {
        var story = new Story();
        var faults = Enumerable.Range(1, 10).Select(i => Fault(FaultKind.LinkCut, "client>c1", 1_000 * i, 1_000 * i)).ToList();
        for (var i = 1; i <= 10; i++)
            story.Say("get", Story.Quote, CallEnd.Ok, new CallFacts { Coordinator = "c1" }, t: (1_000 * i) + i);
        var figures = Recovery.Of(faults, story.Events, story.Dump).Single();
        Assert.That((figures.Measured, Math.Round(figures.P50Ms), Math.Round(figures.P99Ms)), Is.EqualTo((10, 5_000, 10_000)));
    }

    static InjectedFault Fault(FaultKind kind, string target, double injectedS, double healedS) =>
        new(new PlannedFault(1, TimeSpan.Zero, kind, target, TimeSpan.Zero, 0), injectedS, healedS, "");
}
