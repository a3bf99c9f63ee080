using NUnit.Framework;
using Pricing.Coordinator.Simulation;

namespace Pricing.Tests.Coordinator.Simulation;

/// <summary>The platform's promises under faults, on as many schedules as a test run can afford; <c>pricing sim</c> runs more.</summary>
[TestFixture]
[Parallelizable]
public sealed class SimulatorTests
{
    const int Seeds = 2_000;

    [Test, CancelAfter(600_000)]
    public void Two_thousand_seeds_keep_every_promise_and_meet_every_fault(CancellationToken cancel)
    {
        var report = Simulator.RunMany(1, Seeds, PlantedBug.None, cancel);

        TestContext.Out.WriteLine($"{report.Seeds} seeds, {report.Events} events, {report.Checks} checks, {report.VirtualSeconds / 3600:0.0} h of virtual time");
        Assert.That(report.Bad, Is.Null, () => $"seed {report.BadSeed} broke {report.Bad!.Promise}: {report.Bad.What}; see docs/simulator.md");
        Assert.That(report.Seeds, Is.EqualTo(Seeds));
        // A simulator that never does something says nothing about it.
        Assert.That(report.Faults.Where(f => f.Value == 0), Is.Empty);
        Assert.That(report.Moves.Where(m => m.Value == 0), Is.Empty);
    }

    [Test]
    public void The_same_seed_gives_the_same_run([Range(1, 41, 8)] int first)
    {
        for (var seed = first; seed < first + 8; seed++)
        {
            var (once, again) = (Simulator.Run(seed), Simulator.Run(seed, traced: true));
            Assert.That((again.TraceHash, again.Events, again.VirtualMs), Is.EqualTo((once.TraceHash, once.Events, once.VirtualMs)), $"seed {seed}");
        }
    }

    [Test]
    public void Different_seeds_give_different_runs()
        => Assert.That(Enumerable.Range(1, 50).Select(seed => Simulator.Run(seed).TraceHash), Is.Unique);

    [Test]
    public void A_trace_ends_with_what_broke()
    {
        var report = Simulator.RunMany(1, 100, PlantedBug.AckBeforeCommit, CancellationToken.None);
        var bad = Simulator.Run(report.BadSeed!.Value, PlantedBug.AckBeforeCommit, traced: true);
        Assert.That(bad.Trace[^1], Does.Contain("I1 is broken").And.Contains(bad.What));
        Assert.That(Simulator.Minimise(report.BadSeed.Value, PlantedBug.AckBeforeCommit), Is.Not.Null);
    }
}
